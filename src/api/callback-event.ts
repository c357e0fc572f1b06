import * as z from 'zod';
import { isDeeper } from '../lib/fields.ts';
import type { Mask } from '../lib/mask.ts';
import { lean } from '../lib/strip-empty.ts';

/** Where callbacks are posted. */
export const CALLBACKS_PATH = '/callbacks';

/** A text; what is none is taken as it is written, so that an odd field does not cost the event. */
const text = z.preprocess(
  (value) => (value === undefined || typeof value === 'string' ? value : JSON.stringify(value)),
  z.string().optional(),
);

/**
 * An event as a callback carries it, without nulls and empty strings. Only its ID is certain to be there:
 * unknown types, statuses and fields pass through.
 */
export const callbackEvent = z.looseObject({
  eventId: z.string().min(1),
  /** UTC, RFC 3339. */
  timestamp: text,
  projectId: text,
  /** The phone number, or the ID of an order. */
  resourceId: text,
  resourceType: text,
  eventType: text,
  status: text,
  failureCode: text,
  internalFailureCode: text,
  /** When this receiver took it, RFC 3339. */
  receivedAt: text,
});

export type CallbackEvent = z.output<typeof callbackEvent>;

/** What the API's documents and SDKs call one event by two names. */
const OLD_VOICE_NAME = 'DEPROVISIONING_TO_VOICE_PLATFORM';
const VOICE_NAME = 'DEPROVISIONING_FROM_VOICE_PLATFORM';

/** The one name of an event type that has two. */
export function canonicalEventType(eventType: string): string {
  return eventType === OLD_VOICE_NAME ? VOICE_NAME : eventType;
}

/**
 * Reads a callback's body, or a line of what was kept.
 * @param mask hides the credentials in it
 * @returns undefined where it is no event: not JSON, without an eventId, or nested beyond all reason
 */
export function parseEvent(body: string, mask?: Mask): CallbackEvent | undefined {
  const parsed = callbackEvent.safeParse(leanJson(body, mask));
  if (!parsed.success) return undefined;
  const { timestamp, eventType, ...event } = parsed.data;
  return {
    ...event,
    ...(timestamp !== undefined && { timestamp: inUtc(timestamp) }),
    ...(eventType !== undefined && { eventType: canonicalEventType(eventType) }),
  };
}

function leanJson(body: string, mask: Mask | undefined): unknown {
  const json = body.replace(/^\uFEFF/, '');
  try {
    const value: unknown = mask ? mask.parse(json) : JSON.parse(json);
    return isDeeper(value, MAX_DEPTH) ? undefined : lean(value);
  } catch {
    return undefined;
  }
}

/** Real events have one level. */
const MAX_DEPTH = 32;

/** The real API's callbacks carry UTC without saying so (Sinch's Node SDK appends the Z). */
function inUtc(timestamp: string): string {
  return /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(timestamp) ? `${timestamp}Z` : timestamp;
}

/**
 * A text by which events sort in the order of time, whatever the precision of their timestamps: 29 characters,
 * or empty where no time is known.
 */
export function timeKey({ timestamp, receivedAt }: Pick<CallbackEvent, 'timestamp' | 'receivedAt'>): string {
  return keyOf(timestamp) || keyOf(receivedAt);
}

function keyOf(timestamp = ''): string {
  const [, seconds, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(timestamp) ?? [];
  if (seconds !== undefined) return `${seconds}.${fraction.slice(0, 9).padEnd(9, '0')}`;
  const ms = Date.parse(timestamp);
  // Years of more than four digits are no times of events.
  const iso = Number.isNaN(ms) ? '' : new Date(ms).toISOString();
  return /^\d{4}-/.test(iso) ? keyOf(iso) : '';
}
