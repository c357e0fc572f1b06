import { isNumbersError } from '../../api/errors.ts';
import { kindOf } from '../../api/format.ts';
import { comparePrices, dueNow, formatMoney, formatRecurring, recurringPrice } from '../../api/money.ts';
import { type OperationInput, operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type AvailableNumber, type Money, rentAnyNumberRequest } from '../../api/schemas/numbers.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import { type Criteria, readRented } from '../number-state.ts';
import type { GatedOperation } from '../operation.ts';
import { reconcileRentAny } from '../reconcile.ts';
import { type Configuration, configurationFacts, offerTerms, rentReceipt } from './rent.ts';

/** How many matches are looked at to quote a price. */
const QUOTE_SIZE = 10;

type Input = OperationInput<typeof operations.rentAnyNumber>;

/** What the first matches cost: the API may pick any of them, or another. */
interface AnyStakes extends Configuration {
  readonly [key: string]: unknown;
  /** In each currency, the worst terms of all offers; the capability is what all of them have. */
  readonly offers: readonly AvailableNumber[];
  /** In each currency, the most that is due at once. */
  readonly dueNow: readonly Money[];
}

export const rentAnyNumber: GatedOperation<Input, AnyStakes> = {
  tool: 'rent_any_number',
  operation: operations.rentAnyNumber,
  async quote(input, { numbers, signal }) {
    const { regionCode, type, numberPattern, capabilities, ...configuration } = input;
    const search = { ...criteriaOf(input), size: QUOTE_SIZE };
    const answer = sanitize(await numbers.call(operations.listAvailableNumbers, search, signal));
    const found = answer.availableNumbers;
    if (found.length === 0) {
      return {
        refusal:
          'No number matches. Loosen numberPattern or capabilities; search_available_numbers shows what there is.',
      };
    }
    const groups = byCurrency(found);
    const capability = commonCapability(found);
    const offers = groups.map((group) => ({ ...group.reduce(worse), ...(capability && { capability }) }));
    return { stakes: { offers, dueNow: groups.flatMap(mostDueNow), ...configuration }, offers: found };
  },
  terms: (stakes) => ({ offers: stakes.offers.map(offerTerms), dueNow: stakes.dueNow }),
  question: (input, { offers, dueNow: due }) => ({
    headline: headline(criteriaOf(input)),
    facts: [
      { label: 'Due now', value: `at most ${either(due.map(formatMoney))}, setup and first interval` },
      {
        label: 'Then',
        value: `at most ${either(offers.map((offer) => formatRecurring(recurringPrice(offer))))} until it is released`,
      },
      ...configurationFacts({
        ...input,
        supportingDocumentationRequired: offers.some((offer) => offer.supportingDocumentationRequired),
      }),
    ],
    field: 'confirm',
    title: 'Type RENT',
    description: 'Type RENT in capitals to rent a number. Anything else rents nothing.',
    answer: 'RENT',
  }),
  /** The numbers of this kind before the rent, by which the new one is known. */
  async readBefore(input, { numbers, signal }) {
    try {
      const rented = await readRented(numbers, criteriaOf(input), signal);
      return rented?.flatMap(({ phoneNumber }) => phoneNumber ?? []);
    } catch (error) {
      if (!isNumbersError(error) || signal.aborted) throw error;
      return undefined;
    }
  },
  send: async (input, { numbers, signal }) => ({
    number: await numbers.call(operations.rentAnyNumber, input, signal),
  }),
  receipt({ offers }, done) {
    const agreed = offers.find(
      ({ monthlyPrice }) => monthlyPrice?.currencyCode === done.number?.money?.currencyCode,
    );
    return rentReceipt(agreed ?? offers[0] ?? {}, done);
  },
  async reconcile({ arguments: args, before, others, error }, reading) {
    const input = rentAnyNumberRequest.safeParse(args);
    if (!input.success) return { outcome: 'unknown', check: 'list_active_numbers' };
    return reconcileRentAny(reading, criteriaOf(input.data), before && new Set(before), others, error);
  },
};

function criteriaOf({ regionCode, type, numberPattern, capabilities }: Input): Criteria {
  return { regionCode, type, ...(numberPattern && { numberPattern }), ...(capabilities && { capabilities }) };
}

function byCurrency(offers: readonly AvailableNumber[]): AvailableNumber[][] {
  const currencies = new Set(offers.map(({ monthlyPrice }) => monthlyPrice?.currencyCode));
  return [...currencies].map((currency) =>
    offers.filter(({ monthlyPrice }) => monthlyPrice?.currencyCode === currency),
  );
}

/** What every one of the offers can do. */
function commonCapability([first, ...others]: readonly AvailableNumber[]): string[] | undefined {
  return first?.capability?.filter((it) => others.every(({ capability }) => capability?.includes(it)));
}

/** The most that any of these offers costs at once. */
function mostDueNow(offers: readonly AvailableNumber[]): Money[] {
  const [first, ...others] = offers.map(dueNow);
  return others.reduce(
    (most, due) => (comparePrices({ price: most[0] }, { price: due[0] }) < 0 ? due : most),
    first ?? [],
  );
}

function worse(a: AvailableNumber, b: AvailableNumber): AvailableNumber {
  const setup = comparePrices({ price: a.setupPrice }, { price: b.setupPrice }) < 0 ? b : a;
  const recurring = comparePrices(recurringPrice(a), recurringPrice(b)) < 0 ? b : a;
  return {
    regionCode: a.regionCode,
    type: a.type,
    setupPrice: setup.setupPrice,
    monthlyPrice: recurring.monthlyPrice,
    paymentIntervalMonths: recurring.paymentIntervalMonths,
    supportingDocumentationRequired: a.supportingDocumentationRequired || b.supportingDocumentationRequired,
  };
}

function either(prices: readonly string[]): string {
  return prices.join(', or ');
}

/** What the API may pick, and where the price comes from. */
function headline({ numberPattern, capabilities, ...criteria }: Criteria): string {
  const kind = [kindOf(criteria), capabilities?.join('+')].filter(Boolean).join(' ');
  const { pattern, searchPattern = 'CONTAINS' } = numberPattern ?? {};
  const digits = pattern === undefined ? '' : ` with digits ${sanitizeText(pattern)} (${searchPattern})`;
  return `Rent whichever ${kind} number${digits} the API picks. The prices are the highest of its first ${QUOTE_SIZE} offers.`;
}
