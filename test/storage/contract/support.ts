/** What the parts of the contract share. */
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/lib/clock.ts';
import type { NewApproval, NewIntent, Store } from '../../../src/storage/store.ts';
import { type SteppedClock, steppedClock } from '../../support/stage.ts';

/** Opens another handle on the store of one place. */
export type OpenHandle = (clock: Clock) => Promise<Store>;

export interface Handles {
  readonly a: Store;
  readonly b: Store;
  /** The clock of all handles. */
  readonly clock: SteppedClock;
  readonly another: () => Promise<Store>;
}

/** Opens two handles on a place that is new, until the test is over. */
export type Open = () => Promise<Handles>;

export function openerOf(newPlace: () => Promise<OpenHandle>): Open {
  return async () => {
    const clock = steppedClock();
    const openHandle = await newPlace();
    const another = async () => {
      const store = await openHandle(clock);
      onTestFinished(() => store.close());
      return store;
    };
    return { a: await another(), b: await another(), clock, another };
  };
}

export const DAY_MS = 24 * 60 * 60_000;
export const MINUTE_MS = 60_000;
export const PROJECT = 'project-a';

export function rent(changes: Partial<NewIntent> = {}): NewIntent {
  return {
    projectId: PROJECT,
    caller: 'caller-a',
    tool: 'rent_number',
    operationId: 'NumberService_RentNumber',
    arguments: { phoneNumber: '+12025550134' },
    terms: { monthlyPrice: { amount: '0.80' } },
    rents: 1,
    ...changes,
  };
}

/** Begins an intent that nothing keeps from beginning. @returns its ID */
export async function begun(store: Store, changes: Partial<NewIntent> = {}): Promise<string> {
  const result = await store.journal.begin(rent(changes));
  if (result.status !== 'begun') throw new Error(`not begun: ${result.status}`);
  return result.intent.id;
}

/** A question that is good for five minutes. */
export function question(clock: Clock, changes: Partial<NewApproval> = {}): NewApproval {
  return {
    caller: 'caller-a',
    tool: 'rent_number',
    call: 'call-1',
    terms: 'terms-1',
    channel: 'page',
    expiresAt: clock.now() + 5 * MINUTE_MS,
    ...changes,
  };
}

/** What other handles write comes by way of the system. */
export const SOON = { timeout: 10_000 };
