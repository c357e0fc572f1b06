import { isNumbersError } from '../../api/errors.ts';
import { capabilityOf, kindOf } from '../../api/format.ts';
import { comparePrices, dueNow, formatMoney, formatRecurring, recurringPrice } from '../../api/money.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type AvailableNumber, type Money, rentAnyNumberRequest } from '../../api/schemas/numbers.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import type { JournalEntry } from '../../storage/store.ts';
import { isOfAnyNumber } from '../carry-out.ts';
import { type Criteria, readRented } from '../number-state.ts';
import type { GatedOperation } from '../operation.ts';
import { reconcileRentAny } from '../reconcile.ts';
import { noMatch } from './no-match.ts';
import { type Configuration, configurationFacts, offerTerms, orderFacts, rentReceipt } from './rent.ts';

/** How many matches are looked at to quote a price. */
const QUOTE_SIZE = 10;

type Input = OperationInput<typeof operations.rentAnyNumber>;

/**
 * What the first matches cost: the API may pick any of them, or another. The worst terms of all offers, with the
 * capability that all of them have; where they are priced in several currencies, the worst of each.
 */
interface AnyStakes extends Configuration, AvailableNumber {
  readonly offers?: readonly AvailableNumber[];
  /** In each currency, the most that is due at once. */
  readonly dueNow: readonly Money[];
  /** When rents of any number were sent of which nobody knows yet what came, RFC 3339. */
  readonly unsettled?: readonly string[];
}

export const rentAnyNumber: GatedOperation<Input, AnyStakes> = {
  tool: 'rent_any_number',
  operation: operations.rentAnyNumber,
  async quote(input, { numbers, signal, recent }) {
    const { regionCode, type, numberPattern, capabilities, ...configuration } = input;
    const search = { ...criteriaOf(input), size: QUOTE_SIZE };
    const answer = sanitize(await numbers.call(operations.listAvailableNumbers, search, signal));
    const found = answer.availableNumbers;
    if (found.length === 0) return { refusal: await noMatch(input, { numbers, signal }) };
    const groups = byCurrency(found);
    const capability = commonCapability(found);
    const offers = groups.map((group) => ({
      ...group.map((offer): AvailableNumber => offerTerms(offer)).reduce(worse),
      ...(capability && { capability }),
    }));
    const open = (await recent()).filter(isOpenRentOfAny).map(({ intent }) => intent.at);
    const worst = offers.length === 1 ? offers[0] : { offers };
    return {
      stakes: {
        ...worst,
        ...configuration,
        dueNow: groups.flatMap(mostDueNow),
        ...(open.length > 0 && { unsettled: open }),
      },
      offers: found,
    };
  },
  terms: (stakes) => ({ offers: offersOf(stakes).map(offerTerms), dueNow: stakes.dueNow }),
  question: (input, stakes) => ({
    headline: headline(criteriaOf(input)),
    facts: [
      {
        label: 'Due now',
        value: `at most ${either(stakes.dueNow.map(formatMoney))}, setup and first interval`,
      },
      {
        label: 'Then',
        value: `at most ${either(offersOf(stakes).map((offer) => formatRecurring(recurringPrice(offer))))} until it is released`,
      },
      {
        label: 'All offers have',
        value: capabilityOf(offersOf(stakes)[0] ?? {}) || 'no capability in common',
      },
      ...(stakes.unsettled?.length
        ? [
            {
              label: 'Not settled yet',
              value: `an earlier rent of any number, sent at ${stakes.unsettled[0]}, may still bring one`,
            },
          ]
        : []),
      ...orderFacts(input),
      ...configurationFacts(input, offersOf(stakes), true),
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
  receipt(stakes, done) {
    const offers = offersOf(stakes);
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

function isOpenRentOfAny({ intent, outcome }: JournalEntry): boolean {
  return outcome === undefined && intent.rents > 0 && isOfAnyNumber(intent);
}

function offersOf(stakes: AnyStakes): readonly AvailableNumber[] {
  return stakes.offers ?? [stakes];
}

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
