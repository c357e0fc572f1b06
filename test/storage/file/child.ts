/** A process with a handle on the store of a folder, for its parent to order about. */
import { systemClock } from '../../../src/lib/clock.ts';
import { createLogger } from '../../../src/lib/log.ts';
import { openFileStore } from '../../../src/storage/file/store.ts';
import type { NewApproval, NewIntent, RentLimit } from '../../../src/storage/store.ts';

export type Order =
  /** Begins an intent so many times, four at once. Reports the status of each as it comes. */
  | { readonly do: 'begin'; readonly times: number; readonly intent: NewIntent; readonly limit: RentLimit }
  | { readonly do: 'ask'; readonly question: NewApproval }
  | { readonly do: 'grant'; readonly id: string; readonly expiresAt: number }
  /** Reports that it has the turn, and keeps it. */
  | { readonly do: 'hold turn'; readonly projectId: string };

const [, , folder = ''] = process.argv;
const log = createLogger('warn', (line) => process.stderr.write(line));
const store = openFileStore({ folder, clock: systemClock, log });

function report(value: unknown): void {
  process.send?.(value);
}

async function begin({ times, intent, limit }: Extract<Order, { do: 'begin' }>): Promise<void> {
  let left = times;
  const lanes = Array.from({ length: 4 }, async () => {
    while (left-- > 0) {
      const result = await store.journal.begin(intent, limit);
      report(result.status === 'begun' ? result.intent.id : result.status);
    }
  });
  await Promise.all(lanes);
  report('done');
}

process.on('message', async (order: Order) => {
  if (order.do === 'begin') await begin(order);
  if (order.do === 'ask') report((await store.approvals.ask(order.question)).approval.id);
  if (order.do === 'grant') report(await store.approvals.decide(order.id, { ...order, state: 'granted' }));
  if (order.do === 'hold turn') {
    await store.withTurn(order.projectId, () => {
      report('held');
      return new Promise(() => {});
    });
  }
});
report('ready');
