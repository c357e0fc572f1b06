import Big from 'big.js';
import type { Money } from './schemas.ts';

/** What is charged each payment interval; an interval of 0 or none counts as one month. */
export interface RecurringPrice {
  readonly price: Money | undefined;
  readonly intervalMonths: number | undefined;
}

/**
 * Compares a recurring price with a monthly limit, in exact decimals.
 * @param limit a decimal amount per month, in the price's currency
 * @returns undefined where the price is no decimal amount
 */
export function isWithin({ price, intervalMonths }: RecurringPrice, limit: string): boolean | undefined {
  if (price?.amount === undefined || !DECIMAL.test(price.amount)) return undefined;
  return new Big(price.amount).lte(new Big(limit).times(intervalMonths || 1));
}

/** Orders prices from the dearest down; one without a decimal amount counts as dearest. */
export function dearestFirst(a: Money | undefined, b: Money | undefined): number {
  const [amountA, amountB] = [a?.amount ?? '', b?.amount ?? ''];
  if (!DECIMAL.test(amountA)) return -1;
  if (!DECIMAL.test(amountB)) return 1;
  return new Big(amountB).cmp(amountA);
}

/** A decimal amount such as `5` or `5.00`. */
export const DECIMAL = /^\d+(\.\d+)?$/;

/** A price as people write it, e.g. `0.80 EUR`. */
export function formatMoney(money: Money | undefined): string {
  return money?.amount === undefined
    ? 'an unknown price'
    : [money.amount, money.currencyCode].filter(Boolean).join(' ');
}

/** e.g. `0.80 EUR a month`, `2.50 EUR every 3 months`. */
export function formatRecurring({ price, intervalMonths }: RecurringPrice): string {
  const months = intervalMonths || 1;
  return `${formatMoney(price)} ${months === 1 ? 'a month' : `every ${months} months`}`;
}
