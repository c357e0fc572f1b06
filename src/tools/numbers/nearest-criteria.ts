/** What to look for where nothing matches: as many of the digits as exist, then none, then any capability. */
import type { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import type { Pattern } from '../format/pattern.ts';

export type Criteria = Pick<
  OperationInput<typeof operations.listAvailableNumbers>,
  'numberPattern' | 'capabilities'
>;

const MAX_SEARCHES = 3;

interface Nearest<T> {
  readonly criteria: Criteria;
  readonly found: readonly T[];
}

/**
 * Finds the longest ending or start that exists, with at most three searches: by bisection, since what is shorter
 * matches more. Exact for patterns of up to eight digits, if half of them exist.
 * @param find gives what matches
 * @returns undefined where nothing does
 */
export async function findNearest<T>(
  { numberPattern, capabilities }: Criteria,
  find: (criteria: Criteria) => Promise<readonly T[]>,
): Promise<Nearest<T> | undefined> {
  const kept = capabilities && { capabilities };
  const parts = partsOf(numberPattern);
  /** Without any digit. */
  const last: Criteria[] = [...(parts.length > 0 ? [{ ...kept }] : []), ...(capabilities ? [{}] : [])];
  let nearest: Nearest<T> | undefined;
  let [low, high, left] = [0, parts.length - 1, MAX_SEARCHES];

  async function exists(criteria: Criteria): Promise<boolean> {
    left--;
    const found = await find(criteria);
    if (found.length > 0) nearest = { criteria, found };
    return found.length > 0;
  }

  while (low < high && left > (nearest ? 0 : last.length)) {
    const middle = (low + high) >> 1;
    const part = parts[middle];
    if (part && (await exists({ ...kept, numberPattern: part }))) low = middle + 1;
    else high = middle;
  }
  for (const criteria of last) {
    if (nearest === undefined) await exists(criteria);
  }
  return nearest;
}

/**
 * The last digits of an end, the first ones of anything else; the shortest first, then the whole, which matches
 * nothing. A START without + is looked for anywhere, the whole of it too.
 */
function partsOf({ pattern = '', searchPattern }: Pattern = {}): Pattern[] {
  const plus = pattern.startsWith('+') ? '+' : '';
  const digits = pattern.slice(plus.length);
  const lengths = Array.from(digits, (_, index) => index + 1);
  if (searchPattern === 'END') {
    return lengths.map((length) => ({ pattern: digits.slice(-length), searchPattern }));
  }
  const parts = lengths.map((length) => `${plus}${digits.slice(0, length)}`);
  if (searchPattern !== 'START' || plus) {
    return parts.map((part) => ({ pattern: part, ...(searchPattern && { searchPattern }) }));
  }
  return [...parts, digits].map((part) => ({ pattern: part, searchPattern: 'CONTAINS' }));
}
