import { randomUUID } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import * as z from 'zod';
import type { Clock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import { appendLines, readLines, START } from '../storage/file/lines.ts';
import type { OtherRents } from './reconcile.ts';

/** What is about to be sent. */
const intent = z.object({
  step: z.literal('intent'),
  id: z.string(),
  /** RFC 3339. */
  at: z.string(),
  projectId: z.string(),
  /** The process that sends it, and this one run of it. */
  pid: z.int(),
  server: z.string().optional(),
  tool: z.string(),
  /** The arguments of the call, without what could be a secret. */
  arguments: z.record(z.string(), z.unknown()),
  /** What was agreed to. */
  terms: z.unknown(),
  confirmedBy: z.string(),
  /** The MCP client that asked. */
  client: z.string().optional(),
  /** For a rentAny: the numbers that were rented before, by which the new one is known. */
  before: z.array(z.string()).optional(),
});

/** What came of it. */
const outcome = z.object({
  step: z.literal('outcome'),
  id: z.string(),
  at: z.string(),
  outcome: z.enum(['completed', 'not_executed', 'unknown']),
  phoneNumber: z.string().optional(),
  /** The run of the process that wrote this. */
  server: z.string().optional(),
  /** Found out by reading the API, after the process that sent it had ended. */
  settledLater: z.boolean().optional(),
});

const step = z.discriminatedUnion('step', [intent, outcome]);

export type Intent = z.output<typeof intent>;
export type Outcome = z.output<typeof outcome>;

/** One rent or release, from before it was sent. */
export interface JournalEntry {
  readonly intent: Intent;
  /** Absent while it is under way, and where nobody lived to tell. */
  readonly outcome?: Outcome;
}

/** The journal cannot be read or written. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** Every rent and release, on disk before it is sent. Shared by all processes that use the same folder. */
export interface Journal {
  /**
   * Makes sure, as far as that is possible without writing, that something can be written.
   * @throws {JournalError}
   */
  prepare(): Promise<void>;
  /**
   * Writes down what is about to be sent.
   * @returns its ID, once it is on disk
   * @throws {JournalError} then it must not be sent
   */
  begin(what: Omit<Intent, 'step' | 'id' | 'at' | 'pid' | 'server'>): Promise<string>;
  /**
   * Writes down what came of it.
   * @returns whether nobody else had done so before
   * @throws {JournalError}
   */
  end(id: string, what: Omit<Outcome, 'step' | 'id' | 'at' | 'server'>): Promise<boolean>;
  /** Whether nothing was ever written. */
  isEmpty(): Promise<boolean>;
  /**
   * All entries of a project, oldest first, those of other processes too.
   * @throws {JournalError}
   */
  entries(projectId: string): Promise<readonly JournalEntry[]>;
  /**
   * Entries of a project that have no outcome, and of whose process none is to be expected.
   * @throws {JournalError}
   */
  abandoned(projectId: string): Promise<readonly JournalEntry[]>;
}

/** Nothing is under way for longer than this, in milliseconds: a process that old is another one. */
const LONGEST_MS = 2 * 60_000;
const MAX_WRITES = 3;

export function openJournal(folder: string, clock: Clock): Journal {
  const path = join(folder, 'journal.jsonl');
  const entries = new Map<string, JournalEntry>();
  const server = randomUUID();
  let position = START;
  const turns = pLimit(1);

  /** @throws {JournalError} whatever goes wrong */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    return turns(task).catch((error: unknown) => {
      throw new JournalError(error instanceof Error ? error.message : String(error), { cause: error });
    });
  }

  /** Reads what was appended since the last time. */
  async function refresh(): Promise<void> {
    const reading = await readLines(path, position);
    position = reading.position;
    if (reading.isAnother) entries.clear();
    for (const line of reading.lines) {
      const read = step.safeParse(parseJson(line));
      if (!read.success) continue;
      if (read.data.step === 'intent') {
        if (!entries.has(read.data.id)) entries.set(read.data.id, { intent: read.data });
      } else {
        const entry = entries.get(read.data.id);
        // The first counts, but for an effect that came to light later.
        const isNews = entry?.outcome?.outcome !== 'completed' && read.data.outcome === 'completed';
        if (entry && (isNews || !entry.outcome)) entries.set(read.data.id, { ...entry, outcome: read.data });
      }
    }
  }

  /** Appends until the line can be read back: a crash of another process may tear one right before it. */
  async function write(line: Intent | Outcome, isWritten: () => boolean): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let writes = 0; writes < MAX_WRITES; writes++) {
      await appendLines(path, [JSON.stringify(line)]);
      await refresh();
      if (isWritten()) return;
    }
    throw new Error(`${path} does not keep what is written to it`);
  }

  async function read(projectId: string): Promise<JournalEntry[]> {
    await refresh();
    return [...entries.values()].filter((entry) => entry.intent.projectId === projectId);
  }

  const now = () => new Date(clock.now()).toISOString();

  return {
    prepare: () =>
      inTurn(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await access(folder, constants.W_OK | constants.X_OK);
      }),
    async begin(what) {
      const line: Intent = { step: 'intent', id: randomUUID(), at: now(), pid: process.pid, server, ...what };
      await inTurn(() => write(line, () => entries.has(line.id)));
      return line.id;
    },
    async end(id, what) {
      const line: Outcome = { step: 'outcome', id, at: now(), server, ...what };
      await inTurn(() => write(line, () => entries.get(id)?.outcome !== undefined));
      return entries.get(id)?.outcome?.server === server;
    },
    isEmpty: () =>
      inTurn(async () => {
        await refresh();
        return entries.size === 0;
      }),
    entries: (projectId) => inTurn(() => read(projectId)),
    abandoned: (projectId) =>
      inTurn(async () =>
        (await read(projectId)).filter(({ intent: { pid, at, server: sender }, outcome: ended }) => {
          if (ended !== undefined || sender === server) return false;
          return !isRunning(pid) || Date.parse(at) < clock.now() - LONGEST_MS;
        }),
      ),
  };
}

/** Whether a process with this ID runs. This one's ID, in an entry of another, is that of an earlier process. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * What other rents brought, or may have, since one began.
 * @param settled IDs of entries that are open and will bring nothing any more
 */
export function otherRents(
  entries: readonly JournalEntry[],
  id: string,
  settled: readonly string[] = [],
): OtherRents {
  const began = entries.find((entry) => entry.intent.id === id)?.intent.at ?? '';
  const others = entries.filter(
    ({ intent: other, outcome: ended }) =>
      other.id !== id &&
      other.tool !== 'release_number' &&
      ended?.outcome !== 'not_executed' &&
      (ended === undefined || ended.at >= began),
  );
  const numbers = others.flatMap(({ intent: other, outcome: ended }) => [
    ended?.phoneNumber,
    other.arguments.phoneNumber,
  ]);
  return {
    numbers: new Set(numbers.filter((number) => typeof number === 'string')),
    isOpen: others.some(
      ({ intent: other, outcome: ended }) =>
        ended === undefined && other.arguments.phoneNumber === undefined && !settled.includes(other.id),
    ),
  };
}
