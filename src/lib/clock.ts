import type { Signal } from './signal.ts';

/** Time as a dependency, so that what depends on it can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: Signal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(wake, ms);
      function wake() {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      }
      function giveUp() {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener('abort', giveUp);
      if (signal?.aborted) giveUp();
    }),
};
