import { isWithin, type RecurringPrice } from '../api/money.ts';

/** What the user allows at most. An absent limit does not limit. */
export interface LimitSettings {
  readonly maxMonthlyPrice?: { readonly amount: string; readonly currencyCode?: string };
  readonly maxRentsPerDay: number;
  /** Region codes in which numbers may be rented. */
  readonly regions?: readonly string[];
  /** The variables that set these limits, for refusals. */
  readonly variables: { readonly price: string; readonly rents: string; readonly regions: string };
}

export interface Rent {
  readonly regionCode: string | undefined;
  readonly price: RecurringPrice;
}

/** Limits on renting that no tool call can change. */
export interface Limits {
  /**
   * Why this rent is not allowed, with the limit, its variable and where it stands; undefined where it is.
   * @param made how many rents were made in the last {@link RENTS_WINDOW_MS}
   */
  refusal(rent: Rent, made: number): string | undefined;
}

/** The time over which rents are counted: 24 hours, in milliseconds. */
export const RENTS_WINDOW_MS = 24 * 60 * 60_000;

export function createLimits(settings: LimitSettings): Limits {
  const { maxMonthlyPrice, maxRentsPerDay, regions, variables } = settings;

  function priceRefusal({ price, intervalMonths }: RecurringPrice): string | undefined {
    if (maxMonthlyPrice === undefined) return undefined;
    const { amount, currencyCode } = maxMonthlyPrice;
    const limit = `${variables.price} allows at most ${[amount, currencyCode].filter(Boolean).join(' ')} a month`;
    if (currencyCode !== undefined && price?.currencyCode !== currencyCode) {
      return `${limit}, and this number is priced in ${price?.currencyCode ?? 'an unknown currency'}`;
    }
    const within = isWithin({ price, intervalMonths }, amount);
    if (within === undefined) return `${limit}, and the price of this number is not known`;
    const interval = intervalMonths && intervalMonths > 1 ? ` every ${intervalMonths} months` : '';
    return within ? undefined : `${limit}, and this number costs ${price?.amount}${interval}`;
  }

  return {
    refusal({ regionCode, price }, made) {
      if (regions !== undefined && !regions.some((allowed) => allowed === regionCode)) {
        return `${variables.regions} allows renting in ${regions.join(', ')} only, not in ${regionCode ?? 'an unknown region'}`;
      }
      if (made >= maxRentsPerDay) {
        return `${variables.rents} allows ${maxRentsPerDay} rents in 24 hours, and ${made} were made`;
      }
      return priceRefusal(price);
    },
  };
}
