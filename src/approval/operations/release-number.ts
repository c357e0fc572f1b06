import { counted, day, kindOf, quote } from '../../api/format.ts';
import { formatRecurring } from '../../api/money.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import { failureNotes } from '../../audit/failure-notes.ts';
import { recentEvents, recentSends } from '../history.ts';
import type { GatedOperation, OperationContext } from '../operation.ts';
import { type Fact, lastFourDigits } from '../question.ts';
import { reconcileRelease } from '../reconcile.ts';
import { links } from './links.ts';

type Input = OperationInput<typeof operations.releaseNumber>;

/** What is known of a number's last days. */
interface RecentPast {
  /** Events that callbacks brought in the last 7 days, where any did. */
  readonly recentEvents?: number;
  readonly lastEvent?: string;
  /** When this server rented it, if that is less than an hour ago, RFC 3339. */
  readonly rentedAt?: string;
  /** What servers of this project changed of it in the last hour, e.g. `renamed from "A" to "B" at …`. */
  readonly recentChanges?: readonly string[];
}

export type ReleaseStakes = ActiveNumber & RecentPast;

export const releaseNumber: GatedOperation<Input, ReleaseStakes> = {
  tool: 'release_number',
  operation: operations.releaseNumber,
  async quote(input, context) {
    const { numbers, signal } = context;
    return quoteRelease(await numbers.call(operations.getActiveNumber, input, signal), context);
  },
  terms: ({ money, nextChargeDate, callbackUrl, ...number }) => ({
    money,
    nextChargeDate,
    callbackUrl,
    ...links(number),
  }),
  question: ({ phoneNumber }, stakes, { clock }) => ({
    headline: `Release ${phoneNumber}${stakes.displayName ? ` ${quote(stakes.displayName)}` : ''} (${kindOf(stakes)}). No undo is documented.`,
    facts: releaseFacts(stakes, clock.now()),
    ...lastFourDigits(phoneNumber, 'release the number'),
  }),
  phoneNumber: ({ phoneNumber }) => phoneNumber,
  send: async (input, { numbers, signal }) => ({
    number: await numbers.call(operations.releaseNumber, input, signal),
  }),
  receipt: (_, { number }) => number?.expireAt && 'It is not charged again.',
  reconcile: ({ arguments: { phoneNumber }, error }, reading) =>
    reconcileRelease(reading, String(phoneNumber), error),
};

/** What is at stake when this rented number is released. */
export async function quoteRelease(
  answer: ActiveNumber,
  context: Pick<OperationContext, 'events' | 'recent' | 'clock'>,
): Promise<{ readonly stakes: ReleaseStakes } | { readonly refusal: string }> {
  const { projectId: _, ...number } = sanitize(answer);
  const { phoneNumber = '', expireAt } = number;
  if (expireAt !== undefined) {
    return { refusal: `${phoneNumber} is released already: it ends ${day(expireAt)}.` };
  }
  return { stakes: { ...number, ...sanitize(await recentPast(phoneNumber, context)) } };
}

const HOUR_MS = 3_600_000;
const RECENT_MS = 7 * 24 * HOUR_MS;

async function recentPast(
  phoneNumber: string,
  context: Pick<OperationContext, 'events' | 'recent' | 'clock'>,
): Promise<RecentPast> {
  const { clock } = context;
  const events = await recentEvents(context, phoneNumber, clock.now() - RECENT_MS);
  const last = events.at(-1);
  const { rentedAt, changes } = await recentSends(context, phoneNumber, clock.now() - HOUR_MS);
  return {
    ...(last && {
      recentEvents: events.length,
      lastEvent: [last.eventType, last.status, last.timestamp].filter(Boolean).join(' '),
    }),
    ...(rentedAt !== undefined && { rentedAt }),
    ...(changes.length > 0 && { recentChanges: changes }),
  };
}

/** What stops working when a number is released, each in words. */
export function stopsWorking(number: ActiveNumber): string[] {
  const { servicePlanId, campaignId, voice } = links(number);
  return [
    servicePlanId && `SMS service plan ${quote(servicePlanId)}`,
    campaignId && `10DLC campaign ${quote(campaignId)}`,
    voice && `voice ${quote(voice)}`,
    number.callbackUrl && `callbacks to ${quote(number.callbackUrl)}`,
  ].flatMap((it) => it || []);
}

/** What a release cuts off. */
function releaseFacts(number: ReleaseStakes, now: number): Fact[] {
  const stops = stopsWorking(number);
  const { recentEvents: count = 0, lastEvent, rentedAt, recentChanges = [] } = number;
  const { nextChargeDate } = number;
  const recurring = { price: number.money, intervalMonths: number.paymentIntervalMonths };
  // Right after a rent the date of the next charge is that of the rent, and says nothing about the end.
  const until = nextChargeDate && Date.parse(nextChargeDate) > now ? `, ${day(nextChargeDate)}` : '';
  return [
    {
      label: 'Will stop working for',
      value: stops.length > 0 ? stops.join(', ') : 'no service is linked to it',
    },
    ...(recentChanges.length > 0
      ? [{ label: 'Changed within the last hour', value: recentChanges.join('; ') }]
      : []),
    ...failureNotes([number]).map((note) => ({ label: 'Does not work', value: note })),
    { label: 'Price', value: formatRecurring(recurring) },
    { label: 'Stays', value: `until the paid period ends${until}` },
    ...(lastEvent === undefined
      ? []
      : [
          {
            label: 'Last 7 days',
            value: `${counted(count, 'event')} of provisioning, the last ${quote(lastEvent)}`,
          },
        ]),
    ...(rentedAt === undefined
      ? []
      : [{ label: 'New', value: `it was rented within the last hour, at ${rentedAt}` }]),
  ];
}
