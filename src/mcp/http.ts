import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport as StreamableHttp } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { type Context, Hono } from 'hono';
import { CancelledError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import { listen, readBody } from '../lib/listen.ts';
import type { Logger } from '../lib/log.ts';
import { isLoopback } from '../lib/loopback.ts';
import type { Conversation } from './early-handshake.ts';
import {
  callProblem,
  fields,
  INVALID_PARAMS,
  INVALID_REQUEST,
  isId,
  PARSE_ERROR,
  withoutNullArguments,
} from './json-rpc.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SESSIONS = 100;
/** A session in which nothing was asked for this long is over, in milliseconds. */
const IDLE_MS = 60 * 60_000;
/** Idle sessions are looked for this often, in milliseconds. */
const EXPIRY_CHECK_MS = 60_000;
/** How long calls under way have when the server is told to stop, and then their answers, in milliseconds. */
const DRAIN_MS = 3_000;
const CANCEL_MS = 2_000;
/** JSON-RPC's range for errors of a server's own. */
const SERVER_ERROR = -32000;
const SESSION_NOT_FOUND = -32001;

export interface HttpOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Whoever asks must bring it; undefined where anybody on this machine may ask. */
  readonly token: string | undefined;
  /** Serves one client until its conversation is over. When `stopping` aborts, its calls are cancelled and answered. */
  readonly serve: (conversation: Conversation, stopping: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxSessions?: number;
  readonly idleMs?: number;
}

export interface HttpEndpoint {
  readonly port: number;
  /** Takes no more requests, gives those under way some time, ends all sessions. */
  close(): Promise<void>;
}

interface Session {
  readonly transport: StreamableHttp;
  lastUsed: number;
}

/**
 * Serves MCP over Streamable HTTP at `/mcp`, and `/healthz`. Each client has a session of its own.
 * @throws where the port cannot be listened on
 */
export async function serveHttp(options: HttpOptions): Promise<HttpEndpoint> {
  const { host, port, token, serve, clock, log, maxSessions = MAX_SESSIONS, idleMs = IDLE_MS } = options;
  const sessions = new Map<string, Session>();
  const isLocal = isLoopback(host);
  const stopping = new AbortController();
  let isDraining = false;

  function openSession(): StreamableHttp {
    const transport = new StreamableHttp({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        sessions.set(id, { transport, lastUsed: clock.now() });
      },
    });
    const served = serve(transport, stopping.signal);
    served
      .catch((error: unknown) => log.error(`http: ${String(error)}`))
      .finally(() => sessions.delete(transport.sessionId ?? ''));
    return transport;
  }

  function expire(): void {
    const oldest = clock.now() - idleMs;
    for (const [id, { transport, lastUsed }] of sessions) {
      if (lastUsed >= oldest) continue;
      sessions.delete(id);
      void transport.close();
    }
  }

  async function post(c: Context): Promise<Response> {
    const body = await readBody(c.req.raw, MAX_BODY_BYTES);
    if (body === 'broken') return refuse(400, PARSE_ERROR, 'the request did not arrive whole');
    if (body === 'too large')
      return refuse(413, SERVER_ERROR, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    const text = body.toString('utf8');
    const message = parseJson(text);
    if (message === undefined) return refuse(400, PARSE_ERROR, 'the body is not JSON');
    if (Array.isArray(message)) return refuse(400, INVALID_REQUEST, 'send one message at a time');
    const parsedBody = withoutNullArguments(message);
    const { id, method } = fields(parsedBody);
    // What somebody answers to a question is still heard.
    if (isDraining && method !== undefined) return leaving();
    const problem = callProblem(parsedBody, text);
    if (problem !== undefined && isId(id)) return refuse(200, INVALID_PARAMS, problem, id);
    if (method !== 'initialize' || !isId(id) || c.req.header('mcp-session-id') !== undefined) {
      return inSession(c, parsedBody);
    }
    expire();
    if (sessions.size >= maxSessions)
      return refuse(503, SERVER_ERROR, 'too many sessions are open: try later');
    const transport = openSession();
    const response = await transport.handleRequest(c.req.raw, { parsedBody });
    if (transport.sessionId === undefined) await transport.close();
    return response;
  }

  async function inSession(c: Context, parsedBody?: unknown): Promise<Response> {
    expire();
    const id = c.req.header('mcp-session-id');
    if (id === undefined)
      return refuse(400, SERVER_ERROR, 'initialize first, then send its Mcp-Session-Id header');
    const session = sessions.get(id);
    if (session === undefined)
      return refuse(404, SESSION_NOT_FOUND, 'there is no such session: initialize again');
    session.lastUsed = clock.now();
    return session.transport.handleRequest(c.req.raw, { parsedBody });
  }

  /** Why a request is refused before it is read; undefined where it is not. */
  function refusal(c: Context): Response | undefined {
    const name = c.req.header('host') ?? '';
    // Another name for this machine is another site's: a page that was rebound to this address.
    if (isLocal && !isLoopback(hostName(name))) return refuse(403, SERVER_ERROR, 'unknown Host');
    const origin = c.req.header('origin');
    if (origin !== undefined && originHost(origin) !== name) {
      return refuse(403, SERVER_ERROR, 'the request comes from a page of another site');
    }
    const [, given] = /^bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    if (token !== undefined && !isSame(given, token)) {
      return refuse(401, SERVER_ERROR, 'send Authorization: Bearer and the token of this server', null, {
        'www-authenticate': 'Bearer',
      });
    }
    return undefined;
  }

  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: isDraining ? 'stopping' : 'ok' }, isDraining ? 503 : 200));
  app.use('/mcp', async (c, next) => refusal(c) ?? next());
  app.post('/mcp', post);
  app.on(['GET', 'DELETE'], '/mcp', (c) => (isDraining ? leaving() : inSession(c)));
  app.all('/mcp', () =>
    refuse(405, SERVER_ERROR, 'POST, GET or DELETE', null, { allow: 'POST, GET, DELETE' }),
  );
  app.notFound(() => refuse(404, SERVER_ERROR, 'MCP is served at /mcp'));
  app.onError((error) => {
    log.error(`http: ${String(error)}`);
    return refuse(500, SERVER_ERROR, "internal error, told in this server's log");
  });

  const server = await listen(app.fetch, port, host);
  server.ref();
  const expiry = setInterval(expire, EXPIRY_CHECK_MS);
  return {
    port: server.port,
    async close() {
      isDraining = true;
      clearInterval(expiry);
      // A stream that only waits for news would hold the connection open.
      for (const { transport } of sessions.values()) transport.closeStandaloneSSEStream();
      const cancel = setTimeout(() => stopping.abort(new CancelledError()), DRAIN_MS);
      await server.close(DRAIN_MS + CANCEL_MS);
      clearTimeout(cancel);
      await Promise.all(Array.from(sessions.values(), ({ transport }) => transport.close()));
    },
  };
}

function leaving(): Response {
  return refuse(503, SERVER_ERROR, 'the server is stopping');
}

/** A JSON-RPC error with an HTTP status. */
function refuse(
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', id, error: { code, message } }, { status, headers });
}

/** A Host header without its port. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Compares in a time that tells nothing of where two texts differ. */
function isSame(given: string | undefined, wanted: string): boolean {
  const [a, b] = [given ?? '', wanted].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
