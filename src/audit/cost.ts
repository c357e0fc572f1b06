import Big from 'big.js';
import { DECIMAL } from '../api/formats.ts';
import type { ActiveNumber, Money } from '../api/schemas/numbers.ts';

/** Prices are added up when there are this many different ones. */
const MAX_PRICES = 500;

interface Price {
  readonly currencyCode: string;
  readonly intervalMonths: number;
  readonly amount: string;
  count: number;
}

/** What numbers cost a month, added up in exact decimals. */
export interface Cost {
  add(number: ActiveNumber): void;
  merge(other: Cost): void;
  /** By currency, rounded to a millionth. */
  perMonth(): Money[];
  /** How many numbers came without a price. */
  readonly unpriced: number;
  /** Sums by currency and payment interval in months. */
  readonly sums: ReadonlyMap<string, ReadonlyMap<number, Big>>;
}

export function createCost(): Cost {
  const sums = new Map<string, Map<number, Big>>();
  /** Prices that are not added up yet. Most numbers have one of a few. */
  const prices = new Map<string, Price>();
  let unpriced = 0;

  function addAmount(currencyCode: string, intervalMonths: number, amount: Big): void {
    const byInterval = sums.get(currencyCode) ?? new Map<number, Big>();
    byInterval.set(intervalMonths, amount.plus(byInterval.get(intervalMonths) ?? 0));
    sums.set(currencyCode, byInterval);
  }

  function addUp(): typeof sums {
    for (const { currencyCode, intervalMonths, amount, count } of prices.values()) {
      addAmount(currencyCode, intervalMonths, new Big(amount).times(count));
    }
    prices.clear();
    return sums;
  }

  return {
    get sums() {
      return addUp();
    },
    get unpriced() {
      return unpriced;
    },
    add({ money, paymentIntervalMonths }) {
      const { currencyCode, amount } = money ?? {};
      const intervalMonths = paymentIntervalMonths || 1;
      const isPriced =
        currencyCode !== undefined && amount !== undefined && DECIMAL.test(amount) && intervalMonths > 0;
      if (!isPriced) {
        unpriced++;
        return;
      }
      const key = `${currencyCode} ${intervalMonths} ${amount}`;
      const price = prices.get(key) ?? { currencyCode, intervalMonths, amount, count: 0 };
      price.count++;
      prices.set(key, price);
      if (prices.size === MAX_PRICES) addUp();
    },
    merge(other) {
      unpriced += other.unpriced;
      for (const [currencyCode, byInterval] of other.sums) {
        for (const [intervalMonths, amount] of byInterval) addAmount(currencyCode, intervalMonths, amount);
      }
    },
    perMonth: () =>
      [...addUp()]
        .map(([currencyCode, byInterval]) => ({ currencyCode, amount: monthly(byInterval) }))
        .sort((a, b) => (a.currencyCode < b.currencyCode ? -1 : 1)),
  };
}

/** Divides once, at the end, so that three thirds are one. */
function monthly(byInterval: ReadonlyMap<number, Big>): string {
  const months = [...byInterval.keys()].map(BigInt).reduce(leastCommonMultiple, 1n);
  const sum = [...byInterval].reduce(
    (total, [interval, amount]) => total.plus(amount.times(String(months / BigInt(interval)))),
    new Big(0),
  );
  const amount = sum.div(String(months)).round(6);
  const [, decimals = ''] = amount.toFixed().split('.');
  return amount.toFixed(Math.max(2, decimals.length));
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
