import { rm } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Logger } from '../../lib/log.ts';
import { appendTogether } from '../append-together.ts';
import type { Feed, FeedLine } from '../feed.ts';
import { StoreError } from '../store.ts';
import { appendLines, type Position, readLines, START } from './lines.ts';
import { asStoreError, isMissing, prepareFolder } from './safe-open.ts';
import {
  BEGAN,
  MAX_SEGMENT_BYTES,
  parseSegmentLine,
  SEALED,
  type SegmentNames,
  segmentLine,
} from './segments.ts';

const READ_BYTES = 64 * 1024;
const MAX_WRITES = 5;

/**
 * Takes the lines of a log as they stand in its files.
 * @param isBegun whether the copies with which its segment begins stand before it
 * @returns the line, where it is one and may have been written by this process
 */
type Take<L> = (text: string, isBegun: boolean) => L | undefined;

export interface LogOptions<L extends FeedLine> {
  readonly folder: string;
  readonly names: SegmentNames;
  readonly isDurable: boolean;
  /** Segments older than this are followed by a new one, in milliseconds, and deleted soon. */
  readonly maxAgeMs?: number;
  /** Lines that were written longer ago are not read again, in milliseconds: copies of what matters are. */
  readonly readBackMs: number;
  /** Forgets everything, and takes lines that stand in the log; `end` is called after the last. */
  readonly load: () => { readonly take: Take<L>; readonly end: () => void };
  /** Takes a line that is new. */
  readonly take: Take<L>;
  /** Lines with which a new segment begins: what still matters of those before. */
  readonly copies: () => readonly L[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

type Make<L> = (before: readonly L[]) => readonly L[];

/**
 * Lines in segments, shared by all processes that use the folder. Everybody appends to the newest segment. A full one
 * is ended by a line, the seal, after which nothing in it counts: whoever wrote there finds out when reading back, and
 * writes again to the segment that follows. So nothing is ever rewritten, no two processes need to agree on anything,
 * and all see the same lines in the same order.
 */
export function openSegmentedLog<L extends FeedLine>(options: LogOptions<L>): Feed<L> {
  const { folder, names, now } = options;
  const inTurn = pLimit(1);
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let isLoaded = false;
  let take: Take<L> = options.take;
  let segment = 0;
  let position: Position = START;
  /** When the segment began; undefined while the copies that it begins with are not complete. */
  let beganAt: number | undefined;
  /** About where those copies end. */
  let bodyFrom = 0;
  let isNameDurable = false;
  /** Lines that are being written, until they are read back. */
  let missing = new Map<string, L>();

  function enter(next: number): void {
    segment = next;
    position = START;
    beganAt = undefined;
    bodyFrom = 0;
    isNameDurable = false;
  }

  /** Reads where it left off. @returns false where the file is another than before */
  async function readOn(): Promise<boolean> {
    for (;;) {
      const isStarted = position.inode !== 0;
      const reading = await readLines(names.path(segment), position, buffer);
      if (reading.isAnother && isStarted) return false;
      const isAbsent = reading.position.inode === 0;
      // While it was not there, others may have come and gone.
      if (isAbsent && (await names.list()).some((other) => other > segment)) return false;
      position = reading.position;
      if (!takeAll(reading.lines) && !reading.hasMore) return true;
    }
  }

  /** @returns whether the segment ended, and the next was entered */
  function takeAll(lines: readonly string[]): boolean {
    for (const text of lines) {
      const mark = parseSegmentLine(text);
      if (mark?.isSeal) {
        enter(segment + 1);
        return true;
      }
      if (mark !== undefined && beganAt === undefined) {
        beganAt = mark.at;
        bodyFrom = position.offset;
      }
      if (mark === undefined) missing.delete(take(text, beganAt !== undefined)?.line ?? '');
    }
    return false;
  }

  async function refresh(): Promise<void> {
    while (!isLoaded || !(await readOn())) await load();
  }

  async function load(): Promise<void> {
    isLoaded = false;
    const segments = await names.list();
    const loading = options.load();
    take = loading.take;
    enter(await firstNeeded(segments));
    const last = segments.at(-1) ?? 0;
    while (await readOn()) {
      // A segment without a seal, before another: somebody has put the files there.
      if (segment >= last) {
        isLoaded = true;
        break;
      }
      enter(segment + 1);
    }
    loading.end();
    take = options.take;
  }

  /** The newest segment that has, with those after it, all that matters. */
  async function firstNeeded(segments: readonly number[]): Promise<number> {
    const from = now() - options.readBackMs;
    let first = segments.at(-1) ?? 0;
    for (const older of segments.toReversed().slice(1)) {
      const began = await beginningOf(first);
      if (began !== undefined && began <= from) break;
      if (older !== first - 1) break;
      first = older;
    }
    return first;
  }

  async function beginningOf(number: number): Promise<number | undefined> {
    let reading = await readLines(names.path(number), START, buffer);
    for (;;) {
      for (const text of reading.lines) {
        const mark = parseSegmentLine(text);
        if (mark !== undefined && !mark.isSeal) return mark.at;
      }
      if (!reading.hasMore) return undefined;
      reading = await readLines(names.path(number), reading.position, buffer);
    }
  }

  function isFull(): boolean {
    const { maxAgeMs = Number.POSITIVE_INFINITY } = options;
    return (
      position.offset - bodyFrom >= MAX_SEGMENT_BYTES ||
      (beganAt !== undefined && beganAt <= now() - maxAgeMs)
    );
  }

  async function append(lines: readonly string[]): Promise<void> {
    const { isDurable } = options;
    try {
      const isNew = position.inode === 0;
      await appendLines(names.path(segment), lines, { isNew, isDurable, isNameDurable });
      isNameDurable = true;
    } catch (error) {
      // It was there before: somebody has deleted it, and reading finds what to do.
      if (position.inode === 0 || !isMissing(error)) throw error;
    }
    await refresh();
  }

  async function write(makes: readonly Make<L>[]): Promise<void> {
    await refresh();
    const lines: L[] = [];
    for (const make of makes) lines.push(...make(lines));
    if (lines.length > 0) await prepareFolder(folder);
    missing = new Map(lines.map((line) => [line.line, line]));
    for (let writes = 0; missing.size > 0; writes++) {
      if (writes === MAX_WRITES) throw new StoreError(`${folder} does not keep what is written to it`);
      if (isFull()) await append([segmentLine(SEALED, now())]);
      const isFresh = beganAt === undefined && (segment > 0 || options.maxAgeMs !== undefined);
      const texts = [...missing.values()].map((line) => JSON.stringify(line));
      await append([...(isFresh ? beginning() : []), ...texts]);
      if (isFresh && options.maxAgeMs !== undefined) await deleteBefore(segment - 1);
    }
  }

  function beginning(): string[] {
    return [...options.copies().map((line) => JSON.stringify(line)), segmentLine(BEGAN, now())];
  }

  async function deleteBefore(first: number): Promise<void> {
    for (const old of (await names.list()).filter((number) => number < first)) {
      await rm(names.path(old), { force: true }).catch((error: unknown) =>
        options.log.warn(`${names.path(old)} cannot be deleted: ${String(error)}`),
      );
    }
  }

  return {
    refresh: () => asStoreError(() => inTurn(refresh)),
    append: appendTogether<Make<L>>((makes) => asStoreError(() => inTurn(() => write(makes)))),
  };
}
