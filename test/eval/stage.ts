/** A server over stdio, driven by the SDK's client, in a world of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  ElicitRequestSchema,
  type ElicitResult,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { type Call, type Person, type Question, SETTINGS, type Setting, type World } from './scenario.ts';
import { openOffice } from './world.ts';

const SERVER = 'dist/cli.js';
/** A no that comes sooner is taken for the client's own, in milliseconds. */
const READING_MS = 1_100;
/** Callbacks are signed with it. */
export const CALLBACK_SECRET = 'a-secret-of-the-evaluation';

export interface Stage {
  readonly world: World;
  readonly tools: readonly Tool[];
  readonly instructions: string;
  /** Who answers forms from now on. */
  personIs(person: Person): void;
  close(): Promise<void>;
}

/** A way to a server that is started with these variables. */
export type OpenTransport = (env: Record<string, string>) => Transport;

/** The built server. */
const openBuilt: OpenTransport = (env) =>
  new StdioClientTransport({ command: process.execPath, args: [SERVER], env });

/** Starts a simulator and a server on it. To be closed. */
export async function openStage(setting: Setting, openTransport = openBuilt): Promise<Stage> {
  const office = await openOffice();
  const { simulator } = office;
  const folder = await mkdtemp(join(tmpdir(), 'sinch-numbers-eval-'));
  const env = {
    SINCH_NUMBERS_URL: simulator.url,
    SINCH_AUTH_URL: simulator.url,
    SINCH_PROJECT_ID: simulator.projectId,
    SINCH_KEY_ID: simulator.keyId,
    SINCH_KEY_SECRET: simulator.keySecret,
    SINCH_NUMBERS_STATE_DIR: folder,
    SINCH_NUMBERS_OPEN_BROWSER: 'false',
    SINCH_NUMBERS_CALLBACK_PORT: '0',
    SINCH_NUMBERS_CALLBACK_SECRET: CALLBACK_SECRET,
    // What most clients give a model, and the least of what they give it.
    SINCH_NUMBERS_RESULTS: 'text',
    ...SETTINGS[setting],
  };
  const clients: Client[] = [];
  let person: Person = () => undefined;

  async function connect(): Promise<Client> {
    const client = await connectTo(openTransport(env), async (question) => {
      const typed = person(question, world);
      if (typed === undefined) await sleep(READING_MS);
      return typed;
    });
    clients.push(client);
    return client;
  }

  const client = await connect();
  const world: World = {
    ...office,
    call: callWith(client),
    otherCaller: async () => callWith(await connect()),
  };
  const { tools } = await client.listTools();
  return {
    world,
    tools,
    instructions: client.getInstructions() ?? '',
    personIs: (next) => {
      person = next;
    },
    async close() {
      await Promise.all(clients.map((one) => one.close()));
      await simulator.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** @param onForm what is typed into a form; undefined closes it */
async function connectTo(
  transport: Transport,
  onForm: (question: Question) => Promise<string | undefined>,
): Promise<Client> {
  const client = new Client(
    { name: 'eval', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, async ({ params }): Promise<ElicitResult> => {
    if (params.mode === 'url') return { action: 'decline' };
    const [[field, { title = '' }] = ['', {}]] = Object.entries(params.requestedSchema.properties);
    const typed = await onForm({ message: params.message, title });
    return typed === undefined ? { action: 'decline' } : { action: 'accept', content: { [field]: typed } };
  });
  await client.connect(transport);
  return client;
}

/** A call as a model's client makes it: an error of the protocol is a text, too. */
function callWith(client: Client): Call {
  return async (name, args = {}) => {
    try {
      const answer = await client.callTool({ name, arguments: { ...args } });
      const { content } = CallToolResultSchema.parse(answer);
      return content.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
    } catch (error) {
      return `error: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
}
