import pLimit from 'p-limit';
import { InvalidRequestError } from '../../api/errors.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import { scan } from '../../audit/scan.ts';
import { createPredicate, type Selection } from '../../audit/select.ts';
import type { NumberResult } from '../batch-result.ts';
import { findActive } from '../number-state.ts';
import type { OperationContext } from '../operation.ts';

/** Which rented numbers a batch is about: exactly one of the two. */
export interface WhichNumbers {
  readonly phoneNumbers?: readonly string[] | undefined;
  readonly select?: Selection | undefined;
}

/** So few numbers are read one by one; more by reading the inventory, a thousand a request. */
const FEW = 20;
const CONCURRENCY = 8;
/** Time for reading the inventory, in milliseconds. */
const BUDGET_MS = 40_000;

/**
 * Reads the rented numbers that are meant, in the order of their phone numbers.
 * @param most numbers may be meant
 * @returns `missing`: those that are named and not rented
 * @throws {InvalidRequestError} where more are meant, or the inventory cannot be read whole
 */
export async function readRentedNumbers(
  { phoneNumbers, select }: WhichNumbers,
  most: number,
  context: OperationContext,
): Promise<{ readonly found: readonly ActiveNumber[]; readonly missing: readonly NumberResult[] }> {
  const named = phoneNumbers && [...new Set(phoneNumbers)];
  const read =
    named !== undefined && named.length <= FEW
      ? await readEach(named, context)
      : await readSelected(named, select ?? {}, context);
  if (read.length > most) {
    throw new InvalidRequestError(`${read.length} numbers are meant, and at most ${most} are taken at once`);
  }
  const found = read.toSorted((a, b) => ((a.phoneNumber ?? '') < (b.phoneNumber ?? '') ? -1 : 1));
  const there = new Set(found.map(({ phoneNumber }) => phoneNumber));
  const missing = (named ?? []).filter((phoneNumber) => !there.has(phoneNumber)).map(notRented);
  return { found, missing };
}

async function readEach(
  phoneNumbers: readonly string[],
  { numbers, signal }: OperationContext,
): Promise<ActiveNumber[]> {
  const limit = pLimit(CONCURRENCY);
  const read = phoneNumbers.map((it) => limit(() => findActive(numbers, it, signal)));
  return (await Promise.all(read)).filter((number) => number !== undefined);
}

async function readSelected(
  phoneNumbers: readonly string[] | undefined,
  select: Selection,
  { numbers, clock, signal }: OperationContext,
): Promise<ActiveNumber[]> {
  const names = phoneNumbers && new Set(phoneNumbers);
  const isSelected = createPredicate(select, clock.now());
  const { regionCode, type } = select;
  const { result, complete, total } = await scan<{ scanned: number; readonly found: ActiveNumber[] }>(
    {
      filter: { regionCode, type },
      create: () => ({ scanned: 0, found: [] }),
      add(own, number) {
        own.scanned++;
        const isNamed = names === undefined || names.has(number.phoneNumber ?? '');
        if (isNamed && isSelected(number)) own.found.push(number);
      },
      merge(own, other) {
        own.scanned += other.scanned;
        own.found.push(...other.found);
      },
    },
    { numbers, now: clock.now(), budgetMs: BUDGET_MS, signal, onProgress: () => {} },
  );
  if (!complete) {
    throw new InvalidRequestError(
      `only ${result.scanned} of ${total ?? 'an unknown number of'} rented numbers could be read: narrow select by regionCode and type, or name the numbers`,
    );
  }
  return result.found;
}

function notRented(phoneNumber: string): NumberResult {
  return { phoneNumber, outcome: 'not_executed', reason: 'this project does not rent it' };
}
