import { isWithin, type RecurringPrice } from '../numbers/money.ts';

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
  /** Why this rent is not allowed, with the limit and how to change it; undefined where it is. */
  refusal(rent: Rent): string | undefined;
  /**
   * Counts a rent that is about to be sent, unless it is not allowed.
   * @returns why it is not allowed
   */
  reserve(rent: Rent): string | undefined;
  /** Takes back the count of a rent that did not happen. */
  giveBack(): void;
}

const DAY_MS = 24 * 60 * 60_000;

/** Rents are counted in this process, over the last 24 hours. */
export function createLimits(settings: LimitSettings, now: () => number): Limits {
  const { maxMonthlyPrice, maxRentsPerDay, regions, variables } = settings;
  let rents: number[] = [];

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

  function refusal({ regionCode, price }: Rent): string | undefined {
    if (regions !== undefined && !regions.some((allowed) => allowed === regionCode)) {
      return `${variables.regions} allows renting in ${regions.join(', ')} only, not in ${regionCode ?? 'an unknown region'}`;
    }
    rents = rents.filter((at) => at > now() - DAY_MS);
    if (rents.length >= maxRentsPerDay) {
      return `${variables.rents} allows ${maxRentsPerDay} rents in 24 hours, and ${rents.length} were made`;
    }
    return priceRefusal(price);
  }

  return {
    refusal,
    reserve(rent) {
      const reason = refusal(rent);
      if (reason === undefined) rents.push(now());
      return reason;
    },
    giveBack() {
      rents.pop();
    },
  };
}
