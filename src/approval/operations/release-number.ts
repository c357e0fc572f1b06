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

type ReleaseStakes = ActiveNumber & RecentPast;

export const releaseNumber: GatedOperation<Input, ReleaseStakes> = {
  tool: 'release_number',
  operation: operations.releaseNumber,
  async quote(input, context) {
    const { phoneNumber } = input;
    const answer = await context.numbers.call(operations.getActiveNumber, input, context.signal);
    const { projectId: _, ...number } = sanitize(answer);
    if (number.expireAt !== undefined) {
      return { refusal: `${phoneNumber} is released already: it ends ${day(number.expireAt)}.` };
    }
    return { stakes: { ...number, ...sanitize(await recentPast(phoneNumber, context)) } };
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
  reconcile: ({ arguments: { phoneNumber }, error }, reading) =>
    reconcileRelease(reading, String(phoneNumber), error),
};

const HOUR_MS = 3_600_000;
const RECENT_MS = 7 * 24 * HOUR_MS;

async function recentPast(phoneNumber: string, context: OperationContext): Promise<RecentPast> {
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

/** What a release cuts off. */
function releaseFacts(number: ReleaseStakes, now: number): Fact[] {
  const { servicePlanId, campaignId, voice } = links(number);
  const { recentEvents: count = 0, lastEvent, rentedAt, recentChanges = [] } = number;
  const { nextChargeDate, callbackUrl } = number;
  const stops = [
    servicePlanId && `SMS service plan ${quote(servicePlanId)}`,
    campaignId && `10DLC campaign ${quote(campaignId)}`,
    voice && `voice ${quote(voice)}`,
    callbackUrl && `callbacks to ${quote(callbackUrl)}`,
  ].filter(Boolean);
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
