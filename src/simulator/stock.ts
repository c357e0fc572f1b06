import { POOLS, type Pool } from './invented.ts';

export interface NumberFilter {
  readonly regionCode?: string | undefined;
  readonly type?: string | undefined;
  readonly capabilities: readonly string[];
  readonly pattern: string;
  readonly searchPattern: string;
}

/** The numbers that can be rented, in an order that looks random and never changes. */
export interface Stock {
  /** Every number on offer that passes the filter. */
  search(filter: NumberFilter, isFree: (phoneNumber: string) => boolean): Iterable<string>;
  /** The pool that a number on offer belongs to; undefined for any other number. */
  poolOf(phoneNumber: string): Pool | undefined;
}

export const STOCK: Stock = {
  *search(filter, isFree) {
    for (const pool of POOLS) {
      if (!poolMatches(pool, filter)) continue;
      for (const phoneNumber of numbersIn(pool, pool.offered)) {
        if (patternMatches(phoneNumber, filter) && isFree(phoneNumber)) yield phoneNumber;
      }
    }
  },
  poolOf(phoneNumber) {
    return POOLS.find(({ prefixes, digits, offered }) =>
      prefixes.some((prefix) => {
        if (!phoneNumber.startsWith(prefix) || phoneNumber.length !== prefix.length + digits) return false;
        const line = Number(phoneNumber.slice(prefix.length));
        return line >= offered[0] && line < offered[1];
      }),
    );
  },
};

/**
 * The numbers of a pool's range, spread over its prefixes.
 * @param start shifts where the sequence begins
 */
export function* numbersIn(pool: Pool, [from, to]: readonly [number, number], start = 0): Generator<string> {
  const total = (to - from) * pool.prefixes.length;
  const stride = coprimeNear(total);
  for (let step = 0; step < total; step++) {
    const position = (start + step * stride) % total;
    const line = from + Math.floor(position / pool.prefixes.length);
    yield `${pool.prefixes[position % pool.prefixes.length]}${String(line).padStart(pool.digits, '0')}`;
  }
}

export function poolMatches(pool: Pool, filter: NumberFilter): boolean {
  return (
    (filter.regionCode === undefined || filter.regionCode === pool.regionCode) &&
    (filter.type === undefined || filter.type === pool.type) &&
    filter.capabilities.every((wanted) => pool.capability.some((had) => had === wanted))
  );
}

/** START compares the whole number with its `+`; CONTAINS and END compare digits. */
export function patternMatches(phoneNumber: string, { pattern, searchPattern }: NumberFilter): boolean {
  if (pattern === '') return true;
  if (searchPattern === 'START') return phoneNumber.startsWith(pattern);
  if (searchPattern === 'END') return phoneNumber.endsWith(pattern);
  return phoneNumber.includes(pattern);
}

/** A step of about 0.618 of the total that visits every position once. */
function coprimeNear(total: number): number {
  let stride = Math.max(1, Math.round(total * 0.618));
  while (gcd(stride, total) !== 1) stride++;
  return stride;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
