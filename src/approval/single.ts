import type { Call, Carrier } from './call.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import type { GateOptions } from './gate.ts';
import { inShort, type Ledger } from './ledger.ts';
import { fromJournal, replayed, underWay } from './messages.ts';
import type { GatedOperation } from './operation.ts';
import type { GateResult, Stakes } from './outcome.ts';

type SingleParts = Pick<GateOptions, 'store' | 'limits' | 'projectId' | 'log'> & { readonly ledger: Ledger };

/** Carries out an operation that is one request. */
export function createSingle<I extends object, S extends Stakes>(
  { caller, input, context }: Call<I, S>,
  operation: GatedOperation<I, S>,
  { store, limits, projectId, ledger, log }: SingleParts,
): Carrier<S, GateResult> {
  const { tool } = operation;

  const resume: Carrier<S, GateResult>['resume'] = async (approval) => {
    // What runs under an approval's ID is always of the operation that asked for it.
    const here = (await ledger.running(approval)) as CarriedOut | undefined;
    if (here !== undefined && 'result' in here) return ledger.answer(replayed(here.result), approval);
    const now = await store.approvals.get(approval.id);
    if (now?.outcome !== undefined) return ledger.answer(replayed(now.outcome as GateResult), approval);
    const entries = await context.recent();
    const entry = entries.find(({ intent }) => intent.approval === approval.id);
    if (entry?.outcome !== undefined) return ledger.answer(replayed(fromJournal(entry.outcome)), approval);
    return { result: underWay(tool, entry?.intent.leaseUntil) };
  };

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
