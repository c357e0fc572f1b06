import pLimit from 'p-limit';
import { isNotFound } from '../../api/errors.ts';
import { capabilityOf, counted, kindOf } from '../../api/format.ts';
import { addMoneys, dueNow, formatMoneys, formatRecurring, recurringPrice } from '../../api/money.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { AvailableNumber } from '../../api/schemas/numbers.ts';
import { createCost } from '../../audit/cost.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  batchQuestion,
  batchTerms,
  partTerms,
} from '../batch-operation.ts';
import type { NumberResult } from '../batch-result.ts';
import { carryOut } from '../carry-out.ts';
import { type Criteria, findActive } from '../number-state.ts';
import type { OperationContext } from '../operation.ts';
import { type Fact, verbAndCount } from '../question.ts';
import { type Configuration, configurationFacts, orderFacts, rentStakes } from './rent.ts';
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
  ...batchTerms,
  async quote({ phoneNumbers, select, ...configuration }, context) {
    const read =
      select === undefined
        ? await readOffers(phoneNumbers ?? [], context)
        : { offers: await search(select, context), refused: [], skipped: [] };
    if (select !== undefined && read.offers.length < select.count) {
      return {
        refusal: `Only ${read.offers.length} numbers match, and ${select.count} are wanted. Loosen numberPattern or capabilities, or ask for fewer.`,
      };
    }
    if (read.offers.length === 0 && read.refused.length > 0) {
      const reasons = read.refused.map(({ phoneNumber, reason }) => `${phoneNumber} ${reason}`);
      return { refusal: `None of these numbers can be rented: ${reasons.slice(0, 5).join(', ')}.` };
    }
    const stakes = { ...stakesOf(read.offers, configuration), refused: read.refused, skipped: read.skipped };
    if (read.offers.length === 0) return { harmless: stakes };
    return { stakes, offers: read.offers, rents: read.offers.length };
  },
  async quoteSome({ phoneNumbers: _, select: __, ...configuration }, wanted, context) {
    const { offers, ...rest } = await readOffers(wanted, context);
    return { ...stakesOf(offers, configuration), ...rest };
  },
  receipt(done) {
    if (done.length === 0) return undefined;
    const cost = costOf(done.map(({ offer }) => offer ?? {}));
    return `${formatMoneys(cost.dueNow)} is due now (setup and first interval), then ${formatMoneys(cost.monthly)} a month.`;
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
          ...configurationFacts({
            ...configuration,
            supportingDocumentationRequired: stakes.parts.some(({ offer }) => needsDocuments(offer)),
          }),
        ],
        ...verbAndCount('RENT', length),
      },
      stakes,
    );
  },
};

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

function needsDocuments(offer: AvailableNumber = {}): boolean {
  return offer.supportingDocumentationRequired ?? false;
}

function stakesOf(
  offers: readonly AvailableNumber[],
  configuration: Configuration,
): Pick<BatchStakes, 'parts' | 'dueNow' | 'monthly'> {
  const parts = offers.map((offer): BatchPart => {
    const { phoneNumber = '' } = offer;
    const stakes = rentStakes(offer, configuration);
    return {
      phoneNumber,
      terms: partTerms(rentNumber.terms(stakes)),
      item: {
        phoneNumber,
        detail: `${capabilityOf(offer)}, ${formatMoneys(stakes.dueNow)} now, ${formatRecurring(recurringPrice(offer))}`,
        group: kindOf(offer),
      },
      offer,
      send: (execution) =>
        carryOut(rentNumber, { phoneNumber, ...configuration }, stakes, { ...execution, rents: 1 }),
    };
  });
  return { parts, ...costOf(offers) };
}

async function search(
  { count, ...criteria }: NonNullable<Input['select']>,
  { numbers, signal }: OperationContext,
): Promise<readonly AvailableNumber[]> {
  const input = { ...criteria, size: count };
  const { availableNumbers } = await numbers.call(operations.listAvailableNumbers, input, signal);
  return sanitize(availableNumbers).slice(0, count);
}

/** The offers of numbers that are named; `skipped` are rented by this project already. */
async function readOffers(phoneNumbers: readonly string[], { numbers, signal }: OperationContext) {
  const offers: AvailableNumber[] = [];
  const refused: NumberResult[] = [];
  const skipped: { readonly phoneNumber: string; readonly reason: string }[] = [];
  const limit = pLimit(CONCURRENCY);
  const read = async (phoneNumber: string) => {
    try {
      return await numbers.call(operations.getAvailableNumber, { phoneNumber }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const own = await findActive(numbers, phoneNumber, signal);
      if (own) skipped.push({ phoneNumber, reason: 'is rented by this project already' });
      else refused.push({ phoneNumber, outcome: 'not_executed', reason: 'is not available' });
      return undefined;
    }
  };
  const found = await Promise.all([...new Set(phoneNumbers)].map((it) => limit(read, it)));
  for (const offer of found) if (offer !== undefined) offers.push(sanitize(offer));
  return { offers, refused, skipped };
}
