import pLimit from 'p-limit';
import { BudgetExceededError, InvalidRequestError, isNumbersError } from '../../api/errors.ts';
import { quote } from '../../api/format.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import { canonicalCode, FINDING_CODES } from '../../audit/catalogue.ts';
import { type Scan, scan } from '../../audit/scan.ts';
import { createPredicate, type Selection } from '../../audit/select.ts';
import { type BatchStakes, LEFT_OUT_NAMED, type Skipped } from '../batch-operation.ts';
import type { NumberResult } from '../batch-result.ts';
import { findActive } from '../number-state.ts';
import type { OperationContext } from '../operation.ts';

/** Which rented numbers a batch is about: exactly one of the two. */
export interface WhichNumbers {
  readonly phoneNumbers?: readonly string[] | undefined;
  readonly select?: Selection | undefined;
}

/** What a batch wants of the numbers that are meant. */
interface Wanted {
  /** How many of them may need something. */
  readonly most: number;
  readonly needsNothing: (number: ActiveNumber) => boolean;
  /** Why it needs nothing, e.g. `is so already`. */
  readonly reason: string;
}

export interface RentedNumbers {
  /** Those that need something, in the order of their phone numbers. */
  readonly found: readonly ActiveNumber[];
  readonly skipped: Skipped;
  /** Those that are named and not rented. */
  readonly missing: readonly NumberResult[];
}

/** So few numbers are read one by one; more by reading the inventory, a thousand a request. */
const FEW = 20;
const CONCURRENCY = 8;
/** Time for reading the inventory, in milliseconds. */
const BUDGET_MS = 40_000;

/**
 * Reads the rented numbers that are meant.
 * @throws {NumbersError} where they cannot all be read, or more than may be need something
 */
export async function readRentedNumbers(
  { phoneNumbers, select = {} }: WhichNumbers,
  wanted: Wanted,
  context: OperationContext,
): Promise<RentedNumbers> {
  const named = phoneNumbers && [...new Set(phoneNumbers)];
  const isFew = named !== undefined && named.length <= FEW;
  const kept = isFew ? createKept() : await readInventory(named, select, wanted, context);
  // One by one where they are few, and where the list leaves one out: only its own address tells that it is not rented.
  const unseen = (named ?? []).filter((phoneNumber) => !kept.seen.has(phoneNumber));
  for (const number of await readEach(unseen, context)) keep(kept, number, wanted);
  const { found, seen, skipped, examples } = kept;
  if (found.size > wanted.most) {
    throw new InvalidRequestError(
      `more than ${wanted.most} numbers are meant, and no more are taken at once: narrow select, such as by regionCode and type`,
    );
  }
  if (named === undefined && found.size + skipped === 0) checkFinding(select);
  return {
    found: [...found.values()].toSorted(byNumber),
    skipped: { reason: wanted.reason, count: skipped, phoneNumbers: examples },
    missing: unseen.filter((phoneNumber) => !seen.has(phoneNumber)).map(notRented),
  };
}

/** What was found so far: no more than one number too many, however many there are. */
interface Kept {
  scanned: number;
  readonly found: Map<string, ActiveNumber>;
  skipped: number;
  readonly examples: string[];
  /** Those that are named. */
  readonly seen: Set<string>;
}

function createKept(): Kept {
  return { scanned: 0, found: new Map(), skipped: 0, examples: [], seen: new Set() };
}

function keep(kept: Kept, number: ActiveNumber, { most, needsNothing }: Wanted): void {
  const { phoneNumber = '' } = number;
  kept.seen.add(phoneNumber);
  if (!needsNothing(number)) {
    if (kept.found.size <= most) kept.found.set(phoneNumber, number);
    return;
  }
  kept.skipped++;
  if (kept.examples.length < LEFT_OUT_NAMED) kept.examples.push(phoneNumber);
}

async function readEach(
  phoneNumbers: readonly string[],
  { numbers, signal }: OperationContext,
): Promise<ActiveNumber[]> {
  const limit = pLimit(CONCURRENCY);
  const read = phoneNumbers.map((it) => limit(() => findActive(numbers, it, signal)));
  return (await Promise.all(read)).filter((number) => number !== undefined);
}

/** @param named those that are meant; undefined where `select` says it */
async function readInventory(
  named: readonly string[] | undefined,
  select: Selection,
  wanted: Wanted,
  { numbers, clock, signal }: OperationContext,
): Promise<Kept> {
  const names = named && new Set(named);
  const isSelected = createPredicate(select, clock.now());
  const isMeant = (number: ActiveNumber) => names?.has(number.phoneNumber ?? '') ?? isSelected(number);
  const { regionCode, type } = select;
  const read = await scan<Kept>(
    {
      filter: { regionCode, type },
      create: createKept,
      add(kept, number) {
        kept.scanned++;
        if (isMeant(number)) keep(kept, number, wanted);
      },
      merge(kept, other) {
        kept.scanned += other.scanned;
        for (const [phoneNumber, number] of other.found) {
          if (kept.found.size <= wanted.most) kept.found.set(phoneNumber, number);
        }
        kept.skipped += other.skipped;
        kept.examples.push(...other.examples.slice(0, LEFT_OUT_NAMED - kept.examples.length));
        for (const phoneNumber of other.seen) kept.seen.add(phoneNumber);
      },
    },
    { numbers, now: clock.now(), budgetMs: BUDGET_MS, signal, onProgress: () => {} },
  );
  if (named === undefined) checkWhole(read);
  return read.result;
}

/** @throws {NumbersError} where numbers may be missing that are meant */
function checkWhole({ complete, scanned, total, totalByType, failure }: Scan<unknown>): void {
  if (isNumbersError(failure) && !(failure instanceof BudgetExceededError)) throw failure;
  if (!complete) {
    throw new InvalidRequestError(
      `only ${scanned} of ${total ?? 'an unknown number of'} rented numbers could be read: narrow select by regionCode and type, or name the numbers`,
    );
  }
  if (totalByType !== undefined) {
    throw new InvalidRequestError(
      `the API lists ${total} numbers when asked without a type, and ${totalByType} by type: give select.type, one call for each`,
    );
  }
}

/** @throws {InvalidRequestError} where nobody knows that code: most likely it is misspelt */
function checkFinding({ finding }: Selection): void {
  if (finding === undefined || FINDING_CODES.includes(canonicalCode(finding))) return;
  throw new InvalidRequestError(
    `no number has the finding ${quote(finding)}, and no such code is known: audit_provisioning tells those that were found`,
  );
}

/** Said where a selection holds for no number. */
export const NONE_MEANT = 'No rented number meets select.';

export function isNoneMeant({ phoneNumbers }: WhichNumbers, { parts, skipped }: BatchStakes): boolean {
  return phoneNumbers === undefined && parts.length + skipped.count === 0;
}

function byNumber(a: ActiveNumber, b: ActiveNumber): number {
  return (a.phoneNumber ?? '') < (b.phoneNumber ?? '') ? -1 : 1;
}

function notRented(phoneNumber: string): NumberResult {
  return { phoneNumber, outcome: 'not_executed', reason: 'this project does not rent it' };
}
