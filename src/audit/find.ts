import type { ActiveNumber } from '../api/schemas/numbers.ts';
import { type Scan, type ScanParts, scan } from './scan.ts';
import { createPredicate, type Selection } from './select.ts';
import { keepNumber, mergeNumbers, type PageWanted } from './sorted-numbers.ts';

interface Found {
  scanned: number;
  matched: number;
  readonly numbers: ActiveNumber[];
}

/**
 * Reads every rented number, and keeps those that meet a selection, in the order of their phone numbers.
 * @returns how many there are, and a page of them: one more than the limit where there is another page
 * @throws {NumbersError} where nothing could be read, or the caller cancelled
 */
export function findNumbers(selection: Selection, page: PageWanted, parts: ScanParts): Promise<Scan<Found>> {
  const { regionCode, type } = selection;
  const isWanted = createPredicate(selection, parts.now);
  return scan<Found>(
    {
      filter: { regionCode, type },
      create: () => ({ scanned: 0, matched: 0, numbers: [] }),
      add(found, number) {
        found.scanned++;
        if (!isWanted(number)) return;
        found.matched++;
        keepNumber(found.numbers, number, page);
      },
      merge(found, other) {
        found.scanned += other.scanned;
        found.matched += other.matched;
        mergeNumbers(found.numbers, other.numbers, page);
      },
    },
    parts,
  );
}
