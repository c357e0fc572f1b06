/**
 * What became of a request whose answer was lost. It is never repeated: the state is read, and where that does not
 * tell, the outcome is `unknown`.
 */
import { ApiError, BudgetExceededError, isNumbersError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Signal } from '../lib/signal.ts';
import { type Criteria, findActive, isAvailable, readRented } from './number-state.ts';
import type { OperationContext, OtherRents, Settlement } from './operation.ts';

/** What one reading of the state shows: what came of it, no effect yet, or neither. */
type Shown = Settlement | 'as before' | 'unclear';

/** Pauses before each reading of the state, in milliseconds: an effect may show a moment late. */
const READ_AFTER_MS = [0, 1_000, 3_000];
/** The longest that all readings together may take, so that the answer comes while the client still waits. */
const READING_BUDGET_MS = 15_000;

type Reading = Pick<OperationContext, 'numbers' | 'clock'>;

/** After a lost answer to a rent of this number. */
export async function reconcileRent(
  reading: Reading,
  phoneNumber: string,
  lost: unknown,
): Promise<Settlement> {
  const check = `get_active_number ${phoneNumber}: if it is rented, the rent went through`;
  return readUntilClear(reading.clock, lost, check, async (signal) => {
    const number = await findActive(reading.numbers, phoneNumber, signal);
    if (number !== undefined) return { outcome: 'completed', evidence: 'the number is rented', number };
    return (await isAvailable(reading.numbers, phoneNumber, signal)) ? 'as before' : 'unclear';
  });
}

/** After a lost answer to a release of this number, which was not being released before. */
export async function reconcileRelease(
  reading: Reading,
  phoneNumber: string,
  lost: unknown,
): Promise<Settlement> {
  const check = `get_active_number ${phoneNumber}: if it has an expireAt or is gone, the release went through`;
  return readUntilClear(reading.clock, lost, check, async (signal) => {
    const number = await findActive(reading.numbers, phoneNumber, signal);
    if (number === undefined) return { outcome: 'completed', evidence: 'the number is gone' };
    if (number.expireAt === undefined) return 'as before';
    return { outcome: 'completed', evidence: 'the number has an end date', number };
  });
}

/**
 * After a lost answer to a rentAny. A number that another rent brought is not its work.
 * @param before the numbers of that region and type that were rented before it; undefined where they could
 *   not be read
 */
export async function reconcileRentAny(
  reading: Reading,
  criteria: Criteria,
  before: ReadonlySet<string> | undefined,
  others: () => Promise<OtherRents>,
  lost: unknown,
): Promise<Settlement> {
  const check =
    'list_active_numbers with the same region and type: a number that was not there before went through';
  if (before === undefined) return { outcome: 'unknown', check };
  return readUntilClear(reading.clock, lost, check, async (signal) => {
    const now = await readRented(reading.numbers, criteria, signal);
    if (now === undefined) return 'unclear';
    const { phoneNumbers: theirs, isOpen } = await others();
    const came = now.filter(
      ({ phoneNumber = '' }) =>
        !before.has(phoneNumber) && !theirs.has(phoneNumber) && matches(phoneNumber, criteria),
    );
    const [number] = came;
    if (number === undefined) return 'as before';
    if (came.length > 1 || isOpen) return 'unclear';
    return {
      outcome: 'completed',
      evidence: 'a matching number is rented that was not there before',
      number,
    };
  });
}

/**
 * Reads until a reading shows the effect, or the last one shows none. A request that ran out of time, or
 * that a gateway gave up, may still be under way, so that no effect yet is no proof.
 */
export async function readUntilClear(
  clock: Clock,
  lost: unknown,
  check: string,
  read: (signal: Signal) => Promise<Shown>,
): Promise<Settlement> {
  const mayStillRun =
    lost instanceof BudgetExceededError || (lost instanceof ApiError && [502, 504].includes(lost.status));
  const budget = AbortSignal.timeout(READING_BUDGET_MS);
  let last: Shown = 'unclear';
  for (const pause of READ_AFTER_MS) {
    await clock.sleep(pause);
    try {
      last = await read(budget);
    } catch (error) {
      if (!isNumbersError(error)) throw error;
      last = 'unclear';
    }
    if (typeof last === 'object') return last;
  }
  return last === 'as before' && !mayStillRun ? { outcome: 'not_executed' } : { outcome: 'unknown', check };
}

function matches(phoneNumber: string, { numberPattern }: Criteria): boolean {
  const { pattern = '', searchPattern } = numberPattern ?? {};
  if (searchPattern === 'START') return phoneNumber.startsWith(pattern);
  return searchPattern === 'END' ? phoneNumber.endsWith(pattern) : phoneNumber.includes(pattern);
}
