import { sanitize } from '../../api/sanitize.ts';
import type { GateResult } from '../../approval/outcome.ts';
import { isUnderWay } from '../../audit/diagnosis.ts';
import { ACTIVE_NUMBERS_URI, activeNumberUri, JOURNAL_URI } from '../../resources/uris.ts';
import type { ToolResult } from '../tool.ts';
import { activeNumbersText } from './text.ts';

/**
 * A gated call's outcome as a tool result. What was refused or got lost is an error; a question that is open,
 * and a no, are not.
 * @param phoneNumber the number concerned, where it is known before the call
 * @param note one more sentence for the agent
 */
export function gateAnswer(result: GateResult, phoneNumber?: string, note?: string): ToolResult {
  const safe = sanitize(result);
  const concerned = safe.number?.phoneNumber ?? phoneNumber;
  const pending =
    result.outcome === 'completed' && result.number && isUnderWay(result.number)
      ? 'Its links are not ready yet: wait_for_provisioning tells when they work.'
      : undefined;
  const message = [result.message, note, pending].filter(Boolean).join(' ');
  const mayHaveChanged = result.outcome === 'completed' || result.outcome === 'unknown';
  return {
    text: [`${result.outcome}: ${message}`, ...(safe.number ? [activeNumbersText([safe.number])] : [])].join(
      '\n',
    ),
    structured: { ...safe, message },
    isError: result.outcome === 'not_executed' || result.outcome === 'unknown',
    changed: mayHaveChanged
      ? [JOURNAL_URI, ACTIVE_NUMBERS_URI, ...(concerned ? [activeNumberUri(concerned)] : [])]
      : [],
  };
}
