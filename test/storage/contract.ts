import { describeApprovals } from './contract/approvals.ts';
import { describeEvents } from './contract/events.ts';
import { describeJournal } from './contract/journal.ts';
import { describeOrders } from './contract/orders.ts';
import { type OpenHandle, openerOf } from './contract/support.ts';
import { describeTurns } from './contract/turns.ts';

/**
 * What every adapter of the store must do. Most cases open two handles on one store, as two processes would.
 * @param newPlace makes a place that is empty, for one test, and opens handles on it
 */
export function describeStore(name: string, newPlace: () => Promise<OpenHandle>): void {
  const open = openerOf(newPlace);
  describeJournal(name, open);
  describeApprovals(name, open);
  describeTurns(name, open);
  describeEvents(name, open);
  describeOrders(name, open);
}
