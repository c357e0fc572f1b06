import * as z from 'zod';
import type { Approval, IntentOutcome, JournalEntry } from '../storage/store.ts';
import type { DonePart } from './batch-operation.ts';
import { batchResult, type NumberResult, numberResult, shownStakes, type Tally } from './batch-result.ts';
import { fromEntry, isLeased } from './batch-run.ts';

/** How long a yes to a batch counts for what is left of it, from its first request on. */
export const APPROVED_MS = 30 * 60_000;

/** What is kept with the approval of a batch. */
export const batchSubject = z.object({
  /** A digest of what was agreed to for each number, by its phone number. */
  terms: z.record(z.string(), z.string()),
  skipped: z.int(),
  refused: z.array(numberResult),
  stakes: shownStakes,
});

export type BatchSubject = z.output<typeof batchSubject>;

/** What the store keeps of a batch: its result, and until when the same call goes on with it, RFC 3339. */
const keptResult = batchResult.extend({ continuesUntil: z.string().optional() });

export type KeptResult = z.output<typeof keptResult>;

/** What a yes to a batch allows; undefined where it is about one request. */
export function subjectOf({ subject }: Approval): BatchSubject | undefined {
  return batchSubject.safeParse(subject).data;
}

/** How far a batch came when a call last ended; undefined where none has. */
export function keptOf({ outcome }: Approval): KeptResult | undefined {
  return keptResult.safeParse(outcome).data;
}

/** How far a batch came, as the journal tells. */
export interface BatchProgress extends Pick<Tally, 'failed' | 'unknown' | 'skipped'> {
  readonly done: readonly DonePart[];
  /** Numbers that were not attempted. */
  readonly left: readonly string[];
  /** Requests are under way, or their process has died a moment ago. */
  readonly isOpen: boolean;
  /** Milliseconds since the epoch. */
  readonly approvedUntil: number;
}

/**
 * @param entries the requests that spent parts of its approval, oldest first
 * @param now milliseconds since the epoch
 */
export function progressOf(
  approval: Approval,
  { terms, skipped, refused }: BatchSubject,
  entries: readonly JournalEntry[],
  now: number,
): BatchProgress {
  const attempted = new Set(entries.map(({ intent }) => intent.part));
  const told = new Map(keptOf(approval)?.results.map((it) => [it.phoneNumber, it]));
  const came = (wanted: IntentOutcome['outcome']) =>
    entries.filter((entry) => fromEntry(entry, now).outcome === wanted);
  const results = (wanted: 'not_executed' | 'unknown') =>
    came(wanted).map((entry): NumberResult => {
      const { part: phoneNumber = '' } = entry.intent;
      const known = entry.outcome?.settledLater ? undefined : told.get(phoneNumber);
      return known?.outcome === wanted ? known : { phoneNumber, ...fromEntry(entry, now), outcome: wanted };
    });
  return {
    done: came('completed').map(({ intent }) => ({ phoneNumber: intent.part ?? '', terms: intent.terms })),
    failed: [...refused, ...results('not_executed')],
    unknown: results('unknown'),
    skipped,
    left: Object.keys(terms).filter((phoneNumber) => !attempted.has(phoneNumber)),
    isOpen: entries.some((entry) => isLeased(entry, now)),
    approvedUntil: Date.parse(entries[0]?.intent.at ?? new Date(now).toISOString()) + APPROVED_MS,
  };
}
