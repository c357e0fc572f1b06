import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { InvalidRequestError } from './errors.ts';
import type { FilePart } from './multipart.ts';

/** A link is not followed, and a pipe is not waited for. Windows has neither flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** As large as what undici's sockets take before they ask to wait. */
const CHUNK_BYTES = 64 * 1024;
/** One chunk is in the socket, one read ahead, one being read; and one to spare. */
const CHUNKS = 4;

/**
 * A file of this machine, to be uploaded without being held in memory: its chunks take turns in the same
 * {@link CHUNKS} buffers, since what is thrown away for each would stay until the next full collection.
 * @param type its media type
 * @param maxBytes a larger one is refused
 * @throws {InvalidRequestError} where it is no regular file, is too large or cannot be read
 */
export async function openUpload(
  path: string,
  { fileName, type, maxBytes }: { fileName: string; type: string; maxBytes: number },
): Promise<FilePart> {
  const handle = await openFile(path, fileName);
  const { size, mtimeMs, ino } = await statFile(handle, fileName).finally(() => handle.close());
  if (size > maxBytes) {
    throw new InvalidRequestError(`${fileName} is larger than ${maxBytes / 1024 / 1024} MB`);
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    const handle = await openFile(path, fileName);
    try {
      const now = await statFile(handle, fileName);
      if (now.size !== size || now.mtimeMs !== mtimeMs || now.ino !== ino) throw changed(fileName);
      const chunks = Array.from({ length: CHUNKS }, () => Buffer.allocUnsafeSlow(CHUNK_BYTES));
      for (let position = 0; position < size; position += CHUNK_BYTES) {
        const chunk = chunks[(position / CHUNK_BYTES) % CHUNKS]?.subarray(0, size - position);
        if (chunk === undefined || !(await fill(chunk, handle, position))) throw changed(fileName);
        yield chunk;
      }
    } finally {
      await handle.close();
    }
  }
  return { fileName, type, size, read };
}

async function openFile(path: string, fileName: string): Promise<FileHandle> {
  try {
    return await open(path, FLAGS);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new InvalidRequestError(`${fileName} cannot be read (${code})`, { cause });
  }
}

async function statFile(handle: FileHandle, fileName: string): Promise<Stats> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new InvalidRequestError(`${fileName} is no regular file`);
  return stats;
}

/** @returns whether the file has that much */
async function fill(chunk: Buffer, handle: FileHandle, position: number): Promise<boolean> {
  for (let filled = 0; filled < chunk.length; ) {
    const { bytesRead } = await handle.read(chunk, filled, chunk.length - filled, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}

function changed(fileName: string): InvalidRequestError {
  return new InvalidRequestError(`${fileName} was changed while it was being sent`);
}
