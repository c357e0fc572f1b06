import Big from 'big.js';
import { sanitizeText } from '../lib/sanitize.ts';
import { CURRENCY, DECIMAL } from './formats.ts';
import type { AvailableNumber, Money } from './schemas/numbers.ts';

/** A longer amount is no price. */
const MAX_AMOUNT = 20;

/** What is charged each payment interval; an interval of 0 or none counts as one month. */
export interface RecurringPrice {
  readonly price: Money | undefined;
  readonly intervalMonths?: number | undefined;
}

/** What an offer says of its price. */
export type RentPrices = Pick<AvailableNumber, 'setupPrice' | 'monthlyPrice' | 'paymentIntervalMonths'>;

/** The amount as an exact decimal; undefined where it is none. */
export function decimalOf({ amount }: Money): Big | undefined {
  return amount !== undefined && DECIMAL.test(amount) ? new Big(amount) : undefined;
}

/** What an offer costs each payment interval. */
export function recurringPrice({ monthlyPrice, paymentIntervalMonths }: RentPrices): RecurringPrice {
  return { price: monthlyPrice, intervalMonths: paymentIntervalMonths };
}

/**
 * What a rent costs at once: setup and first interval, added up by currency. Amounts that are not known, or no
 * decimals, stand apart.
 */
export function dueNow({ setupPrice, monthlyPrice }: RentPrices): Money[] {
  return addMoneys([setupPrice ?? {}, monthlyPrice ?? {}]);
}

/** Sums by currency, in exact decimals, in the order in which the currencies appear. */
export function addMoneys(moneys: readonly Money[]): Money[] {
  const sums: Money[] = [];
  for (const money of moneys) {
    const amount = decimalOf(money);
    const index = sums.findIndex((sum) => sum.currencyCode === money.currencyCode);
    const sum = sums[index];
    const before = sum && decimalOf(sum);
    if (sum === undefined) sums.push(money);
    else if (amount === undefined || before === undefined) sums[index] = { currencyCode: sum.currencyCode };
    else sums[index] = { ...sum, amount: amount.plus(before).toFixed(places(sum, money)) };
  }
  return sums;
}

function places(...moneys: readonly Money[]): number {
  return Math.max(...moneys.map(({ amount = '' }) => amount.split('.')[1]?.length ?? 0));
}

/**
 * Compares two recurring prices by what they cost a month, or two single ones, which have no interval.
 * @returns above 0 where `a` is dearer; a price without a decimal amount counts as dearest
 */
export function comparePrices(a: RecurringPrice, b: RecurringPrice): number {
  const [amountA, amountB] = [a, b].map(({ price }) => price && decimalOf(price));
  if (amountA === undefined || amountB === undefined) return amountB === undefined ? -1 : 1;
  return amountA.times(b.intervalMonths || 1).cmp(amountB.times(a.intervalMonths || 1));
}

/** A price as people write it, e.g. `0.80 EUR`. What is no amount or currency stands in quotes, as all foreign text. */
export function formatMoney({ amount, currencyCode }: Money = {}): string {
  if (amount === undefined) return 'an unknown price';
  return [as(DECIMAL, amount), ...(currencyCode ? [as(CURRENCY, currencyCode)] : [])].join(' ');
}

function as(form: RegExp, text: string): string {
  return form.test(text) && text.length <= MAX_AMOUNT ? text : JSON.stringify(sanitizeText(text));
}

/** Sums of several currencies, e.g. `1.80 EUR + 2.00 USD`. */
export function formatMoneys(moneys: readonly Money[]): string {
  return moneys.map(formatMoney).join(' + ');
}

/** e.g. `0.80 EUR a month`, `2.50 EUR every 3 months`. */
export function formatRecurring({ price, intervalMonths }: RecurringPrice): string {
  const months = intervalMonths || 1;
  return `${formatMoney(price)} ${months === 1 ? 'a month' : `every ${months} months`}`;
}
