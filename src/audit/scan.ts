import type { NumbersClient } from '../api/client.ts';
import { startDeadline } from '../api/deadline.ts';
import { BudgetExceededError, CancelledError } from '../api/errors.ts';
import type { ActiveNumber } from '../api/schemas/numbers.ts';
import type { Signal } from '../lib/signal.ts';
import { readInventory } from './inventory.ts';

/** What a reading of the inventory needs, whatever it looks for. */
export interface ScanParts {
  readonly numbers: NumbersClient;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly budgetMs: number;
  readonly signal: Signal;
  readonly onProgress: (read: number, total: number | undefined) => void;
}

interface Wanted<T> {
  readonly filter: {
    readonly regionCode?: string | undefined;
    readonly type?: 'MOBILE' | 'LOCAL' | 'TOLL_FREE' | undefined;
  };
  readonly create: () => T;
  readonly add: (result: T, number: ActiveNumber) => void;
  readonly merge: (result: T, other: T) => void;
}

/** What was gathered, and what a reader of it must know besides. */
export interface Scan<T> {
  readonly result: T;
  readonly scanned: number;
  readonly complete: boolean;
  /** How many numbers there are, as far as the API reported. */
  readonly total: number | undefined;
  /** Why it is not complete; absent too where the list ended before the total. */
  readonly failure?: unknown;
  /** How many numbers there are by type, where the list without a type leaves some out. */
  readonly totalByType?: number;
}

/**
 * Reads every rented number. When the budget runs out, or a page cannot be had, the result covers what was read
 * until then.
 * @throws {NumbersError} where nothing could be read, or the caller cancelled
 */
export async function scan<T extends { scanned: number }>(
  wanted: Wanted<T>,
  parts: ScanParts,
): Promise<Scan<T>> {
  const { numbers, budgetMs, signal, onProgress } = parts;
  const { regionCode, type } = wanted.filter;
  const deadline = startDeadline(budgetMs, signal);
  try {
    const { result, total, failure, totalByType } = await readInventory<T>({
      numbers,
      filter: { ...(regionCode && { regionCode }), ...(type && { type }) },
      signal: deadline.stop,
      create: wanted.create,
      add: (own, page) => {
        for (const number of page) wanted.add(own, number);
      },
      merge: wanted.merge,
      onProgress,
    });
    if (signal.aborted) throw failure ?? new CancelledError();
    const reason = deadline.isTimeUp() ? new BudgetExceededError(budgetMs, 'no') : failure;
    return {
      result,
      scanned: result.scanned,
      complete: failure === undefined && result.scanned >= (total ?? 0),
      total,
      ...(failure !== undefined && { failure: reason }),
      ...(totalByType !== undefined && { totalByType }),
    };
  } finally {
    deadline.end();
  }
}
