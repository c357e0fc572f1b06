/** What a country asks for, as text: one line a field, whatever shape the rules come in. Nothing is left out. */
import { quote, word } from '../../api/format.ts';
import { requiredAttachments } from '../../api/registration.ts';
import type { NumberRequirements, RequiredAttachment } from '../../api/schemas/orders.ts';
import { type Fields, isFields } from '../../lib/fields.ts';

const MAX_TEXT = 300;
const MAX_JSON = 10_000;
/** Deeper than this, rules stand as JSON. */
const MAX_DEPTH = 12;

/** What rules call the same thing: JSON Schema, and others. */
const FORMATS: readonly (readonly [key: string, text: (value: unknown) => string])[] = [
  ['title', phrase],
  ['label', phrase],
  ['description', phrase],
  ['type', (value) => phrase(value)],
  ['format', (value) => `format ${phrase(value)}`],
  ['minLength', (value) => `at least ${phrase(value)} characters`],
  ['maxLength', (value) => `at most ${phrase(value)} characters`],
  ['pattern', (value) => `pattern ${phrase(value)}`],
  ['enum', (value) => `one of ${list(value)}`],
  ['allowed', (value) => `one of ${list(value)}`],
  ['allowedValues', (value) => `one of ${list(value)}`],
  ['options', (value) => `one of ${list(value)}`],
];

/** A line for each field: its place, whether it is required, and what it may hold. */
export function fieldLines(fields: Fields): string[] {
  const { attachments, ...rest } = fields;
  // Files that stand inside are listed with the others.
  const own = Array.isArray(attachments) ? rest : fields;
  return linesOf(own, '', undefined, 0);
}

/** @param isRequired undefined where the rules do not say that this is a field */
function linesOf(value: unknown, place: string, isRequired: boolean | undefined, depth: number): string[] {
  const isSingle = (!isFields(value) && !Array.isArray(value)) || depth > MAX_DEPTH;
  if (isSingle) return [`${place || 'value'}: ${[...needOf(isRequired), phrase(value)].join('; ')}`];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => linesOf(item, `${place}[${index}]`, undefined, depth + 1));
  }
  if (!isFields(value)) return [];
  const { properties, items, ...rest } = value;
  if (isFields(properties)) return schemaLines(value, properties, place, isRequired, depth);
  if (isFields(items) && isFields(items.properties)) {
    return [ruleLine(rest, place, isRequired), ...linesOf(items, `${place}[]`, undefined, depth + 1)];
  }
  if (isRequired !== undefined || isRule(value)) return [ruleLine(value, place, isRequired)];
  return Object.entries(value).flatMap(([key, inner]) =>
    linesOf(inner, place === '' ? phrase(key) : `${place}.${phrase(key)}`, undefined, depth + 1),
  );
}

/** An object of a JSON Schema: its fields, and before them what else it says. */
function schemaLines(
  { properties: _, required, type, ...rest }: Fields,
  properties: Fields,
  place: string,
  isRequired: boolean | undefined,
  depth: number,
): string[] {
  const wanted: readonly unknown[] = Array.isArray(required) ? required : [];
  const saysMore = Object.keys(rest).length > 0 || isRequired === true;
  const head = saysMore ? [ruleLine({ type, ...rest }, place || 'all', isRequired)] : [];
  const inner = Object.entries(properties).flatMap(([name, rule]) =>
    linesOf(rule, place === '' ? phrase(name) : `${place}.${phrase(name)}`, wanted.includes(name), depth + 1),
  );
  return [...head, ...inner];
}

/** Whether an object describes one field: nothing in it is an object, and something says what the field may hold. */
function isRule(value: Fields): boolean {
  const isFlat = Object.values(value).every((inner) => !isFields(inner) || 'items' in value);
  return (
    isFlat && ['type', 'required', 'enum', 'allowed', 'pattern', 'maxLength'].some((key) => key in value)
  );
}

function ruleLine(rule: Fields, place: string, isRequired: boolean | undefined): string {
  const { required, ...rest } = rule;
  const known = FORMATS.flatMap(([key, text]) => (rest[key] === undefined ? [] : [text(rest[key])]));
  const others = Object.entries(rest).flatMap(([key, value]) =>
    FORMATS.some(([name]) => name === key) || value === undefined ? [] : [`${phrase(key)} ${phrase(value)}`],
  );
  const said = needOf(isRequired ?? (typeof required === 'boolean' ? required : undefined));
  const extra = required !== undefined && typeof required !== 'boolean' ? [`required ${list(required)}`] : [];
  return `${place}: ${[...said, ...known, ...others, ...extra].join('; ')}`;
}

function needOf(isRequired: boolean | undefined): string[] {
  return isRequired === undefined ? [] : [isRequired ? 'required' : 'optional'];
}

/** One line for each file: the ID that it is uploaded under, whether it must be there, and what it may be. */
export function attachmentLines(requirements: NumberRequirements): string[] {
  return requiredAttachments(requirements).map(attachmentLine);
}

function attachmentLine(attachment: RequiredAttachment): string {
  const { id = '', title, description, mandatory, template = [], ...rest } = attachment;
  const { allowedMimeTypes = [], allowedDocumentTypes = [], ...others } = rest;
  return [
    `attachmentId ${word(id)}`,
    title && quote(title, MAX_TEXT),
    mandatory ? 'mandatory' : 'optional',
    description && quote(description, MAX_TEXT),
    allowedMimeTypes.length > 0 && `type ${list(allowedMimeTypes)}`,
    allowedDocumentTypes.length > 0 && `documentType one of ${list(allowedDocumentTypes)}`,
    ...template.map(({ name, url }) => `template ${quote(name ?? '')} ${quote(url ?? '', MAX_TEXT)}`),
    Object.keys(others).length > 0 && phrase(others),
  ]
    .filter(Boolean)
    .join(' | ');
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.map(phrase).join(', ') : phrase(value);
}

/** A foreign value: as it is where it looks like a word, in quotes or as JSON where it does not. */
function phrase(value: unknown): string {
  if (typeof value === 'string') return word(value).startsWith('"') ? quote(value, MAX_TEXT) : value;
  return typeof value === 'object' && value !== null ? quote(JSON.stringify(value), MAX_JSON) : String(value);
}
