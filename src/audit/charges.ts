/** What will be charged, day by day. */
import Big from 'big.js';
import { DECIMAL } from '../api/formats.ts';
import type { ActiveNumber, Money } from '../api/schemas/numbers.ts';

/** How many days of charges are listed, today's included. */
const DAYS = 30;
const DAY_MS = 24 * 3_600_000;

export interface DayOfCharges {
  /** e.g. `2026-01-31`, UTC. */
  readonly date: string;
  readonly amounts: readonly Money[];
}

interface Charge {
  readonly date: string;
  readonly currencyCode: string;
  readonly amount: string;
  count: number;
}

/** How often each amount is charged on each day; tallies of other numbers can be merged in. Most are one of a few. */
export type Charges = Map<string, Charge>;

/**
 * Adds every charge of a number that falls due within 30 days. A released number is charged no more.
 * @param now milliseconds since the epoch
 */
export function addCharges(charges: Charges, number: ActiveNumber, now: number): void {
  const { money: { currencyCode, amount } = {}, expireAt } = number;
  const isPriced = currencyCode !== undefined && amount !== undefined && DECIMAL.test(amount);
  if (expireAt !== undefined || !isPriced) return;
  for (const date of chargeDates(number, now)) add(charges, { date, currencyCode, amount, count: 1 });
}

export function mergeCharges(charges: Charges, other: Charges): void {
  for (const charge of other.values()) add(charges, charge);
}

/** The days on which something is charged, in order. */
export function listCharges(charges: Charges): DayOfCharges[] {
  const days = new Map<string, Map<string, Big>>();
  for (const { date, currencyCode, amount, count } of charges.values()) {
    const sums = days.get(date) ?? new Map<string, Big>();
    days.set(date, sums);
    sums.set(currencyCode, new Big(amount).times(count).plus(sums.get(currencyCode) ?? 0));
  }
  return [...days].sort(byKey).map(([date, sums]) => ({
    date,
    amounts: [...sums].sort(byKey).map(([currencyCode, sum]) => ({ currencyCode, amount: format(sum) })),
  }));
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function add(charges: Charges, charge: Charge): void {
  const key = `${charge.date} ${charge.currencyCode} ${charge.amount}`;
  const known = charges.get(key);
  if (known === undefined) charges.set(key, { ...charge });
  else known.count += charge.count;
}

function* chargeDates(
  { nextChargeDate, paymentIntervalMonths }: ActiveNumber,
  now: number,
): Generator<string> {
  const first = Date.parse(nextChargeDate ?? '');
  const interval = paymentIntervalMonths || 1;
  const from = now - (now % DAY_MS);
  if (Number.isNaN(first) || interval < 1) return;
  const passed = Math.max(0, Math.floor((from - first) / (31 * DAY_MS * interval)));
  for (let charge = passed; ; charge++) {
    const at = addMonths(first, charge * interval);
    if (!(at < from + DAYS * DAY_MS)) return;
    if (at >= from) yield new Date(at).toISOString().slice(0, 10);
  }
}

/** The same day of a later month, or that month's last day. */
function addMonths(ms: number, months: number): number {
  const date = new Date(ms);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), lastDay);
  return date.setUTCMonth(date.getUTCMonth() + months, day);
}

function format(amount: Big): string {
  const [, decimals = ''] = amount.toFixed().split('.');
  return amount.toFixed(Math.max(2, decimals.length));
}
