/** Which service plans, campaigns and voice targets numbers are on. */
import type { ActiveNumber } from '../api/schemas/numbers.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { smsJob, voiceJob } from './diagnosis.ts';

/** How many are listed. */
const MOST_USED = 10;
const MAX_ID = 200;

type LinkKind = 'servicePlan' | 'campaign' | 'app' | 'trunk' | 'faxService';

export interface Link {
  readonly kind: LinkKind;
  readonly id: string;
  /** How many numbers are linked to it, or have a job that links them. */
  readonly numbers: number;
  /** How many of their jobs have failed. */
  readonly failed: number;
}

/** Counts numbers by what they are linked to; tallies of other numbers can be merged in. */
export type Links = Map<string, { -readonly [K in keyof Link]: Link[K] }>;

/** What a number is linked to, and what its jobs link it to, each once. */
export function linksOf(
  number: ActiveNumber,
): (Pick<Link, 'kind' | 'id'> & { readonly isFailed: boolean })[] {
  const { smsConfiguration: sms, voiceConfiguration: voice } = number;
  const [job, call] = [smsJob(number), voiceJob(number)];
  const all: readonly (readonly [LinkKind, string | undefined, string | undefined, string | undefined])[] = [
    ['servicePlan', sms?.servicePlanId, job?.servicePlanId, job?.status],
    ['campaign', sms?.campaignId, job?.campaignId, job?.status],
    ['app', voice?.appId, call?.appId, call?.status],
    ['trunk', voice?.trunkId, call?.trunkId, call?.status],
    ['faxService', voice?.serviceId, call?.serviceId, call?.status],
  ];
  return all.flatMap(([kind, linked, wanted, status]) =>
    (linked === wanted ? [linked] : [linked, wanted]).flatMap((id) =>
      id ? [{ kind, id, isFailed: id === wanted && status === 'FAILED' }] : [],
    ),
  );
}

export function addLinks(links: Links, number: ActiveNumber): void {
  for (const { kind, id, isFailed } of linksOf(number)) {
    count(links, { kind, id: sanitizeText(id, MAX_ID), numbers: 1, failed: isFailed ? 1 : 0 });
  }
}

export function mergeLinks(links: Links, other: Links): void {
  for (const link of other.values()) count(links, link);
}

/** The most used. */
export function listLinks(links: Links): Link[] {
  return [...links]
    .sort(([a, one], [b, other]) => other.numbers - one.numbers || (a < b ? -1 : 1))
    .slice(0, MOST_USED)
    .map(([, link]) => link);
}

function count(links: Links, { kind, id, numbers, failed }: Link): void {
  const key = `${kind} ${id}`;
  const link = links.get(key);
  if (link === undefined) links.set(key, { kind, id, numbers, failed });
  else {
    link.numbers += numbers;
    link.failed += failed;
  }
}
