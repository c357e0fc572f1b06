import * as z from 'zod';
import { BudgetExceededError, InvalidRequestError, isNumbersError } from '../../api/errors.ts';
import { causeOf } from '../../api/failure.ts';
import { counted, kindOf, word } from '../../api/format.ts';
import { sanitize } from '../../api/sanitize.ts';
import { money, numberType, regionCode } from '../../api/schemas/numbers.ts';
import { type Audit, auditNumbers, type Finding } from '../../audit/audit.ts';
import { STATES } from '../../audit/diagnosis.ts';
import { MAX_CODE } from '../../audit/tally.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import { explanation } from '../format/text.ts';
import { estimateTokens } from '../format/tokens.ts';
import { readTool } from '../tool.ts';

/** Time for one audit, without and with a progress token, in milliseconds. */
const BUDGET_MS = 50_000;
const BUDGET_WITH_PROGRESS_MS = 10 * 60_000;

/** How many tokens findings may take that are explained, and those that are only counted. */
const MAX_EXPLAINED = 1_900;
const MAX_COUNTED = 250;
const MAX_CURRENCIES = 5;
/** A finding names this many of its numbers and IDs in the text. */
const EXAMPLES_IN_TEXT = 2;

const finding = z.looseObject({
  code: z.string(),
  kind: z.enum(STATES),
  count: z.int(),
  owner: z.enum(['customer', 'sinch', 'carrier']),
  meaning: z.string(),
  remedy: z.string(),
  retry: z.enum(['later', 'after_change', 'contact_sinch']),
  phoneNumbers: z.array(z.string()),
  servicePlanIds: z.array(z.string()).optional(),
  campaignIds: z.array(z.string()).optional(),
});

export const auditProvisioning = readTool({
  name: 'audit_provisioning',
  title: 'Audit provisioning',
  description:
    'Read every rented number and tell which do not work, why, and what to do: failed and stuck provisioning, unlinked and releasing numbers, cost a month. One call, however many numbers. finding lists all numbers of one code. One number alone: get_active_number.',
  input: z.strictObject({
    regionCode: regionCode.optional(),
    type: numberType.optional(),
    stuckAfterHours: z.number().min(0).max(8_760).optional().describe('Default 24'),
    finding: z
      .string()
      .min(1)
      .max(MAX_CODE + 1)
      .optional()
      .describe('List all numbers of this code, e.g. STUCK'),
    cursor: z.string().min(1).optional().describe('nextCursor of the page before, with the same finding'),
  }),
  output: z.looseObject({
    scanned: z.int(),
    complete: z.boolean(),
    summary: z.looseObject(Object.fromEntries(STATES.map((state) => [state, z.int()]))),
    monthlyCost: z.array(money),
    findings: z.array(finding),
    nextCursor: z.string().optional(),
  }),
  async handler({ stuckAfterHours = 24, ...input }, { numbers, clock, signal, progress }) {
    if (input.cursor !== undefined && input.finding === undefined) {
      throw new InvalidRequestError('cursor goes with the finding that it came with');
    }
    const audit = await auditNumbers(
      { ...input, stuckAfterHours },
      {
        numbers,
        signal,
        now: clock.now(),
        budgetMs: progress ? BUDGET_WITH_PROGRESS_MS : BUDGET_MS,
        onProgress: (read, total) => progress?.(read, total, `${read} numbers read`),
      },
    );
    const report = sanitize(audit.report);
    return {
      text: auditText({ ...audit, report }, input, progress !== undefined),
      structured: report,
    };
  },
});

interface Asked {
  readonly regionCode?: string | undefined;
  readonly type?: string | undefined;
  readonly finding?: string | undefined;
}

function auditText(audit: Audit, asked: Asked, hasProgress: boolean): string {
  const { report, unpriced, total, totalByType } = audit;
  const { summary, monthlyCost, findings, nextCursor } = report;
  const costs = monthlyCost.map(({ amount, currencyCode }) => `${amount} ${word(currencyCode ?? '')}`);
  const others = costs.length - MAX_CURRENCIES;
  const cost = [...costs.slice(0, MAX_CURRENCIES), ...(others > 0 ? [`${others} more currencies`] : [])];
  const gaps = unpriced > 0 ? ` ${counted(unpriced, 'number')} came without a price.` : '';
  const lines = [
    scope(audit, asked, hasProgress),
    STATES.map((state) => `${state} ${summary[state]}`).join(', '),
    `Cost a month: ${cost.join(' + ') || 'none'}, numbers being released included.${gaps}`,
    totalByType === undefined
      ? ''
      : `The API counts ${total} numbers when asked without a type, and ${totalByType} by type: audit each type to see them all.`,
    ...(asked.finding === undefined
      ? findingLines(findings)
      : listingLines(findings, asked.finding, audit.codes)),
    nextCursor === undefined ? '' : `Next page: the same arguments and cursor ${nextCursor}`,
  ];
  return lines.filter((line) => line !== '').join('\n');
}

/** How much of the inventory this is about: the first thing to know. */
function scope({ report, total, failure }: Audit, asked: Asked, hasProgress: boolean): string {
  const { scanned, complete } = report;
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

function findingLines(findings: readonly Finding[]): string[] {
  // The largest of each kind comes first, so that no kind goes unexplained.
  const largest = findings.filter(
    (found, index) => findings.findIndex(({ kind }) => kind === found.kind) === index,
  );
  const order = [...largest, ...findings.filter((found) => !largest.includes(found))];
  const lines = new Map(
    order.map((found) => [found, `${countOf(found)}${examples(found)}. ${explanation(found)}`]),
  );
  const fitting = within(MAX_EXPLAINED, [...lines.values()]);
  const explained = findings
    .flatMap((found) => lines.get(found) ?? [])
    .filter((line) => fitting.includes(line));
  const rest = order.slice(fitting.length);
  const named = within(MAX_COUNTED, rest.map(countOf));
  const more = rest.length - named.length;
  const also = [...named, ...(more > 0 ? [`${counted(more, 'more code')}`] : [])].join('; ');
  const isCut = findings.some(({ count }) => count > EXAMPLES_IN_TEXT);
  return [
    ...explained,
    ...(also === ''
      ? []
      : [
          `Also: ${also}. What one means: this call with finding CODE, or sinch-numbers://provisioning-errors`,
        ]),
    ...(isCut ? ['All numbers of one code: this call with finding CODE.'] : []),
  ];
}

/** The first texts that fit into this many tokens together. */
function within(most: number, texts: readonly string[]): readonly string[] {
  let tokens = 0;
  const tooMany = texts.findIndex((text) => {
    tokens += estimateTokens(text);
    return tokens > most;
  });
  return tooMany === -1 ? texts : texts.slice(0, tooMany);
}

function countOf({ code, count }: Finding): string {
  return `${word(code)}: ${counted(count, 'number')}`;
}

function examples({ count, phoneNumbers, servicePlanIds = [], campaignIds = [] }: Finding): string {
  const parts = [
    some(phoneNumbers, count),
    servicePlanIds.length > 0 && `plans ${some(servicePlanIds)}`,
    campaignIds.length > 0 && `campaigns ${some(campaignIds)}`,
  ];
  return ` (${parts.filter(Boolean).join('; ')})`;
}

function some(items: readonly string[], count = items.length): string {
  const shown = items.slice(0, EXAMPLES_IN_TEXT);
  return `${shown.map(word).join(', ')}${count > shown.length ? ', …' : ''}`;
}

function listingLines(findings: readonly Finding[], listed: string, codes: readonly string[]): string[] {
  const [found] = findings;
  if (found === undefined) {
    const others = within(MAX_COUNTED, codes.map(word)).join(', ');
    return [`No number has ${word(listed)}. Codes that were found: ${others || 'none'}.`];
  }
  return [
    `${countOf(found)}. ${explanation(found)}`,
    found.phoneNumbers.length > 0 ? found.phoneNumbers.map(word).join(' ') : 'No further numbers.',
  ];
}
