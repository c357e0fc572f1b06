import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { type CallbackEvent, parseEvent } from '../../api/callback-event.ts';
import type { Logger } from '../../lib/log.ts';
import { appendEventsTogether } from '../append-together.ts';
import type { EventLog as PublishedEventLog } from '../store.ts';
import { appendLines, isMissing, type Position, readLines, START, syncFile } from './lines.ts';
import { prepareFolder } from './safe-open.ts';

/** How many events are kept at least, unless they take more than the bytes below. Real ones have some 400. */
const KEEP = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
const MAX_WRITES = 3;

/**
 * Events on disk, shared by all processes that use the same folder.
 *
 * They stand in segments, files of one line an event, named by how many events came before. Everybody appends
 * to the newest segment; a full one is followed by a new one, and the oldest is deleted once those after it
 * hold enough. So nothing is ever rewritten, and no two processes need to agree on anything.
 */
export type EventLog = Omit<PublishedEventLog, 'subscribe'>;

interface EventLogOptions {
  readonly folder: string;
  readonly log: Logger;
  /** Called with events that came since this log was first read, from whichever process. */
  readonly onEvents: (events: readonly CallbackEvent[]) => void;
  readonly keep?: number;
}

/** A file of events. */
interface Segment {
  /** How many events came before it. */
  readonly before: number;
  readonly path: string;
  /** How far it was read. */
  position: Position;
  /** Events by their ID. One that an older segment has is not among them. */
  readonly events: Map<string, CallbackEvent>;
}

const SEGMENT_NAME = /^callback-events\.(\d{12})\.jsonl$/;

export function openEventLog({ folder, log, onEvents, keep = KEEP }: EventLogOptions): EventLog {
  const segmentSize = Math.ceil(keep / 2);
  let segments: Segment[] = [];
  let isLoaded = false;
  const inTurn = pLimit(1);

  const isKnown = (eventId: string) => segments.some(({ events }) => events.has(eventId));

  /** Reads what was appended since the last time. */
  async function refresh(): Promise<void> {
    const befores = await listSegments(folder);
    segments = befores.map(
      (before) =>
        segments.find((segment) => segment.before === before) ?? {
          before,
          path: segmentPath(folder, before),
          position: START,
          events: new Map(),
        },
    );
    const fresh: CallbackEvent[] = [];
    for (const segment of segments) {
      const { lines, position, isAnother } = await readLines(segment.path, segment.position);
      segment.position = position;
      if (isAnother) segment.events.clear();
      for (const line of lines) {
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

  /** Appends events and waits until they are on disk. */
  async function write(events: readonly CallbackEvent[]): Promise<void> {
    await prepareFolder(folder);
    await refresh();
    // What another process wrote, or this one in vain, may not be on disk yet.
    const holders = segments.filter((segment) => events.some(({ eventId }) => segment.events.has(eventId)));
    await Promise.all(holders.map(({ path }) => syncFile(path)));
    for (let writes = 0; writes < MAX_WRITES; writes++) {
      const fresh = events.filter(({ eventId }) => !isKnown(eventId));
      if (fresh.length === 0) return;
      await appendLines(
        currentPath(),
        fresh.map((event) => JSON.stringify(event)),
      );
      // What was written is read back: another process may have deleted the file, or torn a line before it.
      await refresh();
      await prune();
    }
    if (events.some(({ eventId }) => !isKnown(eventId))) {
      throw new Error(`${folder} does not keep what is written to it`);
    }
  }

  /** The newest segment, or the one that follows it when it is full. */
  function currentPath(): string {
    const newest = segments.at(-1);
    if (newest === undefined) return segmentPath(folder, 0);
    const { before, path, position, events } = newest;
    const isFull = events.size >= segmentSize || position.offset >= MAX_SEGMENT_BYTES;
    return isFull ? segmentPath(folder, before + events.size) : path;
  }

  /** Deletes the segments that are not needed any more. */
  async function prune(): Promise<void> {
    let [count, bytes] = [0, 0];
    for (const segment of segments.toReversed()) {
      if (count >= keep || bytes >= MAX_BYTES) await drop(segment);
      count += segment.events.size;
      bytes += segment.position.offset;
    }
  }

  async function drop({ before, path, events }: Segment): Promise<void> {
    try {
      await rm(path, { force: true });
      segments = segments.filter((segment) => segment.before !== before);
      log.info(`callbacks: dropped the oldest ${events.size} events, to keep the newest ${keep}`);
    } catch (error) {
      log.warn(`callbacks: ${path} cannot be deleted: ${String(error)}`);
    }
  }

  return {
    append: appendEventsTogether((events) => inTurn(() => write(events))),
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
