import { type Approval, type JournalEntry, LEASE_MS, StoreError } from '../storage/store.ts';
import type { Call } from './call.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import { LIFETIME_MS } from './channels/channel.ts';
import type { Answer, GateOptions } from './gate.ts';
import { fromJournal, replayed, underWay } from './messages.ts';
import type { OperationContext } from './operation.ts';
import type { GateResult, Stakes } from './outcome.ts';

/** Sends what is allowed, once for each approval, and keeps what came of it until its caller has received it. */
export interface Sending {
  /**
   * Carries a call out. With an approval that somebody else spends meanwhile, it is told what came of that.
   * @param approval undefined where nothing had to be asked
   */
  send<I extends object, S extends Stakes>(
    call: Call<I, S>,
    stakes: S,
    isRent: boolean,
    approval?: Approval,
  ): Promise<Answer>;
  /** What came, or comes, of an approval that is spent. Nothing is sent. */
  replay<I extends object, S extends Stakes>(approval: Approval, call: Call<I, S>): Promise<Answer>;
  /** An answer that is not told again once its caller has received it. */
  answer(result: GateResult, approval: Approval): Answer;
  /** @returns false where it is spent, or has expired before */
  expire(approval: Approval, reason: string): Promise<boolean>;
  /** What came of a spent approval, in a few words, e.g. `completed, +12025550134`. */
  summaryOf(approval: Approval): string;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface SendingParts extends Pick<GateOptions, 'store' | 'limits' | 'projectId' | 'clock' | 'log'> {
  /** Finds out what came of intents whose process has died. */
  readonly settleLeft: () => Promise<void>;
}

export function createSending({ store, limits, projectId, clock, log, settleLeft }: SendingParts): Sending {
  const { approvals } = store;
  /** What is being carried out, by the approval that it spends; undefined where another process spent it. */
  const running = new Map<string, Promise<GateResult | undefined>>();
  const sent = new Set<Promise<unknown>>();

  function warn(error: unknown): void {
    log.warn(`store: ${String(error)}`);
  }

  function answer(result: GateResult, { id }: Approval): Answer {
    return { result, onDelivered: () => void approvals.delivered(id).catch(warn) };
  }

  async function expire({ id }: Approval, reason: string): Promise<boolean> {
    return approvals.decide(id, { state: 'expired', reason, expiresAt: clock.now() + LIFETIME_MS });
  }

  /** Keeps what came of an approval; undefined where another process has spent it. */
  async function settle(approval: Approval, carried: Promise<CarriedOut>): Promise<GateResult | undefined> {
    const done = await carried;
    if ('spent' in done) return undefined;
    const keeping = done.isSent
      ? approvals.conclude(approval.id, done.result, clock.now() + LIFETIME_MS)
      : expire(approval, 'refused');
    await keeping.catch(warn);
    return done.result;
  }

  /** What spent an approval. Where its process has died, this one finds out what came of it. */
  async function entryOf({ id }: Approval, { recent }: OperationContext): Promise<JournalEntry | undefined> {
    const find = async () => (await recent()).find(({ intent }) => intent.approval === id);
    const entry = await find();
    const isLeft = entry?.outcome === undefined && Date.parse(entry?.intent.leaseUntil ?? '') <= clock.now();
    if (!isLeft) return entry;
    await settleLeft();
    return find();
  }

  async function replay<I extends object, S extends Stakes>(
    approval: Approval,
    call: Call<I, S>,
  ): Promise<Answer> {
    try {
      return await find(approval, call);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      warn(error);
      return { result: underWay(call.operation.tool, new Date(clock.now() + LEASE_MS).toISOString()) };
    }
  }

  async function find<I extends object, S extends Stakes>(
    approval: Approval,
    { operation: { tool }, context }: Call<I, S>,
  ): Promise<Answer> {
    const here = await running.get(approval.id);
    if (here !== undefined) return answer(replayed(here), approval);
    const now = await approvals.get(approval.id);
    if (now?.outcome !== undefined) return answer(replayed(now.outcome as GateResult), approval);
    const entry = await entryOf(approval, context);
    if (entry?.outcome !== undefined) return answer(replayed(fromJournal(entry.outcome)), approval);
    return { result: underWay(tool, entry?.intent.leaseUntil ?? new Date(clock.now()).toISOString()) };
  }

  return {
    answer,
    expire,
    replay,

    async send(call, stakes, isRent, approval) {
      if (approval !== undefined && running.has(approval.id)) return replay(approval, call);
      const { caller, operation, input, context } = call;
      const carry = async () => {
        const parts = { caller, approval, isRent, context, store, limits, log };
        return carryOut(operation, input, stakes, { ...parts, projectId: await projectId() });
      };
      // Nothing is waited for before it is known to run: the same call joins it from now on.
      const carried = carry();
      if (approval === undefined) {
        await track(carried);
        const done = await carried;
        return 'result' in done ? done : { result: underWay(operation.tool, done.spent.intent.leaseUntil) };
      }
      const outcome = settle(approval, carried).finally(() => running.delete(approval.id));
      running.set(approval.id, outcome);
      await track(outcome);
      const result = await outcome;
      if (result === undefined) return replay(approval, call);
      if (caller.signal.aborted) log.warn(`${operation.tool}: nobody is left to be told: ${inShort(result)}`);
      return answer(result, approval);
    },

    summaryOf: ({ outcome }) =>
      outcome === undefined ? 'that call is still under way' : inShort(outcome as GateResult),

    async idle() {
      await Promise.all(sent);
    },
  };

  async function track(outcome: Promise<unknown>): Promise<void> {
    const ended = outcome.catch(() => {});
    sent.add(ended);
    await ended;
    sent.delete(ended);
  }
}

function inShort({ outcome, number }: GateResult): string {
  return [outcome, number?.phoneNumber].filter(Boolean).join(', ');
}
