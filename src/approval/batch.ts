import { randomUUID } from 'node:crypto';
import type { Approval } from '../storage/store.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  isAgreed,
  shownOf,
} from './batch-operation.ts';
import { type Approved, NOTHING_RAN, reportOf } from './batch-report.ts';
import type { BatchResult, NumberResult } from './batch-result.ts';
import { isLeased, runParts } from './batch-run.ts';
import {
  APPROVED_MS,
  type BatchProgress,
  type BatchSubject,
  type KeptResult,
  keptOf,
  progressOf,
  subjectOf,
} from './batch-subject.ts';
import type { Call, Carrier } from './call.ts';
import { LIFETIME_MS } from './channels/channel.ts';
import type { Answer, GateOptions } from './gate.ts';
import type { Ledger } from './ledger.ts';
import { replayed } from './messages.ts';

/** How long a call works on a batch, counted from its start, without and with a progress token, in milliseconds. */
const BUDGET_MS = 50_000;
const BUDGET_WITH_PROGRESS_MS = 10 * 60_000;
/** What a person has taken of that is not the batch's fault: so long it works at least. */
const MIN_BUDGET_MS = 10_000;

interface BatchParts extends Pick<GateOptions, 'store' | 'limits' | 'projectId' | 'clock' | 'log'> {
  readonly ledger: Ledger;
  /** Finds out what came of requests whose process has died. */
  readonly settleLeft: () => Promise<void>;
}

/** How far a batch came, and which numbers this call changed, or may have. */
interface Worked {
  readonly kept: KeptResult;
  readonly changed: readonly string[];
}

/**
 * Carries a batch out: each number is an intent of its own that spends its part of the approval. When the call's
 * time is up, what is left stays approved, and the same call goes on.
 */
export function createBatch<I extends object>(
  { caller, input, context, startedAt }: Call<I, BatchStakes>,
  operation: BatchOperation<I>,
  parts: BatchParts,
): Carrier<BatchStakes, BatchResult> {
  const { store, limits, projectId, clock, ledger, settleLeft, log } = parts;

  /** @param before what came of the batch in earlier calls */
  async function work(
    { parts: wanted, skipped, refused }: Pick<BatchStakes, 'parts' | 'skipped' | 'refused'>,
    before: BatchProgress,
    approved?: Approved,
  ): Promise<Worked> {
    const approval = approved?.approval;
    const budget = caller.progress ? BUDGET_WITH_PROGRESS_MS : BUDGET_MS;
    const batch = approval?.id ?? randomUUID();
    const ran = await runParts(wanted, {
      execution: { caller, projectId: await projectId(), approval, batch, context, store, limits, log },
      until: Math.max(startedAt + budget, clock.now() + MIN_BUDGET_MS),
      ...{ atOnce: operation.atOnce, clock },
    });
    const kept = reportOf(
      { ...ran, failed: [...refused, ...ran.failed] },
      { ...before, skipped: before.skipped + skipped.count },
      operation,
      approved,
    );
    return { kept, changed: [...ran.done, ...ran.unknown].map(({ phoneNumber }) => phoneNumber) };
  }

  /** Works on what a person has agreed to, unless that is under way here, and keeps what came of it. */
  async function workOnce(approval: Approval, begin: () => Promise<Worked>): Promise<Answer<BatchResult>> {
    const { result, isFirst } = await ledger.once(approval, async () => {
      const worked = await begin();
      const { continuesUntil } = worked.kept;
      const expiresAt = continuesUntil === undefined ? undefined : Date.parse(continuesUntil);
      // Of a batch that sent nothing the approval is not spent, and good no more all the same.
      if (expiresAt === undefined) await ledger.expire(approval, 'refused');
      await ledger.conclude(approval, worked.kept, expiresAt);
      return worked;
    });
    if (isFirst) return { ...answer(result.kept, approval), changed: result.changed };
    // The call that this one has joined may have run out of time before this one does.
    return result.kept.continuesUntil === undefined || caller.signal.aborted
      ? answer(replayed(result.kept), approval)
      : workOnce(approval, () => goOn(approval.id));
  }

  /** A batch that goes on is not forgotten once its caller has received how far it came. */
  function answer(kept: KeptResult, approval: Approval): Answer<BatchResult> {
    const { continuesUntil, ...result } = kept;
    return continuesUntil === undefined ? ledger.answer(result, approval) : { result };
  }

  async function read(id: string) {
    const approval = await store.approvals.get(id);
    const subject = approval && subjectOf(approval);
    if (approval === undefined || subject === undefined)
      throw new Error(`the approval ${id} is forgotten, or about no batch`);
    const entries = (await context.recent()).filter(({ intent }) => intent.approval === id);
    const before = progressOf(approval, subject, entries, clock.now());
    const isLeft = entries.some((it) => it.outcome === undefined && !isLeased(it, clock.now()));
    return { approved: { approval, stakes: subject.stakes }, subject, before, isLeft };
  }

  /** What is left of a batch that was agreed to. */
  async function goOn(id: string): Promise<Worked> {
    const found = await read(id);
    const { approved, subject } = found;
    // It must not be forgotten while this call works on it, nor be taken for one that nobody works on.
    const untold = { ...NOTHING_RAN, notAttempted: found.before.left, isOutOfTime: true };
    const earlier = keptOf(approved.approval) ?? reportOf(untold, found.before, operation, approved);
    await ledger.conclude(approved.approval, earlier, clock.now() + BUDGET_WITH_PROGRESS_MS + LIFETIME_MS);
    if (found.isLeft) await settleLeft();
    const { before } = found.isLeft ? await read(id) : found;
    const { left: notAttempted } = before;
    if (notAttempted.length === 0 || clock.now() >= before.approvedUntil) {
      const ends = notAttempted.length > 0 ? ['The approval has expired.'] : [];
      const kept = reportOf({ ...NOTHING_RAN, notAttempted, ends }, before, operation, approved);
      return { kept, changed: [] };
    }
    const quoted = await operation.quoteSome(input, notAttempted, context);
    const judged = quoted.parts.map((part) => ({ part, reason: refusalOf(part, subject) }));
    const agreed = judged.filter(({ reason }) => reason === undefined).map(({ part }) => part);
    const refused = judged.flatMap(({ part: { phoneNumber }, reason }): NumberResult[] =>
      reason === undefined ? [] : [{ phoneNumber, outcome: 'not_executed', reason }],
    );
    return work({ ...quoted, parts: agreed, refused: [...quoted.refused, ...refused] }, before, approved);
  }

  /** Why a number is not sent any more that was agreed to. */
  function refusalOf(part: BatchPart, subject: BatchSubject): string | undefined {
    if (!isAgreed(part, subject)) return 'its terms have changed since they were agreed to';
    return part.offer && limits.refusal([part.offer]);
  }

  return {
    takesTurn: false,
    async carryOut(stakes, _, approval) {
      const none = { done: [], failed: [], unknown: [], skipped: 0, left: [], isOpen: false };
      const before = { ...none, approvedUntil: clock.now() + APPROVED_MS };
      if (approval === undefined) {
        const { kept, changed } = await ledger.track(work(stakes, before));
        return { result: kept, changed };
      }
      const approved = { approval, stakes: shownOf(stakes) };
      return workOnce(approval, () => work(stakes, before, approved));
    },
    async resume(approval) {
      const now = ledger.running(approval) ? undefined : await store.approvals.get(approval.id);
      const kept = now && keptOf(now);
      if (kept !== undefined && kept.continuesUntil === undefined) return answer(replayed(kept), approval);
      return workOnce(approval, () => goOn(approval.id));
    },
  };
}
