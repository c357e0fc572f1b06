import pLimit from 'p-limit';
import type { NumbersClient } from '../numbers/client.ts';
import { ApiError, UnexpectedResponseError } from '../numbers/errors.ts';
import { type OperationInput, operations } from '../numbers/operations.ts';
import { type ActiveNumber, NUMBER_TYPES } from '../numbers/schemas.ts';

/** What is asked for at once. The API may grant less. */
const PAGE_SIZE = 1_000;
const SMALLER_PAGE_SIZE = 100;
/** Requests under way at once. */
const CONCURRENCY = 6;
/** A part with no more pages than this left is walked: to split it would cost as much. */
const MIN_PAGES = 10;
/** A part whose numbers share more digits than this is walked. */
const MAX_DIGITS = 9;

type Filter = Omit<OperationInput<typeof operations.listActiveNumbers>, 'pageToken' | 'pageSize'>;

interface ReadOptions<T> {
  readonly numbers: NumbersClient;
  readonly filter: Pick<Filter, 'regionCode' | 'type'>;
  /** Ends the reading within one request. */
  readonly signal: AbortSignal;
  /** Nothing of any page is kept but what these make of it. */
  readonly create: () => T;
  readonly add: (result: T, page: readonly ActiveNumber[]) => void;
  readonly merge: (result: T, other: T) => void;
  /** Is told how many numbers were read so far, and of how many. */
  readonly onProgress: (read: number, total: number | undefined) => void;
}

export interface Inventory<T> {
  readonly result: T;
  /** How many numbers there are in all, as far as the API told. */
  readonly total: number | undefined;
  /** What kept a part from being read to its end; absent where all was read. */
  readonly failure?: unknown;
  /** How many there are by type, where that is more than without a type: then the plain list leaves some out. */
  readonly totalByType?: number;
}

/** A part of the inventory, of which the first page was read. */
interface Part<T> {
  readonly filter: Filter;
  readonly result: T;
  readonly pageLength: number;
  readonly total: number | undefined;
  readonly nextPageToken: string | undefined;
}

/**
 * Reads every rented number. The inventory is split by type, and what is large of it by leading digits; the
 * parts are read side by side. Where the sizes of the parts do not add up to the whole, the whole is walked
 * page by page.
 * @throws what kept the first page from being read
 */
export async function readInventory<T>(options: ReadOptions<T>): Promise<Inventory<T>> {
  const { numbers, filter, signal, create, add, merge, onProgress } = options;
  const limit = pLimit(CONCURRENCY);
  let read = 0;
  /** Of the whole: the first page tells it. */
  let size: number | undefined;
  let granule = MIN_PAGES;
  let pageSize = PAGE_SIZE;
  let failure: unknown;
  let totalByType: number | undefined;

  async function readPage(part: Filter, result: T, pageToken?: string) {
    const input = { ...part, pageSize, ...(pageToken !== undefined && { pageToken }) };
    const page = await limit(() => numbers.call(operations.listActiveNumbers, input, signal));
    add(result, page.activeNumbers);
    size ??= page.totalSize;
    return page;
  }

  function count(more: number): void {
    read += more;
    if (more > 0) onProgress(read, size !== undefined && read > size ? undefined : size);
  }

  async function openPart(part: Filter): Promise<Part<T>> {
    const result = create();
    const { activeNumbers, totalSize: total, nextPageToken } = await readPage(part, result);
    return { filter: part, result, pageLength: activeNumbers.length, total, nextPageToken };
  }

  async function finish(part: Part<T>): Promise<T> {
    const { filter: own, total = 0, nextPageToken, pageLength } = part;
    const isLarge = nextPageToken !== undefined && (total - pageLength) / pageLength > granule;
    if (!isLarge && own.type !== undefined) return walk(part);
    const parts = await split(own, total);
    if (parts === undefined) return walk(part);
    // The first page was read again with the parts.
    count(parts.reduce((lengths, { pageLength: length }) => lengths + length, -pageLength));
    const merged = create();
    for (const other of await Promise.all(parts.map(finish))) merge(merged, other);
    return merged;
  }

  /** Opens the parts of a part; undefined where they do not add up to it. */
  async function split(own: Filter, total: number): Promise<readonly Part<T>[] | undefined> {
    const opened = await Promise.allSettled(partsOf(own).map(openPart));
    const parts = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const sum = parts.reduce((sizes, { total: size }) => sizes + (size ?? Number.NaN), 0);
    if (parts.length > 0 && parts.length === opened.length && sum === total) return parts;
    const isFiltered = parts.some((part) => part.total !== total);
    if (own.type === undefined && isFiltered && sum > total) totalByType = sum;
    return undefined;
  }

  /** Reads the pages after the first, one after the other. What fails leaves the part as far as it was read. */
  async function walk({ filter: own, result, nextPageToken: first }: Part<T>): Promise<T> {
    const tokens = new Set<string>();
    try {
      for (let token = first; token !== undefined; ) {
        if (tokens.has(token)) {
          throw new UnexpectedResponseError('listActiveNumbers', 'the same page token came twice');
        }
        tokens.add(token);
        const { nextPageToken, activeNumbers } = await readPage(own, result, token);
        count(activeNumbers.length);
        token = nextPageToken;
      }
    } catch (error) {
      failure ??= error;
    }
    return result;
  }

  const whole = await openPart(filter).catch((error: unknown) => {
    // How large a page may be is not published.
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    pageSize = SMALLER_PAGE_SIZE;
    return openPart(filter);
  });
  count(whole.pageLength);
  granule = Math.max(MIN_PAGES, (whole.total ?? 0) / whole.pageLength / CONCURRENCY / 2);
  const result = await finish(whole);
  return {
    result,
    total: size,
    ...(failure !== undefined && { failure }),
    ...(totalByType !== undefined && { totalByType }),
  };
}

/** The parts of a part: by type, then by one more leading digit. Every number is in one of them. */
function partsOf(filter: Filter): Filter[] {
  if (filter.type === undefined) return NUMBER_TYPES.map((type) => ({ ...filter, type }));
  const prefix = filter.numberPattern?.pattern ?? '+';
  if (prefix.length > MAX_DIGITS) return [];
  const digits = prefix === '+' ? [...'123456789'] : [...'0123456789'];
  return digits.map((digit) => ({
    ...filter,
    numberPattern: { pattern: prefix + digit, searchPattern: 'START' },
  }));
}
