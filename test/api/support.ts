import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/api/auth.ts';
import { type ClientOptions, createNumbersClient, type NumbersClient } from '../../src/api/client.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/log.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { onEnd } from '../support/lifetime.ts';

/** Numbers that every simulator has on offer, and one that it never has. */
export const OFFERED = '+12025550134';
export const OFFERED_TOO = '+12025550135';
export const UNKNOWN = '+12025550001';

/** A clock whose sleeps pass at once. They are kept in `sleeps`, in milliseconds. */
export interface FastClock extends Clock {
  readonly sleeps: number[];
  advance(ms: number): void;
}

export function fastClock(start = Date.UTC(2026, 0, 1)): FastClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

export interface Received {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  /** Every request that arrived whole, in order. */
  readonly requests: readonly Received[];
  /** How many connections were made. */
  readonly connections: () => number;
  /** The answer that the next request waits for. To be asked before the request is made. */
  arrival(): Promise<ServerResponse>;
}

type Handler = (response: ServerResponse, received: Received) => void;

/** Never answers. */
export const silent: Handler = () => {};

export function answerJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** A plain HTTP server on 127.0.0.1, until the test is over, or those that share it. */
export async function serve(handler: Handler, port = 0): Promise<TestServer> {
  const requests: Received[] = [];
  let waiting: ((response: ServerResponse) => void)[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const { method = '', url: target = '', headers } = request;
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const received = { method, target, headers, body };
    requests.push(received);
    for (const resolve of waiting) resolve(response);
    waiting = [];
    handler(response, received);
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', () => {
    connections++;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  onEnd(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    requests,
    connections: () => connections,
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

/**
 * A port of 127.0.0.1 that nothing listens on. It lies below those that systems hand out by themselves, so
 * that no other test is given it.
 */
export async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!isFree) return freePort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface WatchedSimulator extends Simulator {
  /** Every request that arrived, e.g. `GET /activeNumbers?pageSize=5` or `POST /oauth2/token`. */
  readonly requests: readonly string[];
  /** How many of them begin with this. */
  count(start: string): number;
}

/** A simulator that keeps what it is asked, until the test is over. */
export async function simulate(options: SimulatorOptions = {}): Promise<WatchedSimulator> {
  const requests: string[] = [];
  const simulator = await startSimulator({
    ...options,
    onRequest: (method, path) => requests.push(`${method} ${path.replace(/^\/v1\/projects\/[^/]+/, '')}`),
  });
  onEnd(() => simulator.close());
  const count = (start: string) => requests.filter((request) => request.startsWith(start)).length;
  return { ...simulator, requests, count };
}

/** The endpoint of a simulator, or of a plain server with an invented key. */
export function endpointAt(
  server: { readonly url: string } & Partial<Endpoint>,
  overrides: Partial<Endpoint> = {},
): Endpoint {
  const { url, projectId = 'project', keyId = 'key-id', keySecret = 'key-secret' } = server;
  return { projectId, keyId, keySecret, url, authUrl: url, auth: 'oauth2', ...overrides };
}

/** A client of that endpoint, closed when the test is over. It does not wait between attempts. */
export function connect(endpoint: Endpoint, options: Partial<ClientOptions> = {}): NumbersClient {
  const client = createNumbersClient({
    endpoint: async () => endpoint,
    userAgent: 'sinch-numbers-mcp/test',
    log: createLogger('error', () => {}),
    clock: fastClock(),
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** What the promise is rejected with. Handles the rejection from now on. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
