/** Content codings (RFC 9110 §8.4): none is asked for, but gateways apply them all the same. */
import { promisify } from 'node:util';

/** The body cannot be decoded. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

/**
 * Undoes the codings of a body, the last applied first.
 * @param codings the content-encoding header, e.g. `gzip`
 * @param maxBytes the most that it may be at any stage
 * @throws {EncodingError} where a coding is unknown, the body is not of it, or the result is larger than that
 */
export async function decodeContent(
  body: Buffer,
  codings: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const names = (codings ?? '').toLowerCase().split(/[\s,]+/);
  let decoded = body;
  for (const name of names.reverse()) {
    if (name !== '' && name !== 'identity' && decoded.length > 0) {
      decoded = await decodeOne(decoded, name, maxBytes);
    }
  }
  return decoded;
}

async function decodeOne(body: Buffer, name: string, maxOutputLength: number): Promise<Buffer> {
  const decoder = await decoderOf(name, body);
  // Not named: a header can hold anything.
  if (decoder === undefined) throw new EncodingError('the answer has an unknown content-encoding');
  try {
    return await decoder(body, { maxOutputLength });
  } catch (cause) {
    const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const reason = isTooLarge ? tooLarge(maxOutputLength) : `the answer says that it is ${name}, and is not`;
    throw new EncodingError(reason, { cause });
  }
}

export function tooLarge(maxBytes: number): string {
  return `the answer is larger than ${maxBytes / 1024 / 1024} MB`;
}

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

async function decoderOf(name: string, body: Buffer): Promise<Decoder | undefined> {
  const { brotliDecompress, gunzip, inflate, inflateRaw } = await import('node:zlib');
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return promisify(gunzip);
    case 'br':
      return promisify(brotliDecompress);
    case 'deflate':
      // Meant with zlib's header, whose low bits are 8; some send it without.
      return promisify(((body[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw);
    default:
      return undefined;
  }
}
