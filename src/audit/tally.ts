import type { ActiveNumber } from '../api/schemas/numbers.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { type Cost, createCost } from './cost.ts';
import { diagnose, STATES, type State, smsJob } from './diagnosis.ts';

/** A longer code is cut. */
export const MAX_CODE = 64;

/** A finding names this many numbers, service plans and campaigns. */
const EXAMPLES = 5;

export interface Criteria {
  /** Milliseconds since the epoch: a job that has not moved since then is stuck. */
  readonly stuckBefore: number;
  /** The finding of which numbers are listed: at most `limit`, those after `after` in the order of text. */
  readonly listing?: { readonly code: string; readonly limit: number; readonly after: string } | undefined;
}

/** What is counted of one code. */
export interface Count {
  readonly state: State;
  numbers: number;
  /** The first few of each, sorted. */
  readonly phoneNumbers: string[];
  readonly servicePlanIds: string[];
  readonly campaignIds: string[];
}

/**
 * What an audit knows of the numbers it has seen: counts, sums and a few examples. Its size depends on how
 * many different codes there are, not on how many numbers.
 */
export interface Tally {
  scanned: number;
  readonly summary: Record<State, number>;
  readonly cost: Cost;
  readonly counts: Map<string, Count>;
}

export function createTally(): Tally {
  const summary = { failed: 0, stuck: 0, inProgress: 0, releasing: 0, unlinked: 0, healthy: 0 };
  return { scanned: 0, summary, cost: createCost(), counts: new Map() };
}

/** Counts one number. */
export function addNumber(tally: Tally, number: ActiveNumber, criteria: Criteria): void {
  const { state, codes } = diagnose(number, criteria.stuckBefore);
  const { phoneNumber = '' } = number;
  tally.scanned++;
  tally.summary[state]++;
  tally.cost.add(number);
  for (const code of codes.map((raw) => sanitizeText(raw, MAX_CODE))) {
    const count = countOf(tally, code, state);
    count.numbers++;
    keepPhoneNumber(count, code, phoneNumber, criteria);
    const job = code === 'VOICE_PROVISIONING_FAILED' ? undefined : smsJob(number);
    keepFirst(count.servicePlanIds, job?.servicePlanId, EXAMPLES);
    keepFirst(count.campaignIds, job?.campaignId, EXAMPLES);
  }
}

/** Adds what another tally, of other numbers, has counted. */
export function mergeTally(tally: Tally, other: Tally, criteria: Criteria): void {
  tally.scanned += other.scanned;
  for (const state of STATES) tally.summary[state] += other.summary[state];
  tally.cost.merge(other.cost);
  for (const [code, found] of other.counts) {
    const count = countOf(tally, code, found.state);
    count.numbers += found.numbers;
    for (const phoneNumber of found.phoneNumbers) keepPhoneNumber(count, code, phoneNumber, criteria);
    for (const id of found.servicePlanIds) keepFirst(count.servicePlanIds, id, EXAMPLES);
    for (const id of found.campaignIds) keepFirst(count.campaignIds, id, EXAMPLES);
  }
}

function countOf({ counts }: Tally, code: string, state: State): Count {
  const count = counts.get(code) ?? {
    state,
    numbers: 0,
    phoneNumbers: [],
    servicePlanIds: [],
    campaignIds: [],
  };
  counts.set(code, count);
  return count;
}

/** Keeps one number more than are listed, which tells that there is another page. */
function keepPhoneNumber(count: Count, code: string, phoneNumber: string, { listing }: Criteria): void {
  if (listing?.code !== code) keepFirst(count.phoneNumbers, phoneNumber, EXAMPLES);
  else if (phoneNumber > listing.after) keepFirst(count.phoneNumbers, phoneNumber, listing.limit + 1);
}

/** Keeps the first few of the texts that are handed in, sorted, each once. */
function keepFirst(kept: string[], text: string | undefined, most: number): void {
  const last = kept.at(-1);
  if (text === undefined || (kept.length >= most && last !== undefined && text >= last)) return;
  let index = kept.length;
  while (index > 0 && (kept[index - 1] ?? '') > text) index--;
  if (index > 0 && kept[index - 1] === text) return;
  kept.splice(index, 0, text);
  if (kept.length > most) kept.pop();
}
