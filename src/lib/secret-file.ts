import { readFileSync, statSync } from 'node:fs';
import { isOpenToOthers } from './permissions.ts';

/** Larger than any secret: the wrong file. */
const MAX_BYTES = 4_096;

/**
 * Reads a file that holds a secret and nothing else.
 * @param what it holds, for the message
 * @returns undefined where there is no such file
 * @throws {Error} with what it must be; holds nothing of its content
 */
export function readSecretFile(file: string, what = 'an access key secret'): string | undefined {
  const found = readSmallFile(file);
  if (found === undefined) return undefined;
  // One that somebody else owns, as containers mount it, is only there for this user because it is open.
  if (found.isOwn && isOpenToOthers(found.mode)) {
    throw new Error(`a file that nobody else can read: run chmod 600 "${file}"`);
  }
  const secret = found.text.trim();
  if (!/^\S+$/.test(secret)) throw new Error(`a file that holds ${what} and nothing else`);
  return secret;
}

/** A file's permissions and text; what is too large, or no ordinary file, has none. */
function readSmallFile(
  file: string,
): { readonly isOwn: boolean; readonly mode: number; readonly text: string } | undefined {
  try {
    const stat = statSync(file);
    const isFit = stat.isFile() && stat.size <= MAX_BYTES;
    const isOwn = stat.uid === process.getuid?.();
    return { isOwn, mode: stat.mode, text: isFit ? readFileSync(file, 'utf8') : '' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Error('the path of a file that this user can read');
  }
}
