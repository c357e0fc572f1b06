import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { Signal } from '../lib/signal.ts';
import { CancelledError, ConnectionError, UnexpectedResponseError } from './errors.ts';

/** A larger answer is refused: no page of numbers comes near it. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

export interface HttpRequest {
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: Signal;
  /** Called when the request is put on a connection. Until then nothing of it has left this process. */
  readonly onSent?: () => void;
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
   * @throws {CancelledError} after {@link close}
   * @throws the signal's reason, where it aborts
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends all connections, and the requests on them. */
  close(): Promise<void>;
}

/**
 * HTTP over undici, with connections kept alive between calls. undici is loaded at the first request.
 * @param dispatcher replaces the connection pool; the caller closes it
 */
export function createHttp(dispatcher?: Dispatcher): Http {
  let pool = dispatcher && Promise.resolve(dispatcher);
  let isClosed = false;

  return {
    async send(request) {
      if (isClosed) throw new CancelledError();
      pool ??= import('./pool.ts').then(({ openPool }) => openPool());
      const response = await exchange(await pool, request);
      // undici frees the connection in this turn; without the wait, a call made at once would open another.
      await nextTurn();
      return response;
    },
    async close() {
      isClosed = true;
      if (dispatcher === undefined) await (await pool)?.destroy();
    },
  };
}

function exchange(pool: Dispatcher, request: HttpRequest): Promise<HttpResponse> {
  const { origin, target, method, headers, body, signal, onSent } = request;
  return new Promise<HttpResponse>((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let responseHeaders: Record<string, string | string[] | undefined> = {};
    const chunks: Buffer[] = [];
    let size = 0;

    function fail(error: unknown): void {
      signal.removeEventListener('abort', onAbort);
      reject(error);
      if (controller !== undefined && !controller.aborted) controller.abort(ABORTED);
    }
    const onAbort = () => fail(signal.reason);

    if (signal.aborted) return fail(signal.reason);
    signal.addEventListener('abort', onAbort);

    pool.dispatch(
      { origin, path: target, method, headers, body: body ?? null },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) return started.abort(ABORTED);
          onSent?.();
        },
        onResponseStart(_, statusCode, received) {
          status = statusCode;
          responseHeaders = received;
        },
        onResponseData(_, chunk) {
          size += chunk.length;
          chunks.push(chunk);
          if (size > MAX_BODY_BYTES) {
            const limit = `the answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MB`;
            fail(new UnexpectedResponseError(target, limit));
          }
        },
        onResponseEnd() {
          signal.removeEventListener('abort', onAbort);
          const header = (name: string) => [responseHeaders[name]].flat()[0];
          resolve({ status, header, body: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError(_, error) {
          fail(new ConnectionError(origin, errorCode(error), controller ? 'maybe' : 'no', error));
        },
      },
    );
  });
}

/** What undici is told; the caller gets the reason that the signal or the limit gave. */
const ABORTED = new Error('aborted');

function errorCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return error instanceof Error ? error.name : 'unknown error';
}
