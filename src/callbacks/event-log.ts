import { constants } from 'node:fs';
import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../numbers/log.ts';
import { type CallbackEvent, parseEvent } from './event.ts';

/** How many events are kept at least. */
const KEEP = 10_000;

/**
 * Events on disk, shared by all processes that use the same folder.
 *
 * They stand in segments, files of one line an event, named by how many events came before. Everybody appends
 * to the newest segment; a full one is followed by a new one, and the oldest is deleted once those after it
 * hold enough. So nothing is ever rewritten, and no two processes need to agree on anything.
 */
export interface EventLog {
  /**
   * Keeps an event.
   * @returns once it is on disk
   * @throws where it could not be written; nothing is promised then
   */
  append(event: CallbackEvent): Promise<void>;
  /** All that are kept, each once, in the order of their arrival. Sees what other processes appended. */
  read(): Promise<readonly CallbackEvent[]>;
  /** How many of the oldest events are kept no longer. */
  dropped(): number;
}

interface EventLogOptions {
  readonly folder: string;
  readonly log: Logger;
  /** Is told of events that came since this log was first read, from whichever process. */
  readonly onEvents: (events: readonly CallbackEvent[]) => void;
  readonly keep?: number;
}

/** A file of events. */
interface Segment {
  /** How many events came before it. */
  readonly before: number;
  readonly path: string;
  /** Bytes that were read. */
  offset: number;
  /** Events by their ID. One that an older segment has is not among them. */
  readonly events: Map<string, CallbackEvent>;
}

interface Waiting {
  readonly event: CallbackEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const SEGMENT_NAME = /^callback-events\.(\d{12})\.jsonl$/;

export function openEventLog({ folder, log, onEvents, keep = KEEP }: EventLogOptions): EventLog {
  const segmentSize = Math.ceil(keep / 2);
  let segments: Segment[] = [];
  let isLoaded = false;
  let waiting: Waiting[] = [];
  let isWriting = false;
  let last: Promise<unknown> = Promise.resolve();

  /** Runs tasks one after the other. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task);
    last = result.catch(() => {});
    return result;
  }

  const isKnown = (eventId: string) => segments.some(({ events }) => events.has(eventId));

  /** Reads what was appended since the last time. */
  async function refresh(): Promise<void> {
    const befores = await listSegments(folder);
    segments = befores.map(
      (before) =>
        segments.find((segment) => segment.before === before) ?? {
          before,
          path: segmentPath(folder, before),
          offset: 0,
          events: new Map(),
        },
    );
    const fresh: CallbackEvent[] = [];
    for (const segment of segments) {
      for (const line of await readLines(segment)) {
        if (line === '') continue;
        const event = parseEvent(line);
        if (event === undefined) log.warn(`callbacks: skipped a line of ${segment.path} that is no event`);
        if (event === undefined || isKnown(event.eventId)) continue;
        segment.events.set(event.eventId, event);
        fresh.push(event);
      }
    }
    const isNews = isLoaded && fresh.length > 0;
    isLoaded = true;
    if (isNews) onEvents(fresh);
  }

  /** Appends events to the newest segment and waits until they are on disk. */
  async function write(events: readonly CallbackEvent[]): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await refresh();
    const fresh = events.filter(({ eventId }) => !isKnown(eventId));
    if (fresh.length === 0) return;
    const newest = segments.at(-1);
    const count = newest?.events.size ?? 0;
    const path = newest === undefined || count >= segmentSize ? await startSegment(newest) : newest.path;
    // The line feed before ends a line that a crash may have torn.
    const lines = `\n${fresh.map((event) => JSON.stringify(event)).join('\n')}\n`;
    if (!(await appendDurably(path, Buffer.from(lines)))) return write(events);
    await refresh();
  }

  /** Starts the segment that follows the newest, and drops those that are not needed any more. */
  async function startSegment(newest: Segment | undefined): Promise<string> {
    const path = segmentPath(folder, newest === undefined ? 0 : newest.before + newest.events.size);
    await (await open(path, 'a', 0o600)).close();
    await syncFolder(folder);
    let kept = 0;
    for (const segment of segments.toReversed()) {
      if (kept >= keep) await drop(segment);
      kept += segment.events.size;
    }
    return path;
  }

  async function drop({ path, events }: Segment): Promise<void> {
    await unlink(path).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    log.info(`callbacks: dropped the oldest ${events.size} events, to keep the newest ${keep}`);
  }

  /** Writes all that waits, as many at once as have come together meanwhile. */
  async function flush(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const unique = new Map(batch.map(({ event }) => [event.eventId, event]));
      try {
        await inTurn(() => write([...unique.values()]));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return {
    append: (event) =>
      new Promise((resolve, reject) => {
        waiting.push({ event, resolve, reject });
        if (!isWriting) void flush();
      }),
    read: () =>
      inTurn(async () => {
        await refresh();
        return segments.flatMap(({ events }) => [...events.values()]);
      }),
    dropped: () => segments[0]?.before ?? 0,
  };
}

function segmentPath(folder: string, before: number): string {
  return join(folder, `callback-events.${String(before).padStart(12, '0')}.jsonl`);
}

/** What the segments of a folder are named by, oldest first. */
async function listSegments(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names
    .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The whole lines of a segment that were not read yet. */
async function readLines(segment: Segment): Promise<string[]> {
  const file = await open(segment.path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, size - segment.offset));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, segment.offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    segment.offset += end;
    return buffer.toString('utf8', 0, end).split('\n');
  } finally {
    await file.close();
  }
}

/**
 * Appends in one piece and waits for the disk.
 * @returns false where the file is not in its place any more, so that nobody would find what was written
 */
async function appendDurably(path: string, bytes: Buffer): Promise<boolean> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten !== bytes.length) throw new Error(`${path}: only a part could be written`);
    await file.datasync();
    const [written, inPlace] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
    return written.ino === inPlace?.ino;
  } finally {
    await file.close();
  }
}

/** Makes a new file's name durable. Windows has no such call, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
