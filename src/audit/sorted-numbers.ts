/** A page of numbers in the order of their phone numbers, gathered from readings in any order. */
import type { ActiveNumber } from '../api/schemas/numbers.ts';

export interface PageWanted {
  /** One more than this is kept, which tells that there is another page. */
  readonly limit: number;
  /** Only numbers after this phone number, in the order of text. */
  readonly after: string;
}

/** Keeps a number where it belongs on the page, each phone number once. */
export function keepNumber(kept: ActiveNumber[], number: ActiveNumber, { limit, after }: PageWanted): void {
  const own = keyOf(number);
  const last = kept.at(-1);
  if (own <= after || (kept.length > limit && last !== undefined && own >= keyOf(last))) return;
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(kept[middle] ?? {}) < own) low = middle + 1;
    else high = middle;
  }
  const present = kept[low];
  if (present !== undefined && keyOf(present) === own) return;
  kept.splice(low, 0, number);
  if (kept.length > limit + 1) kept.pop();
}

export function mergeNumbers(
  kept: ActiveNumber[],
  others: readonly ActiveNumber[],
  wanted: PageWanted,
): void {
  for (const number of others) keepNumber(kept, number, wanted);
}

function keyOf({ phoneNumber = '' }: ActiveNumber): string {
  return phoneNumber;
}
