import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from '../lib/log.ts';
import { showsViews } from '../views/views.ts';
import type { DeliveringTransport } from './delivery.ts';
import { type Identity, introduction } from './initialize-result.ts';
import { fields, isRequest, METHOD_NOT_FOUND, PROTOCOL_VERSIONS } from './json-rpc.ts';
import { essentialsOf, paramsProblem } from './params.ts';
import { listedTools } from './results.ts';

/** A client that asks for nothing gets its server loaded after this time, in milliseconds. */
const QUIET_MS = 250;

/** By this the next generation of clients finds out whether to begin with `initialize`. */
const DISCOVER = 'server/discover';

type Answer =
  | { readonly result: Record<string, unknown> }
  | { readonly error: { readonly code: number; readonly message: string } };

/** What a server is connected to. */
export type Conversation = DeliveringTransport;

/**
 * Begins the conversation with a client while the server is not loaded yet. What clients wait for at their
 * start (`initialize`, `tools/list`, `ping`) has answers that are known beforehand: they are given here.
 * @returns once the server is wanted: a transport on which it hears all that was said, and what is to come.
 *   Its own answer to `initialize` would be the second and goes nowhere. Undefined where the client is gone.
 */
export async function openConversation(
  outer: DeliveringTransport,
  identity: Identity,
  log: Logger,
): Promise<Conversation | undefined> {
  const heard: JSONRPCMessage[] = [];
  const { results = 'auto' } = identity;
  let introducedIn: JSONRPCRequest['id'] | undefined;
  let client: string | undefined;
  let hasViews = false;
  let isClosed = false;
  let want = () => {};
  const onError = (error: unknown) => log.warn(String(error));

  function hear(message: JSONRPCMessage): void {
    const answer = isRequest(message) ? knownAnswer(message) : undefined;
    if (!isRequest(message) || answer === undefined) {
      heard.push(message);
      if (isRequest(message)) want();
      return;
    }
    outer.send({ jsonrpc: '2.0', id: message.id, ...answer }).catch(onError);
    if (message.method === 'initialize') {
      introducedIn = message.id;
      const params = essentialsOf(fields(message.params));
      client = String(fields(params.clientInfo).name);
      hasViews = showsViews(params.capabilities);
      heard.push({ ...message, params });
    }
    // What comes next needs the server; this answer leaves before it is loaded.
    if (message.method === 'tools/list') setImmediate(want);
  }

  function knownAnswer({ method, params = {} }: JSONRPCRequest): Answer | undefined {
    if (method === 'ping') return { result: {} };
    if (method === 'tools/list') {
      return { result: { tools: listedTools(identity.tools, results, client, hasViews) } };
    }
    if (method === DISCOVER) return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
    if (method !== 'initialize' || introducedIn !== undefined) return undefined;
    // What is malformed is refused by the server.
    if (paramsProblem(method, params) !== undefined) return undefined;
    const requested = PROTOCOL_VERSIONS.find((version) => version === params.protocolVersion);
    const protocolVersion = requested ?? PROTOCOL_VERSIONS[0];
    return { result: { protocolVersion, ...introduction(identity) } };
  }

  const inner: Conversation = {
    get sessionId() {
      return outer.sessionId;
    },
    async start() {
      outer.ondelivered = (id) => inner.ondelivered?.(id);
      outer.onmessage = (message) => inner.onmessage?.(message);
      outer.onerror = (error) => inner.onerror?.(error);
      for (const message of heard.splice(0)) inner.onmessage?.(message);
      if (isClosed) inner.onclose?.();
    },
    async send(message) {
      const isSecondAnswer = 'id' in message && !isRequest(message) && message.id === introducedIn;
      if (!isSecondAnswer || introducedIn === undefined) return outer.send(message);
      introducedIn = undefined;
      if ('error' in message) log.warn(`initialize: ${message.error.message}`);
    },
    close: () => outer.close(),
  };

  await new Promise<void>((resolve) => {
    want = resolve;
    outer.onmessage = hear;
    outer.onerror = onError;
    outer.onclose = () => {
      isClosed = true;
      want();
      inner.onclose?.();
    };
    setTimeout(want, QUIET_MS).unref();
    outer.start().catch(onError);
  });
  return isClosed ? undefined : inner;
}
