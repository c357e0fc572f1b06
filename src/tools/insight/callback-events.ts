import * as z from 'zod';
import { type CallbackEvent, callbackEvent, canonicalEventType } from '../../api/callback-event.ts';
import { counted, quote, word } from '../../api/format.ts';
import { E164 } from '../../api/formats.ts';
import { DEFAULT_SIZE } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { moment, momentMs } from '../../api/schemas/moment.ts';
import { phoneNumber } from '../../api/schemas/numbers.ts';
import { explanations } from '../../audit/failure-notes.ts';
import type { EventPage, ReceiverStatus } from '../../callbacks/service.ts';
import { table } from '../format/table.ts';
import { readTool } from '../tool.ts';

export const listCallbackEvents = readTool({
  name: 'list_callback_events',
  title: 'List callback events',
  description:
    'List the provisioning events that callbacks brought, newest first: which link or unlink of which number succeeded or failed, and why. Only what this server received. The state of a number now: get_active_number; of all: audit_provisioning.',
  input: z.strictObject({
    phoneNumber: phoneNumber.optional(),
    eventType: z
      .string()
      .min(1)
      .transform(canonicalEventType)
      .optional()
      .describe('e.g. PROVISIONING_TO_CAMPAIGN'),
    status: z.string().min(1).optional().describe('e.g. FAILED'),
    since: moment.optional().describe('RFC 3339, e.g. 2026-01-31T12:00:00Z'),
    limit: z.int().min(1).max(100).optional().describe(`Default ${DEFAULT_SIZE}`),
    cursor: z.string().min(1).optional().describe('nextCursor of the page before'),
  }),
  output: z.looseObject({
    events: z.array(callbackEvent),
    nextCursor: z.string().optional(),
    receiver: z.looseObject({
      listening: z.boolean(),
      url: z.string().optional(),
      received: z.int(),
      rejected: z.int(),
    }),
  }),
  async handler({ since, limit = DEFAULT_SIZE, ...query }, { callbacks }) {
    const page = await callbacks.list({
      ...query,
      limit,
      ...(since !== undefined && { since: momentMs(since) }),
    });
    const { dropped, ...safe } = sanitize(page);
    const receiver = callbacks.status();
    const { lines, hints } = eventLines({ ...safe, dropped });
    return {
      text: [...lines, receiverLine(receiver)].join('\n'),
      structured: { ...safe, ...(dropped > 0 && { dropped }), receiver },
      hints: [...hints, receiverLine(receiver)],
    };
  },
});

/** @returns all lines, and those of them that say more than the events */
function eventLines({ events, nextCursor, dropped }: EventPage): { lines: string[]; hints: string[] } {
  const codes = events.flatMap(({ failureCode, internalFailureCode }) => [
    ...(failureCode === undefined ? [] : [failureCode]),
    ...(internalFailureCode === undefined ? [] : [internalFailureCode]),
  ]);
  const meanings = explanations(codes);
  const lost = dropped > 0 ? [`${counted(dropped, 'older event')} dropped: only the newest are kept.`] : [];
  const lines = [
    ...(events.length > 0 ? [table(events.map(eventRow))] : []),
    ...meanings,
    events.length === 0 ? 'No events.' : `${counted(events.length, 'event')}, newest first.`,
    ...(nextCursor === undefined ? [] : [`Next page: the same arguments and cursor ${nextCursor}`]),
    ...lost,
  ];
  return { lines, hints: [...meanings, ...lost] };
}

function eventRow(event: CallbackEvent): readonly string[] {
  const { timestamp, resourceId, eventType, status, failureCode, internalFailureCode } = event;
  return [
    timestamp === undefined ? 'time unknown' : word(timestamp.replace(/(:\d\d)\.\d+Z$/, '$1Z')),
    resourceId === undefined ? 'resource unknown' : E164.test(resourceId) ? resourceId : quote(resourceId),
    eventType === undefined ? 'type unknown' : word(eventType),
    status === undefined ? 'status unknown' : word(status),
    failureCode === undefined ? '' : word(failureCode),
    internalFailureCode === undefined ? '' : `internal ${word(internalFailureCode)}`,
  ];
}

/** Whether events can arrive at all, and what to do where they cannot. */
function receiverLine({ listening, url, received, rejected, lastRefusal, problem }: ReceiverStatus): string {
  if (listening) {
    return `The receiver listens at ${url}: ${counted(received, 'event')} taken, ${counted(rejected, 'request')} refused since the server started${lastRefusal === undefined ? '' : ` (the last one ${quote(lastRefusal)})`}. Sinch reaches it through a tunnel or proxy, whose address goes into callbackUrl of each number (update_active_number).`;
  }
  if (problem !== undefined) {
    return `The receiver does not listen (${problem}) and keeps trying. If another server of this user has the port, its events show here.`;
  }
  return "No receiver runs in this server. To start one, tell the user: set SINCH_NUMBERS_CALLBACK_PORT in the env of this server in the MCP client's configuration and restart it. Without one, get_active_number and wait_for_provisioning tell the state of a number.";
}
