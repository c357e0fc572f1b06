import { settleRelease } from '../confirmation/settlement.ts';
import { formatRecurring } from '../numbers/money.ts';
import { operations } from '../numbers/operations.ts';
import { sanitize } from '../numbers/sanitize.ts';
import type { ActiveNumber } from '../numbers/schemas.ts';
import { describeFailure } from './failure.ts';
import { gateAnswer } from './gate-answer.ts';
import { day, voiceTarget } from './text.ts';
import { gatedTool } from './tool.ts';

export const releaseNumber = gatedTool({
  name: 'release_number',
  title: 'Release number',
  description:
    'End the subscription of a rented number. Asks the user first. It stays yours, with its services, until the paid period ends (expireAt); then it is gone for good: no undo, no refund known. To stop only its traffic, unlink it with update_active_number.',
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
      terms: (number) => ({ price: number.money, ...links(number), callbackUrl: number.callbackUrl }),
      question: (number) => ({
        message: releaseQuestion(phoneNumber, number),
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
    voice: voiceTarget(voice ?? {}) || voiceTarget(voice?.scheduledVoiceProvisioning ?? {}) || undefined,
  };
}

function releaseQuestion(phoneNumber: string, number: ActiveNumber): string {
  const { servicePlanId, campaignId, voice } = links(number);
  const price = { price: number.money, intervalMonths: number.paymentIntervalMonths };
  const kind = [number.regionCode, number.type].filter(Boolean).join(' ');
  const stops = [
    servicePlanId && `SMS service plan ${servicePlanId}`,
    campaignId && `10DLC campaign ${campaignId}`,
    voice && `voice ${voice}`,
    number.callbackUrl && `callbacks to ${number.callbackUrl}`,
  ].filter(Boolean);
  return [
    `Release ${phoneNumber}${number.displayName ? ` ${JSON.stringify(number.displayName)}` : ''} (${kind}). This cannot be undone.`,
    stops.length > 0 ? `It stops working for: ${stops.join(', ')}.` : 'No service is linked to it.',
    `It costs ${formatRecurring(price)}${number.nextChargeDate ? ` and stays until the paid period ends, ${day(number.nextChargeDate)}` : ''}.`,
  ].join('\n');
}
