import type { Approval, Intent, JournalEntry, Store } from '../storage/store.ts';
import { NOTHING_RAN, reportOf } from './batch-report.ts';
import { type BatchSubject, keptOf, progressOf, subjectOf } from './batch-subject.ts';
import { LIFETIME_MS } from './channels/channel.ts';

/** Requests that are settled together: one of its own, or those of a batch. */
export interface Unsettled {
  readonly entries: readonly JournalEntry[];
  /** The batch, where its process has not lived to tell how far it came. */
  readonly batch?: { readonly approval: Approval; readonly subject: BatchSubject };
}

/** What an earlier process may have left unsettled. */
export async function findUnsettled(
  { approvals }: Pick<Store, 'approvals'>,
  entries: readonly JournalEntry[],
): Promise<Unsettled[]> {
  const byApproval = new Map<string, JournalEntry[]>();
  for (const entry of entries) {
    const { approval, part } = entry.intent;
    if (approval === undefined || part === undefined) continue;
    const own = byApproval.get(approval) ?? [];
    own.push(entry);
    byApproval.set(approval, own);
  }
  const batches: Unsettled[] = [];
  for (const [id, own] of byApproval) {
    const approval = await approvals.get(id);
    const subject = approval && subjectOf(approval);
    if (approval && subject && keptOf(approval) === undefined)
      batches.push({ entries: own, batch: { approval, subject } });
  }
  const isInBatch = (entry: JournalEntry) => batches.some((batch) => batch.entries.includes(entry));
  const singles = entries.filter((entry) => entry.outcome === undefined && !isInBatch(entry));
  return [...batches, ...singles.map((entry) => ({ entries: [entry] }))];
}

/** Until when nobody but their process settles them, milliseconds since the epoch. */
export function leasedUntil({ entries }: Unsettled): number {
  return Math.max(...entries.map(({ intent }) => Date.parse(intent.leaseUntil)));
}

export function openIntents({ entries }: Unsettled): Intent[] {
  return entries.filter(({ outcome }) => outcome === undefined).map(({ intent }) => intent);
}

/**
 * Keeps how far a batch came whose process has ended: the same call of its caller gets that, and goes on while it is
 * approved. Nothing of it is sent by itself.
 * @param entries as they stand now
 * @returns a sentence that tells it
 */
export async function concludeBatch(
  { approvals }: Pick<Store, 'approvals'>,
  { approval, subject }: NonNullable<Unsettled['batch']>,
  entries: readonly JournalEntry[],
  now: number,
): Promise<string> {
  const { tool, id } = approval;
  const progress = progressOf(approval, subject, entries, now);
  const isApproved = progress.left.length > 0 && now < progress.approvedUntil;
  const ran = {
    ...NOTHING_RAN,
    notAttempted: progress.left,
    ends: ['The server ended before it was through.'],
    isOutOfTime: isApproved,
  };
  const namesDone = entries.some(({ intent }) => intent.rents > 0);
  const kept = reportOf(ran, progress, { tool, namesDone }, { approval, stakes: subject.stakes });
  await approvals.conclude(id, kept, isApproved ? progress.approvedUntil : now + LIFETIME_MS);
  const unknown = progress.unknown.map(({ phoneNumber }) => phoneNumber);
  return [
    `${tool} of ${subject.stakes.count} numbers at ${entries[0]?.intent.at} was under way when the server ended: ${progress.done.length} done, ${progress.failed.length} failed, ${unknown.length} unknown, ${progress.left.length} not attempted.`,
    unknown.length > 0 && `Check get_active_number of ${unknown.slice(0, NAMED).join(', ')}.`,
    progress.left.length > 0 && `Nothing more of it is sent by itself: call ${tool} again for the rest.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** More numbers than the requests that can be under way at once are not unknown. */
const NAMED = 8;
