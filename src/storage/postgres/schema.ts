import type { Database, Run } from './database.ts';
import { databaseError } from './errors.ts';
import { sql } from './sql.ts';

/** PostgreSQL 14, as it numbers its versions. */
const OLDEST = 140_000;

/** Any number, the same for all versions of this program. */
const LOCK = 7_368_110_362_001n;

/**
 * The steps from an empty database to today's tables. A step that was released is never changed: another one follows.
 * `json`, unlike `jsonb`, takes every string that there is.
 */
const MIGRATIONS = [
  sql`
    create table sinch_numbers.project (project_id text primary key);
    comment on table sinch_numbers.project is 'The row that whoever spends locks: one rent of a project is decided at a time.';
    create table sinch_numbers.journal (
      id text primary key,
      seq bigint generated always as identity,
      project_id text not null,
      at timestamptz not null,
      server text not null,
      lease_until timestamptz not null,
      approval text,
      part text,
      rents int not null check (rents >= 0),
      intent json not null,
      outcome text check (outcome in ('completed', 'not_executed', 'unknown')),
      ended_at timestamptz,
      ended_by text,
      ended_number text,
      settled_later boolean
    );
    comment on table sinch_numbers.journal is 'Written before anything is sent, and what came of it. Nothing is ever deleted.';
    create index on sinch_numbers.journal (project_id, at, seq);
    create index on sinch_numbers.journal (project_id, at) where rents > 0;
    create index on sinch_numbers.journal (project_id) where outcome is null;
    -- Each part of an approval is spent once.
    create unique index on sinch_numbers.journal (approval, coalesce(part, '')) where approval is not null;
    create table sinch_numbers.approval (
      id text primary key,
      seq bigint generated always as identity,
      caller text not null,
      call text not null,
      tool text not null,
      terms text not null,
      channel text not null,
      state text not null check (state in ('asked', 'granted', 'declined', 'expired')),
      reason text,
      token_hash text,
      subject json,
      expires_at timestamptz not null,
      spent_at timestamptz,
      outcome json,
      is_delivered boolean not null default false,
      version int not null default 1,
      changed_at timestamptz not null default statement_timestamp()
    );
    create index on sinch_numbers.approval (caller, call, seq);
    create index on sinch_numbers.approval (token_hash) where token_hash is not null;
    create index on sinch_numbers.approval (changed_at);
    create table sinch_numbers.event (
      arrival bigint primary key,
      event_id text not null unique,
      body json not null
    );
    create table sinch_numbers.number_order (
      id text primary key,
      seq bigint generated always as identity,
      project_id text not null,
      body json not null
    );
    create index on sinch_numbers.number_order (project_id, seq);
    create table sinch_numbers.turn (
      project_id text primary key,
      holder text,
      until timestamptz not null
    );
    create table sinch_numbers.change (
      seq bigint generated always as identity primary key,
      at timestamptz not null default statement_timestamp(),
      server text not null,
      uris json not null
    );
    create index on sinch_numbers.change (at)`,
];

/**
 * Brings the tables up to this version, one process at a time.
 * @throws {StoreError} also where the database is too old, or its tables are newer than this program
 */
export async function migrate(run: Run, transaction: Database['transaction']): Promise<void> {
  await checkServer(run);
  if ((await versionOf(run)) === MIGRATIONS.length) return;
  await transaction(async (inside) => {
    await inside(sql`select pg_advisory_xact_lock(${LOCK})`);
    const version = await versionOf(inside);
    if (version === undefined) {
      const [schema] = await inside(
        sql`select 1 from pg_catalog.pg_namespace where nspname = 'sinch_numbers'`,
      );
      // Where an administrator has made it, this user may have no right to make any.
      if (schema === undefined) await inside(sql`create schema sinch_numbers`);
      await inside(sql`create table sinch_numbers.version (version int not null)`);
      await inside(sql`insert into sinch_numbers.version values (0)`);
    }
    for (const step of MIGRATIONS.slice(version ?? 0)) await inside(step);
    await inside(sql`update sinch_numbers.version set version = ${MIGRATIONS.length}`);
  });
}

async function checkServer(run: Run): Promise<void> {
  const [row] = await run(
    sql`select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  );
  if (isOldServer(Number(row?.number))) {
    throw databaseError(`PostgreSQL ${String(row?.name)} is too old: 14 or newer is needed`);
  }
}

/** @param number as `server_version_num` tells it */
export function isOldServer(number: number): boolean {
  return number < OLDEST;
}

/** How many steps were made; undefined where there are no tables at all. */
async function versionOf(run: Run): Promise<number | undefined> {
  // Not by to_regclass: what that remembers of before the lock may be wrong.
  const [there] = await run(
    sql`select 1 from pg_catalog.pg_tables where schemaname = 'sinch_numbers' and tablename = 'version'`,
  );
  if (there === undefined) return undefined;
  const [row] = await run(sql`select version from sinch_numbers.version`);
  const version = Number(row?.version);
  if (version > MIGRATIONS.length) {
    throw databaseError(
      'the tables in the database belong to a newer version of this server: update this one',
    );
  }
  return version;
}
