import type { Dispatcher } from 'undici';
import { ConnectionError, isNumbersError, UnexpectedResponseError } from './errors.ts';

/** A larger answer is refused: no page of numbers comes near it. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

export interface HttpRequest {
  readonly origin: string;
  readonly target: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** One header by its lower-case name. */
  header(name: string): string | undefined;
  readonly body: string;
}

export interface Http {
  /**
   * Sends one request, once.
   * @throws {ConnectionError} where no whole answer arrived
   * @throws {UnexpectedResponseError} where the body is over {@link MAX_BODY_BYTES}
   * @throws the signal's reason, where it aborts
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** Errors of a connection that was never made: nothing was sent on it. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * HTTP over undici, with connections kept alive between calls. undici is loaded at the first request.
 * @param dispatcher replaces the connection pool; the caller closes it
 */
export function createHttp(dispatcher?: Dispatcher): Http {
  let pool: Promise<Dispatcher> | undefined;

  return {
    async send({ origin, target, method, headers, body, signal }) {
      pool ??= dispatcher
        ? Promise.resolve(dispatcher)
        : import('./pool.ts').then(({ openPool }) => openPool());
      const connections = await pool;
      try {
        const response = await connections.request({
          origin,
          path: target,
          method,
          headers,
          body: body ?? null,
          signal,
        });
        return {
          status: response.statusCode,
          header: (name) => [response.headers[name]].flat()[0],
          body: await readBody(response.body, target),
        };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (isNumbersError(error)) throw error;
        const code = errorCode(error);
        throw new ConnectionError(origin, code, NOT_CONNECTED.has(code) ? 'no' : 'maybe', error);
      }
    },
    async close() {
      if (dispatcher === undefined) await (await pool)?.destroy();
    },
  };
}

async function readBody(body: Dispatcher.ResponseData['body'], target: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new UnexpectedResponseError(
        target,
        `the answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MB`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function errorCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return error instanceof Error ? error.name : 'unknown error';
}
