import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a dependency, so that what depends on it can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, { ...(signal && { signal }) });
    } catch (error) {
      throw signal?.reason ?? error;
    }
  },
};
