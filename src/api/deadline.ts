import { createSignal, type Signal } from '../lib/signal.ts';
import { BudgetExceededError } from './errors.ts';

/** The time that one call has, and the two reasons to stop it. */
export interface Deadline {
  /** The whole time, in milliseconds. */
  readonly budgetMs: number;
  /** Aborts with {@link BudgetExceededError} when the time is up, and when the caller cancels. */
  readonly stop: Signal;
  /** Calls back when the time is up, also where the caller has cancelled before. */
  onTimeUp(listener: () => void): void;
  isTimeUp(): boolean;
  /** Milliseconds left. */
  remaining(): number;
  /** Frees the timer. To be called when the call is over. */
  end(): void;
}

export function startDeadline(budgetMs: number, caller?: Signal): Deadline {
  const { signal: stop, abort } = createSignal();
  const endsAt = performance.now() + budgetMs;
  const listeners: (() => void)[] = [];
  let isTimeUp = false;
  const timer = setTimeout(() => {
    isTimeUp = true;
    abort(new BudgetExceededError(budgetMs, 'no'));
    for (const listener of listeners) listener();
  }, budgetMs);
  const cancel = () => abort(caller?.reason);
  caller?.addEventListener('abort', cancel);
  if (caller?.aborted) cancel();
  return {
    budgetMs,
    stop,
    onTimeUp: (listener) => listeners.push(listener),
    isTimeUp: () => isTimeUp,
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
export async function orAbort<T>(promise: Promise<T>, signal: Signal): Promise<T> {
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (giveUp) signal.removeEventListener('abort', giveUp);
  }
}

/**
 * The signal for one request that changes something. Until the request is sent it may be stopped; then only
 * the time ends it, so that its outcome is learnt.
 */
export function untilSent({ budgetMs, stop, onTimeUp }: Deadline): {
  readonly signal: Signal;
  readonly onSent: () => void;
} {
  const { signal, abort } = createSignal();
  let isSent = false;
  stop.addEventListener('abort', () => {
    if (!isSent) abort(stop.reason);
  });
  onTimeUp(() => abort(new BudgetExceededError(budgetMs, isSent ? 'maybe' : 'no')));
  if (stop.aborted) abort(stop.reason);
  return {
    signal,
    onSent: () => {
      isSent = true;
    },
  };
}
