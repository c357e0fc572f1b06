import { BudgetExceededError, CancelledError } from './errors.ts';

/** The time that one call has, and the two reasons to stop it. */
export interface Deadline {
  /** Aborts with {@link BudgetExceededError} when the time is up. */
  readonly budget: AbortSignal;
  /** Aborts for that, and with {@link CancelledError} when the caller cancels. */
  readonly stop: AbortSignal;
  /** Milliseconds left. */
  remaining(): number;
  /** Frees the timer. To be called when the call is over. */
  end(): void;
}

export function startDeadline(budgetMs: number, caller?: AbortSignal): Deadline {
  const budget = new AbortController();
  const cancelled = new AbortController();
  const endsAt = performance.now() + budgetMs;
  const timer = setTimeout(() => budget.abort(new BudgetExceededError(budgetMs, 'no')), budgetMs);
  const cancel = () => cancelled.abort(new CancelledError());
  if (caller?.aborted) cancel();
  else caller?.addEventListener('abort', cancel, { once: true });

  return {
    budget: budget.signal,
    stop: AbortSignal.any([budget.signal, cancelled.signal]),
    remaining: () => endsAt - performance.now(),
    end() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', cancel);
    },
  };
}

/**
 * Waits for a promise, but no longer than the signal allows. The promise itself goes on.
 * @throws the signal's reason
 */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (giveUp) signal.removeEventListener('abort', giveUp);
  }
}
