import { quote, word } from '../../api/format.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type BatchResult, NOTHING_DONE } from '../../approval/batch-result.ts';
import type { Answer } from '../../approval/gate.ts';
import type { GateResult } from '../../approval/outcome.ts';
import { ACTIVE_NUMBERS_URI, activeNumberUri, JOURNAL_URI } from '../../resources/uris.ts';
import type { ToolResult } from '../tool.ts';

/**
 * A batch's outcome as a tool result: how far it came, the numbers that are done where nobody else knows them, then
 * every number that needs attention, by its reason. What was refused as a whole, or is not known, is an error.
 */
export function batchAnswer({
  result,
  onDelivered,
  changed = [],
}: Answer<GateResult | BatchResult>): ToolResult {
  const { outcome, message, ...rest } = result;
  const answer = { ...NOTHING_DONE, ...sanitize(rest) };
  return {
    text: [`${outcome}: ${message}`, ...resultLines(answer)].join('\n'),
    structured: { outcome, message, ...answer },
    isError: outcome === 'not_executed' || outcome === 'unknown',
    changed: changed.length > 0 ? [JOURNAL_URI, ACTIVE_NUMBERS_URI, ...changed.map(activeNumberUri)] : [],
    ...(onDelivered && { onDelivered }),
  };
}

/** One line for each reason, with all numbers that have it. */
function resultLines({
  phoneNumbers = [],
  results,
  truncated,
}: Pick<BatchResult, 'phoneNumbers' | 'results' | 'truncated'>): string[] {
  const byReason = new Map<string, string[]>();
  for (const { phoneNumber, outcome, reason } of results) {
    const key = reason === undefined ? outcome : `${outcome}, ${quote(reason, 200)}`;
    byReason.set(key, [...(byReason.get(key) ?? []), word(phoneNumber)]);
  }
  return [
    ...(phoneNumbers.length > 0 ? [`done: ${phoneNumbers.map(word).join(' ')}`] : []),
    ...[...byReason].map(([reason, numbers]) => `${reason}: ${numbers.join(' ')}`),
    ...(truncated ? [`CUT: these are the first ${truncated.shown} of ${truncated.total}.`] : []),
  ];
}
