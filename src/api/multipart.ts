/** multipart/form-data (RFC 7578), streamed: files are read as they are sent, and the length is known beforehand. */
import { randomUUID } from 'node:crypto';

/** A file as a part of a form. */
export interface FilePart {
  readonly fileName: string;
  /** Media type, e.g. `application/pdf`. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Its content from the start, `size` bytes in all; each attempt to send it reads it anew. A chunk is good
   * until the second after it is asked for.
   * @throws {InvalidRequestError} where it cannot be read, or is no longer what it was
   */
  read(): AsyncIterable<Uint8Array>;
}

export interface MultipartBody {
  /** The content type, with its boundary. */
  readonly type: string;
  /** In bytes. */
  readonly length: number;
  /** The body from the start. */
  read(): AsyncIterable<Uint8Array>;
}

interface Part {
  readonly name: string;
  readonly value: string | FilePart;
}

export function isFilePart(value: unknown): value is FilePart {
  return typeof value === 'object' && value !== null && 'read' in value && 'fileName' in value;
}

export function multipart(parts: readonly Part[]): MultipartBody {
  const boundary = `form-${randomUUID()}`;
  const end = Buffer.from(`--${boundary}--\r\n`);
  const pieces = parts.map(({ name, value }) => ({
    head: Buffer.from(headOf(boundary, name, value)),
    value,
  }));
  const length = pieces.reduce((sum, { head, value }) => sum + head.length + sizeOf(value) + 2, end.length);

  async function* read(): AsyncGenerator<Uint8Array> {
    for (const { head, value } of pieces) {
      yield head;
      if (typeof value === 'string') yield Buffer.from(value);
      else yield* value.read();
      yield LINE_END;
    }
    yield end;
  }
  return { type: `multipart/form-data; boundary=${boundary}`, length, read };
}

const LINE_END = Buffer.from('\r\n');

function headOf(boundary: string, name: string, value: string | FilePart): string {
  const disposition = `--${boundary}\r\ncontent-disposition: form-data; name="${headerValue(name)}"`;
  if (typeof value === 'string') return `${disposition}\r\n\r\n`;
  const { fileName, type } = value;
  return `${disposition}; filename="${headerValue(fileName)}"\r\ncontent-type: ${type}\r\n\r\n`;
}

/** As browsers escape what would end the header (HTML, multipart/form-data encoding algorithm). */
function headerValue(name: string): string {
  return name.replace(/["\r\n]/g, encodeURIComponent);
}

function sizeOf(value: string | FilePart): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value.size;
}
