import type { FileHandle } from 'node:fs/promises';
import { parseJson } from '../../lib/json.ts';
import type { KeptLine, ReadBack } from '../history.ts';
import { headOf, parseJournalLine } from '../journal-lines.ts';
import { isMissing, openSafely } from './safe-open.ts';
import { parseSegmentLine, type SegmentNames } from './segments.ts';

/** How much is read at once. A seal stands within the last so many bytes of its segment. */
const BLOCK_BYTES = 256 * 1024;

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

async function* linesBack(file: FileHandle, segment: number): AsyncGenerator<KeptLine> {
  let { size: end } = await file.stat();
  let isLastBlock = true;
  while (end > 0) {
    const lines = await blockBefore(file, end);
    end = lines[0]?.offset ?? 0;
    const seal = isLastBlock ? lines.findIndex(({ text }) => parseSegmentLine(text)?.isSeal) : -1;
    isLastBlock = false;
    for (const line of (seal < 0 ? lines : lines.slice(0, seal)).toReversed()) {
      const kept = keptLine(line, segment);
      if (kept !== undefined) yield kept;
    }
  }
}

/** The whole lines that end before an offset, oldest first; what follows the last line feed is none. */
async function blockBefore(file: FileHandle, end: number, bytes = BLOCK_BYTES): Promise<RawLine[]> {
  const start = Math.max(0, end - bytes);
  const buffer = Buffer.allocUnsafe(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  const lines: RawLine[] = [];
  // The first line may begin in the block before.
  let from = start === 0 ? 0 : buffer.indexOf(10) + 1;
  for (let to = buffer.indexOf(10, from); to >= 0 && to < bytesRead; to = buffer.indexOf(10, from)) {
    lines.push({ offset: start + from, text: buffer.toString('utf8', from, to) });
    from = to + 1;
  }
  const isTooLong = start > 0 && lines.length === 0;
  return isTooLong ? blockBefore(file, end, bytes * 2) : lines;
}

function keptLine({ offset, text }: RawLine, segment: number): KeptLine | undefined {
  const parse = () => parseJournalLine(parseJson(text));
  const head = headOf(text) ?? parse();
  return head && { segment, offset, head, parse };
}
