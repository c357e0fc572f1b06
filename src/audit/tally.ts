import type { ActiveNumber } from '../api/schemas/numbers.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { addCharges, type Charges, mergeCharges } from './charges.ts';
import { type Cost, createCost } from './cost.ts';
import { diagnose, STATES, type State, smsJob, VOICE_FAILURE } from './diagnosis.ts';
import { addToKinds, type Kinds, mergeKinds } from './kinds.ts';
import { addLinks, type Links, mergeLinks } from './links.ts';
import { keepNumber, mergeNumbers } from './sorted-numbers.ts';

/** A longer code is cut. */
export const MAX_CODE = 64;

/** A finding names this many numbers, service plans and campaigns. */
const EXAMPLES = 5;

/** The parts of a report; a part that is not wanted is not counted. */
export const SECTIONS = ['summary', 'inventory', 'charges', 'links', 'findings'] as const;

export type Section = (typeof SECTIONS)[number];

export interface Criteria {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds since the epoch: a job that has not moved since then is stuck. */
  readonly stuckBefore: number;
  readonly sections: readonly Section[];
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
 * many different codes, links and days there are, not on how many numbers.
 */
export interface Tally {
  scanned: number;
  readonly summary: Record<State, number>;
  readonly cost: Cost;
  readonly counts: Map<string, Count>;
  readonly kinds: Kinds;
  readonly charges: Charges;
  readonly links: Links;
  /** Numbers of the finding that is listed, sorted; one more than the limit tells that there is another page. */
  readonly listed: ActiveNumber[];
}

export function createTally(): Tally {
  const summary = { failed: 0, stuck: 0, inProgress: 0, releasing: 0, unlinked: 0, healthy: 0 };
  return {
    scanned: 0,
    summary,
    cost: createCost(),
    counts: new Map(),
    kinds: new Map(),
    charges: new Map(),
    links: new Map(),
    listed: [],
  };
}

/** Counts one number. */
export function addNumber(tally: Tally, number: ActiveNumber, criteria: Criteria): void {
  const { now, stuckBefore, sections, listing } = criteria;
  const { state, codes } = diagnose(number, stuckBefore);
  tally.scanned++;
  tally.summary[state]++;
  tally.cost.add(number);
  if (sections.includes('inventory')) addToKinds(tally.kinds, number);
  if (sections.includes('charges')) addCharges(tally.charges, number, now);
  if (sections.includes('links')) addLinks(tally.links, number);
  for (const code of codes.map((raw) => sanitizeText(raw, MAX_CODE))) {
    const count = countOf(tally, code, state);
    count.numbers++;
    keepFirst(count.phoneNumbers, number.phoneNumber, EXAMPLES);
    if (listing?.code === code) keepNumber(tally.listed, number, listing);
    const sms = code === 'NO_CAMPAIGN' ? number.smsConfiguration : smsJob(number);
    if (code === VOICE_FAILURE) continue;
    keepFirst(count.servicePlanIds, sms?.servicePlanId, EXAMPLES);
    keepFirst(count.campaignIds, sms?.campaignId, EXAMPLES);
  }
}

/** Adds what another tally, of other numbers, has counted. */
export function mergeTally(tally: Tally, other: Tally, { listing }: Criteria): void {
  tally.scanned += other.scanned;
  for (const state of STATES) tally.summary[state] += other.summary[state];
  tally.cost.merge(other.cost);
  mergeKinds(tally.kinds, other.kinds);
  mergeCharges(tally.charges, other.charges);
  mergeLinks(tally.links, other.links);
  if (listing !== undefined) mergeNumbers(tally.listed, other.listed, listing);
  for (const [code, found] of other.counts) {
    const count = countOf(tally, code, found.state);
    count.numbers += found.numbers;
    for (const phoneNumber of found.phoneNumbers) keepFirst(count.phoneNumbers, phoneNumber, EXAMPLES);
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
