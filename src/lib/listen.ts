/** HTTP servers: for this machine alone, unless an address says otherwise. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { lookAfterConnections } from './connections.ts';

/** What is slow or too many is cut off. */
const MAX_CONNECTIONS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long requests under way have when the server closes. */
const CLOSE_MS = 1_000;

const LOOPBACK = '127.0.0.1';
const EMPTY = Buffer.alloc(0);

export interface HttpServer {
  readonly port: number;
  /** Keeps the process alive. */
  ref(): void;
  /** @param graceMs how long requests under way have */
  close(graceMs?: number): Promise<void>;
}

/**
 * Listens for requests. Does not keep the process alive.
 * @param port 0 takes any free one
 * @throws where the port cannot be listened on
 */
export function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
  host = LOOPBACK,
): Promise<HttpServer> {
  return listenBare(listenerOf(fetch), port, host);
}

/** Answers Node's own requests by a function on those of the web. */
export function listenerOf(fetch: (request: Request) => Response | Promise<Response>): RequestListener {
  return getRequestListener(fetch, { overrideGlobalObjects: false });
}

/**
 * The same with Node's own requests and responses, which cost less.
 * @throws where the port cannot be listened on
 */
export async function listenBare(handle: RequestListener, port: number, host: string): Promise<HttpServer> {
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: REQUEST_TIMEOUT_MS,
  });
  const closeIdle = lookAfterConnections(server, MAX_CONNECTIONS);
  server.on('request', (request, response) => {
    // A client that was told that its connection closes has sent another request on it.
    if (request.socket.writableEnded) return request.socket.destroy();
    // What is written after the client has gone is nobody's.
    response.on('error', nobodyIsTold);
    handle(request, response);
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    ref: () => void server.ref(),
    async close(graceMs = CLOSE_MS) {
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      const closed = new Promise((resolve) => server.close(resolve));
      // Connections that clients keep for later would hold up the end.
      closeIdle();
      await closed;
      clearTimeout(cutOff);
    },
  };
}

function nobodyIsTold(): void {}

/**
 * Reads a request's body. Hono's own limit is of no use here: without a Content-Length it makes a new
 * Request of the adapter's, which Node refuses.
 * @param most in bytes
 * @returns `broken` where the sender did not finish it
 */
export async function readBody(
  { headers, body }: Request,
  most: number,
): Promise<Buffer | 'too large' | 'broken'> {
  if (Number(headers.get('content-length') ?? 0) > most) return 'too large';
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
      size += read.value.length;
      // The rest is left unread: to cancel the stream would end the connection before the answer.
      if (size > most) return 'too large';
      chunks.push(read.value);
    }
  } catch {
    return 'broken';
  }
  return Buffer.concat(chunks);
}

/**
 * Reads the body of one of Node's own requests.
 * @param most in bytes
 * @returns `broken` where the sender did not finish it
 */
export function readBareBody(
  request: IncomingMessage,
  most: number,
): Promise<Buffer | 'too large' | 'broken'> {
  return new Promise((resolve) => {
    if (Number(request.headers['content-length'] ?? 0) > most) return resolve('too large');
    // Whoever has gone before says nothing any more.
    if (request.destroyed) return resolve('broken');
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else resolve('too large');
    });
    request.once('end', () => {
      const [only = EMPTY] = chunks;
      resolve(chunks.length > 1 ? Buffer.concat(chunks) : only);
    });
    request.once('close', () => resolve('broken'));
    request.once('error', () => resolve('broken'));
  });
}
