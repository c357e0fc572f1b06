import { findActive, settleRent } from '../confirmation/settlement.ts';
import { isNotFound } from '../numbers/errors.ts';
import { formatMoney, formatRecurring, type RecurringPrice } from '../numbers/money.ts';
import { type OperationInput, operations } from '../numbers/operations.ts';
import { sanitize, sanitizeText } from '../numbers/sanitize.ts';
import type { AvailableNumber } from '../numbers/schemas.ts';
import { describeFailure } from './failure.ts';
import { gateAnswer } from './gate-answer.ts';
import { voiceTarget } from './text.ts';
import { gatedTool } from './tool.ts';

export const rentNumber = gatedTool({
  name: 'rent_number',
  title: 'Rent number',
  description:
    'Rent one number: costs its setup price now and its price every interval until released. Asks the user first. Find it with search_available_numbers. Newer accounts may be limited to US LOCAL. SMS and voice are linked by jobs: follow with get_active_number. If in doubt whether it worked, never repeat: get_active_number.',
  operation: operations.rentNumber,
  async handler({ confirmationToken, ...input }, { numbers, confirm, clock, signal }) {
    const { phoneNumber, ...configuration } = input;
    const result = await confirm({
      tool: 'rent_number',
      arguments: input,
      confirmationToken,
      quote: async () => {
        try {
          const number = await numbers.call(operations.getAvailableNumber, { phoneNumber }, signal);
          return { stakes: sanitize({ ...number, ...configuration }) };
        } catch (error) {
          if (!isNotFound(error)) throw error;
          const own = await findActive(numbers, phoneNumber, signal);
          return {
            refusal: own
              ? `${phoneNumber} is already rented by this project: there is nothing to rent.`
              : `${phoneNumber} is not available: another customer has it, or it is not offered. Choose another with search_available_numbers.`,
          };
        }
      },
      terms: ({ setupPrice, monthlyPrice, paymentIntervalMonths, supportingDocumentationRequired }) => ({
        setupPrice,
        monthlyPrice,
        paymentIntervalMonths,
        supportingDocumentationRequired,
      }),
      question: (stakes) => ({
        message: rentQuestion(`Rent ${phoneNumber}`, stakes),
        field: 'lastFourDigits',
        title: `Last four digits of ${phoneNumber}`,
        description: 'Type them to rent the number. Anything else rents nothing.',
        answer: phoneNumber.slice(-4),
      }),
      rent: (stakes) => ({ regionCode: stakes.regionCode, price: recurring(stakes) }),
      execute: () => numbers.call(operations.rentNumber, input, signal),
      settle: (lost) => settleRent({ numbers, clock }, phoneNumber, lost),
      describe: (error) => describeFailure(error, { name: 'rent_number', effect: 'billing', input }),
    });
    return gateAnswer(result, phoneNumber);
  },
});

/** The price of a number, and what is to be configured on it. */
export type RentStakes = AvailableNumber & Omit<OperationInput<typeof operations.rentNumber>, 'phoneNumber'>;

/** What a rent will cost and configure, in lines. */
export function rentQuestion(headline: string, stakes: RentStakes): string {
  const {
    regionCode,
    type,
    capability,
    smsConfiguration: sms,
    voiceConfiguration: voice,
    callbackUrl,
  } = stakes;
  const what = [regionCode, type, capability?.join('+')].filter(Boolean).join(' ');
  return [
    `${headline} (${what}).`,
    `Cost: ${formatMoney(stakes.setupPrice)} setup, then ${formatRecurring(recurring(stakes))} until it is released.`,
    stakes.supportingDocumentationRequired && 'This kind of number needs supporting documents.',
    sms && `SMS service plan: ${sanitizeText(sms.servicePlanId)}`,
    sms?.campaignId && `10DLC campaign: ${sanitizeText(sms.campaignId)}`,
    voice && `Voice: ${sanitizeText(voiceTarget(voice))}`,
    callbackUrl && `Callbacks to: ${sanitizeText(callbackUrl)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

export function recurring({ monthlyPrice, paymentIntervalMonths }: AvailableNumber): RecurringPrice {
  return { price: monthlyPrice, intervalMonths: paymentIntervalMonths };
}
