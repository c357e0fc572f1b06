/** What tests of MCP over HTTP share: an endpoint with small limits, and raw requests to it. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  ElicitResultSchema,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import { trackDeliveries } from '../../src/mcp/delivery.ts';
import type { Conversation } from '../../src/mcp/early-handshake.ts';
import { type HttpEndpoint, type HttpOptions, serveHttp } from '../../src/mcp/http/endpoint.ts';
import { connect } from '../../src/mcp/sdk-workarounds.ts';
import { type FastClock, fastClock } from '../api/support.ts';
import { recorder, send } from '../callbacks/support.ts';

/** What every MCP client sends. */
export const HEADERS = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
};

export function message(method: string, id?: string | number, params: object = {}): object {
  return { jsonrpc: '2.0', method, params, ...(id !== undefined && { id }) };
}

export const INITIALIZE = message('initialize', 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1.0.0' },
});

type Sending = NonNullable<Parameters<typeof send>[1]>;

export interface Opened {
  readonly endpoint: HttpEndpoint;
  readonly clock: FastClock;
  readonly origin: string;
  /** The log. */
  readonly lines: readonly string[];
  /** A request to `/mcp`, its body a message, or text as it stands. */
  post(body: object | string, headers?: Sending['headers'], rest?: Partial<Sending>): ReturnType<typeof send>;
  /** Opens a session. @returns its ID */
  open(headers?: Sending['headers']): Promise<string>;
}

/** An endpoint on a free port until the test is over, by default with a server whose one tool says `done`. */
export async function openHttp(options: Partial<HttpOptions> = {}): Promise<Opened> {
  const clock = fastClock();
  const { log, lines } = recorder();
  const host = options.host ?? '127.0.0.1';
  const serve = options.serve ?? serveTool(async () => 'done');
  const endpoint = await serveHttp({
    host,
    port: 0,
    token: undefined,
    publicUrl: undefined,
    clock,
    log,
    ...options,
    serve,
  });
  onTestFinished(() => endpoint.close());
  const origin = `http://${host.includes(':') ? `[${host}]` : host.replace('0.0.0.0', '127.0.0.1')}:${endpoint.port}`;
  const post: Opened['post'] = (body, headers = {}, rest = {}) =>
    send(`${origin}/mcp`, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...HEADERS, ...headers },
      ...rest,
    });
  return {
    endpoint,
    clock,
    origin,
    lines,
    post,
    async open(headers) {
      const answer = await post(INITIALIZE, headers);
      const id = answer.headers['mcp-session-id'];
      if (typeof id !== 'string') throw new Error(`no session: ${answer.status} ${answer.body}`);
      return id;
    },
  };
}

/** Serves conversations in which every tool does this. */
export function serveTool(does: (name: string) => Promise<string>): HttpOptions['serve'] {
  return async (conversation: Conversation) => {
    const server = new Server({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => ({
      content: [{ type: 'text', text: await does(params.name) }],
    }));
    const closed = new Promise<void>((resolve) => {
      server.onclose = resolve;
    });
    await connect(server, conversation);
    await closed;
  };
}

/** Where a tool that asks can be held up. */
export interface Asking {
  readonly beforeForm?: () => Promise<unknown>;
  readonly afterAnswer?: () => Promise<unknown>;
  /** Is told of what reached its caller. */
  readonly onDelivered?: (id: RequestId) => void;
  /** Is told when a call was cancelled. */
  readonly onCancelled?: (id: RequestId) => void;
}

/** Serves conversations in which every tool asks the person for a word, and tells it. */
export function serveAsking(asking: Asking): HttpOptions['serve'] {
  return async (conversation) => {
    const server = new Server({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } });
    const deliveries = trackDeliveries(conversation);
    server.setRequestHandler(CallToolRequestSchema, async (_, { sendRequest, requestId, signal }) => {
      deliveries.onDelivered(requestId, () => asking.onDelivered?.(requestId));
      signal.addEventListener('abort', () => asking.onCancelled?.(requestId));
      await asking.beforeForm?.();
      const requestedSchema = { type: 'object' as const, properties: { word: { type: 'string' as const } } };
      const { content } = await sendRequest(
        { method: 'elicitation/create', params: { message: 'Which word?', requestedSchema } },
        ElicitResultSchema,
        { signal },
      );
      await asking.afterAnswer?.();
      return { content: [{ type: 'text', text: `the word is ${content?.word}` }] };
    });
    const closed = new Promise<void>((resolve) => {
      server.onclose = resolve;
    });
    await connect(server, conversation);
    await closed;
  };
}

/** A tools/call request. */
export function call(id: string | number, name = 'any'): object {
  return message('tools/call', id, { name, arguments: {} });
}

/** The header by which a request belongs to a session. */
export function session(id: string): { 'mcp-session-id': string } {
  return { 'mcp-session-id': id };
}
