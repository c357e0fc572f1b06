import pLimit from 'p-limit';
import { CancelledError } from '../api/errors.ts';
import type { Approval, IntentOutcome, JournalEntry } from '../storage/store.ts';
import { isWithdrawn } from './asking.ts';
import type { BatchOperation, BatchPart, BatchStakes, BatchSubject } from './batch-operation.ts';
import { type BatchResult, type NumberResult, resultOf, type Tally } from './batch-result.ts';
import type { Call, Carrier } from './call.ts';
import type { GateOptions } from './gate.ts';
import type { Ledger } from './ledger.ts';
import { replayed } from './messages.ts';

/** How long a call works on a batch, counted from its start, without and with a progress token, in milliseconds. */
const BUDGET_MS = 50_000;
const BUDGET_WITH_PROGRESS_MS = 10 * 60_000;
/** What a person has taken of that is not the batch's fault: so long it works at least. */
const MIN_BUDGET_MS = 10_000;
/** How long a yes to a batch counts for what is left of it. */
const APPROVED_MS = 30 * 60_000;

type BatchParts = Pick<GateOptions, 'store' | 'limits' | 'projectId' | 'clock' | 'log'> & {
  readonly ledger: Ledger;
};

/** What the store keeps of a batch: its result, and until when the same call goes on with it, RFC 3339. */
type KeptResult = BatchResult & { readonly continuesUntil?: string };

/**
 * Carries a batch out: each number is an intent of its own that spends its part of the approval. When the call's
 * time is up, what is left stays approved, and the same call goes on.
 */
export function createBatch<I extends object>(
  { caller, input, context, startedAt }: Call<I, BatchStakes>,
  operation: BatchOperation<I>,
  parts: BatchParts,
): Carrier<BatchStakes, BatchResult> {
  const { store, limits, projectId, clock, ledger, log } = parts;
  const { tool, atOnce } = operation;

  /** @returns the results of these parts, and why the rest was not attempted */
  async function run(
    wanted: readonly BatchPart[],
    approval: Approval | undefined,
    total: number,
  ): Promise<Pick<Tally, 'done' | 'failed' | 'unknown' | 'notAttempted'> & { readonly end?: End }> {
    const execution = { caller, projectId: await projectId(), approval, context, store, limits, log };
    const budget = caller.progress ? BUDGET_WITH_PROGRESS_MS : BUDGET_MS;
    const until = Math.max(startedAt + budget, clock.now() + MIN_BUDGET_MS);
    const done: string[] = [];
    const failed: NumberResult[] = [];
    const unknown: NumberResult[] = [];
    const notAttempted: string[] = [];
    let end: End | undefined;

    async function attempt({ phoneNumber, send }: BatchPart): Promise<void> {
      if (caller.signal.aborted) end ??= isWithdrawn(caller.signal) ? CANCELLED : OUT_OF_TIME;
      if (clock.now() >= until) end ??= OUT_OF_TIME;
      if (end !== undefined) {
        notAttempted.push(phoneNumber);
        return;
      }
      const carried = await send({ ...execution, part: phoneNumber }).catch((error: unknown) => {
        if (error instanceof CancelledError) return undefined;
        throw error;
      });
      if (carried === undefined) {
        end ??= isWithdrawn(caller.signal) ? CANCELLED : OUT_OF_TIME;
        notAttempted.push(phoneNumber);
        return;
      }
      const { outcome, reason } = 'spent' in carried ? fromEntry(carried.spent) : inShort(carried.result);
      if (outcome === 'completed') done.push(phoneNumber);
      else if (outcome === 'unknown') unknown.push({ phoneNumber, outcome, reason });
      else failed.push({ phoneNumber, outcome: 'not_executed', reason });
      if ('isForAll' in carried && carried.isForAll)
        end ??= { reason: `It ended at ${phoneNumber}: ${reason}` };
      const attempted = done.length + failed.length + unknown.length;
      caller.progress?.(`${tool}: ${attempted} of ${total}`);
    }

    const limit = pLimit(atOnce);
    await Promise.all(wanted.map((part) => limit(attempt, part)));
    return { done, failed, unknown, notAttempted, ...(end && { end }) };
  }

  /** Works on parts until all is done or the batch ends, and keeps what came of it. */
  async function work(
    stakes: BatchStakes,
    approval: Approval | undefined,
    before: Before,
  ): Promise<KeptResult> {
    const total = stakes.parts.length;
    const { end, ...ran } = await run(stakes.parts, approval, total);
    const tally: Tally = {
      done: [...before.done, ...ran.done],
      failed: [...before.failed, ...stakes.refused, ...ran.failed],
      unknown: [...before.unknown, ...ran.unknown],
      skipped: before.skipped + stakes.skipped.length,
      notAttempted: ran.notAttempted,
      ...(end && { endedBy: end.reason }),
    };
    const isLeft = end === OUT_OF_TIME && tally.notAttempted.length > 0;
    const continuesUntil = isLeft && approval ? new Date(before.approvedUntil).toISOString() : undefined;
    const counts = resultOf(tally);
    const receipt = operation.receipt?.(
      stakes.parts.filter(({ phoneNumber }) => ran.done.includes(phoneNumber)),
    );
    const result = {
      ...counts,
      message: [counts.message, receipt].filter(Boolean).join(' '),
      ...(approval && { confirmedBy: confirmedBy(approval) }),
    };
    if (!isLeft) return result;
    const goOn = continuesUntil
      ? `They stay approved until ${continuesUntil}: call ${tool} again with the same arguments to go on.`
      : `Call ${tool} again with the same arguments to go on.`;
    return {
      ...result,
      message: `${result.message} ${goOn}`,
      ...(continuesUntil !== undefined && { continuesUntil }),
    };
  }

  /** A batch that goes on is not forgotten once its caller has heard how far it came. */
  function answer(result: KeptResult, approval: Approval) {
    const { continuesUntil, ...told } = result;
    return continuesUntil === undefined ? ledger.answer(told, approval) : { result: told };
  }

  async function workOnce(approval: Approval, begin: () => Promise<KeptResult>) {
    const { result, isFirst } = await ledger.once(approval, async () => {
      const kept = await begin();
      const expiresAt = kept.continuesUntil === undefined ? undefined : Date.parse(kept.continuesUntil);
      // Of a batch that sent nothing the approval is not spent, and good no more all the same.
      if (expiresAt === undefined) await ledger.expire(approval, 'refused');
      await ledger.conclude(approval, kept, expiresAt);
      return kept;
    });
    return answer(isFirst ? result : replayed(result), approval);
  }

  /** What is left of a batch that was agreed to. */
  async function goOn(approval: Approval): Promise<KeptResult> {
    const { terms, skipped, refused } = approval.subject as unknown as BatchSubject;
    const entries = (await context.recent()).filter(({ intent }) => intent.approval === approval.id);
    const attempted = new Map(entries.map((entry) => [entry.intent.part, entry]));
    const kept = approval.outcome as KeptResult | undefined;
    const left = Object.keys(terms).filter((phoneNumber) => !attempted.has(phoneNumber));
    const begun = Date.parse(entries[0]?.intent.at ?? new Date(clock.now()).toISOString());
    const before = beforeOf(entries, kept, skipped, refused, begun + APPROVED_MS);
    if (clock.now() >= before.approvedUntil) {
      return resultOf({ ...before, notAttempted: left, endedBy: 'The approval has expired.' });
    }
    const stakes = await operation.quoteSome(input, left, context);
    const isAgreed = ({ phoneNumber, terms: now }: BatchPart) => terms[phoneNumber] === now;
    const moved = stakes.parts.filter((part) => !isAgreed(part)).map(hasMoved);
    return work(
      { ...stakes, parts: stakes.parts.filter(isAgreed), refused: [...stakes.refused, ...moved] },
      approval,
      before,
    );
  }

  return {
    takesTurn: false,
    async carryOut(stakes, _, approval) {
      const none = beforeOf([], undefined, 0, [], clock.now() + APPROVED_MS);
      if (approval === undefined) {
        const { continuesUntil: __, ...result } = await ledger.track(work(stakes, undefined, none));
        return { result };
      }
      return workOnce(approval, () => work(stakes, approval, none));
    },
    async resume(approval) {
      if (ledger.running(approval) === undefined) {
        const now = (await store.approvals.get(approval.id)) ?? approval;
        const kept = now.outcome as KeptResult | undefined;
        if (kept !== undefined && kept.continuesUntil === undefined) return answer(replayed(kept), approval);
        return workOnce(approval, () => goOn(now));
      }
      return workOnce(approval, () => goOn(approval));
    },
  };
}

/** Why a batch ends before all of it was attempted. */
interface End {
  readonly reason: string;
}

const OUT_OF_TIME: End = { reason: 'The time of this call is up.' };
const CANCELLED: End = { reason: 'It was cancelled.' };

/** How far a batch came in calls before this one. */
interface Before extends Pick<Tally, 'done' | 'failed' | 'unknown' | 'skipped'> {
  /** Milliseconds since the epoch. */
  readonly approvedUntil: number;
}

function beforeOf(
  entries: readonly JournalEntry[],
  kept: KeptResult | undefined,
  skipped: number,
  refused: readonly NumberResult[],
  approvedUntil: number,
): Before {
  const byOutcome = (wanted: IntentOutcome['outcome']) =>
    entries.filter((entry) => fromEntry(entry).outcome === wanted).map(({ intent }) => intent.part ?? '');
  const told = (phoneNumber: string, outcome: 'not_executed' | 'unknown'): NumberResult =>
    kept?.results.find((it) => it.phoneNumber === phoneNumber) ?? { phoneNumber, outcome };
  return {
    done: byOutcome('completed'),
    failed: [...refused, ...byOutcome('not_executed').map((it) => told(it, 'not_executed'))],
    unknown: byOutcome('unknown').map((it) => told(it, 'unknown')),
    ...{ skipped, approvedUntil },
  };
}

/** What the journal tells of a number; what is not settled yet is unknown. */
function fromEntry({ outcome }: JournalEntry): { outcome: IntentOutcome['outcome']; reason: string } {
  return { outcome: outcome?.outcome ?? 'unknown', reason: 'the journal tells no more' };
}

/** The first line of what a call of its own would be told. */
function inShort({ outcome, message }: { outcome: string; message: string }) {
  const [line = ''] = message.split('\n');
  return { outcome: outcome as IntentOutcome['outcome'], reason: line.replace(/^\w+ failed: /, '') };
}

function hasMoved({ phoneNumber }: BatchPart): NumberResult {
  return { phoneNumber, outcome: 'not_executed', reason: 'its terms have changed since they were agreed to' };
}

function confirmedBy({ channel }: Approval): NonNullable<BatchResult['confirmedBy']> {
  return channel as NonNullable<BatchResult['confirmedBy']>;
}
