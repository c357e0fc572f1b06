import { notFound } from './errors.ts';
import { POOLS, type Pool } from './invented.ts';
import { type NumberFilter, STOCK } from './stock.ts';

export interface AvailableNumber {
  readonly phoneNumber: string;
  /** With its price as it is now. */
  readonly pool: Pool;
}

/** The numbers on offer: what is left of the stock, and what it costs. */
export interface Offers {
  /** The first `count` that pass the filter. */
  search(filter: NumberFilter, count: number): AvailableNumber[];
  /** @throws {SimulatedError} 404 for a number that is not on offer */
  check(phoneNumber: string): AvailableNumber;
  /** Makes a number unavailable: rented, reserved, or taken by another customer. */
  take(phoneNumber: string): void;
  /** Puts a number on offer again. */
  giveBack(phoneNumber: string): void;
  /** Changes what numbers of a region and type cost from now on; amounts as decimal strings. */
  setPrice(regionCode: string, type: string, price: string, setupPrice?: string): void;
}

export function createOffers(): Offers {
  const taken = new Set<string>();
  const prices = new Map<Pool, Pool>();
  const isFree = (phoneNumber: string) => !taken.has(phoneNumber);

  function check(phoneNumber: string): AvailableNumber {
    const pool = STOCK.poolOf(phoneNumber);
    if (pool === undefined || !isFree(phoneNumber)) throw notFound('AvailableNumber', phoneNumber);
    return { phoneNumber, pool: prices.get(pool) ?? pool };
  }

  return {
    check,

    search(filter, count) {
      const found: AvailableNumber[] = [];
      for (const phoneNumber of STOCK.search(filter, isFree)) {
        found.push(check(phoneNumber));
        if (found.length >= count) break;
      }
      return found;
    },

    take: (phoneNumber) => {
      taken.add(phoneNumber);
    },

    giveBack: (phoneNumber) => {
      taken.delete(phoneNumber);
    },

    setPrice(regionCode, type, price, setupPrice) {
      for (const pool of POOLS.filter((it) => it.regionCode === regionCode && it.type === type)) {
        prices.set(pool, { ...pool, price, setupPrice: setupPrice ?? pool.setupPrice });
      }
    },
  };
}
