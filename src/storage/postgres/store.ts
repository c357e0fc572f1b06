import { randomUUID } from 'node:crypto';
import type { CallbackEvent } from '../../api/callback-event.ts';
import { createChangeBus } from '../../lib/change-bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Approval, Store } from '../store.ts';
import { createApprovals } from './approvals.ts';
import { createChanges } from './changes.ts';
import { openDatabase } from './database.ts';
import { databaseError } from './errors.ts';
import { createEvents } from './events.ts';
import { createFollower } from './follow.ts';
import { createJournal } from './journal.ts';
import { createOrders } from './orders.ts';
import { createRecently } from './recently.ts';
import { sql } from './sql.ts';
import { createTurns } from './turns.ts';

export interface PostgresStoreOptions {
  /** `postgres://…` */
  readonly url: string;
  /** For waiting; what is decided by time is decided by the database's. */
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes the place of the database's time, for tests. Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How many events are kept. */
  readonly keepEvents?: number;
}

/**
 * A store in a PostgreSQL database, for processes on any number of machines. Nothing is read before it is asked for, and a
 * database that cannot be reached is tried again each time.
 */
export function openPostgresStore({ url, clock, log, now, keepEvents }: PostgresStoreOptions): Store {
  const server = randomUUID();
  const database = openDatabase({ url, log, now });
  const recently = createRecently(() => performance.now());
  const onError = (error: unknown) => log.error(`store: ${String(error)}`);
  const approvalBus = createChangeBus<Approval>(onError);
  const changeBus = createChangeBus<readonly string[]>(onError);
  const eventBus = createChangeBus<readonly CallbackEvent[]>(onError);
  const turnBus = createChangeBus<void>(onError);

  /** A subscription during which other processes are followed. */
  function followed<A extends unknown[]>(subscribe: (...args: A) => () => void): (...args: A) => () => void {
    return (...args) => {
      const release = follower.hold();
      const unsubscribe = subscribe(...args);
      return () => {
        unsubscribe();
        release();
      };
    };
  }

  async function ping(): Promise<void> {
    const [row] = await database.run(
      sql`select current_setting('transaction_read_only')::bool as is_read_only`,
    );
    if (row?.is_read_only !== false)
      throw databaseError('the database cannot be written to: is it a standby?');
  }

  const parts = { database, recently, server, log };
  const approvals = createApprovals({
    ...{ ...parts, bus: approvalBus, subscribe: followed(approvalBus.subscribe) },
  });
  const changes = createChanges({
    ...{ ...parts, bus: changeBus, subscribe: followed(changeBus.subscribe) },
  });
  const orders = createOrders(database);
  const events = createEvents({
    ...{ database, bus: eventBus, subscribe: followed(eventBus.subscribe), keep: keepEvents },
    takeNews: orders.takeNews,
  });
  const follower = createFollower({
    database,
    reads: {
      approvals: approvals.catchUp,
      changes: changes.catchUp,
      events: events.catchUp,
      turns: async () => turnBus.publish(),
    },
    onRead: recently.hasRead,
    async prune() {
      await approvals.prune();
      await changes.prune();
    },
    log,
  });

  return {
    journal: createJournal({ database, server, spend: approvals.spend, check: ping }),
    approvals,
    events,
    orders,
    changes,
    withTurn: createTurns({
      ...{ database, clock, log },
      bus: { ...turnBus, subscribe: followed(turnBus.subscribe) },
    }),
    ping,
    async start() {
      // What comes from now on is news.
      await events.catchUp().catch((error: unknown) => log.error(String(error)));
      follower.start();
    },
    async close() {
      await follower.close();
      await database.close();
    },
  };
}
