/** Files to be uploaded: those that stand in one folder, and nothing that a name or a link could lead to beyond it. */
import { lstat, readdir } from 'node:fs/promises';
import { basename, extname, join, win32 } from 'node:path';
import { InvalidRequestError } from '../../api/errors.ts';
import { quote } from '../../api/format.ts';
import type { FilePart } from '../../api/multipart.ts';
import { openUpload } from '../../api/upload.ts';

/** The largest file that is uploaded, in bytes. */
const MAX_FILE_BYTES = 20 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.webp': 'image/webp',
  '.heic': 'image/heic',
  '.rtf': 'application/rtf',
  '.txt': 'text/plain',
  '.doc': 'application/msword',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.odt': 'application/vnd.oasis.opendocument.text',
};

/** What no file name has anywhere, or what Windows reads as more than a name. */
const NO_NAME = /[\p{Cc}/\\:*?"<>|]|^\.|[. ]$/u;
const MAX_LISTED = 20;

/**
 * A file directly in this folder, ready to be uploaded. Its media type follows from its name.
 * @throws {InvalidRequestError} where the name is more than a name, or the file is a link, not regular, missing or
 * larger than {@link MAX_FILE_BYTES}
 */
export async function openAttachment(folder: string, fileName: string): Promise<FilePart> {
  const isName = fileName === basename(fileName) && fileName === win32.basename(fileName);
  if (!isName || NO_NAME.test(fileName)) {
    throw new InvalidRequestError('fileName must be the name of a file in the folder alone, without a path');
  }
  const path = join(folder, fileName);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) {
    throw new InvalidRequestError(`there is no such file in the folder. ${await listed(folder)}`);
  }
  if (found.isSymbolicLink())
    throw new InvalidRequestError(`${quote(fileName)} is a link, and none is followed`);
  const type = TYPES[extname(fileName).toLowerCase()] ?? 'application/octet-stream';
  return openUpload(path, { fileName, type, maxBytes: MAX_FILE_BYTES });
}

/** What there is instead. */
async function listed(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return 'The folder itself cannot be read: tell the user';
  const names = entries
    .filter((entry) => entry.isFile() && !NO_NAME.test(entry.name))
    .map(({ name }) => quote(name));
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return names.length === 0 ? 'It is empty' : `It holds ${names.slice(0, MAX_LISTED).join(', ')}${more}`;
}

/** The same file, telling how much of it was read so far. */
export function withProgress(file: FilePart, tell: (bytes: number) => void): FilePart {
  async function* read(): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const chunk of file.read()) {
      yield chunk;
      done += chunk.length;
      tell(done);
    }
  }
  return { ...file, read };
}
