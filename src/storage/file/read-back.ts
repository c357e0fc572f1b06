import type { FileHandle } from 'node:fs/promises';
import { parseJson } from '../../lib/json.ts';
import type { KeptLine, ReadBack } from '../history.ts';
import { headOf, parseJournalLine } from '../journal-lines.ts';
import { isMissing, openSafely } from './safe-open.ts';
import { MAX_SEGMENT_BYTES, SEALED, type SegmentNames } from './segments.ts';

const BLOCK_BYTES = 64 * 1024;
/** More than what several writers append before they see a seal. */
const UNSEALED_BYTES = 1024 * 1024;
const SEAL_BEGINNING = `\n{"step":"${SEALED}"`;

interface RawLine {
  readonly offset: number;
  readonly text: string;
}

/** Reads the lines of a journal that count, newest first, a block at a time. */
export function readBackFrom(names: SegmentNames): ReadBack {
  return async function* () {
    for (const segment of (await names.list()).toReversed()) {
      const file = await openSafely(names.path(segment), 'read').catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (file === undefined) continue;
      try {
        yield* linesBack(file, segment);
      } finally {
        await file.close();
      }
    }
  };
}

async function* linesBack(file: FileHandle, segment: number): AsyncGenerator<readonly KeptLine[]> {
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let end = await endOf(file, buffer);
  while (end > 0) {
    const lines = await blockBefore(file, end, buffer);
    end = lines[0]?.offset ?? 0;
    yield lines.toReversed().flatMap((line) => keptLine(line, segment) ?? []);
  }
}

/** Where the lines end that count: at the seal, if there is one. */
async function endOf(file: FileHandle, buffer: Buffer): Promise<number> {
  const { size } = await file.stat();
  let from = Math.max(MAX_SEGMENT_BYTES, size - UNSEALED_BYTES);
  while (from < size) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const seal = buffer.subarray(0, bytesRead).indexOf(SEAL_BEGINNING);
    if (seal >= 0) return from + seal + 1;
    if (bytesRead <= SEAL_BEGINNING.length) break;
    // It may stand across the end of what was read.
    from += bytesRead - SEAL_BEGINNING.length;
  }
  return size;
}

/** The whole lines that end before an offset, oldest first; what follows the last line feed is none. */
async function blockBefore(file: FileHandle, end: number, buffer: Buffer): Promise<RawLine[]> {
  const start = Math.max(0, end - buffer.length);
  const { bytesRead } = await file.read(buffer, 0, end - start, start);
  const lines: RawLine[] = [];
  // Somebody has cut the file.
  if (bytesRead < end - start) return lines;
  // The first line may begin in the block before.
  let from = start === 0 ? 0 : buffer.indexOf(10) + 1;
  for (let to = buffer.indexOf(10, from); to >= 0 && to < bytesRead; to = buffer.indexOf(10, from)) {
    lines.push({ offset: start + from, text: buffer.toString('utf8', from, to) });
    from = to + 1;
  }
  const isTooLong = start > 0 && lines.length === 0;
  return isTooLong ? blockBefore(file, end, Buffer.allocUnsafe(buffer.length * 2)) : lines;
}

function keptLine({ offset, text }: RawLine, segment: number): KeptLine | undefined {
  const parse = () => parseJournalLine(parseJson(text));
  const head = headOf(text) ?? parse();
  return head && { segment, offset, head, parse };
}
