import { settleRelease } from '../confirmation/settlement.ts';
import { formatRecurring } from '../numbers/money.ts';
import { operations } from '../numbers/operations.ts';
import { sanitize } from '../numbers/sanitize.ts';
import type { ActiveNumber } from '../numbers/schemas.ts';
import { describeFailure } from './failure.ts';
import { gateAnswer } from './gate-answer.ts';
import { day, kindOf, quote, voiceTarget } from './text.ts';
import { gatedTool } from './tool.ts';

export const releaseNumber = gatedTool({
  name: 'release_number',
  title: 'Release number',
  description:
    'End the subscription of a rented number. Asks the user first. It stays yours, with its services, until the paid period ends (expireAt); then it is gone; no undo and no refund are documented. To stop only its traffic, unlink it with update_active_number.',
  operation: operations.releaseNumber,
  async handler({ confirmationToken, ...input }, { numbers, confirm, clock, signal }) {
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
        return { stakes: sanitize(number) };
      },
      terms: ({ money, nextChargeDate, callbackUrl, ...number }) => ({
        money,
        nextChargeDate,
        callbackUrl,
        ...links(number),
      }),
      question: (number) => ({
        message: releaseQuestion({ ...number, phoneNumber }, clock.now()),
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

/** What stops working with a number. */
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

/** What a release cuts off, in lines. */
function releaseQuestion(number: ActiveNumber, now: number): string {
  const { servicePlanId, campaignId, voice } = links(number);
  const name = number.displayName ? ` ${quote(number.displayName)}` : '';
  const stops = [
    servicePlanId && `SMS service plan ${quote(servicePlanId)}`,
    campaignId && `10DLC campaign ${quote(campaignId)}`,
    voice && `voice ${voice}`,
    number.callbackUrl && `callbacks to ${quote(number.callbackUrl)}`,
  ].filter(Boolean);
  const recurring = { price: number.money, intervalMonths: number.paymentIntervalMonths };
  const { nextChargeDate } = number;
  // Right after a rent the date of the next charge is that of the rent, and says nothing about the end.
  const until = nextChargeDate && Date.parse(nextChargeDate) > now ? `, ${day(nextChargeDate)}` : '';
  return [
    `Release ${number.phoneNumber}${name} (${kindOf(number)}). No undo is documented.`,
    stops.length > 0 ? `It stops working for: ${stops.join(', ')}.` : 'No service is linked to it.',
    `It costs ${formatRecurring(recurring)} and stays until the paid period ends${until}.`,
  ].join('\n');
}
