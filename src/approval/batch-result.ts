import * as z from 'zod';
import { counted } from '../api/format.ts';
import { money } from '../api/schemas/numbers.ts';
import { CONFIRMED_BY } from './outcome.ts';

const OUTCOMES = [
  'completed',
  'partly_completed',
  'confirmation_required',
  'declined',
  'not_executed',
  'unknown',
] as const;

/** What became of one number that is neither done nor was left out. */
export const numberResult = z.looseObject({
  phoneNumber: z.string(),
  outcome: z.enum(['not_executed', 'unknown', 'not_attempted']),
  reason: z.string().optional(),
});

/** What is agreed to, the numbers cut at as many as a text shows. */
export const shownStakes = z.looseObject({
  count: z.int(),
  phoneNumbers: z.array(z.string()),
  dueNow: z.array(money),
  monthly: z.array(money),
});

export type ShownStakes = z.output<typeof shownStakes>;

/** The structured result of a tool that works on many numbers with one yes. */
export const batchResult = z.looseObject({
  outcome: z.enum(OUTCOMES),
  message: z.string(),
  confirmedBy: z.enum(CONFIRMED_BY).optional(),
  confirmation: z.looseObject({ token: z.string(), expiresAt: z.string() }).optional(),
  stakes: shownStakes.optional(),
  done: z.int(),
  failed: z.int(),
  unknown: z.int(),
  skipped: z.int(),
  notAttempted: z.int(),
  /** Every number that is neither done nor skipped, up to {@link MAX_RESULTS}; `truncated` says of how many. */
  results: z.array(numberResult),
  /** The numbers that are done, where the server chose them. */
  phoneNumbers: z.array(z.string()).optional(),
  truncated: z.looseObject({ shown: z.int(), total: z.int() }).optional(),
});

/** What a batch answers where it did not come to send anything. */
export const NOTHING_DONE: Pick<
  BatchResult,
  'done' | 'failed' | 'unknown' | 'skipped' | 'notAttempted' | 'results'
> = { done: 0, failed: 0, unknown: 0, skipped: 0, notAttempted: 0, results: [] };

export type BatchResult = z.output<typeof batchResult>;
export type NumberResult = z.output<typeof numberResult>;

/** A result names this many of the numbers that need attention. */
const MAX_RESULTS = 100;

/** How far a batch came. */
export interface Tally {
  readonly done: readonly string[];
  readonly failed: readonly NumberResult[];
  readonly unknown: readonly NumberResult[];
  /** Numbers that needed nothing. */
  readonly skipped: number;
  readonly notAttempted: readonly string[];
  /** Why not all was attempted, each in a sentence. */
  readonly ends?: readonly string[];
}

/** A tally as the result of a call. */
export function resultOf(tally: Tally): BatchResult {
  const { done, failed, unknown, skipped, notAttempted } = tally;
  const needsAttention = [
    ...unknown,
    ...failed,
    ...notAttempted.map((phoneNumber) => ({ phoneNumber, outcome: 'not_attempted' as const })),
  ];
  const results = needsAttention.slice(0, MAX_RESULTS);
  const cut = needsAttention.length - results.length;
  return {
    outcome: outcomeOf(tally),
    message: messageOf(tally),
    ...{ done: done.length, failed: failed.length, unknown: unknown.length },
    ...{ skipped, notAttempted: notAttempted.length, results },
    ...(cut > 0 && { truncated: { shown: results.length, total: needsAttention.length } }),
  };
}

function outcomeOf({ done, failed, unknown, notAttempted }: Tally): BatchResult['outcome'] {
  if (failed.length + unknown.length + notAttempted.length === 0) return 'completed';
  if (done.length > 0) return 'partly_completed';
  return unknown.length > 0 ? 'unknown' : 'not_executed';
}

function messageOf({ done, failed, unknown, skipped, notAttempted, ends = [] }: Tally): string {
  const counts = [
    `${counted(done.length, 'number')} done`,
    failed.length > 0 && `${failed.length} failed`,
    unknown.length > 0 && `${unknown.length} unknown`,
    skipped > 0 && `${skipped} left out, since it is so already`,
    notAttempted.length > 0 && `${notAttempted.length} not attempted`,
  ];
  const check =
    unknown.length > 0 && 'Never repeat the unknown ones: read each with get_active_number first.';
  return [`${counts.filter(Boolean).join(', ')}.`, ...ends, check].filter(Boolean).join(' ');
}
