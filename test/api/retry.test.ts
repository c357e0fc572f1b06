import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ApiError,
  AuthenticationError,
  BudgetExceededError,
  CancelledError,
  ConnectionError,
  UnexpectedResponseError,
} from '../../src/api/errors.ts';
import type { Effect } from '../../src/api/operations/operation.ts';
import { parseRetryAfter, retryDelay } from '../../src/api/retry.ts';

const EFFECTS: readonly Effect[] = ['read', 'write', 'billing', 'destructive'];
const CHANGES = EFFECTS.filter((effect) => effect !== 'read');
const NOW = Date.UTC(2026, 0, 1);

const almostOne = () => 1 - Number.EPSILON;

function answered(status: number, retryAfterMs?: number): ApiError {
  return new ApiError('Operation', status, { violations: [] }, retryAfterMs);
}

const refused = new ConnectionError('http://127.0.0.1', 'ECONNREFUSED', 'no', undefined);
const reset = new ConnectionError('http://127.0.0.1', 'ECONNRESET', 'maybe', undefined);

describe('retryDelay', () => {
  test.each(EFFECTS)('tries a %s again where the API cannot have acted', (effect) => {
    expect(retryDelay(effect, refused, 0, Math.random)).toBeDefined();
    expect(retryDelay(effect, answered(429), 0, Math.random)).toBeDefined();
  });

  test.each([502, 503, 504])('tries a read again after %i, but nothing that changes something', (status) => {
    expect(retryDelay('read', answered(status), 0, Math.random)).toBeDefined();
    for (const effect of CHANGES)
      expect(retryDelay(effect, answered(status), 0, Math.random)).toBeUndefined();
  });

  test('tries a read again after a lost connection, but nothing that changes something', () => {
    expect(retryDelay('read', reset, 0, Math.random)).toBeDefined();
    for (const effect of CHANGES) expect(retryDelay(effect, reset, 0, Math.random)).toBeUndefined();
  });

  test.each([302, 400, 401, 403, 404, 408, 409, 413, 500, 501])('never tries again after %i', (status) => {
    for (const effect of EFFECTS)
      expect(retryDelay(effect, answered(status), 0, Math.random)).toBeUndefined();
  });

  test.each([
    new BudgetExceededError(25_000, 'no'),
    new CancelledError(),
    new AuthenticationError('http://127.0.0.1', 'refused', 401),
    new UnexpectedResponseError('Operation', 'HTML'),
    new TypeError('a mistake in the code'),
    'text',
  ])('never tries again after %s', (error) => {
    for (const effect of EFFECTS) expect(retryDelay(effect, error, 0, Math.random)).toBeUndefined();
  });

  test('waits at most twice as long each time', () => {
    const longest = [0, 1, 2, 3, 4].map((retries) => retryDelay('read', reset, retries, almostOne) ?? -1);
    expect(longest.map(Math.round)).toEqual([250, 500, 1_000, 2_000, 4_000]);
  });

  test('may wait no time at all, for the jitter is full', () => {
    for (const retries of [0, 1, 2, 3, 4]) expect(retryDelay('read', reset, retries, () => 0)).toBe(0);
  });

  test('gives up after the fifth retry, even where the API says when to come back', () => {
    expect(retryDelay('read', reset, 5, Math.random)).toBeUndefined();
    expect(retryDelay('read', answered(429, 1_000), 5, Math.random)).toBeUndefined();
  });

  test.each([429, 503])('keeps to the Retry-After of a %i exactly', (status) => {
    expect(retryDelay('read', answered(status, 7_000), 0, almostOne)).toBe(7_000);
    expect(retryDelay('read', answered(status, 0), 3, almostOne)).toBe(0);
  });

  test('is not talked into repeating a change by the Retry-After of a 503', () => {
    expect(retryDelay('billing', answered(503, 1_000), 0, Math.random)).toBeUndefined();
  });

  test('whatever the dice say, the wait is between nothing and eight seconds', () => {
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(dice, fc.nat({ max: 50 }), (random, retries) => {
        const delay = retryDelay('read', reset, retries, () => random) ?? 0;
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(8_000);
      }),
    );
  });
});

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
  ])('reads %j as seconds', (header, ms) => {
    expect(parseRetryAfter(header, NOW)).toBe(ms);
  });

  test('reads a date as the time until then', () => {
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', NOW)).toBe(30_000);
  });

  test.each(['-5', '1.5', 'soon', 'soon 1', ''])('makes nothing of %j', (header) => {
    expect(parseRetryAfter(header, Date.UTC(2026, 0, 1))).toBeUndefined();
  });

  test('reads a date that is past as now', () => {
    expect(parseRetryAfter('Wed, 31 Dec 2025 23:59:00 GMT', NOW)).toBe(0);
  });

  test.each([undefined, '', ' ', 'soon', '5s', '10 seconds'])('makes nothing of %j', (header) => {
    expect(parseRetryAfter(header, NOW)).toBeUndefined();
  });

  test('reads every whole number of seconds and every date within a year', () => {
    fc.assert(
      fc.property(fc.nat({ max: 31_536_000 }), (seconds) => {
        expect(parseRetryAfter(String(seconds), NOW)).toBe(seconds * 1_000);
        expect(parseRetryAfter(new Date(NOW + seconds * 1_000).toUTCString(), NOW)).toBe(seconds * 1_000);
      }),
    );
  });
});
