import Big from 'big.js';
import { sanitizeText } from '../lib/sanitize.ts';
import { CURRENCY, DECIMAL } from './formats.ts';
import type { Money } from './schemas/numbers.ts';

/** A longer amount is no price. */
const MAX_AMOUNT = 20;

/** What is charged each payment interval; an interval of 0 or none counts as one month. */
export interface RecurringPrice {
  readonly price: Money | undefined;
  readonly intervalMonths?: number | undefined;
}

/**
 * Compares a recurring price with a monthly limit, in exact decimals.
 * @param limit a decimal amount per month, in the price's currency
 * @returns undefined where the price is no decimal amount
 */
export function isWithin(recurring: RecurringPrice, limit: string): boolean | undefined {
  return decimal(recurring)?.lte(new Big(limit).times(recurring.intervalMonths || 1));
}

/**
 * Compares two recurring prices by what they cost a month, or two single ones, which have no interval.
 * @returns above 0 where `a` is dearer; a price without a decimal amount counts as dearest
 */
export function comparePrices(a: RecurringPrice, b: RecurringPrice): number {
  const [amountA, amountB] = [decimal(a), decimal(b)];
  if (amountA === undefined || amountB === undefined) return amountB === undefined ? -1 : 1;
  return amountA.times(b.intervalMonths || 1).cmp(amountB.times(a.intervalMonths || 1));
}

function decimal({ price }: RecurringPrice): Big | undefined {
  return price?.amount !== undefined && DECIMAL.test(price.amount) ? new Big(price.amount) : undefined;
}

/** A price as people write it, e.g. `0.80 EUR`. What is no amount or currency stands in quotes, as all foreign text. */
export function formatMoney({ amount, currencyCode }: Money = {}): string {
  if (amount === undefined) return 'an unknown price';
  return [as(DECIMAL, amount), ...(currencyCode ? [as(CURRENCY, currencyCode)] : [])].join(' ');
}

function as(form: RegExp, text: string): string {
  return form.test(text) && text.length <= MAX_AMOUNT ? text : JSON.stringify(sanitizeText(text));
}

/** e.g. `0.80 EUR a month`, `2.50 EUR every 3 months`. */
export function formatRecurring({ price, intervalMonths }: RecurringPrice): string {
  const months = intervalMonths || 1;
  return `${formatMoney(price)} ${months === 1 ? 'a month' : `every ${months} months`}`;
}
