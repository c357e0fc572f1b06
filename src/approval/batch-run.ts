import pLimit from 'p-limit';
import { orderCalls } from '../api/failure.ts';
import { kindOf } from '../api/format.ts';
import type { Clock } from '../lib/clock.ts';
import type { JournalEntry } from '../storage/store.ts';
import { isWithdrawn } from './asking.ts';
import type { BatchPart, DonePart, PartExecution } from './batch-operation.ts';
import type { NumberResult, Tally } from './batch-result.ts';
import type { CarriedOut } from './carry-out.ts';

/** What came of the parts of a batch in one call. */
export interface Ran extends Pick<Tally, 'failed' | 'unknown' | 'notAttempted'> {
  readonly done: readonly DonePart[];
  /** Why not all was attempted, and how what is refused as a kind can be had, each in a sentence. */
  readonly ends: readonly string[];
  /** Only time, or patience, ran out: the rest may follow. */
  readonly isOutOfTime: boolean;
  /** Some are under way in another process. */
  readonly isOpen: boolean;
}

interface RunParts {
  readonly atOnce: number;
  readonly execution: Omit<PartExecution, 'part'>;
  /** No number is begun from then on, milliseconds since the epoch. */
  readonly until: number;
  readonly clock: Clock;
}

/** Why a batch ends before all of it was attempted. */
type End = 'time' | 'cancelled' | { readonly reason: string };

/**
 * Sends the parts of a batch, so many at once. What is refused for all numbers, or all of a kind, ends it for those;
 * the caller's cancellation ends it before the next number, and what is under way comes to its end.
 */
export async function runParts(
  wanted: readonly BatchPart[],
  { atOnce, execution, until, clock }: RunParts,
): Promise<Ran> {
  const { caller, log } = execution;
  const context = { ...execution.context, signal: new AbortController().signal };
  const done: DonePart[] = [];
  const failed: NumberResult[] = [];
  const unknown: NumberResult[] = [];
  const notAttempted: string[] = [];
  const endedKinds = new Map<
    string,
    { readonly sentence: string; readonly advice: string; leftOut: number }
  >();
  let end: End | undefined;
  let isOpen = false;

  function endNow(): End | undefined {
    if (caller.signal.aborted) return isWithdrawn(caller.signal) ? 'cancelled' : 'time';
    return clock.now() >= until ? 'time' : undefined;
  }

  async function attempt(part: BatchPart): Promise<void> {
    const { phoneNumber, terms } = part;
    const kind = kindOf(part.offer ?? {});
    end ??= endNow();
    const endedKind = endedKinds.get(kind);
    if (end !== undefined || endedKind !== undefined) {
      notAttempted.push(phoneNumber);
      if (endedKind) endedKind.leftOut++;
      return;
    }
    const carried = await send(part);
    if ('spent' in carried) isOpen ||= isLeased(carried.spent, clock.now());
    const { outcome, reason, number } = cameOf(carried, clock.now());
    if (outcome === 'completed') done.push({ phoneNumber, terms, number });
    else if (outcome === 'unknown') unknown.push({ phoneNumber, outcome, reason });
    else failed.push({ phoneNumber, outcome: 'not_executed', reason });
    const reach = 'reach' in carried ? carried.reach : 'number';
    if (reach === 'all') end ??= { reason: `It ended at ${phoneNumber}: ${reason}` };
    if (reach === 'kind' && !endedKinds.has(kind)) {
      const sentence = `It ended for ${kind} at ${phoneNumber}: ${reason}`;
      endedKinds.set(kind, { sentence, advice: adviceOf(part), leftOut: 0 });
    }
    const attempted = done.length + failed.length + unknown.length;
    caller.progress?.(`${attempted} of ${wanted.length} numbers`);
  }

  /** A fault of this program must not hide what became of the others. Its intent stays open, and is settled later. */
  async function send({ phoneNumber, send: carryOut }: BatchPart): Promise<CarriedOut> {
    try {
      return await carryOut({ ...execution, context, part: phoneNumber });
    } catch (error) {
      log.error(`${phoneNumber}: ${error instanceof Error ? error.stack : String(error)}`);
      const result = { outcome: 'unknown', message: "internal error, told in this server's log" } as const;
      return { result, isSent: true, reach: 'all' };
    }
  }

  const limit = pLimit(atOnce);
  await Promise.all(wanted.map((part) => limit(attempt, part)));
  const kinds = [...endedKinds.values()].flatMap(({ sentence, advice, leftOut }) =>
    [leftOut > 0 ? sentence : '', advice].filter(Boolean),
  );
  const isCut = notAttempted.length > 0;
  return {
    ...{ done, failed, unknown, notAttempted },
    ends: isCut && end !== undefined ? [...kinds, sentenceOf(end)] : kinds,
    isOutOfTime: isCut && end === 'time',
    isOpen,
  };
}

/** How a number is had that this account may not rent; empty where it can. */
function adviceOf({ phoneNumber, offer = {} }: BatchPart): string {
  const { regionCode, type } = offer;
  if (regionCode === 'US' && type === 'LOCAL') return '';
  return `Newer accounts can rent only US LOCAL numbers, and order each of the others: ${orderCalls({ regionCode, type, phoneNumber })}.`;
}

function sentenceOf(end: End): string {
  if (typeof end === 'object') return end.reason;
  return end === 'time' ? 'The time of this call is up.' : 'It was cancelled.';
}

/** What a number came to, and why. */
function cameOf(carried: CarriedOut, now: number) {
  if ('spent' in carried) return { ...fromEntry(carried.spent, now), number: undefined };
  const { outcome, message, number } = carried.result;
  const [line = ''] = message.split('\n');
  return { outcome, reason: line.replace(/^\w+ failed: /, ''), number };
}

/** What the journal tells of a number. @param now milliseconds since the epoch */
export function fromEntry(entry: JournalEntry, now: number) {
  const { intent, outcome } = entry;
  if (outcome !== undefined) return { outcome: outcome.outcome, reason: 'as the journal tells' };
  const reason = isLeased(entry, now)
    ? `under way until ${intent.leaseUntil} at the latest`
    : 'never answered';
  return { outcome: 'unknown', reason } as const;
}

/** Whether its process may still be at work on it. */
export function isLeased({ intent, outcome }: JournalEntry, now: number): boolean {
  return outcome === undefined && Date.parse(intent.leaseUntil) > now;
}
