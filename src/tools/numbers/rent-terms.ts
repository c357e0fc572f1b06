import { comparePrices, formatMoney, formatRecurring, type RecurringPrice } from '../../api/money.ts';
import type { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import type { ActiveNumber, AvailableNumber } from '../../api/schemas/numbers.ts';
import type { Fact } from '../../approval/question.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import { quote, voiceTarget } from '../format/text.ts';

/** What a person agrees to when renting. */
export type RentTerms = Pick<
  AvailableNumber,
  'setupPrice' | 'monthlyPrice' | 'paymentIntervalMonths' | 'supportingDocumentationRequired'
>;

/** The terms, and what is to be configured. */
export type RentStakes = RentTerms &
  Pick<AvailableNumber, 'regionCode' | 'type'> &
  Omit<OperationInput<typeof operations.rentNumber>, 'phoneNumber'>;

export function rentTerms(number: RentTerms): RentTerms {
  const { setupPrice, monthlyPrice, paymentIntervalMonths, supportingDocumentationRequired } = number;
  return { setupPrice, monthlyPrice, paymentIntervalMonths, supportingDocumentationRequired };
}

/** The worst of each term among several numbers; undefined where there are none. */
export function worstTerms(numbers: readonly RentTerms[]): RentTerms | undefined {
  const [first, ...rest] = numbers.map(rentTerms);
  return first && rest.reduce(worse, first);
}

function worse(a: RentTerms, b: RentTerms): RentTerms {
  const setup = comparePrices({ price: a.setupPrice }, { price: b.setupPrice }) < 0 ? b : a;
  const recurring = comparePrices(recurringPrice(a), recurringPrice(b)) < 0 ? b : a;
  return {
    setupPrice: setup.setupPrice,
    monthlyPrice: recurring.monthlyPrice,
    paymentIntervalMonths: recurring.paymentIntervalMonths,
    supportingDocumentationRequired: a.supportingDocumentationRequired || b.supportingDocumentationRequired,
  };
}

export function recurringPrice({ monthlyPrice, paymentIntervalMonths }: RentTerms): RecurringPrice {
  return { price: monthlyPrice, intervalMonths: paymentIntervalMonths };
}

/** A longer URL is cut where a person is asked. */
const MAX_URL = 500;

/** What a rent will cost and configure. What an agent wrote stands in quotes. */
export function rentFacts(stakes: RentStakes): Fact[] {
  const { smsConfiguration: sms, voiceConfiguration: voice, callbackUrl } = stakes;
  const recurring = formatRecurring(recurringPrice(stakes));
  return [
    {
      label: 'Cost',
      value: `${formatMoney(stakes.setupPrice)} setup, then ${recurring} until it is released`,
    },
    ...(stakes.supportingDocumentationRequired
      ? [{ label: 'Documents', value: 'this kind of number needs supporting documents' }]
      : []),
    ...(sms ? [{ label: 'SMS service plan', value: quote(sms.servicePlanId) }] : []),
    ...(sms?.campaignId ? [{ label: '10DLC campaign', value: quote(sms.campaignId) }] : []),
    ...(voice ? [{ label: 'Voice', value: voiceTarget(voice, quote) }] : []),
    ...(callbackUrl
      ? [
          {
            label: `Callbacks to ${sanitizeText(new URL(callbackUrl).host)}`,
            value: quote(callbackUrl, MAX_URL),
          },
        ]
      : []),
  ];
}

/** A sentence for a number that came dearer than agreed; undefined where it did not. */
export function dearerNote(
  agreed: RentTerms | undefined,
  number: ActiveNumber | undefined,
): string | undefined {
  if (agreed === undefined || number?.money === undefined) return undefined;
  const charged = { price: number.money, intervalMonths: number.paymentIntervalMonths };
  const quoted = recurringPrice(agreed);
  const isSame = number.money.currencyCode === agreed.monthlyPrice?.currencyCode;
  if (isSame && comparePrices(charged, quoted) <= 0) return undefined;
  return `Tell the user: it costs ${formatRecurring(charged)}, and ${formatRecurring(quoted)} was quoted.`;
}
