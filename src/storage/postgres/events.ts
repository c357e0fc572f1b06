import type { CallbackEvent } from '../../api/callback-event.ts';
import type { ChangeBus } from '../../lib/change-bus.ts';
import { appendEventsTogether } from '../append-together.ts';
import type { EventLog } from '../store.ts';
import type { Database, Run } from './database.ts';
import { eventOf } from './rows.ts';
import { sql } from './sql.ts';

/** How many events are kept, as in a folder. */
const KEEP = 10_000;
/** Any number but that of the migration. */
const LOCK = 7_368_110_362_002n;

interface EventParts {
  readonly database: Database;
  readonly bus: ChangeBus<readonly CallbackEvent[]>;
  readonly subscribe: EventLog['subscribe'];
  /** Takes over what an event says of an order, inside of the transaction that keeps it. */
  readonly takeNews: (run: Run, event: CallbackEvent) => Promise<void>;
  readonly keep?: number | undefined;
}

export interface StoredEvents extends EventLog {
  /** Publishes what other processes kept. */
  catchUp(): Promise<void>;
}

/**
 * Events as a table, with a copy in memory. They are numbered without a gap under one lock, so that they become visible
 * in the order of their numbers: what is new is what comes after the last one that was read.
 */
export function createEvents({ database, bus, subscribe, takeNews, keep = KEEP }: EventParts): StoredEvents {
  let events: readonly CallbackEvent[] = [];
  /** The number of the last one that was read; -1 where there is none. */
  let last: number | undefined;
  let reading: Promise<void> = Promise.resolve();

  async function readNew(): Promise<void> {
    const rows = await database.run(sql`select arrival, body from sinch_numbers.event
      where arrival > ${last ?? -1} order by arrival`);
    const isNews = last !== undefined;
    const fresh = rows.flatMap((row) => eventOf(row) ?? []);
    last = Number(rows.at(-1)?.arrival ?? last ?? -1);
    events = [...events, ...fresh].slice(-keep);
    if (isNews && fresh.length > 0) bus.publish(fresh);
  }

  function refresh(): Promise<void> {
    reading = reading.catch(() => {}).then(readNew);
    return reading;
  }

  async function write(batch: readonly CallbackEvent[]): Promise<void> {
    await database.transaction(async (inside) => {
      await inside(sql`select pg_advisory_xact_lock(${LOCK})`);
      const [ids, bodies] = [
        batch.map(({ eventId }) => eventId),
        batch.map((event) => JSON.stringify(event)),
      ];
      await inside(sql`insert into sinch_numbers.event (arrival, event_id, body)
        select (select coalesce(max(arrival), -1) from sinch_numbers.event) + row_number() over (order by n),
          id, body::json
        from unnest(${ids}::text[], ${bodies}::text[]) with ordinality as fresh (id, body, n)
        where not exists (select 1 from sinch_numbers.event where event_id = id)`);
      await inside(sql`delete from sinch_numbers.event
        where arrival <= (select max(arrival) from sinch_numbers.event) - ${keep}::int`);
      for (const event of batch) await takeNews(inside, event);
      await inside(sql`select pg_notify('sinch_numbers', 'events')`);
    });
    await refresh();
  }

  return {
    append: appendEventsTogether(write),
    async read() {
      await refresh();
      return events;
    },
    dropped: () => Math.max(0, (last ?? -1) + 1 - keep),
    subscribe,
    catchUp: refresh,
  };
}
