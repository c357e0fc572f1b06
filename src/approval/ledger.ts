import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Approval, Approvals } from '../storage/store.ts';
import { LIFETIME_MS } from './channels/channel.ts';
import type { Answer } from './gate.ts';

/** Keeps the books of approvals: what came of them, whether their callers know, and what is under way here. */
export interface Ledger {
  /** An answer that is not replayed once its caller has received it. */
  answer<R>(result: R, approval: Approval): Answer<R>;
  /** Whether its caller has just received it, and the store may not know yet. */
  isBeingDelivered(approval: Approval): boolean;
  /** @returns false where it is spent, or has expired before */
  expire(approval: Approval, reason: string): Promise<boolean>;
  /** Keeps what came of a spent approval. @param expiresAt milliseconds since the epoch */
  conclude(approval: Approval, result: object, expiresAt?: number): Promise<void>;
  /**
   * Runs what spends an approval, unless that is under way in this process: then waits for it.
   * @returns what came of it
   */
  once<R extends object>(approval: Approval, run: () => Promise<R>): Promise<{ result: R; isFirst: boolean }>;
  /** What is being carried out with an approval in this process; undefined where nothing is. */
  running(approval: Approval): Promise<object> | undefined;
  /** Counts as under way until it ends. */
  track<R>(outcome: Promise<R>): Promise<R>;
  /** What came of a spent approval, in a few words, e.g. `completed, +12025550134`. */
  summaryOf(approval: Approval): string;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function createLedger(approvals: Approvals, clock: Clock, log: Logger): Ledger {
  const running = new Map<string, Promise<object>>();
  const underWay = new Set<Promise<unknown>>();
  const delivering = new Set<string>();

  function warn(error: unknown): void {
    log.warn(`store: ${String(error)}`);
  }

  async function deliver(id: string): Promise<void> {
    delivering.add(id);
    await approvals.delivered(id).catch(warn);
    delivering.delete(id);
  }

  async function track<R>(outcome: Promise<R>): Promise<R> {
    const ended = outcome.catch(() => {});
    underWay.add(ended);
    await ended;
    underWay.delete(ended);
    return outcome;
  }

  return {
    track,
    answer: (result, { id }) => ({ result, onDelivered: () => void deliver(id) }),
    isBeingDelivered: ({ id }) => delivering.has(id),
    expire: ({ id }, reason) =>
      approvals.decide(id, { state: 'expired', reason, expiresAt: clock.now() + LIFETIME_MS }),
    conclude: ({ id }, result, expiresAt = clock.now() + LIFETIME_MS) =>
      approvals.conclude(id, { ...result }, expiresAt).catch(warn),
    running: ({ id }) => running.get(id),
    async once({ id }, run) {
      const other = running.get(id);
      // What runs under an approval's ID is always of the operation that asked for it.
      if (other !== undefined)
        return { result: (await other) as Awaited<ReturnType<typeof run>>, isFirst: false };
      const outcome = run().finally(() => running.delete(id));
      running.set(id, outcome);
      return { result: await track(outcome), isFirst: true };
    },
    summaryOf: ({ outcome }) => (outcome === undefined ? 'that call is still under way' : inShort(outcome)),
    async idle() {
      await Promise.all(underWay);
    },
  };
}

/** A result in a few words. */
export function inShort(result: object): string {
  const { outcome, number } = result as { outcome?: string; number?: { phoneNumber?: string } };
  return [outcome, number?.phoneNumber].filter(Boolean).join(', ');
}
