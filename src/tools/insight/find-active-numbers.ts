import * as z from 'zod';
import { callbackUrlNotes } from '../../api/callback-url.ts';
import { counted } from '../../api/format.ts';
import { activeNumber } from '../../api/schemas/numbers.ts';
import { canonicalCode, FINDING_CODES } from '../../audit/catalogue.ts';
import { hasFailed } from '../../audit/diagnosis.ts';
import { findNumbers } from '../../audit/find.ts';
import { selection } from '../../audit/select.ts';
import { NUMBER_FIELDS } from '../format/text.ts';
import { estimateTokens } from '../format/tokens.ts';
import { readTool } from '../tool.ts';
import { scanParts, scopeLines, unknownFinding } from './inventory-scan.ts';
import { pageOfNumbers } from './number-page.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
/** The text takes no more tokens than this, by the estimate. */
const MAX_TOKENS = 1_750;

export const findActiveNumbers = readTool({
  name: 'find_active_numbers',
  title: 'Find rented numbers',
  description:
    'Find rented numbers by name, links, state, next charge and more; all conditions must hold. Reads the whole inventory, however large, in one call. What is wrong and what it costs as a whole: audit_provisioning.',
  input: z.strictObject({
    select: selection,
    fields: z.array(z.enum(NUMBER_FIELDS)).min(1).optional().describe('Default all'),
    limit: z.int().min(1).max(MAX_LIMIT).optional().describe(`Default ${DEFAULT_LIMIT}`),
    cursor: z.string().min(1).optional().describe('nextCursor of the page before'),
  }),
  output: z.looseObject({
    numbers: z.array(activeNumber),
    matched: z.int(),
    scanned: z.int(),
    complete: z.boolean(),
    nextCursor: z.string().optional(),
  }),
  async handler({ select, fields = NUMBER_FIELDS, limit = DEFAULT_LIMIT, cursor = '' }, context) {
    const { result, ...read } = await findNumbers(select, { limit, after: cursor }, scanParts(context));
    const { finding } = select;
    if (finding !== undefined && result.matched === 0 && !FINDING_CODES.includes(canonicalCode(finding))) {
      return unknownFinding('find_active_numbers', finding, []);
    }
    const scope = scopeLines(read, select, context.progress !== undefined);
    const most = MAX_TOKENS - estimateTokens(scope.lines.join('\n'));
    const { numbers, text, nextCursor } = pageOfNumbers(result.numbers, limit, fields, most);
    const notes = [
      ...callbackUrlNotes(numbers.flatMap(({ callbackUrl }) => callbackUrl ?? [])),
      ...(numbers.some(hasFailed)
        ? ['What a code means: sinch-numbers://provisioning-errors, or audit_provisioning.']
        : []),
    ];
    const lines = [
      ...scope.lines,
      ...(text === '' ? [] : [text]),
      `${counted(result.matched, 'number')} found, ${numbers.length} shown.`,
      ...notes,
      ...(nextCursor === undefined ? [] : [`Next page: the same arguments and cursor ${nextCursor}`]),
    ];
    return {
      text: lines.join('\n'),
      structured: {
        numbers,
        matched: result.matched,
        scanned: read.scanned,
        complete: read.complete,
        ...(nextCursor !== undefined && { nextCursor }),
      },
      hints: [...scope.hints, ...notes],
    };
  },
});
