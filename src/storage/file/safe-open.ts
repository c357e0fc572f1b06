/** Opens files that others could have prepared: none is followed elsewhere, waited for, or shared with every user. */
import { constants, type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from '../store.ts';

// Windows has neither.
const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export type Access = 'read' | 'append' | 'create or append';

const FLAGS: Readonly<Record<Access, number>> = {
  read: constants.O_RDONLY,
  append: constants.O_RDWR | constants.O_APPEND,
  'create or append': constants.O_RDWR | constants.O_APPEND | constants.O_CREAT,
};

/**
 * Opens a regular file. A new one is readable by its owner alone.
 * @throws {StoreError} where the file is a link, a FIFO, a device or a folder, or where everybody may write to it or
 * to its folder
 * @throws the system's error for anything else
 */
export async function openSafely(path: string, access: Access): Promise<FileHandle> {
  await checkFolder(dirname(path));
  const file = await open(path, FLAGS[access] | CAREFUL, 0o600).catch((error: unknown) => {
    throw REFUSALS.has(codeOf(error)) ? refusal(path, REFUSALS.get(codeOf(error)), error) : error;
  });
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw refusal(path, A_FOLDER);
    if (!found.isFile()) throw refusal(path, 'is not a regular file');
    if (isWorldWritable(found.mode)) throw refusal(path, OPEN_TO_ALL);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Makes a folder for its owner alone, where there is none.
 * @throws {StoreError} where everybody may write to it
 */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkFolder(folder);
}

async function checkFolder(folder: string): Promise<void> {
  if (isWorldWritable((await stat(folder)).mode)) throw refusal(folder, OPEN_TO_ALL);
}

const OPEN_TO_ALL = 'can be written to by every user of this machine (chmod o-w forbids that)';

const A_FOLDER = 'is a folder, not a file (EISDIR)';

/** What opening a link, a folder or a socket fails with. */
const REFUSALS = new Map([
  ['ELOOP', 'is a symbolic link'],
  ['EMLINK', 'is a symbolic link'],
  ['EISDIR', A_FOLDER],
  ['ENXIO', 'is not a regular file'],
]);

function refusal(path: string, what = '', cause?: unknown): StoreError {
  return new StoreError(`${path} ${what}: it is not used`, { cause });
}

/** Windows has no such bits. */
function isWorldWritable(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o002) !== 0;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** Gives any error of a task as one of the store. */
export async function asStoreError<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
