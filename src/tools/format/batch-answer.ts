import { quote, word } from '../../api/format.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type BatchResult, NOTHING_DONE } from '../../approval/batch-result.ts';
import type { Answer } from '../../approval/gate.ts';
import type { GateResult } from '../../approval/outcome.ts';
import { ACTIVE_NUMBERS_URI, JOURNAL_URI } from '../../resources/uris.ts';
import type { ToolResult } from '../tool.ts';

/**
 * A batch's outcome as a tool result: how far it came, then every number that needs attention, by its reason. What
 * was refused as a whole, or is not known, is an error.
 */
export function batchAnswer({ result, onDelivered }: Answer<GateResult | BatchResult>): ToolResult {
  const { outcome, message, ...rest } = result;
  const structured = sanitize({ outcome, message, ...NOTHING_DONE, ...rest });
  const isSent = outcome === 'completed' || outcome === 'partly_completed' || outcome === 'unknown';
  return {
    text: [
      `${outcome}: ${message}`,
      ...resultLines('results' in result ? (result as BatchResult) : undefined),
    ].join('\n'),
    structured: { ...structured, results: structured.results ?? [] },
    isError: outcome === 'not_executed' || outcome === 'unknown',
    changed: isSent ? [JOURNAL_URI, ACTIVE_NUMBERS_URI] : [],
    ...(onDelivered && { onDelivered }),
  };
}

/** One line for each reason, with all numbers that have it. */
function resultLines(result: BatchResult | undefined): string[] {
  const byReason = new Map<string, string[]>();
  for (const { phoneNumber, outcome, reason } of result?.results ?? []) {
    const key = reason === undefined ? outcome : `${outcome}, ${quote(reason, 200)}`;
    byReason.set(key, [...(byReason.get(key) ?? []), word(phoneNumber)]);
  }
  return [...byReason].map(([reason, numbers]) => `${reason}: ${numbers.join(' ')}`);
}
