import pLimit from 'p-limit';
import type { NumbersClient } from '../api/client.ts';
import { ApiError, UnexpectedResponseError } from '../api/errors.ts';
import { operations } from '../api/operations/numbers.ts';
import type { OperationInput } from '../api/operations/operation.ts';
import { type ActiveNumber, NUMBER_TYPES } from '../api/schemas/numbers.ts';
import type { Signal } from '../lib/signal.ts';

/** What is asked for at once. The API may grant less. */
const PAGE_SIZE = 1_000;
const SMALLER_PAGE_SIZE = 100;
/** Requests under way at once. */
const CONCURRENCY = 12;
/** A part with more pages left than the whole divided by this is split. */
const LARGEST_PART = 8;
/** A part with no more pages than this left is walked: to split it would cost as much. */
const MIN_PAGES = 4;
/** A part whose numbers share more digits than this is walked. */
const MAX_DIGITS = 9;

type Filter = Omit<OperationInput<typeof operations.listActiveNumbers>, 'pageToken' | 'pageSize'>;

interface ReadOptions<T> {
  readonly numbers: NumbersClient;
  readonly filter: Pick<Filter, 'regionCode' | 'type'>;
  /** Ends the reading within one request. */
  readonly signal: Signal;
  /** Nothing of any page is kept but what these make of it. */
  readonly create: () => T;
  readonly add: (result: T, page: readonly ActiveNumber[]) => void;
  readonly merge: (result: T, other: T) => void;
  /** Called with how many numbers were read so far, and of how many. */
  readonly onProgress: (read: number, total: number | undefined) => void;
}

export interface Inventory<T> {
  readonly result: T;
  /** How many numbers there are in all, as far as the API reported. */
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

/** What came of a part, and what kept it from being read to its end. */
interface Reading<T> {
  readonly result: T;
  readonly failure?: unknown;
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
  let pageSize = PAGE_SIZE;
  let totalByType: number | undefined;

  async function readPage(part: Filter, result: T, pageToken?: string) {
    const input = { ...part, pageSize, ...(pageToken !== undefined && { pageToken }) };
    const page = await numbers.call(operations.listActiveNumbers, input, signal);
    add(result, page.activeNumbers);
    return page;
  }

  async function openPart(part: Filter): Promise<Part<T>> {
    const result = create();
    const { activeNumbers, totalSize: total, nextPageToken } = await readPage(part, result);
    return { filter: part, result, pageLength: activeNumbers.length, total, nextPageToken };
  }

  async function finish(part: Part<T>, attempt: Attempt): Promise<Reading<T>> {
    const { filter: own, total = Number.NaN, nextPageToken, pageLength } = part;
    // By the first page of all: a page that is short although more follow says nothing of how many there are.
    const isLarge = nextPageToken !== undefined && (total - pageLength) / whole.pageLength > granule;
    const isSplit = isLarge || own.type === undefined;
    const inParts = isSplit && total >= pageLength ? await readInParts(own, total, attempt) : undefined;
    return inParts ?? walk(part, attempt);
  }

  /**
   * Reads the parts of a part side by side.
   * @returns undefined where they do not add up to it
   */
  async function readInParts(own: Filter, total: number, outer: Attempt): Promise<Reading<T> | undefined> {
    const attempt = beginAttempt(outer);
    const readings: Promise<Reading<T>>[] = [];
    const waiting: Part<T>[] = [];
    let sum = 0;
    let isSplit = false;

    async function open(filter: Filter): Promise<void> {
      if (!attempt.isWanted()) return;
      const part = await openPart(filter);
      sum += part.total ?? Number.NaN;
      isSplit ||= part.total !== total;
      // A part that is smaller shows that its digits count: it need not wait for the others.
      if (own.type !== undefined && (part.total ?? 0) < total) readings.push(finish(part, attempt));
      else waiting.push(part);
    }

    const opened = await Promise.allSettled(partsOf(own).map((filter) => limit(() => open(filter))));
    if (sum !== total || opened.some(({ status }) => status === 'rejected')) {
      attempt.abandon();
      if (own.type === undefined && isSplit && sum > total) totalByType = sum;
      return undefined;
    }
    readings.push(...waiting.map((part) => finish(part, attempt)));
    const result = create();
    let failure: unknown;
    for (const reading of await Promise.all(readings)) {
      merge(result, reading.result);
      failure ??= reading.failure;
    }
    return { result, failure };
  }

  /** Reads the pages after the first, one after the other. What fails leaves the part as far as it was read. */
  async function walk(part: Part<T>, attempt: Attempt): Promise<Reading<T>> {
    const { filter: own, result, nextPageToken: first, pageLength } = part;
    const tokens = new Set<string>();
    attempt.count(pageLength);
    try {
      for (let token = first; token !== undefined && attempt.isWanted(); ) {
        if (tokens.has(token)) {
          throw new UnexpectedResponseError('listActiveNumbers', 'the same page token came twice');
        }
        tokens.add(token);
        const pageToken = token;
        const { nextPageToken, activeNumbers } = await limit(() => readPage(own, result, pageToken));
        attempt.count(activeNumbers.length);
        token = nextPageToken;
      }
      return { result };
    } catch (failure) {
      return { result, failure };
    }
  }

  const whole = await openPart(filter).catch((error: unknown) => {
    // How large a page may be is not published.
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    pageSize = SMALLER_PAGE_SIZE;
    return openPart(filter);
  });
  const { total } = whole;
  const granule = Math.max(MIN_PAGES, (total ?? 0) / whole.pageLength / LARGEST_PART);
  let read = 0;
  const { result, failure } = await finish(whole, {
    isWanted: () => true,
    count(more) {
      read += more;
      if (more > 0) onProgress(read, total !== undefined && read > total ? undefined : total);
    },
  });
  return {
    result,
    total,
    ...(failure !== undefined && { failure }),
    ...(totalByType !== undefined && { totalByType }),
  };
}

/** One way of reading a part, which may turn out to be the wrong one. */
interface Attempt {
  isWanted(): boolean;
  /** Counts numbers that were read. */
  count(more: number): void;
}

/** An attempt within another. What it has counted is taken back when it is abandoned. */
function beginAttempt(outer: Attempt): Attempt & { abandon(): void } {
  let isAbandoned = false;
  let counted = 0;
  const isWanted = () => !isAbandoned && outer.isWanted();
  return {
    isWanted,
    count(more) {
      if (!isWanted()) return;
      counted += more;
      outer.count(more);
    },
    abandon() {
      isAbandoned = true;
      outer.count(-counted);
    },
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
