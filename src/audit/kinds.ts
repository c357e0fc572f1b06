/** What a project rents, by region and type. */
import type { ActiveNumber, Money } from '../api/schemas/numbers.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { type Cost, createCost } from './cost.ts';

/** A longer code is cut. */
const MAX_CODE = 64;

export interface Kind {
  readonly regionCode?: string;
  readonly type?: string;
  readonly count: number;
  /** What they cost a month, those that are being released included. */
  readonly monthlyCost: readonly Money[];
  /** How much of it ends with the numbers that are being released. */
  readonly endingCost: readonly Money[];
}

interface Group {
  readonly regionCode: string | undefined;
  readonly type: string | undefined;
  count: number;
  readonly cost: Cost;
  readonly ending: Cost;
}

/** Counts numbers by region and type; tallies of other numbers can be merged in. */
export type Kinds = Map<string, Group>;

export function addToKinds(kinds: Kinds, number: ActiveNumber): void {
  const group = groupOf(kinds, code(number.regionCode), code(number.type));
  group.count++;
  group.cost.add(number);
  if (number.expireAt !== undefined) group.ending.add(number);
}

export function mergeKinds(kinds: Kinds, other: Kinds): void {
  for (const { regionCode, type, count, cost, ending } of other.values()) {
    const group = groupOf(kinds, regionCode, type);
    group.count += count;
    group.cost.merge(cost);
    group.ending.merge(ending);
  }
}

/** The kinds of which there are most come first. */
export function listKinds(kinds: Kinds): Kind[] {
  return [...kinds]
    .sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1))
    .map(([, { regionCode, type, count, cost, ending }]) => ({
      ...(regionCode !== undefined && { regionCode }),
      ...(type !== undefined && { type }),
      count,
      monthlyCost: cost.perMonth(),
      endingCost: ending.perMonth(),
    }));
}

function groupOf(kinds: Kinds, regionCode: string | undefined, type: string | undefined): Group {
  const key = `${regionCode} ${type}`;
  const group = kinds.get(key) ?? { regionCode, type, count: 0, cost: createCost(), ending: createCost() };
  kinds.set(key, group);
  return group;
}

function code(text: string | undefined): string | undefined {
  return text === undefined ? undefined : sanitizeText(text, MAX_CODE);
}
