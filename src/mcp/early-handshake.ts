import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { isFields } from '../lib/fields.ts';
import type { Logger } from '../lib/log.ts';
import { type Identity, introduction } from './initialize-result.ts';
import { fields, isRequest } from './json-rpc.ts';

/** The versions of the protocol that the SDK speaks, newest first. A test holds them to it. */
const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

/** A client that asks for nothing gets its server loaded after this time, in milliseconds. */
const QUIET_MS = 250;

/** What a server is connected to. */
export type Conversation = Transport;

/**
 * Begins the conversation with a client while the server is not loaded yet. What clients wait for at their
 * start (`initialize`, `tools/list`, `ping`) has answers that are known beforehand: they are given here.
 * @returns once the server is wanted: a transport on which it hears all that was said, and what is to come.
 *   Its own answer to `initialize` would be the second and goes nowhere. Undefined where the client is gone.
 */
export async function openConversation(
  outer: Transport,
  identity: Identity,
  log: Logger,
): Promise<Conversation | undefined> {
  const heard: JSONRPCMessage[] = [];
  let introducedIn: JSONRPCRequest['id'] | undefined;
  let isClosed = false;
  let want = () => {};
  const onError = (error: unknown) => log.warn(String(error));

  function hear(message: JSONRPCMessage): void {
    const result = isRequest(message) ? knownAnswer(message) : undefined;
    if (!isRequest(message) || result === undefined) {
      heard.push(message);
      if (isRequest(message)) want();
      return;
    }
    outer.send({ jsonrpc: '2.0', id: message.id, result }).catch(onError);
    if (message.method === 'initialize') {
      introducedIn = message.id;
      heard.push(withEssentials(message));
    }
    // What comes next needs the server; this answer leaves before it is loaded.
    if (message.method === 'tools/list') setImmediate(want);
  }

  function knownAnswer({ method, params = {} }: JSONRPCRequest): Record<string, unknown> | undefined {
    if (method === 'ping') return {};
    if (method === 'tools/list') return { tools: identity.tools };
    if (method !== 'initialize' || introducedIn !== undefined || !isWellFormed(params)) return undefined;
    const requested = PROTOCOL_VERSIONS.find((version) => version === params.protocolVersion);
    return { protocolVersion: requested ?? PROTOCOL_VERSIONS[0], ...introduction(identity) };
  }

  const inner: Transport = {
    async start() {
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

/** Whether `initialize` can be answered here; what is malformed is refused by the server. */
function isWellFormed({ protocolVersion, capabilities, clientInfo }: Record<string, unknown>): boolean {
  return (
    typeof protocolVersion === 'string' &&
    isFields(capabilities) &&
    Object.values(capabilities).every(isFields) &&
    isFields(clientInfo) &&
    typeof clientInfo.name === 'string' &&
    typeof clientInfo.version === 'string'
  );
}

/** What the server uses of `initialize`. It refuses the whole for a fault in the rest, and then knows nothing. */
function withEssentials(message: JSONRPCRequest): JSONRPCRequest {
  const { protocolVersion, capabilities, clientInfo } = fields(message.params);
  const { elicitation } = fields(capabilities);
  const { name, version } = fields(clientInfo);
  return {
    ...message,
    params: {
      protocolVersion,
      capabilities: elicitation ? { elicitation } : {},
      clientInfo: { name, version },
    },
  };
}
