import { presentActiveNumber } from '../../api/present-active-number.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { Answer } from '../../approval/gate.ts';
import { isUnderWay } from '../../audit/diagnosis.ts';
import { JOURNAL_URI } from '../../resources/uris.ts';
import type { ToolResult } from '../tool.ts';
import { activeNumbersText, numberNotes } from './text.ts';

/**
 * A gated call's outcome as a tool result. What was refused or got lost is an error; a question that is open,
 * and a no, are not.
 * @param concerns URIs of the resources that the call may have changed, by the number that came of it
 */
export function gatedResult(
  { result, onDelivered }: Answer,
  concerns: (phoneNumber: string | undefined) => readonly string[],
): ToolResult {
  const { number: answered, ...rest } = sanitize(result);
  const number = answered && presentActiveNumber(answered);
  const safe = { ...rest, ...(number && { number }) };
  const { outcome } = safe;
  const pending =
    outcome === 'completed' && number && isUnderWay(number) && number.expireAt === undefined
      ? 'Its links are not ready yet: wait_for_provisioning tells when they work.'
      : undefined;
  const message = [result.message, pending].filter(Boolean).join(' ');
  const mayHaveChanged = outcome === 'completed' || outcome === 'unknown';
  return {
    text: [`${outcome}: ${message}`, ...(number ? [activeNumbersText([number])] : [])].join('\n'),
    structured: { ...safe, message },
    hints: number ? numberNotes([number]) : [],
    isError: outcome === 'not_executed' || outcome === 'unknown',
    changed: mayHaveChanged ? [JOURNAL_URI, ...concerns(number?.phoneNumber)] : [],
    ...(onDelivered && { onDelivered }),
  };
}
