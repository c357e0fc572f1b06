/** How facts are written for a person, in the language of the host. */
import { countOf, type Fields, fieldsOf, rowsOf, textOf } from './fields.ts';

let locale: string | undefined;
let timeZone: string | undefined;

/**
 * Writes in this language and time from now on; in the browser's where a host names none, or one that is unknown.
 * @returns whether that is a change
 */
export function speak(language: string | undefined, zone: string | undefined): boolean {
  const before = `${locale} ${timeZone}`;
  locale = supported(() => Intl.getCanonicalLocales(language)[0]);
  timeZone = supported(() => new Intl.DateTimeFormat(undefined, { timeZone: zone }) && zone);
  return `${locale} ${timeZone}` !== before;
}

function supported<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export function count(value: number): string {
  return value.toLocaleString(locale);
}

/** e.g. `1 number`, `2 numbers`. */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}

/** A day such as `2026-01-31`, e.g. `31 Jan`. */
export function day(date: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return date;
  return at.toLocaleDateString(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** The time of day. */
export function clock(at: Date): string {
  return at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', timeZone });
}

/** The name of a country, e.g. `United States`; its code where there is none. */
export function country(code: string): string {
  return supported(() => new Intl.DisplayNames(locale, { type: 'region' }).of(code)) ?? (code || 'Unknown');
}

/** A code of an enum in words, e.g. `TOLL_FREE` as `Toll free`. */
export function words(code: string): string {
  const text = code.replaceAll('_', ' ').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** e.g. `SMS`, `Voice`. */
export function capability(code: string): string {
  return code.length <= 3 ? code : words(code);
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** An exact amount, e.g. `1,234.50 EUR`. */
export function money({ amount, currencyCode }: Fields): string {
  const exact = textOf(amount);
  if (!DECIMAL.test(exact)) return '';
  const [whole = '0', decimals = ''] = exact.split('.');
  const digits = Math.max(2, decimals.length);
  // The whole part alone: as a number, an amount would lose digits.
  const numbers = new Intl.NumberFormat(locale, { numberingSystem: 'latn' });
  const sign = whole.startsWith('-') && BigInt(whole) === 0n ? '-' : '';
  const point = numbers.formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
  return `${sign}${numbers.format(BigInt(whole))}${point}${decimals.padEnd(digits, '0')} ${textOf(currencyCode)}`.trim();
}

/** Amounts in several currencies, e.g. `1.50 EUR + 2.00 USD`. */
export function sum(amounts: unknown): string {
  return rowsOf(amounts).map(money).filter(Boolean).join(' + ') || '–';
}

/** The same to the cent: what a year costs, brought down to a month, has no end. */
export function roundedSum(amounts: unknown): string {
  return sum(rowsOf(amounts).map((amount) => ({ ...amount, amount: toCents(textOf(amount.amount)) })));
}

function toCents(exact: string): string {
  const [whole = '', decimals = ''] = exact.split('.');
  if (!DECIMAL.test(exact) || decimals.length <= 2) return exact;
  const cents = BigInt(whole + decimals.slice(0, 2));
  const isMore = Number(decimals[2]) >= 5;
  const rounded = exact.startsWith('-') ? cents - BigInt(isMore) : cents + BigInt(isMore);
  const [sign, digits = ''] = rounded < 0n ? ['-', `${-rounded}`] : ['', `${rounded}`];
  return `${sign}${digits.padStart(3, '0').replace(/(..)$/, '.$1')}`;
}

/** What recurs, e.g. `0.80 EUR a month`, `9.00 EUR every 3 months`. */
export function recurring(price: unknown, intervalMonths: unknown): string {
  const amount = money(fieldsOf(price));
  const months = countOf(intervalMonths) || 1;
  if (amount === '') return '';
  return months === 1 ? `${amount} a month` : `${amount} every ${months} months`;
}

/** Adds up exact amounts by currency. What is no amount is left out. */
export function total(amounts: readonly unknown[]): Fields[] {
  const sums = new Map<string, { units: bigint; decimals: number }>();
  for (const { amount, currencyCode } of amounts.map(fieldsOf)) {
    const exact = textOf(amount);
    if (!DECIMAL.test(exact)) continue;
    const [, fraction = ''] = exact.split('.');
    const known = sums.get(textOf(currencyCode)) ?? { units: 0n, decimals: 2 };
    const decimals = Math.max(known.decimals, fraction.length);
    const scale = (units: bigint, from: number) => units * 10n ** BigInt(decimals - from);
    const units = scale(known.units, known.decimals) + scale(BigInt(exact.replace('.', '')), fraction.length);
    sums.set(textOf(currencyCode), { units, decimals });
  }
  return [...sums].map(([currencyCode, { units, decimals }]) => {
    const digits = `${units < 0n ? -units : units}`.padStart(decimals + 1, '0');
    const amount = `${units < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    return { currencyCode, amount };
  });
}
