import pLimit from 'p-limit';
import { isNotFound } from '../../api/errors.ts';
import { capabilityOf, counted, kindOf } from '../../api/format.ts';
import { addMoneys, dueNow, formatMoneys, formatRecurring, recurringPrice } from '../../api/money.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type AvailableNumber, availableNumber } from '../../api/schemas/numbers.ts';
import { createCost } from '../../audit/cost.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  batchQuestion,
  batchTerms,
  type DonePart,
  LEFT_OUT_NAMED,
} from '../batch-operation.ts';
import type { NumberResult } from '../batch-result.ts';
import { batchSubject } from '../batch-subject.ts';
import { carryOut } from '../carry-out.ts';
import { type Criteria, findActive } from '../number-state.ts';
import type { OperationContext, Quote } from '../operation.ts';
import { type Fact, verbAndCount } from '../question.ts';
import { noMatch } from './no-match.ts';
import {
  type Configuration,
  configurationFacts,
  dearerThanQuoted,
  documentsNote,
  orderFacts,
  rentStakes,
} from './rent.ts';
import { rentNumber } from './rent-number.ts';

/** Numbers that are named, or the first that match: exactly one of the two. */
type Input = Configuration & {
  readonly phoneNumbers?: readonly string[] | undefined;
  readonly select?: (Criteria & { readonly count: number }) | undefined;
};

/** Reads under way at once. */
const CONCURRENCY = 8;

export const rentNumbers: BatchOperation<Input> = {
  tool: 'rent_numbers',
  atOnce: 4,
  namesDone: true,
  ...batchTerms,
  async quote({ phoneNumbers = [], select, ...configuration }, context) {
    const offers = select && (await search(select, context));
    if (select !== undefined && offers !== undefined && offers.length < select.count) {
      const isNone = offers.length === 0;
      return { refusal: isNone ? await noMatch(select, context) : tooFew(offers.length, select.count) };
    }
    return quoteOf(
      offers ? { ...NOTHING_ELSE, offers } : await readOffers(phoneNumbers, context),
      configuration,
    );
  },
  async quoteAgain({ phoneNumbers, select: _, ...configuration }, subject, context) {
    // A search may give other numbers each time: those that were agreed to are read.
    if (phoneNumbers !== undefined) return undefined;
    const { terms } = batchSubject.parse(subject);
    const read = await readOffers(Object.keys(terms), context);
    return read.offers.length < Object.keys(terms).length ? undefined : quoteOf(read, configuration);
  },
  async quoteSome({ phoneNumbers: _, select: __, ...configuration }, wanted, context) {
    return stakesOf(await readOffers(wanted, context), configuration);
  },
  receipt(done) {
    if (done.length === 0) return undefined;
    const offers = done.map(({ terms }) => availableNumber.catch({}).parse(terms));
    const cost = costOf(offers);
    const dearer = done.flatMap(dearerNote);
    return [
      `${formatMoneys(cost.dueNow)} is due now (setup and first interval), then ${formatMoneys(cost.monthly)} a month.`,
      dearer.length > 0 && `Tell the user: ${dearer.slice(0, MAX_NOTES).join('; ')}.`,
      documentsNote(offers),
    ]
      .filter(Boolean)
      .join(' ');
  },
  question: ({ phoneNumbers: _, select: __, ...configuration }, stakes) => {
    const { length } = stakes.parts;
    return batchQuestion(
      {
        headline: `Rent ${counted(length, 'number')}.`,
        facts: [
          { label: 'Due now', value: `${formatMoneys(stakes.dueNow)} in all, setup and first interval` },
          { label: 'Then', value: `${formatMoneys(stakes.monthly)} a month in all, until they are released` },
          ...mayNeedOrders(stakes),
          ...configurationFacts(
            configuration,
            stakes.parts.flatMap(({ offer }) => (offer ? [offer] : [])),
          ),
        ],
        ...verbAndCount('RENT', length),
      },
      stakes,
    );
  },
};

/** A receipt names this many numbers that came dearer than agreed. */
const MAX_NOTES = 5;

function dearerNote({ phoneNumber, terms, number }: DonePart): string[] {
  const dearer = dearerThanQuoted(availableNumber.catch({}).parse(terms), number);
  return dearer === undefined ? [] : [`${phoneNumber} costs ${dearer}`];
}

function tooFew(found: number, wanted: number): string {
  return `Only ${counted(found, 'number')} can be found, and ${wanted} are wanted: ask for ${found}, or loosen numberPattern or capabilities. search_available_numbers shows what there is.`;
}

/** What was read of numbers that are to be rented. */
interface ReadOffers extends Pick<BatchStakes, 'skipped' | 'refused'> {
  readonly offers: readonly AvailableNumber[];
}

const NOTHING_ELSE = {
  skipped: { reason: 'is rented by this project already', count: 0, phoneNumbers: [] },
  refused: [],
};

function quoteOf(read: ReadOffers, configuration: Configuration): Quote<BatchStakes> {
  const { offers } = read;
  const stakes = stakesOf(read, configuration);
  return offers.length === 0 ? { harmless: stakes } : { stakes, offers, rents: offers.length };
}

function stakesOf({ offers, ...rest }: ReadOffers, configuration: Configuration): BatchStakes {
  const parts = offers.map((offer): BatchPart => {
    const { phoneNumber = '' } = offer;
    const stakes = rentStakes(offer, configuration);
    return {
      phoneNumber,
      terms: rentNumber.terms(stakes),
      item: {
        phoneNumber,
        detail: `${capabilityOf(offer)}, ${formatMoneys(stakes.dueNow)} now, ${formatRecurring(recurringPrice(offer))}`,
        group: kindOf(offer),
      },
      stops: [],
      offer,
      send: (execution) =>
        carryOut(rentNumber, { phoneNumber, ...configuration }, stakes, { ...execution, rents: 1 }),
    };
  });
  return { parts, ...rest, ...costOf(offers) };
}

/** What numbers cost together: at once, and a month. */
function costOf(offers: readonly AvailableNumber[]) {
  const cost = createCost();
  for (const { monthlyPrice, paymentIntervalMonths } of offers) {
    cost.add({ ...(monthlyPrice && { money: monthlyPrice }), paymentIntervalMonths });
  }
  return { dueNow: addMoneys(offers.flatMap(dueNow)), monthly: cost.perMonth() };
}

/** Once for each kind of number. */
function mayNeedOrders({ parts }: Pick<BatchStakes, 'parts'>): Fact[] {
  const kinds = new Map(parts.map(({ item, offer }) => [item.group, offer ?? {}]));
  return [...kinds.values()].flatMap(orderFacts);
}

async function search(
  { count, ...criteria }: NonNullable<Input['select']>,
  { numbers, signal }: OperationContext,
): Promise<readonly AvailableNumber[]> {
  const input = { ...criteria, size: count };
  const { availableNumbers } = await numbers.call(operations.listAvailableNumbers, input, signal);
  return sanitize(availableNumbers).slice(0, count);
}

/** The offers of numbers that are named. */
async function readOffers(
  phoneNumbers: readonly string[],
  { numbers, signal }: OperationContext,
): Promise<ReadOffers> {
  const refused: NumberResult[] = [];
  const own: string[] = [];
  const limit = pLimit(CONCURRENCY);
  async function read(phoneNumber: string): Promise<AvailableNumber[]> {
    try {
      return [sanitize(await numbers.call(operations.getAvailableNumber, { phoneNumber }, signal))];
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (await findActive(numbers, phoneNumber, signal)) own.push(phoneNumber);
      else refused.push({ phoneNumber, outcome: 'not_executed', reason: 'is not available' });
      return [];
    }
  }
  const offers = await Promise.all([...new Set(phoneNumbers)].map((it) => limit(read, it)));
  const skipped = { count: own.length, phoneNumbers: own.slice(0, LEFT_OUT_NAMED) };
  return { offers: offers.flat(), refused, skipped: { ...NOTHING_ELSE.skipped, ...skipped } };
}
