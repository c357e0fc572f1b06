/** Clients over HTTP that hold on to a call that asks, whatever becomes of their connections. */
import {
  Client as NextClient,
  StreamableHTTPClientTransport as NextTransport,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { openEvents } from '../mcp/event-support.ts';
import { type Message, toolCall } from './harness.ts';
import { openBareSession } from './http-harness.ts';

export interface Asked {
  /** Has the answer typed into the form. */
  readonly type: (text: string) => void;
}

export interface PatientClient {
  /**
   * Calls a tool.
   * @param onEvent is told of each event ID that arrives
   * @returns its structured result, once it comes, if ever
   */
  call(tool: string, args: object, onEvent: () => void): Promise<unknown>;
}

export interface ClientOptions {
  /** Is told of each form; without it, the client shows none. */
  readonly onForm?: (form: Asked) => void;
  /** Whether a stream that broke is resumed. */
  readonly comesBack: boolean;
  /** Is told when it notices that a connection broke. */
  readonly onBroken: () => void;
}

type Connect = (url: string, options: ClientOptions) => Promise<PatientClient>;

const INFO = { name: 'test', version: '1.0.0' };

function capabilities({ onForm }: ClientOptions) {
  return { capabilities: onForm ? { elicitation: { form: {} } } : {} };
}

function reconnecting({ comesBack }: ClientOptions) {
  return {
    reconnectionOptions: {
      initialReconnectionDelay: 20,
      maxReconnectionDelay: 20,
      reconnectionDelayGrowFactor: 1,
      maxRetries: comesBack ? 100 : 0,
    },
  };
}

function fill(onForm: ClientOptions['onForm'], properties: object) {
  const [field = ''] = Object.keys(properties);
  return new Promise<{ action: 'accept'; content: Record<string, string> }>((resolve) => {
    onForm?.({ type: (text) => resolve({ action: 'accept', content: { [field]: text } }) });
  });
}

const connectFirst: Connect = async (url, options) => {
  const client = new Client(INFO, capabilities(options));
  if (options.onForm) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      if (params.mode === 'url') throw new Error('asked by URL');
      return fill(options.onForm, params.requestedSchema.properties);
    });
  }
  client.onerror = options.onBroken;
  onTestFinished(() => client.close());
  const transport = new StreamableHTTPClientTransport(new URL(url), reconnecting(options));
  // The SDK's own transport does not fit its own type where optional properties are exact.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return {
    call: async (name, args, onresumptiontoken) => {
      const params = { name, arguments: { ...args } };
      return (await client.callTool(params, undefined, { onresumptiontoken })).structuredContent;
    },
  };
};

const connectNext: Connect = async (url, options) => {
  const client = new NextClient(INFO, capabilities(options));
  if (options.onForm) {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (!('requestedSchema' in params)) throw new Error('asked by URL');
      return fill(options.onForm, params.requestedSchema.properties);
    });
  }
  client.onerror = options.onBroken;
  onTestFinished(() => client.close());
  await client.connect(new NextTransport(new URL(url), reconnecting(options)));
  return {
    call: async (name, args, onresumptiontoken) => {
      const params = { name, arguments: { ...args } };
      return (await client.callTool(params, { onresumptiontoken })).structuredContent;
    },
  };
};

const form = z.object({ requestedSchema: z.object({ properties: z.looseObject({}) }) });

/** Nothing but HTTP and JSON. */
const connectBare: Connect = async (url, options) => {
  const { origin } = new URL(url);
  const { headers: session, post } = await openBareSession(url, capabilities(options).capabilities);
  let calls = 0;

  async function answerForm({ id, params }: Message): Promise<void> {
    const result = await fill(options.onForm, form.parse(params).requestedSchema.properties);
    await post({ jsonrpc: '2.0', id, result });
  }

  return {
    async call(tool, args, onEvent) {
      const id = calls++;
      // Also what comes at once comes as an event.
      const headers = { ...session, accept: 'text/event-stream' };
      let stream = openEvents(origin, headers, toolCall(id, tool, args));
      for (let last: string | undefined; ; ) {
        const event = await stream.then(({ next }) => next()).catch(() => undefined);
        if (event === undefined) {
          options.onBroken();
          if (!options.comesBack) return new Promise(() => {});
          stream = openEvents(origin, { ...headers, 'last-event-id': last });
          const { status } = await stream;
          if (status !== 200) throw new Error(`there is no way back: ${status}`);
          continue;
        }
        last = event.id ?? last;
        onEvent();
        // The first event may hold an ID alone.
        const message = event.data as Message | undefined;
        if (message?.method === 'elicitation/create') void answerForm(message);
        else if (message?.id === id) return message.result?.structuredContent;
      }
    },
  };
};

export const CLIENTS: readonly (readonly [string, Connect])[] = [
  ["the SDK's client", connectFirst],
  ["the next generation's client", connectNext],
  ['a client of a few lines', connectBare],
];
