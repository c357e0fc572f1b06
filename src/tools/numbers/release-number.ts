import { describeFailure } from '../../api/failure.ts';
import { formatRecurring } from '../../api/money.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import type { Fact } from '../../approval/question.ts';
import { settleRelease } from '../../approval/reconcile.ts';
import { gateAnswer } from '../format/gated-result.ts';
import { counted, day, failureNotes, kindOf, quote, voiceTarget } from '../format/text.ts';
import { gatedTool, type ToolContext } from '../tool.ts';

export const releaseNumber = gatedTool({
  name: 'release_number',
  title: 'Release number',
  description:
    'End the subscription of a rented number. Asks the user first. It works until the paid period ends (expireAt), then it is gone; no undo and no refund are documented. To stop only its traffic, unlink it: update_active_number.',
  operation: operations.releaseNumber,
  async handler({ confirmationToken, ...input }, { numbers, callbacks, rentedAt, confirm, clock, signal }) {
    const { phoneNumber } = input;
    const result = await confirm({
      tool: 'release_number',
      arguments: input,
      confirmationToken,
      quote: async () => {
        const { projectId: _, ...number } = await numbers.call(operations.getActiveNumber, input, signal);
        if (number.expireAt !== undefined) {
          return { refusal: `${phoneNumber} is released already: it ends ${day(number.expireAt)}.` };
        }
        const recently = await recentPast(phoneNumber, { callbacks, rentedAt, clock });
        return { stakes: sanitize({ ...number, ...recently }) };
      },
      terms: ({ money, nextChargeDate, callbackUrl, ...number }) => ({
        money,
        nextChargeDate,
        callbackUrl,
        ...links(number),
      }),
      question: (number) => ({
        headline: `Release ${phoneNumber}${number.displayName ? ` ${quote(number.displayName)}` : ''} (${kindOf(number)}). No undo is documented.`,
        facts: releaseFacts(number, clock.now()),
        field: 'lastFourDigits',
        title: `Last four digits of ${phoneNumber}`,
        description: 'Type them to release the number. Anything else releases nothing.',
        answer: phoneNumber.slice(-4),
      }),
      execute: () => numbers.call(operations.releaseNumber, input, signal),
      settle: (lost) => settleRelease({ numbers, clock }, phoneNumber, lost),
      describe: (error) => describeFailure(error, { name: 'release_number', effect: 'destructive', input }),
    });
    return gateAnswer(result, phoneNumber);
  },
});

/** What stops working with a number, or would have worked once its link was ready. */
function links({ smsConfiguration: sms, voiceConfiguration: voice }: ActiveNumber) {
  return {
    servicePlanId: sms?.servicePlanId ?? sms?.scheduledProvisioning?.servicePlanId,
    campaignId: sms?.campaignId ?? sms?.scheduledProvisioning?.campaignId,
    voice:
      voiceTarget(voice ?? {}, quote) ||
      voiceTarget(voice?.scheduledVoiceProvisioning ?? {}, quote) ||
      undefined,
  };
}

/** What is known of a number's last days. */
interface RecentPast {
  /** Events that callbacks brought in the last 7 days, where any did; at most {@link MAX_EVENTS} are counted. */
  readonly recentEvents?: number;
  readonly lastEvent?: string;
  /** When this server rented it, if that is less than an hour ago. */
  readonly rentedAt?: string;
}

const HOUR_MS = 3_600_000;
const RECENT_MS = 7 * 24 * HOUR_MS;
const MAX_EVENTS = 100;
/** What is known where the events cannot be read. */
const NO_EVENTS = { events: [] };

async function recentPast(
  phoneNumber: string,
  { callbacks, rentedAt, clock }: Pick<ToolContext, 'callbacks' | 'rentedAt' | 'clock'>,
): Promise<RecentPast> {
  const since = clock.now() - RECENT_MS;
  const { events } = await callbacks.list({ phoneNumber, since, limit: MAX_EVENTS }).catch(() => NO_EVENTS);
  const [last] = events;
  const rented = await rentedAt(phoneNumber);
  const isNew = rented !== undefined && Date.parse(rented) > clock.now() - HOUR_MS;
  return {
    ...(last && {
      recentEvents: events.length,
      lastEvent: [last.eventType, last.status, last.timestamp].filter(Boolean).join(' '),
    }),
    ...(isNew && { rentedAt: rented }),
  };
}

/** What a release cuts off. */
function releaseFacts(number: ActiveNumber & RecentPast, now: number): Fact[] {
  const { servicePlanId, campaignId, voice } = links(number);
  const { recentEvents = 0, lastEvent, rentedAt, nextChargeDate, callbackUrl } = number;
  const stops = [
    servicePlanId && `SMS service plan ${quote(servicePlanId)}`,
    campaignId && `10DLC campaign ${quote(campaignId)}`,
    voice && `voice ${voice}`,
    callbackUrl && `callbacks to ${quote(callbackUrl)}`,
  ].filter(Boolean);
  const recurring = { price: number.money, intervalMonths: number.paymentIntervalMonths };
  // Right after a rent the date of the next charge is that of the rent, and says nothing about the end.
  const until = nextChargeDate && Date.parse(nextChargeDate) > now ? `, ${day(nextChargeDate)}` : '';
  const many = recentEvents === MAX_EVENTS ? `${MAX_EVENTS} or more events` : counted(recentEvents, 'event');
  return [
    {
      label: 'Will stop working for',
      value: stops.length > 0 ? stops.join(', ') : 'no service is linked to it',
    },
    ...failureNotes([number]).map((note) => ({ label: 'Does not work', value: note })),
    { label: 'Price', value: formatRecurring(recurring) },
    { label: 'Stays', value: `until the paid period ends${until}` },
    ...(lastEvent === undefined
      ? []
      : [{ label: 'Last 7 days', value: `${many} of provisioning, the last ${quote(lastEvent)}` }]),
    ...(rentedAt === undefined
      ? []
      : [{ label: 'New', value: `it was rented within the last hour, at ${rentedAt}` }]),
  ];
}
