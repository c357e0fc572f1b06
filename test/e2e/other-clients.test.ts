/** Clients that were not written with this server in mind: older SDKs, and the clients of two agent frameworks. */
import { createMCPClient, ElicitationRequestSchema } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as AiStdioTransport } from '@ai-sdk/mcp/mcp-stdio';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client12 } from 'mcp-sdk-1.12/client/index.js';
import { StdioClientTransport as Stdio12 } from 'mcp-sdk-1.12/client/stdio.js';
import { StreamableHTTPClientTransport as Http12 } from 'mcp-sdk-1.12/client/streamableHttp.js';
import { Client as Client20 } from 'mcp-sdk-1.20/client/index.js';
import { StdioClientTransport as Stdio20 } from 'mcp-sdk-1.20/client/stdio.js';
import { StreamableHTTPClientTransport as Http20 } from 'mcp-sdk-1.20/client/streamableHttp.js';
import { ElicitRequestSchema as Elicit20 } from 'mcp-sdk-1.20/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { OFFERED, simulate, type WatchedSimulator } from '../api/support.ts';
import { envFor, SERVER_FILE } from './harness.ts';
import { runHttp } from './inside.ts';

const FOUR_DIGITS = { action: 'accept' as const, content: { lastFourDigits: OFFERED.slice(-4) } };
const RENT = { phoneNumber: OFFERED };

const answer = z.looseObject({ structuredContent: z.looseObject({ outcome: z.string() }) });

type Transport = 'stdio' | 'http';

/** What a test wants of a client, whatever it is. */
interface AnyClient {
  readonly tools: readonly string[];
  /** Text of a call's answer. */
  read(tool: string, args: object): Promise<string>;
  rent(): Promise<string>;
}

interface Driver {
  readonly name: string;
  /** Whether it declares forms: each case is tried. */
  readonly forms: readonly boolean[];
  open(api: WatchedSimulator, transport: Transport, form: boolean): Promise<AnyClient>;
}

const command = { command: process.execPath, args: [SERVER_FILE] };

function environment(api: WatchedSimulator): Record<string, string> {
  return { ...envFor(api), PATH: process.env.PATH ?? '' };
}

async function urlOf(api: WatchedSimulator): Promise<string> {
  return (await runHttp([], envFor(api))).url;
}

const content = z.looseObject({ content: z.array(z.looseObject({ text: z.string() })) });

/** A client of the SDK: those of one major version are used alike. */
interface SdkClient {
  connect(transport: never): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
}

async function openSdk(client: SdkClient, transport: object): Promise<AnyClient> {
  onTestFinished(() => client.close());
  await client.connect(transport as never);
  const { tools } = await client.listTools();
  return {
    tools: tools.map(({ name }) => name),
    async read(name, args) {
      const result = content.parse(await client.callTool({ name, arguments: { ...args } }));
      return result.content.map(({ text }) => text).join('\n');
    },
    async rent() {
      const result = await client.callTool({ name: 'rent_number', arguments: RENT });
      return answer.parse(result).structuredContent.outcome;
    },
  };
}

const identity = { name: 'test', version: '1.0.0' };
const capabilities = (form: boolean) => (form ? { elicitation: {} } : {});

const drivers: readonly Driver[] = [
  {
    name: 'SDK 1.12',
    // Forms came with SDK 1.13.
    forms: [false],
    async open(api, transport) {
      const client = new Client12(identity, { capabilities: {} });
      return openSdk(
        client as unknown as SdkClient,
        transport === 'stdio'
          ? new Stdio12({ ...command, env: environment(api), stderr: 'ignore' })
          : new Http12(new URL(await urlOf(api))),
      );
    },
  },
  {
    name: 'SDK 1.20',
    forms: [true, false],
    async open(api, transport, form) {
      const client = new Client20(identity, { capabilities: capabilities(form) });
      if (form) client.setRequestHandler(Elicit20, () => FOUR_DIGITS);
      return openSdk(
        client as unknown as SdkClient,
        transport === 'stdio'
          ? new Stdio20({ ...command, env: environment(api), stderr: 'ignore' })
          : new Http20(new URL(await urlOf(api))),
      );
    },
  },
  {
    name: 'SDK 2',
    // With forms it has tests of its own.
    forms: [false],
    async open(api, transport) {
      const client = new Client2(identity, { capabilities: {}, versionNegotiation: { mode: 'auto' } });
      return openSdk(
        client,
        transport === 'stdio'
          ? new Stdio2({ ...command, env: environment(api), stderr: 'ignore' })
          : new Http2(new URL(await urlOf(api))),
      );
    },
  },
  {
    name: "the AI SDK's client",
    forms: [true, false],
    async open(api, transport, form) {
      const client = await createMCPClient({
        capabilities: capabilities(form),
        transport:
          transport === 'stdio'
            ? new AiStdioTransport({ ...command, env: environment(api), stderr: 'ignore' })
            : { type: 'http', url: await urlOf(api) },
      });
      onTestFinished(() => client.close());
      if (form) client.onElicitationRequest(ElicitationRequestSchema, () => FOUR_DIGITS);
      const tools = await client.tools();
      return {
        tools: Object.keys(tools),
        async read(name, args) {
          const result = await tools[name]?.execute(args, { toolCallId: 'call-1', messages: [] });
          return content
            .parse(result)
            .content.map(({ text }) => text)
            .join('\n');
        },
        async rent() {
          const result = await tools.rent_number?.execute(RENT, { toolCallId: 'call-2', messages: [] });
          return answer.parse(result).structuredContent.outcome;
        },
      };
    },
  },
  {
    name: "LangChain's client",
    forms: [false],
    async open(api, transport) {
      const server =
        transport === 'stdio'
          ? { ...command, transport, env: environment(api), stderr: 'ignore' as const }
          : { transport, url: await urlOf(api) };
      const client = new MultiServerMCPClient({ mcpServers: { numbers: server } });
      onTestFinished(() => client.close());
      const tools = await client.getTools();
      const read = async (name: string, args: object) =>
        JSON.stringify(await tools.find((tool) => tool.name === name)?.invoke(args));
      return {
        tools: tools.map(({ name }) => name),
        read,
        // It hands on the text alone.
        rent: async () =>
          (await read('rent_number', RENT)).includes('confirmationToken')
            ? 'confirmation_required'
            : 'completed',
      };
    },
  },
];

const cases = drivers.flatMap(({ name, forms, open }) =>
  forms.flatMap((form) => (['stdio', 'http'] as const).map((transport) => ({ name, transport, form, open }))),
);

describe.each(cases)('$name over $transport, form: $form', ({ open, transport, form }) => {
  test('lists tools, reads, and rents no more than a person agreed to', async () => {
    const api = await simulate({ active: 3 });
    const client = await open(api, transport, form);
    expect(client.tools).toContain('search_available_numbers');
    expect(await client.read('list_active_numbers', {})).toContain('3 of 3.');
    expect(await client.rent()).toBe(form ? 'completed' : 'confirmation_required');
    expect(api.count('POST /availableNumbers')).toBe(form ? 1 : 0);
  });
});
