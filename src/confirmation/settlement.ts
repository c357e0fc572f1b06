/**
 * What became of a rent or release whose answer was lost. The request is never repeated: the state is read,
 * and where that does not tell, the answer is `unknown`.
 */
import type { NumbersClient } from '../numbers/client.ts';
import type { Clock } from '../numbers/clock.ts';
import { ApiError, BudgetExceededError, isNotFound, isNumbersError } from '../numbers/errors.ts';
import { type OperationInput, operations } from '../numbers/operations.ts';
import type { ActiveNumber } from '../numbers/schemas.ts';

export type Settlement =
  /** `evidence` says what the state shows. */
  | { readonly outcome: 'completed'; readonly evidence: string; readonly number?: ActiveNumber }
  | { readonly outcome: 'not_executed' }
  /** `check` says what to look at before anything else is done. */
  | { readonly outcome: 'unknown'; readonly check: string };

/** Pauses before each reading of the state, in milliseconds: an effect may show a moment late. */
const READ_AFTER_MS = [0, 1_000, 3_000];

interface Reading {
  readonly numbers: NumbersClient;
  readonly clock: Clock;
}

/** After a lost answer to a rent of this number. */
export async function settleRent(reading: Reading, phoneNumber: string, lost: unknown): Promise<Settlement> {
  const check = `get_active_number ${phoneNumber}: if it is rented, the rent went through`;
  return readUntilClear(reading.clock, lost, check, async () => {
    const number = await findActive(reading.numbers, phoneNumber);
    if (number !== undefined) return { outcome: 'completed', evidence: 'the number is rented', number };
    return (await isAvailable(reading.numbers, phoneNumber)) ? 'as before' : 'unclear';
  });
}

/** After a lost answer to a release of this number, which was not being released before. */
export async function settleRelease(
  reading: Reading,
  phoneNumber: string,
  lost: unknown,
): Promise<Settlement> {
  const check = `get_active_number ${phoneNumber}: if it has an expireAt or is gone, the release went through`;
  return readUntilClear(reading.clock, lost, check, async () => {
    const number = await findActive(reading.numbers, phoneNumber);
    if (number === undefined) return { outcome: 'completed', evidence: 'the number is gone' };
    if (number.expireAt === undefined) return 'as before';
    return { outcome: 'completed', evidence: 'the number has an end date', number };
  });
}

/**
 * After a lost answer to a rentAny.
 * @param before the matching numbers that were rented before it; undefined where they could not be read
 */
export async function settleRentAny(
  reading: Reading,
  criteria: Criteria,
  before: ReadonlySet<string> | undefined,
  lost: unknown,
): Promise<Settlement> {
  const check =
    'list_active_numbers with the same region and type: a number that was not there before went through';
  if (before === undefined) return { outcome: 'unknown', check };
  return readUntilClear(reading.clock, lost, check, async () => {
    const now = await readMatching(reading.numbers, criteria);
    if (now === undefined) return 'unclear';
    const came = now.filter(({ phoneNumber }) => phoneNumber !== undefined && !before.has(phoneNumber));
    const [number] = came;
    if (number === undefined) return 'as before';
    if (came.length > 1) return 'unclear';
    return {
      outcome: 'completed',
      evidence: 'a matching number is rented that was not there before',
      number,
    };
  });
}

export type Criteria = Pick<
  OperationInput<typeof operations.rentAnyNumber>,
  'regionCode' | 'type' | 'numberPattern' | 'capabilities'
>;

/** Matching numbers are read through for one rent up to this many pages, of this size if the API grants it. */
const MAX_PAGES = 10;
const PAGE_SIZE = 1_000;

/** The rented numbers that a rentAny with these criteria could add to; undefined where there are too many. */
export async function readMatching(
  numbers: NumbersClient,
  { capabilities, ...criteria }: Criteria,
  signal?: AbortSignal,
): Promise<ActiveNumber[] | undefined> {
  const found: ActiveNumber[] = [];
  const filter = { ...criteria, ...(capabilities && { capability: capabilities }), pageSize: PAGE_SIZE };
  let pageToken: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const input = { ...filter, ...(pageToken && { pageToken }) };
    const page = await numbers.call(operations.listActiveNumbers, input, signal);
    found.push(...page.activeNumbers);
    if ((page.totalSize ?? 0) > MAX_PAGES * PAGE_SIZE) return undefined;
    if (page.nextPageToken === undefined) return found;
    pageToken = page.nextPageToken;
  }
  return undefined;
}

/** The number as it is rented now, or undefined where it is not rented. */
export async function findActive(
  numbers: NumbersClient,
  phoneNumber: string,
  signal?: AbortSignal,
): Promise<ActiveNumber | undefined> {
  try {
    return await numbers.call(operations.getActiveNumber, { phoneNumber }, signal);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function isAvailable(numbers: NumbersClient, phoneNumber: string): Promise<boolean> {
  try {
    await numbers.call(operations.getAvailableNumber, { phoneNumber });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Reads until a reading shows the effect, or the last one shows none. A request that ran out of time may
 * still be under way, so that no effect yet is no proof.
 */
async function readUntilClear(
  clock: Clock,
  lost: unknown,
  check: string,
  read: () => Promise<Settlement | 'as before' | 'unclear'>,
): Promise<Settlement> {
  const mayStillRun =
    lost instanceof BudgetExceededError || (lost instanceof ApiError && lost.status === 504);
  let last: Settlement | 'as before' | 'unclear' = 'unclear';
  for (const pause of READ_AFTER_MS) {
    await clock.sleep(pause);
    try {
      last = await read();
    } catch (error) {
      if (!isNumbersError(error)) throw error;
      last = 'unclear';
    }
    if (typeof last === 'object') return last;
  }
  return last === 'as before' && !mayStillRun ? { outcome: 'not_executed' } : { outcome: 'unknown', check };
}
