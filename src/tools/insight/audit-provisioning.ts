import * as z from 'zod';
import { InvalidRequestError } from '../../api/errors.ts';
import { word } from '../../api/format.ts';
import { sanitize } from '../../api/sanitize.ts';
import { activeNumber, money, numberType, regionCode } from '../../api/schemas/numbers.ts';
import { type Audit, type AuditReport, auditNumbers, type Finding, KINDS } from '../../audit/audit.ts';
import { canonicalCode, FINDING_CODES } from '../../audit/catalogue.ts';
import { STATES, STUCK_AFTER_HOURS } from '../../audit/diagnosis.ts';
import { MAX_CODE, SECTIONS, type Section } from '../../audit/tally.ts';
import { estimateTokens, within } from '../format/tokens.ts';
import { readTool, type ToolContext, type ToolResult } from '../tool.ts';
import { guidanceLines, listedFindingLine, sectionLines } from './audit-text.ts';
import { scanParts, type scopeLine, scopeLines, unknownFinding } from './inventory-scan.ts';
import { pageOfNumbers } from './number-page.ts';
import { repairOf } from './repair.ts';

const DEFAULT_SECTIONS: readonly Section[] = ['summary', 'findings'];

/** A finding whose numbers are asked for lists this many at a time, or as many as fit. */
const MAX_LISTED = 100;
/** The text that lists them takes no more tokens than this, by the estimate. */
const MAX_TOKENS = 1_850;
/** The codes that were found instead may take so many tokens. */
const MAX_CODES = 250;
/** The fields listed for each of them. */
const LISTED_FIELDS = [
  'displayName',
  'money',
  'paymentIntervalMonths',
  'smsConfiguration',
  'voiceConfiguration',
] as const;

const finding = z.looseObject({
  code: z.string(),
  kind: z.enum(KINDS),
  count: z.int(),
  owner: z.enum(['customer', 'sinch', 'carrier']),
  meaning: z.string(),
  remedy: z.string(),
  retry: z.enum(['later', 'after_change', 'contact_sinch']),
  phoneNumbers: z.array(z.string()),
  numbers: z.array(activeNumber).optional(),
  servicePlanIds: z.array(z.string()).optional(),
  campaignIds: z.array(z.string()).optional(),
  repair: z.string().optional(),
});

const amounts = z.array(money);

export const auditProvisioning = readTool({
  name: 'audit_provisioning',
  title: 'Audit provisioning',
  description:
    'Read every rented phone number and tell which do not work, why, and what to do: failed and stuck provisioning, unlinked and releasing numbers, cost a month. One call, however many numbers. finding lists all numbers of one code. Numbers by other criteria: find_active_numbers.',
  input: z.strictObject({
    regionCode: regionCode.optional(),
    type: numberType.optional(),
    stuckAfterHours: z.number().min(0).max(8_760).optional().describe(`Default ${STUCK_AFTER_HOURS}`),
    sections: z
      .array(z.enum(SECTIONS))
      .min(1)
      .optional()
      .describe('Default summary, findings. inventory: cost by region and type; charges: next 30 days'),
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
    summary: z.looseObject(Object.fromEntries(STATES.map((state) => [state, z.int()]))).optional(),
    monthlyCost: amounts.optional(),
    inventory: z
      .array(z.looseObject({ count: z.int(), monthlyCost: amounts, endingCost: amounts }))
      .optional(),
    charges: z.array(z.looseObject({ date: z.string(), amounts })).optional(),
    links: z
      .array(z.looseObject({ kind: z.string(), id: z.string(), numbers: z.int(), failed: z.int() }))
      .optional(),
    findings: z.array(finding).optional(),
    nextCursor: z.string().optional(),
  }),
  async handler({ sections = DEFAULT_SECTIONS, finding: code, cursor, ...input }, context) {
    if (cursor !== undefined && code === undefined) {
      throw new InvalidRequestError('cursor goes with the finding that it came with');
    }
    const listing = code === undefined ? undefined : { code, limit: MAX_LISTED, after: cursor ?? '' };
    // The view shows all of it: what the model did not ask for comes of the same reading.
    const isWhole = context.hasView && cursor === undefined && SECTIONS.some((it) => !sections.includes(it));
    const audit = await auditNumbers(
      { ...input, sections: listing ? [...sections, 'findings'] : sections, isWhole, listing },
      scanParts(context),
    );
    if (listing !== undefined) return listingResult(audit, input, listing.code, context);
    const report = withRepairs(audit.report);
    const scope = scopeLines(audit, input, context.progress !== undefined);
    return {
      text: joined([...scope.lines, ...sectionLines({ ...audit, report })]),
      structured: report,
      ...(audit.whole && { view: withRepairs(audit.whole) }),
      hints: [...scope.hints, ...guidanceLines({ ...audit, report })],
    };
  },
});

/** A report whose one finding names its numbers, as many as fit into the text. */
function listingResult(
  audit: Audit,
  asked: Parameters<typeof scopeLine>[1],
  listed: string,
  { progress }: ToolContext,
): ToolResult {
  const { findings: [found] = [], ...report } = sanitize(audit.report);
  if (found === undefined && !FINDING_CODES.includes(canonicalCode(listed))) {
    return unknownFinding('audit_provisioning', listed, audit.codes);
  }
  const scope = scopeLines(audit, asked, progress !== undefined);
  const none = found ? [] : [noneLine(canonicalCode(listed), audit.codes)];
  const lines = [
    ...scope.lines,
    ...sectionLines({ ...audit, report: { ...report, findings: [] } }),
    ...(found ? [listedFindingLine(found)] : none),
  ];
  const left = MAX_TOKENS - estimateTokens(joined(lines));
  const { numbers, text, nextCursor } = pageOfNumbers(audit.listed, MAX_LISTED, LISTED_FIELDS, left);
  if (found !== undefined) lines.push(text || 'No further numbers.');
  if (nextCursor !== undefined) lines.push(`Next page: the same arguments and cursor ${nextCursor}`);
  const phoneNumbers = numbers.flatMap(({ phoneNumber }) => phoneNumber ?? []);
  const page = {
    findings: found === undefined ? [] : [{ ...withRepair(found), phoneNumbers, numbers }],
    ...(nextCursor !== undefined && { nextCursor }),
  };
  return {
    text: joined(lines),
    structured: { ...report, ...page },
    ...(audit.whole && { view: { ...sanitize(audit.whole), ...page } }),
    hints: [...scope.hints, ...guidanceLines({ ...audit, report }), ...none],
  };
}

/** A report as it is sent. */
function withRepairs(report: AuditReport) {
  const { findings, ...rest } = sanitize(report);
  return { ...rest, ...(findings && { findings: findings.map(withRepair) }) };
}

/** A finding with the one call that mends all its numbers, where there is one. */
function withRepair(found: Finding): Finding & { readonly repair?: string } {
  const repair = repairOf(found);
  return { ...found, ...(repair !== undefined && { repair }) };
}

function noneLine(code: string, found: readonly string[]): string {
  const others = within(MAX_CODES, found.map(word)).join(', ');
  return `No number has ${code}. Codes that were found: ${others || 'none'}.`;
}

function joined(lines: readonly string[]): string {
  return lines.filter((line) => line !== '').join('\n');
}
