import { abortSignalOf } from '../lib/signal.ts';
import { type Approval, type JournalEntry, LEASE_MS, StoreError } from '../storage/store.ts';
import type { Call, Carrier } from './call.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import type { Answer, GateOptions } from './gate.ts';
import { inShort, type Ledger } from './ledger.ts';
import { fromJournal, replayed, underWay } from './messages.ts';
import type { GatedOperation } from './operation.ts';
import type { GateResult, Stakes } from './outcome.ts';

interface SingleParts extends Pick<GateOptions, 'store' | 'limits' | 'projectId' | 'clock' | 'log'> {
  readonly ledger: Ledger;
  /** Finds out what came of intents whose process has died. */
  readonly settleLeft: () => Promise<void>;
}

/** How long a call waits for another process that carries out the same call, in milliseconds. */
const ELSEWHERE_MS = 20_000;

/** Carries out an operation that is one request. */
export function createSingle<I extends object, S extends Stakes>(
  { caller, input, context }: Call<I, S>,
  operation: GatedOperation<I, S>,
  { store, limits, projectId, clock, ledger, settleLeft, log }: SingleParts,
): Carrier<S, GateResult> {
  const { tool } = operation;

  /** What spent an approval. Where its process has died, this one finds out what came of it. */
  async function entryOf({ id }: Approval): Promise<JournalEntry | undefined> {
    const find = async () => (await context.recent()).find(({ intent }) => intent.approval === id);
    const entry = await find();
    const isLeft = entry?.outcome === undefined && Date.parse(entry?.intent.leaseUntil ?? '') <= clock.now();
    if (!isLeft) return entry;
    await settleLeft();
    return find();
  }

  /** What another process that is at it comes to, in a while. */
  async function outcomeElsewhere({ id }: Approval): Promise<Approval['outcome']> {
    const over = new AbortController();
    const stop = AbortSignal.any([abortSignalOf(context.signal), over.signal]);
    const unsubscribe = store.approvals.subscribe((now) => {
      if (now.id === id && now.outcome !== undefined) over.abort();
    });
    try {
      const now = await store.approvals.get(id);
      if (now?.outcome !== undefined) return now.outcome;
      await context.clock.sleep(ELSEWHERE_MS, stop).catch((error: unknown) => {
        if (!stop.aborted) throw error;
      });
    } finally {
      unsubscribe();
    }
    return (await store.approvals.get(id))?.outcome;
  }

  async function find(approval: Approval): Promise<Answer> {
    // What runs under an approval's ID is always of the operation that asked for it.
    const here = (await ledger.running(approval)) as CarriedOut | undefined;
    if (here !== undefined && 'result' in here) return ledger.answer(replayed(here.result), approval);
    const now = await store.approvals.get(approval.id);
    if (now?.outcome !== undefined) return ledger.answer(replayed(now.outcome as GateResult), approval);
    const entry = await entryOf(approval);
    if (entry?.outcome !== undefined) return ledger.answer(replayed(fromJournal(entry.outcome)), approval);
    const elsewhere = await outcomeElsewhere(approval);
    if (elsewhere !== undefined) return ledger.answer(replayed(elsewhere as GateResult), approval);
    return { result: underWay(tool, entry?.intent.leaseUntil) };
  }

  async function resume(approval: Approval): Promise<Answer> {
    try {
      return await find(approval);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn(`store: ${error.message}`);
      return { result: underWay(tool, new Date(clock.now() + LEASE_MS).toISOString()) };
    }
  }

  return {
    takesTurn: operation.readBefore !== undefined,
    resume,
    async carryOut(stakes, rents, approval) {
      const execution = {
        caller,
        projectId: await projectId(),
        approval,
        rents,
        context,
        store,
        limits,
        log,
      };
      if (approval === undefined) {
        const done = await ledger.track(carryOut(operation, input, stakes, execution));
        return 'result' in done ? done : { result: underWay(tool, done.spent.intent.leaseUntil) };
      }
      const { result: done, isFirst } = await ledger.once(approval, async () => {
        const carried = await carryOut(operation, input, stakes, execution);
        if ('result' in carried) {
          // An address stays in this process.
          const { emergencyAddress: _, ...kept } = carried.result;
          if (carried.isSent) await ledger.conclude(approval, kept);
          else await ledger.expire(approval, 'refused');
        }
        return carried;
      });
      if ('spent' in done) return resume(approval);
      if (caller.signal.aborted) log.warn(`${tool}: nobody is left to be told: ${inShort(done.result)}`);
      return ledger.answer(isFirst ? done.result : replayed(done.result), approval);
    },
  };
}
