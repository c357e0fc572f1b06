import { systemClock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { readEvents, readJournal, readOrders } from '../file/read-all.ts';
import type { OutcomeLine } from '../journal-lines.ts';
import { createJournalState } from '../journal-state.ts';
import type { JournalEntry } from '../store.ts';
import { type Database, openDatabase } from './database.ts';
import { restOf } from './rows.ts';
import { sql } from './sql.ts';
import { openPostgresStore } from './store.ts';

export interface Imported {
  readonly entries: number;
  readonly events: number;
  readonly orders: number;
}

interface ImportOptions {
  readonly folder: string;
  readonly url: string;
  readonly log: Logger;
  /** Is told how many entries of the journal were copied so far. */
  readonly onProgress: (entries: number) => void;
}

/**
 * Copies journal, events and orders of a folder into a database. What is there already stays, so that it can be done
 * again; a later outcome counts as everywhere. Questions that are open are not copied: they are asked again.
 * @returns how many there are in the folder
 * @throws {StoreError}
 */
export async function importFolder({ folder, url, log, onProgress }: ImportOptions): Promise<Imported> {
  const database = openDatabase({ url, log });
  const store = openPostgresStore({ url, clock: systemClock, log });
  try {
    const entries = await importJournal(database, folder, onProgress);
    const events = await readEvents(folder, log);
    await Promise.all(events.map(store.events.append));
    const orders = await readOrders(folder, log);
    for (const order of orders) await store.orders.keep(order);
    return { entries, events: events.length, orders: orders.length };
  } finally {
    await store.close();
    await database.close();
  }
}

/** Line by line as a server reads them, so that an intent which lost a race is none here either. */
async function importJournal(
  database: Database,
  folder: string,
  onProgress: (entries: number) => void,
): Promise<number> {
  let at = 0;
  let copied = 0;
  // Old lines are judged by what stood before them, not by what time it is now.
  const state = createJournalState(() => at);
  for await (const lines of readJournal(folder)) {
    const changed = new Map<string, JournalEntry>();
    const voids = new Set<string>();
    const late: OutcomeLine[] = [];
    for (const line of lines) {
      at = Math.max(at, Date.parse(line.at));
      const before = state.entry(line.id);
      state.apply(line);
      const entry = state.entry(line.id);
      if (entry !== undefined) changed.set(line.id, entry);
      if (line.step === 'intent' && before === undefined && entry !== undefined) copied++;
      if (line.step !== 'outcome') continue;
      // Of an entry that is so old that the state has forgotten it.
      if (before === undefined && !line.isVoid) late.push(line);
      if (before === undefined || !line.isVoid) continue;
      voids.add(line.id);
      copied--;
    }
    for (const id of voids) changed.delete(id);
    await writeEntries(database, [...changed.values()], [...voids]);
    for (const line of late) await correct(database, line);
    onProgress(copied);
  }
  return copied;
}

/** As {@link writeEntries} does it for entries that are at hand. */
async function correct(
  { run }: Database,
  { id, at, server, outcome, phoneNumber, settledLater }: OutcomeLine,
) {
  await run(sql`update sinch_numbers.journal set outcome = ${outcome}, ended_at = ${at}, ended_by = ${server},
      ended_number = ${phoneNumber}, settled_later = ${settledLater}
    where id = ${id} and (outcome is null or (outcome <> 'completed' and ${outcome} = 'completed'))`);
}

async function writeEntries(
  database: Database,
  entries: readonly JournalEntry[],
  voids: readonly string[],
): Promise<void> {
  // As arrays of texts, a column each: functions on JSON refuse some texts that JSON can hold.
  const column = (read: (entry: JournalEntry) => unknown) => entries.map((entry) => read(entry) ?? null);
  await database.transaction(async (run) => {
    await run(sql`insert into sinch_numbers.project
      select distinct unnest(${column(({ intent }) => intent.projectId)}::text[]) on conflict do nothing`);
    await run(sql`insert into sinch_numbers.journal as known (id, project_id, at, server, lease_until, approval,
        part, rents, intent, outcome, ended_at, ended_by, ended_number, settled_later)
      select id, project_id, at, server, lease_until, approval, part, rents, intent::json, outcome, ended_at,
        ended_by, ended_number, settled_later
      from unnest(
        ${column(({ intent }) => intent.id)}::text[],
        ${column(({ intent }) => intent.projectId)}::text[],
        ${column(({ intent }) => intent.at)}::timestamptz[],
        ${column(({ intent }) => intent.server)}::text[],
        ${column(({ intent }) => intent.leaseUntil)}::timestamptz[],
        ${column(({ intent }) => intent.approval)}::text[],
        ${column(({ intent }) => intent.part)}::text[],
        ${column(({ intent }) => intent.rents)}::int[],
        ${column(({ intent }) => JSON.stringify(restOf(intent)))}::text[],
        ${column(({ outcome }) => outcome?.outcome)}::text[],
        ${column(({ outcome }) => outcome?.at)}::timestamptz[],
        ${column(({ outcome }) => outcome?.server)}::text[],
        ${column(({ outcome }) => outcome?.phoneNumber)}::text[],
        ${column(({ outcome }) => outcome?.settledLater)}::bool[]
      ) with ordinality as given (id, project_id, at, server, lease_until, approval, part, rents, intent, outcome,
        ended_at, ended_by, ended_number, settled_later, n)
      order by n
      on conflict (id) do update set outcome = excluded.outcome, ended_at = excluded.ended_at,
        ended_by = excluded.ended_by, ended_number = excluded.ended_number, settled_later = excluded.settled_later
        where known.outcome is null or (known.outcome <> 'completed' and excluded.outcome = 'completed')`);
    await run(sql`delete from sinch_numbers.journal where id = any(${voids})`);
  });
}
