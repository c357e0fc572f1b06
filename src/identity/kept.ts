import type { Clock } from '../lib/clock.ts';

/** Something that is loaded when it is first needed, and anew from time to time. */
export interface Kept<T> {
  /** What was loaded last. An old one stays in use where loading fails. */
  get(): Promise<T>;
  /** The same, loaded anew unless that was done just now. */
  renew(): Promise<T>;
}

interface KeptOptions {
  readonly clock: Clock;
  /** How long it is used before it is loaded again, in milliseconds. */
  readonly freshMs: number;
  /** The least time between two loads, in milliseconds. */
  readonly pauseMs: number;
  /** The least time after a load that failed, while there is nothing, in milliseconds. */
  readonly retryMs: number;
}

/** Keeps what `load` brings. One load is in flight at a time, however many wait for it. */
export function keep<T>(load: () => Promise<T>, { clock, freshMs, pauseMs, retryMs }: KeptOptions): Kept<T> {
  let kept: { readonly value: T; readonly at: number } | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let flight: Promise<T> | undefined;
  const isWithin = (what: { readonly at: number } | undefined, ms: number) =>
    what !== undefined && clock.now() - what.at < ms;

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

  async function renew(): Promise<T> {
    if (flight) return flight;
    if (kept !== undefined && (isWithin(kept, pauseMs) || isWithin(failure, pauseMs))) return kept.value;
    if (failure !== undefined && isWithin(failure, retryMs)) throw failure.error;
    flight = fly();
    return flight;
  }

  return { get: async () => (kept !== undefined && isWithin(kept, freshMs) ? kept.value : renew()), renew };
}
