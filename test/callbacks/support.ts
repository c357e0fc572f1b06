/** What the tests of callbacks share: events, signatures made by hand, raw HTTP and files of events. */
import { createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { CallbackEvent } from '../../src/api/callback-event.ts';
import { createLogger, type Logger } from '../../src/lib/log.ts';
import { type EventLog, openEventLog } from '../../src/storage/file/event-log.ts';

export const SECRET = 'callback-secret';

/** A callback's body and its signature, as Sinch publishes them with its SDKs. */
export const PUBLISHED = [
  {
    secret: 'callback-secret',
    body: '{"eventId":"01hpa0mww4m79q8j2dwn3ggbgz","timestamp":"2024-02-10T17:22:09.412722588","projectId":"37b62a7b-0177-abcd-efgh-e10f848de123","resourceId":"+17818510001","resourceType":"ACTIVE_NUMBER","eventType":"DEPROVISIONING_FROM_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null}',
    signature: 'dcf80daac2f232f4b23d5f719db3aa0fdca6af43',
  },
  {
    secret: 'secret value',
    body: '{"eventId":"01j3fycq0fyqq3gkgxb0g5ekbz","timestamp":"2024-07-23T14:02:14.415637289","projectId":"b8bae3c6-e7df-422b-9401-8ae3ee3e0aff","resourceId":"+12053017799","resourceType":"ACTIVE_NUMBER","eventType":"PROVISIONING_TO_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null}',
    signature: 'e289b8fac44491417aeceee28d2715840b5f1aca',
  },
] as const;

/** The ID of an event by its number. IDs sort as their numbers do. */
export function idOf(index: number): string {
  return `01j1wefx7p3wf2r3x6h4${String(index).padStart(6, '0')}`;
}

/** An event as it is kept, a second younger than the one before. */
export function eventOf(index: number, fields: Partial<CallbackEvent> = {}): CallbackEvent {
  const at = new Date(Date.UTC(2026, 0, 15, 12) + index * 1_000);
  return {
    eventId: idOf(index),
    timestamp: at.toISOString(),
    resourceId: '+12025550134',
    resourceType: 'ACTIVE_NUMBER',
    eventType: 'PROVISIONING_TO_CAMPAIGN',
    status: 'SUCCEEDED',
    ...fields,
  };
}

export function eventsOf(from: number, to: number): CallbackEvent[] {
  return Array.from({ length: to - from }, (_, offset) => eventOf(from + offset));
}

export function idsOf(events: readonly CallbackEvent[]): string[] {
  return events.map(({ eventId }) => eventId);
}

/** The IDs of the events with these numbers. */
export function idsFrom(from: number, to: number): string[] {
  return idsOf(eventsOf(from, to));
}

export function sign(body: string | Uint8Array, secret: string = SECRET): string {
  return createHmac('sha1', secret).update(body).digest('hex');
}

interface Sending {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** Sends the body in chunks, its length untold. */
  readonly chunked?: boolean;
}

interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A request on a connection of its own, its headers spelled as they are given. */
export function send(
  url: string,
  { method = 'POST', headers = {}, body = '', chunked = false }: Sending,
): Promise<Answered> {
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      agent: false,
      headers: chunked ? headers : { ...length, ...headers },
    });
    sent.once('error', reject);
    sent.once('response', async (response) => {
      // What was not read of a body that is too large may end the connection.
      sent.removeAllListeners('error').on('error', () => {});
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, body: await text(response).catch(() => '') });
    });
    if (chunked) sent.write(body, () => sent.end());
    else sent.end(body);
  });
}

/** Delivers an event, signed. @returns the status of the answer */
export async function deliver(url: string, event: object, secret: string = SECRET): Promise<number> {
  const body = JSON.stringify(event);
  const { status } = await send(url, { body, headers: { 'x-sinch-signature': sign(body, secret) } });
  return status;
}

/** A logger that keeps its lines. */
export function recorder(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLogger('debug', (line) => lines.push(line)), lines };
}

interface OpenLog extends EventLog {
  readonly lines: readonly string[];
  /** What it told of, in order. */
  readonly news: readonly CallbackEvent[];
  appendAll(events: readonly CallbackEvent[]): Promise<unknown>;
}

/** The log of a folder, as one process has it. */
export function openLog(folder: string, keep?: number): OpenLog {
  const { log, lines } = recorder();
  const news: CallbackEvent[] = [];
  const eventLog = openEventLog({
    folder,
    log,
    onEvents: (events) => news.push(...events),
    ...(keep !== undefined && { keep }),
  });
  return {
    ...eventLog,
    lines,
    news,
    appendAll: (events) => Promise.all(events.map((event) => eventLog.append(event))),
  };
}

/** The names of a folder's files of events, oldest first. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort();
}
