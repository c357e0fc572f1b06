import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './safe-open.ts';

/** The names of a log's files: `journal.jsonl`, then `journal.000001.jsonl` and so on. */
export interface SegmentNames {
  path(segment: number): string;
  /** The segments that there are, oldest first. */
  list(): Promise<readonly number[]>;
}

export function segmentNames(folder: string, name: string): SegmentNames {
  const pattern = new RegExp(`^${name}(?:\\.(\\d{6,}))?\\.jsonl$`);
  return {
    path: (segment) =>
      join(folder, segment === 0 ? `${name}.jsonl` : `${name}.${String(segment).padStart(6, '0')}.jsonl`),
    async list() {
      const files = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      const segments = files.flatMap((file) => {
        const match = pattern.exec(file);
        return match === null ? [] : [Number(match[1] ?? 0)];
      });
      return segments.sort((a, b) => a - b);
    },
  };
}

/** A segment is followed by a new one when it has so much beside the copies with which it begins. */
export const MAX_SEGMENT_BYTES = 1024 * 1024;

/** The line that follows the copies with which a segment begins, and the one that ends what counts of it. */
export const BEGAN = 'segment';
export const SEALED = 'sealed';

/** @param at milliseconds since the epoch */
export function segmentLine(step: typeof BEGAN | typeof SEALED, at: number): string {
  return JSON.stringify({ step, at });
}

const SEGMENT_LINE = new RegExp(`^\\{"step":"(${BEGAN}|${SEALED})","at":(\\d+)\\}$`);

/** @returns undefined for any other line */
export function parseSegmentLine(
  text: string,
): { readonly isSeal: boolean; readonly at: number } | undefined {
  const [, step, at] = SEGMENT_LINE.exec(text) ?? [];
  return step === undefined ? undefined : { isSeal: step === SEALED, at: Number(at) };
}
