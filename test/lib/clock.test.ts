import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createSignal } from '../../src/lib/signal.ts';
import { failure } from '../api/support.ts';

/** Far longer than any test. */
const LONG_MS = 3_600_000;

test('the system clock tells the time', () => {
  const before = Date.now();
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
});

/** A signal that counts who listens to it. */
function countedSignal() {
  const { signal, abort } = createSignal();
  let listeners = 0;
  return {
    abort,
    listeners: () => listeners,
    signal: {
      ...signal,
      get aborted() {
        return signal.aborted;
      },
      get reason() {
        return signal.reason;
      },
      addEventListener(type: 'abort', listener: () => void) {
        listeners++;
        signal.addEventListener(type, listener);
      },
      removeEventListener(type: 'abort', listener: () => void) {
        listeners--;
        signal.removeEventListener(type, listener);
      },
    },
  };
}

describe('a sleep', () => {
  test('ends by itself, and leaves nobody listening to the signal', async () => {
    const { signal, listeners } = countedSignal();
    const startedAt = performance.now();
    const sleep = systemClock.sleep(20, signal);
    expect(listeners()).toBe(1);
    await sleep;
    // Timers may be early by less than a millisecond.
    expect(performance.now() - startedAt).toBeGreaterThan(18);
    expect(listeners()).toBe(0);
  });

  test('needs no signal', async () => {
    await expect(systemClock.sleep(0)).resolves.toBeUndefined();
  });

  test('ends with the reason of the signal', async () => {
    const { signal, abort } = createSignal();
    const reason = new Error('enough');
    const sleep = failure(systemClock.sleep(LONG_MS, signal));
    abort(reason);
    expect(await sleep).toBe(reason);
  });

  test('does not begin where the signal has aborted before', async () => {
    const { signal, abort } = createSignal();
    abort('enough');
    expect(await failure(systemClock.sleep(LONG_MS, signal))).toBe('enough');
  });

  test('that is given up leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length;
    const controller = createSignal();
    const before = timers();
    const sleeps = Array.from({ length: 50 }, () => failure(systemClock.sleep(LONG_MS, controller.signal)));
    expect(timers()).toBeGreaterThanOrEqual(before + 50);
    controller.abort(new Error('enough'));
    await Promise.all(sleeps);
    expect(timers()).toBeLessThan(before + 50);
  });
});
