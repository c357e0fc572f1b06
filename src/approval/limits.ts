import Big from 'big.js';
import { counted } from '../api/format.ts';
import { decimalOf, dueNow, formatMoneys, type RentPrices, recurringPrice } from '../api/money.ts';

/** A price limit: an amount, in a currency or in whichever the account has. */
interface PriceLimit {
  readonly amount: string;
  readonly currencyCode?: string;
}

/** What the user allows at most. An absent limit does not limit. */
export interface LimitSettings {
  readonly maxMonthlyPrice?: PriceLimit;
  /** What may be due at once for one number: setup and first interval. Absent: twice the monthly limit. */
  readonly maxSetupPrice?: PriceLimit;
  readonly maxRentsPerDay: number;
  /** Region codes in which numbers may be rented. */
  readonly regions?: readonly string[];
  /** The variables that set these limits, for refusals. */
  readonly variables: Readonly<Record<'price' | 'setup' | 'rents' | 'regions', string>>;
}

/** One number that a rent may bring. */
export interface Offer extends RentPrices {
  readonly phoneNumber?: string | undefined;
  readonly regionCode?: string | undefined;
}

/** Limits on renting that no tool call can change. */
export interface Limits {
  readonly maxRentsPerDay: number;
  /**
   * Why these offers may not be rented, with the limit, its variable and where it stands; undefined where each of
   * them may.
   * @param isBatch all of them would be rented: those that may not are named
   */
  refusal(offers: readonly Offer[], isBatch?: boolean): string | undefined;
  /**
   * Why no more may be rented for now.
   * @param made rents in the last {@link RENTS_WINDOW_MS}
   * @param wanted how many were to be rented
   */
  countRefusal(made: number, wanted?: number): string;
}

/** The time over which rents are counted: 24 hours, in milliseconds. */
export const RENTS_WINDOW_MS = 24 * 60 * 60_000;

export function createLimits(settings: LimitSettings): Limits {
  const { maxMonthlyPrice, maxRentsPerDay, regions, variables } = settings;
  const maxSetupPrice = settings.maxSetupPrice ?? (maxMonthlyPrice && doubled(maxMonthlyPrice));
  const setupVariable = settings.maxSetupPrice ? variables.setup : `twice ${variables.price}`;

  function refuseOffer(offer: Offer): string | undefined {
    const { regionCode } = offer;
    if (regions !== undefined && !regions.some((allowed) => allowed === regionCode)) {
      return `${variables.regions} allows renting in ${regions.join(', ')} only, not in ${regionCode ?? 'an unknown region'}`;
    }
    const { price, intervalMonths } = recurringPrice(offer);
    const interval = intervalMonths && intervalMonths > 1 ? ` every ${intervalMonths} months` : '';
    return (
      over(maxMonthlyPrice, price ? [price] : [], intervalMonths || 1, {
        limit: `${variables.price} allows at most`,
        unit: ' a month',
        costs: (sum) => `this number costs ${sum}${interval}`,
      }) ??
      over(maxSetupPrice, dueNow(offer), 1, {
        limit: `${setupVariable} allows at most`,
        unit: ' due at once for setup and first interval',
        costs: (sum) => `for this number ${sum} is due now`,
      })
    );
  }

  return {
    maxRentsPerDay,
    refusal(offers, isBatch = false) {
      const refused = offers.filter((offer) => refuseOffer(offer) !== undefined);
      const [first] = refused;
      const reason = first && refuseOffer(first);
      return reason !== undefined && isBatch ? `${reason} (${named(refused, offers.length)})` : reason;
    },
    countRefusal: (made, wanted = 1) =>
      `${variables.rents} allows ${maxRentsPerDay} rents in 24 hours, and ${made} were made${wanted > 1 ? `: ${wanted} more are too many` : ''}`,
  };
}

/** e.g. `2 of 5 numbers: +12025550134, +12025550135`. */
function named(refused: readonly Offer[], total: number): string {
  const names = refused.slice(0, NAMED).map(({ phoneNumber }) => phoneNumber);
  const more = refused.length - names.length;
  return `${refused.length} of ${counted(total, 'number')}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A refusal names this many numbers. */
const NAMED = 5;

interface Wording {
  readonly limit: string;
  readonly unit: string;
  readonly costs: (sum: string) => string;
}

/** Why these amounts are over a limit times `factor`; undefined where they are within it, in exact decimals. */
function over(
  limit: PriceLimit | undefined,
  moneys: ReturnType<typeof dueNow>,
  factor: number,
  { limit: what, unit, costs }: Wording,
): string | undefined {
  if (limit === undefined) return undefined;
  const { amount, currencyCode } = limit;
  const allowed = `${what} ${[amount, currencyCode].filter(Boolean).join(' ')}${unit}`;
  const [money, ...others] = moneys;
  const known = others.length === 0 ? money && decimalOf(money) : undefined;
  if (currencyCode !== undefined && money?.currencyCode !== currencyCode) {
    return `${allowed}, and this number is priced in ${money?.currencyCode ?? 'an unknown currency'}`;
  }
  if (known === undefined) return `${allowed}, and the price of this number is not known`;
  return known.lte(new Big(amount).times(factor))
    ? undefined
    : `${allowed}, and ${costs(formatMoneys(moneys))}`;
}

function doubled({ amount, ...limit }: PriceLimit): PriceLimit {
  const decimals = amount.split('.')[1]?.length ?? 0;
  return { ...limit, amount: new Big(amount).times(2).toFixed(decimals) };
}
