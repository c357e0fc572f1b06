import type { Client } from 'pg';
import type { Logger } from '../../lib/log.ts';
import { type Database, endInTime } from './database.ts';

/** How often to look while notices come, and while they do not: a pooler may pass none on. In milliseconds. */
const LISTENING_POLL_MS = 15_000;
const POLL_MS = 1_000;
/** How often to delete what is needed no longer, in milliseconds. */
const PRUNE_EVERY_MS = 10 * 60_000;

/** Notices what other processes write. */
export interface Follower {
  /** Listens from now on. */
  start(): void;
  /** Listens as long as somebody needs it. @returns what ends that */
  hold(): () => void;
  close(): Promise<void>;
}

interface FollowerParts {
  readonly database: Database;
  /** What to read, by the text of the notice that tells of it. */
  readonly reads: Readonly<Record<string, () => Promise<void>>>;
  /** Everything could be read. */
  readonly onRead: () => void;
  readonly prune: () => Promise<void>;
  readonly log: Logger;
}

/** Listens on a connection of its own, and looks now and then whether a notice was lost. */
export function createFollower({ database, reads, onRead, prune, log }: FollowerParts): Follower {
  let client: Client | undefined;
  let isConnecting = false;
  let isClosed = false;
  let isStarted = false;
  let holds = 0;
  let poll: NodeJS.Timeout | undefined;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let lastProblem = '';
  /** What is being read; true where it is to be read once more. */
  const reading = new Map<string, boolean>();

  const isNeeded = () => !isClosed && (isStarted || holds > 0);

  function warn(error: unknown): void {
    if (String(error) !== lastProblem) log.warn(String(error));
    lastProblem = String(error);
  }

  /** One reading of a kind at a time. @returns false where it failed */
  async function read(kind: string): Promise<boolean> {
    const isBusy = reading.has(kind);
    reading.set(kind, isBusy);
    if (isBusy) return true;
    try {
      do {
        reading.set(kind, false);
        await reads[kind]?.();
      } while (reading.get(kind));
      return true;
    } catch (error) {
      if (!isClosed) warn(error);
      return false;
    } finally {
      reading.delete(kind);
    }
  }

  async function readAll(): Promise<void> {
    const results = await Promise.all(Object.keys(reads).map(read));
    if (!results.every(Boolean)) return;
    lastProblem = '';
    onRead();
    if (performance.now() - prunedAt < PRUNE_EVERY_MS) return;
    prunedAt = performance.now();
    await prune().catch(warn);
  }

  async function connect(): Promise<void> {
    if (client !== undefined || isConnecting) return;
    isConnecting = true;
    try {
      const connected = await database.connect();
      connected.on('notification', ({ payload = '' }) => void read(payload));
      connected.once('end', () => {
        if (client === connected) client = undefined;
        schedule();
      });
      client = connected;
      await connected.query('listen sinch_numbers');
      if (!isNeeded()) await disconnect();
    } catch (error) {
      if (!isClosed) warn(error);
      await disconnect();
    } finally {
      isConnecting = false;
    }
  }

  async function disconnect(): Promise<void> {
    const open = client;
    client = undefined;
    if (open !== undefined) await endInTime(open);
  }

  /** Finds out whether the connection still carries anything. */
  async function checkAlive(): Promise<void> {
    await client?.query('select 1').catch(disconnect);
  }

  async function look(): Promise<void> {
    await checkAlive();
    await connect();
    await readAll();
  }

  function schedule(): void {
    clearTimeout(poll);
    if (!isNeeded()) return;
    const ms = client === undefined ? POLL_MS : LISTENING_POLL_MS;
    poll = setTimeout(() => void look().then(schedule), ms).unref();
  }

  function begin(): void {
    if (client === undefined && !isConnecting) void look().then(schedule);
  }

  return {
    start() {
      isStarted = true;
      begin();
    },
    hold() {
      holds++;
      begin();
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        if (--holds === 0 && !isStarted) {
          clearTimeout(poll);
          void disconnect();
        }
      };
    },
    async close() {
      isClosed = true;
      clearTimeout(poll);
      await disconnect();
    },
  };
}
