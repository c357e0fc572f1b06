/** Files of lines that several processes append to, and that survive a crash. */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing, openSafely } from './safe-open.ts';

export { isMissing };

interface Appending {
  /** Whether the file may have to be made; by default so. */
  readonly isNew?: boolean;
  /** Whether to wait until the lines are on disk; by default so. */
  readonly isDurable?: boolean;
  /** Whether the name of a file that another process made is known to be on disk; by default so. */
  readonly isNameDurable?: boolean;
}

/**
 * Appends lines in one piece. What a crash has torn before is ended first.
 * @throws where not all could be written. Some of it may stand in the file then, as a torn line.
 */
export async function appendLines(
  path: string,
  lines: readonly string[],
  { isNew = true, isDurable = true, isNameDurable = true }: Appending = {},
): Promise<void> {
  const file = await openSafely(path, isNew ? 'create or append' : 'append');
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(1);
    if (size > 0) await file.read(end, 0, 1, size - 1);
    const isTorn = size > 0 && end.toString() !== '\n';
    const bytes = Buffer.from(`${isTorn ? '\n' : ''}${lines.join('\n')}\n`);
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten !== bytes.length) throw new Error(`${path}: only a part could be written`);
    if (!isDurable) return;
    await file.datasync();
    if (size === 0 || !isNameDurable) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}

/** How far a file was read. */
export interface Position {
  /** Tells a file from another that takes its place. */
  readonly inode: number;
  readonly offset: number;
}

export const START: Position = { inode: 0, offset: 0 };

export interface Reading {
  readonly lines: readonly string[];
  /** Where they end. */
  readonly position: Position;
  /** Another file stands there than before, and was read from its beginning. */
  readonly isAnother: boolean;
  /** There is more to read than was asked for. */
  readonly hasMore: boolean;
}

/**
 * The whole lines after a position; none where the file does not exist.
 * @param buffer what is read at once; by default all. Only a line that is longer takes more
 */
export async function readLines(
  path: string,
  { inode, offset }: Position,
  buffer?: Buffer,
): Promise<Reading> {
  const file = await openExisting(path, 'read');
  if (file === undefined) return { lines: [], position: START, isAnother: true, hasMore: false };
  try {
    const { size, ino } = await file.stat();
    const isAnother = ino !== inode || size < offset;
    const from = isAnother ? 0 : offset;
    const into = buffer ?? Buffer.allocUnsafe(size - from);
    const { bytesRead } = await file.read(into, 0, Math.min(into.length, size - from), from);
    const length = into.subarray(0, bytesRead).lastIndexOf(10) + 1;
    const hasMore = from + bytesRead < size;
    if (length === 0 && hasMore) {
      return await readLines(path, { inode, offset }, Buffer.allocUnsafe(into.length * 2));
    }
    const lines = into.toString('utf8', 0, length).split('\n');
    return {
      lines: lines.filter((line) => line !== ''),
      position: { inode: ino, offset: from + length },
      isAnother,
      hasMore,
    };
  } finally {
    await file.close();
  }
}

/** Waits until a file is on disk as it is, whoever wrote it. */
export async function syncFile(path: string): Promise<void> {
  const file = await openExisting(path, 'append');
  try {
    await file?.datasync();
    if (file !== undefined) await syncFolder(dirname(path));
  } finally {
    await file?.close();
  }
}

async function openExisting(path: string, access: 'read' | 'append'): Promise<FileHandle | undefined> {
  return openSafely(path, access).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
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
