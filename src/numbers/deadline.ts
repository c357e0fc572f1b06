import { BudgetExceededError } from './errors.ts';

/** The time that one call has, and the two reasons to stop it. */
export interface Deadline {
  /** The whole time, in milliseconds. */
  readonly budgetMs: number;
  /** Aborts with {@link BudgetExceededError} when the time is up. */
  readonly budget: AbortSignal;
  /** Aborts for that, and when the caller cancels. */
  readonly stop: AbortSignal;
  /** Milliseconds left. */
  remaining(): number;
  /** Frees the timer. To be called when the call is over. */
  end(): void;
}

export function startDeadline(budgetMs: number, caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  const budget = controller.signal;
  const endsAt = performance.now() + budgetMs;
  const timer = setTimeout(() => controller.abort(new BudgetExceededError(budgetMs, 'no')), budgetMs);
  return {
    budgetMs,
    budget,
    stop: caller ? AbortSignal.any([budget, caller]) : budget,
    remaining: () => endsAt - performance.now(),
    end: () => clearTimeout(timer),
  };
}

/**
 * Waits for a promise, but no longer than the signal allows. The promise itself goes on.
 * @throws the signal's reason
 */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (giveUp) signal.removeEventListener('abort', giveUp);
  }
}

/**
 * The signal for one request that changes something. Until the request is sent it may be stopped; then only
 * the budget ends it, so that its outcome is learnt.
 */
export function untilSent({ budgetMs, budget, stop }: Deadline): {
  readonly signal: AbortSignal;
  readonly onSent: () => void;
} {
  const controller = new AbortController();
  let isSent = false;
  stop.addEventListener('abort', () => {
    if (!isSent) controller.abort(stop.reason);
  });
  budget.addEventListener('abort', () => {
    controller.abort(new BudgetExceededError(budgetMs, isSent ? 'maybe' : 'no'));
  });
  if (stop.aborted) controller.abort(stop.reason);
  return {
    signal: controller.signal,
    onSent: () => {
      isSent = true;
    },
  };
}
