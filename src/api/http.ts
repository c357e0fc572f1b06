import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Signal } from '../lib/signal.ts';
import { decodeContent, EncodingError, tooLarge } from './encoding.ts';
import {
  CancelledError,
  ConnectionError,
  codeOf,
  isNumbersError,
  UnexpectedResponseError,
} from './errors.ts';
import type { MultipartBody } from './multipart.ts';

/** A larger answer is refused, before and after decoding: no page of numbers comes near it. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

export interface HttpRequest {
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Pick<MultipartBody, 'length' | 'read'>;
  readonly signal: Signal;
  /** Called when the request is put on a connection. Until then nothing of it has left this process. */
  readonly onSent?: () => void;
}

export interface HttpResponse {
  readonly status: number;
  /** One header by its lower-case name. */
  header(name: string): string | undefined;
  /** Decoded, without a byte order mark. */
  readonly body: string;
}

export interface Http {
  /**
   * Sends one request, once.
   * @throws {ConnectionError} where no whole answer arrived
   * @throws {ProxyError} where a proxy opened no way
   * @throws {UnexpectedResponseError} where the body is over {@link MAX_BODY_BYTES}, or cannot be decoded
   * @throws {InvalidRequestError} where a file of its body cannot be read
   * @throws {CancelledError} after {@link close}
   * @throws the signal's reason, where it aborts
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends all connections, and the requests on them. */
  close(): Promise<void>;
}

/** Proxies as the environment names them; origins over https fall back to the proxy for http. */
export interface ProxySettings {
  /** URLs, with the credentials that the proxy wants. */
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  /** Hosts that are reached directly, comma-separated. */
  readonly noProxy?: string | undefined;
}

export interface HttpOptions {
  readonly proxy?: ProxySettings | undefined;
  /** Replaces the connection pool; the caller closes it. */
  readonly dispatcher?: Dispatcher;
}

/** HTTP over undici, with connections kept alive between calls. undici is loaded at the first request. */
export function createHttp({ dispatcher, proxy }: HttpOptions = {}): Http {
  let pool = dispatcher && Promise.resolve(dispatcher);
  let isClosed = false;
  let turn: Promise<void> | undefined;

  /**
   * Undici frees each connection in an immediate of its own, which may come after this one: the turn after that is waited
   * for, by all that wait in this turn together.
   */
  function nextTurn(): Promise<void> {
    turn ??= new Promise((resolve) => {
      setImmediate(() => {
        turn = undefined;
        setImmediate(resolve);
      });
    });
    return turn;
  }

  return {
    async send(request) {
      if (isClosed) throw new CancelledError();
      pool ??= import('./pool.ts').then(({ openPool }) => openPool(proxy));
      const response = await exchange(await pool, request);
      // Without the wait, a call made at once would open another connection.
      await nextTurn();
      const { status, header } = response;
      return { status, header, body: await readText(request.target, response) };
    },
    async close() {
      isClosed = true;
      if (dispatcher === undefined) await (await pool)?.destroy();
    },
  };
}

/** An answer as it came off the wire. */
type RawResponse = Omit<HttpResponse, 'body'> & { readonly body: Buffer };

async function readText(target: string, { header, body }: RawResponse): Promise<string> {
  try {
    const decoded = await decodeContent(body, header('content-encoding'), MAX_BODY_BYTES);
    const text = decoded.toString('utf8');
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new UnexpectedResponseError(target, cause.message, { cause });
  }
}

const BYTE_ORDER_MARK = '\ufeff';

function exchange(pool: Dispatcher, request: HttpRequest): Promise<RawResponse> {
  const { origin, target, method, body, signal, onSent } = request;
  const isStreamed = typeof body === 'object';
  const headers = isStreamed
    ? { ...request.headers, 'content-length': String(body.length) }
    : request.headers;
  return new Promise<RawResponse>((resolve, reject) => {
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
      {
        origin,
        path: target,
        method,
        headers,
        body: isStreamed ? Readable.from(body.read()) : (body ?? null),
      },
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
            fail(new UnexpectedResponseError(target, tooLarge(MAX_BODY_BYTES)));
          }
        },
        onResponseEnd() {
          signal.removeEventListener('abort', onAbort);
          const header = (name: string) => [responseHeaders[name]].flat()[0];
          resolve({ status, header, body: Buffer.concat(chunks) });
        },
        onResponseError(_, error) {
          if (isNumbersError(error)) fail(error);
          else fail(new ConnectionError(origin, codeOf(error), controller ? 'maybe' : 'no', error));
        },
      },
    );
  });
}

/** Aborts undici; the caller gets the reason that the signal or the limit gave. */
const ABORTED = new Error('aborted');
