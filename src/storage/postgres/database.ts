import { Client, type ClientConfig, Pool, type PoolClient } from 'pg';
import type { Logger } from '../../lib/log.ts';
import type { StoreError } from '../store.ts';
import { databaseError } from './errors.ts';
import { migrate } from './schema.ts';
import { type Sql, sql, textOf } from './sql.ts';

/** For a connection, waiting for a free one included, in milliseconds. */
const CONNECT_MS = 5_000;
/** For the answer to a statement, in milliseconds. */
const ANSWER_MS = 10_000;
/** More would only wait for each other: what spends is decided one after the other. */
const MAX_CONNECTIONS = 8;
/** For connections to end in good order, in milliseconds. */
const CLOSE_MS = 1_000;

export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement. @throws {StoreError} */
export type Run = (statement: Sql) => Promise<readonly Row[]>;

/** The database, with its tables in place. Whatever cannot be done is a {@link StoreError}. */
export interface Database {
  readonly run: Run;
  /** Runs statements of which all take effect, durably, or none. After a failure at the very end it may be either. */
  transaction<T>(task: (run: Run) => Promise<T>): Promise<T>;
  /** The time by which all processes decide: that of the database. */
  time(): Sql;
  /** A connection of its own, for listening. */
  connect(): Promise<Client>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://…`; what it leaves out comes from the variables of libpq, such as PGPASSWORD. */
  readonly url: string;
  readonly log: Logger;
  /** Takes the place of the database's clock, for tests. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/**
 * A process that vanishes in a transaction must not keep its locks, and what was acknowledged must survive a crash of
 * the database, whatever that is configured to.
 */
const BEGIN = `begin;
set local synchronous_commit = on;
set local statement_timeout = ${ANSWER_MS};
set local idle_in_transaction_session_timeout = ${ANSWER_MS}`;

export function openDatabase({ url, log, now }: DatabaseOptions): Database {
  const config = configOf(url);
  const pool = new Pool({ ...config, max: MAX_CONNECTIONS, allowExitOnIdle: true });
  // Of a connection that nobody uses: the next one is another.
  pool.on('error', (error) => log.info(`store: a connection has ended: ${reasonOf(error)}`));
  // Of one that is in use: whatever runs on it fails by itself. It may end in the same breath as it has begun.
  pool.on('connect', (client) => client.on('error', () => {}));
  const place = placeOf(new Client(config));
  let migrated: Promise<void> | undefined;

  function unreachable(error: unknown): StoreError {
    return databaseError(`${place} cannot be used: ${reasonOf(error)}`, error);
  }

  async function ask(client: Client | PoolClient, text: string, values: readonly unknown[] = []) {
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw unreachable(error);
    }
  }

  function runOn(client: Client | PoolClient): Run {
    return (statement) => ask(client, textOf(statement), statement.values);
  }

  /** With a connection, which is dropped where anything fails: it may be in the middle of a transaction. */
  async function using<T>(task: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => {
      throw unreachable(error);
    });
    let isSound = false;
    try {
      const result = await task(client);
      isSound = true;
      return result;
    } finally {
      client.release(!isSound);
    }
  }

  async function inTransaction<T>(client: PoolClient, task: (run: Run) => Promise<T>): Promise<T> {
    await ask(client, BEGIN);
    const result = await task(runOn(client));
    await ask(client, 'commit');
    return result;
  }

  /** Once for this process, and again until it has worked. */
  function prepared(): Promise<void> {
    migrated ??= using((client) => migrate(runOn(client), (task) => inTransaction(client, task))).catch(
      (error: unknown) => {
        migrated = undefined;
        throw error;
      },
    );
    return migrated;
  }

  return {
    async run(statement) {
      await prepared();
      return using((client) => runOn(client)(statement));
    },
    async transaction(task) {
      await prepared();
      return using((client) => inTransaction(client, task));
    },
    time: () => (now ? sql`${new Date(now()).toISOString()}::timestamptz` : sql`statement_timestamp()`),
    async connect() {
      await prepared();
      const client = new Client(config);
      client.on('error', (error) =>
        log.info(`store: the listener has lost its connection: ${reasonOf(error)}`),
      );
      try {
        await client.connect();
        return client;
      } catch (error) {
        await client.end().catch(() => {});
        throw unreachable(error);
      }
    },
    close: () => endInTime(pool),
  };
}

/** Ends connections in good order, or without it where the other side does not answer. */
export async function endInTime(open: { end(): Promise<void> }): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([open.end().catch(() => {}), late]);
  clearTimeout(timer);
}

/** How a database is connected to. */
export function configOf(url: string): ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    application_name: 'sinch-numbers-mcp',
  };
}

/** e.g. `the database numbers at db.example.com:5432`. */
export function placeOf({ database, host, port }: Client): string {
  return `the database ${database} at ${host}:${port}`;
}

/** What went wrong, e.g. `ECONNREFUSED`. The driver's messages and the server's hold no password. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Where several addresses were tried, the message is empty.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
