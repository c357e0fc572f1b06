import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { certificateFault } from './connection-failure.ts';
import type { Deadline } from './deadline.ts';
import { ApiError, ConnectionError, ProxyError } from './errors.ts';
import type { Effect } from './operations/operation.ts';

/** Retries after the first attempt; the call's time budget may end them earlier. */
const MAX_RETRIES = 5;
const BASE_MS = 250;

/** undici's code for a request whose connections were closed from this side. */
const CLIENT_CLOSED = 'UND_ERR_DESTROYED';

export interface RetryPolicy {
  /** Names the call in the log. */
  readonly name: string;
  readonly effect: Effect;
  readonly deadline: Deadline;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Attempts until one attempt succeeds, fails for good, or the time left would be spent waiting.
 * @throws what the last attempt threw, or the deadline's reason
 */
export async function withRetries<T>(policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      const delay = retryDelay(policy.effect, error, retries, Math.random);
      if (delay === undefined || delay >= policy.deadline.remaining()) throw error;
      policy.log.info(`${policy.name}: ${String(error)}; trying again in ${Math.round(delay)} ms`);
      await policy.clock.sleep(delay, policy.deadline.stop);
    }
  }
}

/**
 * Whether and when to try again. Reads: after a connection error, 429, 502, 503 and 504. Anything else only
 * where the API cannot have acted: a connection that was never made, and 429. Never after a certificate that
 * is not good, or a proxy's refusal: those stay.
 * @param retries how many were made already
 * @param random a number in [0, 1), for full jitter
 * @returns milliseconds to wait, or undefined to give up. A Retry-After of the API is kept to.
 */
export function retryDelay(
  effect: Effect,
  error: unknown,
  retries: number,
  random: () => number,
): number | undefined {
  if (retries >= MAX_RETRIES || !isWorthRetrying(effect, error)) return undefined;
  if (error instanceof ApiError && error.retryAfterMs !== undefined) return error.retryAfterMs;
  return random() * BASE_MS * 2 ** retries;
}

function isWorthRetrying(effect: Effect, error: unknown): boolean {
  if (certificateFault(error) !== undefined) return false;
  if (error instanceof ProxyError) return error.status === undefined || isPassing(error.status);
  if (error instanceof ConnectionError) {
    return error.code !== CLIENT_CLOSED && (effect === 'read' || error.acted === 'no');
  }
  if (!(error instanceof ApiError)) return false;
  return error.status === 429 || (effect === 'read' && isPassing(error.status));
}

function isPassing(status: number): boolean {
  return [502, 503, 504].includes(status);
}

/** Enough of an HTTP date to keep Date.parse from guessing. */
const HTTP_DATE = /^[A-Za-z]{3,9},? .*\d\d:\d\d:\d\d/;

/**
 * Reads a Retry-After header (RFC 9110 §10.2.3): seconds or an HTTP date.
 * @param now milliseconds since the epoch
 * @returns milliseconds to wait, or undefined where the header is absent or makes no sense
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = HTTP_DATE.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
