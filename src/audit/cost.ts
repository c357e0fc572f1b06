import Big from 'big.js';
import { DECIMAL } from '../numbers/formats.ts';
import type { ActiveNumber, Money } from '../numbers/schemas.ts';

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
  let unpriced = 0;

  function addAmount(currencyCode: string, intervalMonths: number, amount: Big): void {
    const byInterval = sums.get(currencyCode) ?? new Map<number, Big>();
    byInterval.set(intervalMonths, amount.plus(byInterval.get(intervalMonths) ?? 0));
    sums.set(currencyCode, byInterval);
  }

  return {
    sums,
    get unpriced() {
      return unpriced;
    },
    add({ money, paymentIntervalMonths }) {
      const { currencyCode, amount } = money ?? {};
      const months = paymentIntervalMonths || 1;
      const isPriced =
        currencyCode !== undefined && amount !== undefined && DECIMAL.test(amount) && months > 0;
      if (isPriced) addAmount(currencyCode, months, new Big(amount));
      else unpriced++;
    },
    merge(other) {
      unpriced += other.unpriced;
      for (const [currencyCode, byInterval] of other.sums) {
        for (const [intervalMonths, amount] of byInterval) addAmount(currencyCode, intervalMonths, amount);
      }
    },
    perMonth: () =>
      [...sums]
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
