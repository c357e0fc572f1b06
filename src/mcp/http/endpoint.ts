import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { CancelledError } from '../../api/errors.ts';
import type { SignedIn } from '../../identity/access-token.ts';
import type { Clock } from '../../lib/clock.ts';
import { listenBare, readBareBody } from '../../lib/listen.ts';
import type { Logger } from '../../lib/log.ts';
import { authInfoOf } from '../auth-info.ts';
import type { Conversation } from '../early-handshake.ts';
import { failedAnswer, isRequest, PROTOCOL_VERSIONS, readMessage } from '../json-rpc.ts';
import { isServed } from '../params.ts';
import { type AccessOptions, createAccess } from './access.ts';
import { accepted, canPrime, contextOf, isJson, lastEvent, MCP_PATH, pathOf } from './headers.ts';
import * as refusals from './refusals.ts';
import { type HttpRefusal, MAX_BODY_BYTES, refuse } from './refusals.ts';
import { createRoutes, type RouteOptions } from './routes.ts';
import { createSessions } from './sessions.ts';
import { createHttpTransport, type HttpTransport } from './transport.ts';

/** Whoever signed in; undefined where nobody does. */
type Caller = SignedIn | undefined;

const MAX_SESSIONS = 100;
const IDLE_MS = 60 * 60_000;
/** An answer that takes longer is sent as an event, so that a client that loses its connection can come back for it. */
const SOON_MS = 100;
/** How often streams are kept alive and idle sessions looked for, in milliseconds. */
const TICK_MS = 15_000;
/** Time for calls under way after a stop signal, and then for their answers, in milliseconds. */
const DRAIN_MS = 3_000;
const CANCEL_MS = 2_000;

export interface HttpOptions extends AccessOptions, RouteOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /**
   * Serves one client until its conversation is over. When `stopping` aborts, its calls are cancelled and answered.
   * @param scopes what its person allows; undefined where nobody signs in
   */
  readonly serve: (
    conversation: Conversation,
    stopping: AbortSignal,
    scopes?: readonly string[],
  ) => Promise<void>;
  /** Called when no session is left. */
  readonly onEmpty?: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxSessions?: number;
  readonly idleMs?: number;
  readonly soonMs?: number;
  readonly tickMs?: number;
}

export interface HttpEndpoint {
  readonly port: number;
  /** How many sessions are open. */
  sessions(): number;
  /** Takes no more requests, gives those under way some time, ends all sessions. */
  close(): Promise<void>;
}

/**
 * Serves MCP over Streamable HTTP at `/mcp`, and what those ask who run it. Each client has a session of its own.
 * @throws where the port cannot be listened on
 */
export async function serveHttp(options: HttpOptions): Promise<HttpEndpoint> {
  const { host, port, serve, signIn, clock, log, soonMs = SOON_MS, tickMs = TICK_MS } = options;
  const { maxSessions: max = MAX_SESSIONS, idleMs = IDLE_MS } = options;
  const sessions = createSessions({ clock, max, idleMs });
  const accessRefusal = createAccess(options);
  const isAnswered = createRoutes(options, () => isDraining);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let isDraining = false;

  function openSession(caller: SignedIn | undefined): HttpTransport | HttpRefusal {
    if (!sessions.makeRoom()) return refusals.FULL;
    const transport = createHttpTransport({ clock, soonMs, owner: caller?.person.id });
    sessions.add(transport);
    serve(transport, stopping.signal, caller?.scopes)
      .catch((error: unknown) => log.error(`http: ${String(error)}`))
      .finally(() => {
        sessions.remove(transport);
        if (sessions.all().length === 0) options.onEmpty?.();
        return transport.close();
      });
    return transport;
  }

  function sessionOf({ headers }: IncomingMessage, caller: Caller): HttpTransport | HttpRefusal {
    const id = headers['mcp-session-id'];
    if (id === undefined) return refusals.NO_SESSION;
    const transport = sessions.use(String(id), caller?.person.id);
    if (transport === undefined) return refusals.SESSION_IS_OVER;
    const version = headers['mcp-protocol-version'];
    const isKnown = version === undefined || PROTOCOL_VERSIONS.includes(String(version));
    return isKnown ? transport : refusals.UNSUPPORTED_VERSION;
  }

  // Each of these answers a request, or returns why it is refused.

  async function post(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<HttpRefusal | undefined> {
    if (!isJson(request)) return refusals.NOT_JSON;
    const body = await readBareBody(request, MAX_BODY_BYTES);
    if (body === 'broken') return refusals.BROKEN;
    if (body === 'too large') return refusals.TOO_LARGE;
    const read = readMessage(body.toString('utf8'));
    const session = sessionOf(request, caller);
    if ('refusal' in read) {
      const { id, isAnswer } = read.refusal;
      // Whoever asked does not wait for an answer that is malformed.
      if (isAnswer && id !== undefined && isOpen(session)) session.receive(failedAnswer(id));
      return refusals.malformed(read.refusal, isOpen(session));
    }
    const { message } = read;
    // Answers to open questions are still received.
    if (isDraining && 'method' in message) return refusals.LEAVING;
    if (isRequest(message)) return call(request, response, session, message, caller);
    if (!isOpen(session)) return session;
    session.receive(message);
    response.writeHead(202).end();
    return undefined;
  }

  function call(
    request: IncomingMessage,
    response: ServerResponse,
    found: HttpTransport | HttpRefusal,
    message: JSONRPCRequest,
    caller: Caller,
  ): HttpRefusal | undefined {
    const { id, method } = message;
    const isNew = method === 'initialize' && !isOpen(found);
    const session = isNew ? openSession(caller) : found;
    if (!isOpen(session)) {
      const isUnknown = session === refusals.NO_SESSION && !isServed(method);
      return { ...(isUnknown ? refusals.UNKNOWN_METHOD : session), id };
    }
    if (method === 'initialize' && !isNew) return { ...refusals.INITIALIZED, id };
    if (session.isUnderWay(id)) return { ...refusals.UNDER_WAY, id };
    const refusal = caller && signIn?.scopeRefusal(message, caller, request.headers);
    if (refusal) return { ...refusal, id };
    session.request(message, {
      response,
      accepts: accepted(request),
      canPrime: canPrime(request, isNew ? message : undefined),
      headers: isNew ? { 'mcp-session-id': session.sessionId } : {},
      extra: caller && { authInfo: authInfoOf(caller) },
    });
    return undefined;
  }

  function listenTo(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): HttpRefusal | undefined {
    if (isDraining) return refusals.LEAVING;
    const session = sessionOf(request, caller);
    if (!isOpen(session)) return session;
    if (request.method === 'HEAD') return refusals.WRONG_METHOD;
    if (!accepted(request).stream) return refusals.NOT_ACCEPTABLE;
    const last = lastEvent(request);
    const until = caller?.expiresAt;
    if (last === 'malformed') return refusals.UNKNOWN_EVENT;
    if (last === undefined) {
      return session.listen(response, canPrime(request), until) ? undefined : refusals.LISTENING;
    }
    // By 204 a client knows that it need not come back.
    if (!session.resume(response, last.stream, last.sequence, until)) response.writeHead(204).end();
    return undefined;
  }

  async function end(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<HttpRefusal | undefined> {
    if (isDraining) return refusals.LEAVING;
    const session = sessionOf(request, caller);
    if (!isOpen(session)) return session;
    await session.close();
    response.writeHead(200).end();
    return undefined;
  }

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<HttpRefusal | undefined> {
    const { method } = request;
    if (pathOf(request) !== MCP_PATH)
      return (await isAnswered(request, response)) ? undefined : refusals.NOT_FOUND;
    const refusal = accessRefusal(request.headers);
    if (refusal) return refusal;
    const caller = await signIn?.identify(request.headers);
    if (caller && 'status' in caller) return caller;
    if (method === 'POST') return post(request, response, caller);
    if (method === 'GET' || method === 'HEAD') return listenTo(request, response, caller);
    if (method === 'DELETE') return end(request, response, caller);
    return refusals.WRONG_METHOD;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = await handle(request, response).catch((error: unknown) => {
      log.error(`http: ${String(error)}`);
      return refusals.FAILED;
    });
    if (refusal && !response.headersSent) refuse(response, refusal);
  }

  const server = await listenBare(
    (request, response) => {
      if (log.within) log.within(contextOf(request), () => answer(request, response));
      else void answer(request, response);
    },
    port,
    host,
  );
  server.ref();
  const ticking = setInterval(() => {
    sessions.expire();
    for (const session of sessions.all()) session.tick();
  }, tickMs);
  return {
    port: server.port,
    sessions: () => sessions.all().length,
    async close() {
      isDraining = true;
      clearInterval(ticking);
      // A stream that only waits for news would hold the connection open.
      for (const session of sessions.all()) session.stopListening();
      const cancel = setTimeout(() => stopping.abort(new CancelledError()), DRAIN_MS);
      await server.close(DRAIN_MS + CANCEL_MS);
      clearTimeout(cancel);
      await Promise.all(sessions.all().map((session) => session.close()));
    },
  };
}

function isOpen(session: HttpTransport | HttpRefusal): session is HttpTransport {
  return 'sessionId' in session;
}
