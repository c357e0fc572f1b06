import { Client } from 'pg';
import * as z from 'zod';
import { configOf, placeOf, reasonOf } from './database.ts';
import { databaseError } from './errors.ts';
import { isOldServer } from './schema.ts';

const inspection = z.object({
  version: z.string(),
  number: z.number(),
  /** A standby, or a database that is set to be. */
  isReadOnly: z.boolean(),
  isEncrypted: z.boolean(),
  /** Whether this user may write to the tables, or make them where there are none. */
  isAllowed: z.boolean(),
  user: z.string(),
  /** Milliseconds since the epoch. */
  now: z.number(),
});

export interface Inspection extends z.output<typeof inspection> {
  /** e.g. `numbers at db.example.com:5432`. */
  readonly place: string;
  readonly isTooOld: boolean;
}

const QUESTION = `
  select current_setting('server_version') as version,
    current_setting('server_version_num')::int as number,
    current_setting('transaction_read_only')::bool as "isReadOnly",
    coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as "isEncrypted",
    current_user::text as user,
    (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    coalesce(
      (select bool_and(has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
          and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'sinch_numbers' and c.relkind = 'r'),
      (select has_schema_privilege(oid, 'create') from pg_namespace where nspname = 'sinch_numbers'),
      has_database_privilege(current_database(), 'create')
    ) as "isAllowed"`;

/**
 * Looks at a database without changing it.
 * @throws {StoreError} where it cannot be reached
 */
export async function inspectDatabase(url: string): Promise<Inspection> {
  const client = new Client(configOf(url));
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query(QUESTION);
    const found = inspection.parse(rows[0]);
    return { ...found, place: placeOf(client), isTooOld: isOldServer(found.number) };
  } catch (error) {
    throw databaseError(`${placeOf(client)} cannot be reached: ${reasonOf(error)}`, error);
  } finally {
    await client.end().catch(() => {});
  }
}
