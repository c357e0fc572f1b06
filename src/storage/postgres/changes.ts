import * as z from 'zod';
import type { ChangeBus } from '../../lib/change-bus.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../store.ts';
import type { Database } from './database.ts';
import type { Recently } from './recently.ts';
import { sql } from './sql.ts';

/** For those that could not read for a while, in milliseconds; later, clients read anew anyway. */
const KEPT_MS = 60 * 60_000;

interface ChangeParts {
  readonly database: Database;
  readonly bus: ChangeBus<readonly string[]>;
  readonly recently: Recently;
  readonly subscribe: Store['changes']['subscribe'];
  /** The run of this process. */
  readonly server: string;
  readonly log: Logger;
}

const changeRow = z.object({ seq: z.string(), uris: z.array(z.string()) });

/** URIs that changed, in a table, so that whoever was away for a while reads them later. */
export function createChanges({ database, bus, recently, subscribe, server, log }: ChangeParts) {
  const { run } = database;
  return {
    subscribe,
    publish(uris: readonly string[]): void {
      bus.publish(uris);
      run(sql`with changed as (insert into sinch_numbers.change (server, uris)
          values (${server}, ${JSON.stringify(uris)}) returning seq)
        select pg_notify('sinch_numbers', 'changes') from changed`).catch((error: unknown) =>
        log.warn(`store: a change reached no other process: ${String(error)}`),
      );
    },
    /** Publishes what other processes published. */
    async catchUp(): Promise<void> {
      const rows = await run(sql`select seq, uris from sinch_numbers.change
        where at > ${recently.since()} and server <> ${server} order by seq`);
      for (const row of rows) {
        const change = changeRow.safeParse(row).data;
        if (change !== undefined && recently.isNew(`change ${change.seq}`)) bus.publish(change.uris);
      }
    },
    async prune(): Promise<void> {
      await run(sql`delete from sinch_numbers.change
        where at < statement_timestamp() - ${KEPT_MS} * interval '1 millisecond'`);
    },
  };
}
