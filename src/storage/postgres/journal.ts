import { randomUUID } from 'node:crypto';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { checkWindow } from '../journal.ts';
import { RECENT_MS, type Refusal } from '../journal-state.ts';
import {
  type Begun,
  type HistoryQuery,
  type Journal,
  LEASE_MS,
  type NewIntent,
  type RentLimit,
} from '../store.ts';
import type { Database, Row, Run } from './database.ts';
import { databaseError } from './errors.ts';
import { entryOf, restOf } from './rows.ts';
import { type Sql, sql } from './sql.ts';

/** How many rows are read at once at least: which of them match is decided here. */
const MIN_BLOCK = 200;

interface JournalParts {
  readonly database: Database;
  /** The run of this process. */
  readonly server: string;
  /** Marks an approval as spent, inside of a transaction. @returns what is to be done once that is committed */
  readonly spend: (run: Run, approval: string) => Promise<() => void>;
  readonly check: Journal['check'];
}

/** The journal as a table. Whether a rent may begin is decided under the lock of its project's row, and what spends an approval by a unique index. */
export function createJournal({ database, server, spend, check }: JournalParts): Journal {
  const { run, time } = database;
  const ms = (milliseconds: number) => sql`${milliseconds} * interval '1 millisecond'`;

  async function lockProject(inside: Run, projectId: string): Promise<void> {
    const lock = () =>
      inside(sql`select 1 from sinch_numbers.project where project_id = ${projectId} for update`);
    if ((await lock()).length > 0) return;
    await inside(sql`insert into sinch_numbers.project values (${projectId}) on conflict do nothing`);
    await lock();
  }

  /** What spent the approval, or this part of it. */
  async function spent(inside: Run, { approval, part = '' }: NewIntent): Promise<Refusal | undefined> {
    if (approval === undefined) return undefined;
    const [row] = await inside(sql`select * from sinch_numbers.journal
      where approval = ${approval} and coalesce(part, '') = ${part}`);
    return row && { status: 'spent', entry: entryOf(row) };
  }

  /** Not in the statement that locks: what that sees is older than the lock. */
  async function full(
    inside: Run,
    { projectId, rents }: NewIntent,
    limit: RentLimit | undefined,
  ): Promise<Refusal | undefined> {
    if (limit === undefined || rents === 0) return undefined;
    const made = await count(inside, projectId, limit.windowMs);
    return made + rents > limit.max ? { status: 'limit', made } : undefined;
  }

  async function count(on: Run, projectId: string, windowMs: number): Promise<number> {
    const [row] = await on(sql`select coalesce(sum(rents), 0)::int as made from sinch_numbers.journal
      where project_id = ${projectId} and rents > 0 and outcome is distinct from 'not_executed'
        and at > ${time()} - ${ms(windowMs)}`);
    return Number(row?.made);
  }

  function insertion(id: string, intent: NewIntent): Sql {
    const { projectId, approval, part, rents } = intent;
    const at = sql`date_trunc('milliseconds', ${time()})`;
    return sql`insert into sinch_numbers.journal
        (id, project_id, at, server, lease_until, approval, part, rents, intent)
      values (${id}, ${projectId}, ${at}, ${server}, ${at} + ${ms(LEASE_MS)},
        ${approval}, ${part}, ${rents}, ${JSON.stringify(restOf(intent))})
      on conflict do nothing returning *`;
  }

  /** Of what began, and was not acknowledged: nothing was sent, and nobody else can have seen that it might be. */
  async function withdraw(id: string): Promise<void> {
    await end(id, { outcome: 'not_executed' });
  }

  async function end(id: string, outcome: Parameters<Journal['end']>[1]): Promise<boolean> {
    const rows = await run(sql`update sinch_numbers.journal
      set outcome = ${outcome.outcome}, ended_at = date_trunc('milliseconds', ${time()}), ended_by = ${server},
        ended_number = ${outcome.phoneNumber}, settled_later = ${outcome.settledLater}
      where id = ${id} and case
        when outcome is null then server = ${server} or lease_until <= ${time()}
        else outcome <> 'completed' and ${outcome.outcome} = 'completed' end
      returning 1`);
    return rows.length > 0;
  }

  async function rowsOf(condition: Sql): Promise<readonly Row[]> {
    return run(sql`select * from sinch_numbers.journal where ${condition}`);
  }

  /** Newest first. */
  async function* blocks(projectId: string, { limit, since, cursor }: HistoryQuery) {
    const size = Math.max(limit + 1, MIN_BLOCK);
    let [at, seq] = cursor === undefined ? [] : decodeCursor(cursor);
    for (;;) {
      const from = since === undefined ? sql`true` : sql`at >= ${since}::timestamptz`;
      const before =
        at === undefined ? sql`true` : sql`(at, seq) < (${new Date(at).toISOString()}::timestamptz, ${seq})`;
      const rows = await rowsOf(
        sql`project_id = ${projectId} and ${from} and ${before} order by at desc, seq desc limit ${size}`,
      );
      yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < size) return;
      [at, seq] = positionOf(last);
    }
  }

  return {
    check,
    async begin(intent, limit) {
      if (limit !== undefined) checkWindow(limit.windowMs);
      const id = randomUUID();
      let published = () => {};
      try {
        const begun = await database.transaction(async (inside): Promise<Begun> => {
          if (intent.rents > 0) await lockProject(inside, intent.projectId);
          const refused = (await spent(inside, intent)) ?? (await full(inside, intent, limit));
          if (refused !== undefined) return refused;
          const [row] = await inside(insertion(id, intent));
          // Somebody else was spending it just now.
          if (row === undefined) return (await spent(inside, intent)) ?? failed(id);
          if (intent.approval !== undefined) published = await spend(inside, intent.approval);
          return { status: 'begun', intent: entryOf(row).intent };
        });
        published();
        return begun;
      } catch (error) {
        // It may be there all the same. It is not going to be sent.
        void withdraw(id).catch(() => {});
        throw error;
      }
    },
    end,
    async entry(id) {
      const [row] = await rowsOf(sql`id = ${id}`);
      return row && entryOf(row);
    },
    async countRents(projectId, windowMs) {
      checkWindow(windowMs);
      return count(run, projectId, windowMs);
    },
    async recent(projectId) {
      const rows = await rowsOf(sql`project_id = ${projectId} and (at > ${time()} - ${ms(RECENT_MS)}
        or outcome is null) order by at, seq`);
      return rows.map(entryOf);
    },
    async history(projectId, query) {
      const { limit, matches = () => true } = query;
      const entries = [];
      let last: Row | undefined;
      for await (const rows of blocks(projectId, query)) {
        for (const row of rows) {
          const entry = entryOf(row);
          if (!matches(entry)) continue;
          if (entries.length === limit && last)
            return { entries, nextCursor: encodeCursor(...positionOf(last)) };
          entries.push(entry);
          last = row;
        }
      }
      return { entries };
    },
  };
}

function failed(id: string): never {
  throw databaseError(`the journal does not take the entry ${id}`);
}

function positionOf(row: Row): readonly [number, number] {
  return [row.at instanceof Date ? row.at.getTime() : 0, Number(row.seq)];
}
