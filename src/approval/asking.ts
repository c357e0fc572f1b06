import { CancelledError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { abortSignalOf, type Signal } from '../lib/signal.ts';
import type { Approval, Approvals } from '../storage/store.ts';
import { type Caller, CannotAskError, type Channel, LIFETIME_MS } from './channels/channel.ts';
import type { Question } from './question.ts';

/** How long a person is waited for, without and with a progress token, in milliseconds. */
const PATIENCE_MS = 50_000;
export const PATIENCE_WITH_PROGRESS_MS = 5 * 60_000;
const PROGRESS_EVERY_MS = 10_000;

export interface Asking {
  /**
   * Puts an open question by one channel and waits for the decision, whichever channel or process it comes from.
   * @returns the approval as it stands then; still `asked` where the channel outlives the call and nobody answered
   * @throws {CannotAskError} where this channel reaches nobody
   * @throws {CancelledError} where the caller cancels
   */
  ask(
    approval: Approval,
    channel: Channel,
    question: Question,
    caller: Caller,
  ): Promise<Approval | undefined>;
  /** Whether a call of this process waits for the decision. */
  isAwaited(approvalId: string): boolean;
}

export function createAsking(approvals: Approvals, clock: Clock): Asking {
  /** How many calls of this process wait for each approval. */
  const waiting = new Map<string, number>();

  async function expire(id: string, reason: string): Promise<void> {
    await approvals.decide(id, { state: 'expired', reason, expiresAt: clock.now() + LIFETIME_MS });
  }

  /**
   * What becomes of a question when nobody waits for its answer any more.
   * @param isPut false where the channel reached nobody: the question is for another one, or open on it already
   */
  async function leave(id: string, channel: Channel, caller: Caller, isPut: boolean): Promise<void> {
    const others = (waiting.get(id) ?? 1) - 1;
    if (others > 0) waiting.set(id, others);
    else waiting.delete(id);
    if (others > 0) return;
    // Also where it was granted in the same moment: nobody wants that call any more.
    if (isWithdrawn(caller.signal)) return expire(id, 'cancelled');
    if (!isPut || (await approvals.get(id))?.state !== 'asked') return;
    if (!channel.outlivesCall) await expire(id, 'no answer in time');
    else await approvals.update(id, { expiresAt: clock.now() + LIFETIME_MS });
  }

  return {
    isAwaited: (approvalId) => waiting.has(approvalId),

    async ask(approval, channel, question, caller) {
      const { id } = approval;
      const over = new AbortController();
      const stop = AbortSignal.any([abortSignalOf(caller.signal), over.signal]);
      waiting.set(id, (waiting.get(id) ?? 0) + 1);
      let isPut = true;
      const put = channel.put(approval, question, caller, stop);
      const ends = [
        untilDecided(approvals, id, stop),
        waitInVain(caller.progress, stop, clock),
        rejection(put),
      ];
      try {
        await Promise.race(ends);
      } catch (error) {
        isPut = !(error instanceof CannotAskError);
        if (!caller.signal.aborted) throw error;
        throw new CancelledError();
      } finally {
        over.abort();
        await Promise.allSettled(ends.slice(0, 2));
        await leave(id, channel, caller, isPut);
      }
      return approvals.get(id);
    },
  };
}

/**
 * Whether a call was cancelled because nobody wants it any more. A client that has run out of patience will ask again.
 * The protocol tells the reason of a cancellation as text alone.
 */
export function isWithdrawn({ aborted, reason }: Signal): boolean {
  return aborted && !/time[d ]*out/i.test(String(reason));
}

/** Resolves once an approval is not open any more. */
async function untilDecided(approvals: Approvals, id: string, stop: AbortSignal): Promise<void> {
  let unsubscribe = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      unsubscribe = approvals.subscribe((approval) => {
        if (approval.id === id && approval.state !== 'asked') resolve();
      });
      stop.addEventListener('abort', () => reject(stop.reason), { once: true });
      if (stop.aborted) reject(stop.reason);
      approvals.get(id).then((approval) => {
        if (approval?.state !== 'asked') resolve();
      }, reject);
    });
  } finally {
    unsubscribe();
  }
}

/** Waits as long as a person is waited for, and tells the client that the call is alive. */
async function waitInVain(progress: Caller['progress'], stop: AbortSignal, clock: Clock): Promise<void> {
  const patience = progress ? PATIENCE_WITH_PROGRESS_MS : PATIENCE_MS;
  for (let waited = 0; waited < patience; waited += PROGRESS_EVERY_MS) {
    progress?.(`waiting for a person's answer, ${waited / 1000} s so far`);
    await clock.sleep(PROGRESS_EVERY_MS, stop);
  }
}

/** Never resolves; rejects where the promise does. */
function rejection(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}
