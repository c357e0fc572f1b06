/** What tools share that read every rented number. */
import { BudgetExceededError, isNumbersError } from '../../api/errors.ts';
import { causeOf } from '../../api/failure.ts';
import { kindOf, quote, word } from '../../api/format.ts';
import { FINDING_CODES } from '../../audit/catalogue.ts';
import type { Scan, ScanParts } from '../../audit/scan.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import { within } from '../format/tokens.ts';
import type { ToolContext, ToolResult } from '../tool.ts';

/** Time for one call, without and with a progress token, in milliseconds. */
const BUDGET_MS = 50_000;
const BUDGET_WITH_PROGRESS_MS = 10 * 60_000;

export function scanParts({ numbers, clock, signal, progress }: ToolContext): ScanParts {
  return {
    numbers,
    signal,
    now: clock.now(),
    budgetMs: progress ? BUDGET_WITH_PROGRESS_MS : BUDGET_MS,
    onProgress: (read, total) => progress?.(read, total, `${read} numbers read`),
  };
}

interface Asked {
  readonly regionCode?: string | undefined;
  readonly type?: string | undefined;
}

type Read = Omit<Scan<unknown>, 'result'>;

/** How much of the inventory an answer is about: the first thing to know. */
export function scopeLine(
  { scanned, complete, total, failure }: Read,
  asked: Asked,
  hasProgress: boolean,
): string {
  const numbers = ['rented numbers', kindOf(asked)].filter(Boolean).join(' of ');
  if (complete) return `All ${scanned} ${numbers} were read.`;
  const reason = isNumbersError(failure)
    ? sanitizeText(causeOf(failure), 300)
    : 'the list ended there; some may have been released meanwhile.';
  const hint =
    failure instanceof BudgetExceededError
      ? ` Ask by regionCode and type${hasProgress ? '' : ', or with a progress token, which gives 10 minutes'}.`
      : '';
  return `INCOMPLETE: ${scanned} of ${total ?? 'an unknown number of'} ${numbers} were read: ${reason}${hint} All figures are about these.`;
}

/** How much an answer is about, and of that what its figures do not say themselves. */
export function scopeLines(read: Read, asked: Asked, hasProgress: boolean) {
  const scope = scopeLine(read, asked, hasProgress);
  const leftOut = [leftOutLine(read)].filter((line) => line !== '');
  return { lines: [scope, ...leftOut], hints: read.complete ? leftOut : [scope, ...leftOut] };
}

/** Empty where the list without a type leaves nothing out. */
function leftOutLine({ total, totalByType }: Read): string {
  return totalByType === undefined
    ? ''
    : `The API counts ${total} numbers when asked without a type, and ${totalByType} by type: ask for each type to see them all.`;
}

/**
 * The answer to a finding that nobody knows and no number has: most likely it is misspelt.
 * @param found codes that some numbers have
 */
export function unknownFinding(tool: string, finding: string, found: readonly string[]): ToolResult {
  const others = found.filter((code) => !FINDING_CODES.includes(code));
  const known = within(600, [...others.map(word), ...FINDING_CODES]);
  return {
    text: `${tool} failed: no such finding: ${quote(finding)}. Known: ${known.join(', ')}.\nCorrect finding and call again. Nothing was changed.`,
    isError: true,
  };
}
