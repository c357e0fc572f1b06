import type { Clock } from '../lib/clock.ts';

/** Something that is loaded when it is first needed, and anew from time to time. */
export interface Kept<T> {
  /** What was loaded last. An old one stays in use where loading fails. */
  get(): Promise<T>;
  /** The same, loaded anew, unless that was done just now. @throws what keeps it from being loaded */
  renew(): Promise<T>;
}

interface KeptOptions {
  readonly clock: Clock;
  /** How long it is used before it is loaded again, in milliseconds. */
  readonly freshMs: number;
  /** The least time between two renewals, in milliseconds. */
  readonly pauseMs: number;
}

/** The least time between a load that failed and the next, in milliseconds. */
const RETRY_MS = 5_000;

/** Keeps what `load` brings. One load is in flight at a time, however many wait for it. */
export function keep<T>(load: () => Promise<T>, { clock, freshMs, pauseMs }: KeptOptions): Kept<T> {
  let kept: { readonly value: T; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let flight: Promise<T> | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;

  async function fly(): Promise<T> {
    const at = clock.now();
    try {
      kept = { value: await load(), at };
      failure = undefined;
      return kept.value;
    } catch (error) {
      failure = { error, at };
      if (kept === undefined) throw error;
      return kept.value;
    } finally {
      flight = undefined;
    }
  }

  async function loadAgain(): Promise<T> {
    if (failure === undefined || clock.now() - failure.at >= RETRY_MS) {
      flight ??= fly();
      return flight;
    }
    if (kept === undefined) throw failure.error;
    return kept.value;
  }

  return {
    async get() {
      return kept !== undefined && clock.now() - kept.at < freshMs ? kept.value : loadAgain();
    },
    async renew() {
      const isRecent = clock.now() - renewedAt < pauseMs;
      if (isRecent && kept !== undefined && flight === undefined) return kept.value;
      const value = await (flight ?? loadAgain());
      if (failure !== undefined) throw failure.error;
      renewedAt = clock.now();
      return value;
    },
  };
}
