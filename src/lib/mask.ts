import { isFields } from './fields.ts';
import { createFinder } from './find-any.ts';
import { parseJson } from './json.ts';

/** Hides secrets in what others wrote. */
export interface Mask {
  /** The text with `****` in the place of each secret: as it is, percent-encoded, or within base64. */
  text(text: string): string;
  /**
   * Parses JSON, with the secrets masked in its texts, names and numbers.
   * @returns undefined where it is no JSON, or nested beyond all reason
   */
  parse(json: string): unknown;
}

const MASK = '****';
/** What is shorter is no secret, and would be found everywhere. */
const MIN_LENGTH = 4;
/** A shorter one is found in base64 by chance. */
const MIN_BASE64_LENGTH = 6;
/** Of a longer one, such as a token, the end is looked for, and what it is the end of is masked. */
const MAX_LENGTH = 64;

/**
 * A page of a thousand numbers passes here: it is searched as a whole, which takes a tenth of the time to parse it, and
 * its values are looked at only where that finds a secret.
 */
export function createMask(secrets: readonly string[]): Mask {
  const known = [...new Set(secrets)].filter(({ length }) => length >= MIN_LENGTH);
  const whole = known.filter(({ length }) => length <= MAX_LENGTH);
  const base64 = whole.filter(({ length }) => length >= MIN_BASE64_LENGTH).flatMap(base64Forms);
  const ends = known.filter(({ length }) => length > MAX_LENGTH).map((secret) => secret.slice(-MAX_LENGTH));
  /** Found within something longer, which goes with them. */
  const parts = [...new Set([...base64, ...base64.map(inUrlAlphabet), ...ends])];
  const holds = createFinder([...new Set([...whole, ...whole.map(quoted), ...parts])]);

  function hide(text: string): string {
    const hidden = whole.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
    return parts.reduce(hideRun, hidden);
  }

  function maskText(text: string): string {
    const hidden = hide(text);
    const decoded = percentDecode(hidden);
    return decoded !== hidden && holds(decoded) ? hide(decoded) : hidden;
  }

  function maskValue(value: unknown): unknown {
    if (typeof value === 'string') return maskText(value);
    if (typeof value === 'number') return holds(String(value)) ? MASK : value;
    if (Array.isArray(value)) return value.map(maskValue);
    if (!isFields(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [maskText(name), maskValue(inner)]),
    );
  }

  return {
    text: maskText,
    parse(json) {
      const value = parseJson(json);
      try {
        // Written without a need, these two escapes can hide any text.
        const isEscaped = json.includes('\\u') || json.includes('\\/');
        const plain = isEscaped ? JSON.stringify(value) : json;
        const isFound = holds(plain) || (plain.includes('%') && holds(percentDecode(plain)));
        return isFound ? maskValue(value) : value;
      } catch {
        return undefined;
      }
    },
  };
}

/** The characters that encoded text consists of, before its end and at it. */
const RUN = /[\w+/.~%-]/;
const RUN_END = /[\w+/.~%=-]/;

/** Masks each run of encoded text that holds this part. */
function hideRun(text: string, part: string): string {
  let masked = '';
  let from = 0;
  for (let found = text.indexOf(part); found !== -1; found = text.indexOf(part, from)) {
    let start = found;
    let end = found + part.length;
    while (start > from && RUN.test(text.charAt(start - 1))) start--;
    while (RUN_END.test(text.charAt(end))) end++;
    masked += text.slice(from, start) + MASK;
    from = end;
  }
  return from === 0 ? text : masked + text.slice(from);
}

/** What of a secret's base64 is the same whatever stands before and after it: one form for each place of its first byte. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function inUrlAlphabet(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
}
