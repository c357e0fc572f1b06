/** The state of numbers, as far as asking and settling need it. */
import type { NumbersClient } from '../api/client.ts';
import { isNotFound } from '../api/errors.ts';
import { operations } from '../api/operations/numbers.ts';
import type { OperationInput } from '../api/operations/operation.ts';
import type { ActiveNumber } from '../api/schemas/numbers.ts';
import type { Signal } from '../lib/signal.ts';

/** What a rentAny looks for. */
export type Criteria = Pick<
  OperationInput<typeof operations.rentAnyNumber>,
  'regionCode' | 'type' | 'numberPattern' | 'capabilities'
>;

/** Rented numbers are read through up to this many pages, of this size if the API grants it. */
const MAX_PAGES = 10;
const PAGE_SIZE = 1_000;

/** The number as it is rented now, or undefined where it is not rented. */
export async function findActive(
  numbers: NumbersClient,
  phoneNumber: string,
  signal: Signal,
): Promise<ActiveNumber | undefined> {
  try {
    return await numbers.call(operations.getActiveNumber, { phoneNumber }, signal);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether the number is on offer. */
export async function isAvailable(
  numbers: NumbersClient,
  phoneNumber: string,
  signal: Signal,
): Promise<boolean> {
  try {
    await numbers.call(operations.getAvailableNumber, { phoneNumber }, signal);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/**
 * The rented numbers of a region and type; undefined where there are too many to read. Patterns and
 * capabilities are left out: that the list means the same by them as rentAny does is not documented.
 */
export async function readRented(
  numbers: NumbersClient,
  { regionCode, type }: Criteria,
  signal: Signal,
): Promise<ActiveNumber[] | undefined> {
  const found: ActiveNumber[] = [];
  let pageToken: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const input = { regionCode, type, pageSize: PAGE_SIZE, ...(pageToken && { pageToken }) };
    const page = await numbers.call(operations.listActiveNumbers, input, signal);
    found.push(...page.activeNumbers);
    if ((page.totalSize ?? 0) > MAX_PAGES * PAGE_SIZE) return undefined;
    if (page.nextPageToken === undefined) return found;
    pageToken = page.nextPageToken;
  }
  return undefined;
}
