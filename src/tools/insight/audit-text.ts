/** What an audit tells the model, in less than 2,000 tokens whatever the inventory. */

import { counted, kindOf, word } from '../../api/format.ts';
import { formatMoney } from '../../api/money.ts';
import type { Money } from '../../api/schemas/numbers.ts';
import type { Audit, AuditReport, Finding } from '../../audit/audit.ts';
import { STATES } from '../../audit/diagnosis.ts';
import type { Kind } from '../../audit/kinds.ts';
import type { Link } from '../../audit/links.ts';
import { explanation } from '../format/text.ts';
import { estimateTokens, within } from '../format/tokens.ts';
import { repairOf } from './repair.ts';

/** How many tokens findings may take with all that stands before them, and those of them that are only counted. */
const MAX_FINDINGS = 1_920;
const MAX_COUNTED = 250;
/** How many tokens other lists may take together, and each beside the findings. */
const MAX_LISTS = 1_600;
const MAX_LIST = 400;
const MAX_CURRENCIES = 5;
/** A finding names this many of its numbers and IDs in the text. */
const EXAMPLES_IN_TEXT = 2;

/** The sections of a report, those that were not asked for left out. */
export function sectionLines({ report, unpriced }: Pick<Audit, 'report' | 'unpriced'>): string[] {
  const { inventory, charges, links, findings } = report;
  const lists = [
    inventory && { title: 'By region and type:', lines: inventory.map(kindLine) },
    charges && {
      title: 'Charges of the next 30 days:',
      lines: charges.map(({ date, amounts }) => `${date} ${sum(amounts)}`),
    },
    links && { title: 'Most used links:', lines: links.map(linkLine) },
  ].filter((list) => list !== undefined);
  const most = findings ? MAX_LIST : Math.floor(MAX_LISTS / Math.max(1, lists.length));
  const told = [
    ...summaryLines(report, unpriced),
    ...lists.flatMap(({ title, lines }) => listLines(title, lines, most)),
  ];
  const left = MAX_FINDINGS - estimateTokens(told.join('\n'));
  return [...told, ...(findings ? findingLines(findings, left) : [])];
}

function summaryLines({ summary, monthlyCost = [] }: AuditReport, unpriced: number): string[] {
  if (summary === undefined) return [];
  const gaps = unpriced > 0 ? ` ${unpricedLine(unpriced)}` : '';
  return [
    STATES.map((state) => `${state} ${summary[state]}`).join(', '),
    `Cost a month: ${sum(monthlyCost)}, numbers being released included.${gaps}`,
  ];
}

function unpricedLine(unpriced: number): string {
  return `${counted(unpriced, 'number')} came without a price.`;
}

const ALL_OF_ONE = 'All numbers of one code: this call with finding CODE.';

/** What the sections say beyond their figures. */
export function guidanceLines({
  report: { summary, findings = [] },
  unpriced,
}: Pick<Audit, 'report' | 'unpriced'>): string[] {
  return [
    ...(summary !== undefined && unpriced > 0 ? [unpricedLine(unpriced)] : []),
    ...(isCut(findings) ? [ALL_OF_ONE] : []),
  ];
}

/** Whether some findings have more numbers than the text names. */
function isCut(findings: readonly Finding[]): boolean {
  return findings.some(({ count }) => count > EXAMPLES_IN_TEXT);
}

function listLines(title: string, lines: readonly string[], most: number): string[] {
  const fitting = within(most, lines);
  const more = lines.length - fitting.length;
  return [
    `${title}${lines.length === 0 ? ' none.' : ''}`,
    ...fitting,
    ...(more > 0 ? [`and ${more} more: ask by regionCode and type to see them`] : []),
  ];
}

function kindLine({ count, monthlyCost, endingCost, ...kind }: Kind): string {
  const ending = endingCost.length > 0 ? `, of which ${sum(endingCost)} ends` : '';
  return `${kindOf(kind) || 'of no kind'}: ${counted(count, 'number')}, ${sum(monthlyCost)} a month${ending}`;
}

const LINK_NAMES: Readonly<Record<Link['kind'], string>> = {
  servicePlan: 'service plan',
  campaign: 'campaign',
  app: 'voice app',
  trunk: 'trunk',
  faxService: 'fax service',
};

function linkLine({ kind, id, numbers, failed }: Link): string {
  return `${LINK_NAMES[kind]} ${word(id)}: ${counted(numbers, 'number')}${failed > 0 ? `, ${failed} failed` : ''}`;
}

function sum(amounts: readonly Money[]): string {
  const told = amounts.slice(0, MAX_CURRENCIES).map(formatMoney);
  const more = amounts.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more currencies`] : [])].join(' + ') || 'none';
}

function findingLines(findings: readonly Finding[], mostOfAll: number): string[] {
  const repair = repairLine(findings);
  const most = mostOfAll - estimateTokens(repair.join());
  // The largest of each kind comes first, so that no kind goes unexplained.
  const largest = findings.filter(
    (found, index) => findings.findIndex(({ kind }) => kind === found.kind) === index,
  );
  const order = [...largest, ...findings.filter((found) => !largest.includes(found))];
  const lines = new Map(
    order.map((found) => [found, `${countOf(found)}${examples(found)}. ${explanation(found)}`]),
  );
  const fitting = within(most, [...lines.values()]);
  const explained = findings
    .flatMap((found) => lines.get(found) ?? [])
    .filter((line) => fitting.includes(line));
  const rest = order.slice(fitting.length);
  const named = within(MAX_COUNTED, rest.map(countOf));
  const more = rest.length - named.length;
  const also = [...named, ...(more > 0 ? [counted(more, 'more code')] : [])].join('; ');
  return [
    ...explained,
    ...(also === ''
      ? []
      : [
          `Also: ${also}. What one means: this call with finding CODE, or sinch-numbers://provisioning-errors`,
        ]),
    ...(isCut(findings) ? [ALL_OF_ONE] : []),
    ...repair,
  ];
}

/** The call that mends all numbers of the worst finding that a call mends. */
function repairLine(findings: readonly Finding[]): string[] {
  const [repair] = findings.flatMap((found) => repairOf(found) ?? []);
  return repair === undefined ? [] : [`All numbers of a code are mended with one yes, e.g. ${repair}`];
}

/** A finding whose numbers are listed. */
export function listedFindingLine(finding: Finding): string {
  const repair = repairOf(finding);
  const mend = repair === undefined ? '' : ` Mended with one yes: ${repair}`;
  return `${countOf(finding)}. ${explanation(finding)}${mend}`;
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
