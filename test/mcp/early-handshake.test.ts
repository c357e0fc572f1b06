import { setImmediate as turn } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  ElicitRequestSchema,
  type JSONRPCMessage,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';
import { type Conversation, openConversation } from '../../src/mcp/early-handshake.ts';
import { type Identity, introduction } from '../../src/mcp/initialize-result.ts';
import { createMcpServer } from '../../src/mcp/server.ts';
import { definitions } from '../../src/tools/definitions.ts';
import { OFFERED } from '../api/support.ts';
import { openStage, type StageOptions } from '../support/stage.ts';

type Id = string | number;

/** Long enough for a busy machine. */
const SOON = { timeout: 10_000, interval: 5 };

const IDENTITY: Identity = { name: 'numbers', version: '1.2.3', simulator: true, tools: definitions };

function request(id: Id, method: string, params?: Record<string, unknown>): JSONRPCMessage {
  return { jsonrpc: '2.0', id, method, ...(params && { params }) };
}

function notification(method: string, params?: Record<string, unknown>): JSONRPCMessage {
  return { jsonrpc: '2.0', method, ...(params && { params }) };
}

function initialize(id: Id, params: Record<string, unknown> = {}): JSONRPCMessage {
  const client = { capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  return request(id, 'initialize', { protocolVersion: '2025-06-18', ...client, ...params });
}

const INITIALIZED = notification('notifications/initialized');

/** A client that says what it is told to, and what it hears. */
async function connectClient() {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const heard: JSONRPCMessage[] = [];
  near.onmessage = (message) => {
    heard.push(message);
  };
  await near.start();
  onTestFinished(() => near.close());
  const answers = (id: Id) => heard.filter((message) => 'id' in message && message.id === id);
  return {
    far,
    heard,
    close: () => near.close(),
    async say(...messages: JSONRPCMessage[]) {
      for (const message of messages) await near.send(message);
    },
    answers,
    /** The answer to a request, once there is one. */
    async answer(id: Id): Promise<JSONRPCMessage | undefined> {
      await expect.poll(() => answers(id).length, SOON).toBeGreaterThan(0);
      return answers(id)[0];
    },
  };
}

const QUIET = createLogger('error', () => {});

/** A client whose conversation has begun, with no server yet. */
async function begin(identity = IDENTITY) {
  const client = await connectClient();
  let isWanted = false;
  const wanted = openConversation(client.far, identity, QUIET).finally(() => {
    isWanted = true;
  });
  return { ...client, wanted, isWanted: () => isWanted };
}

/** Serves the conversation with all tools, in front of a simulator. */
async function serveAll(transport: Transport, options: StageOptions = {}) {
  const stage = await openStage(options);
  const served = createMcpServer({ ...stage, ...IDENTITY, log: QUIET }).serve(transport);
  return { stage, served };
}

function conversation(opened: Conversation | undefined): Conversation {
  if (opened === undefined) throw new Error('the client is gone');
  return opened;
}

/** A server of the SDK itself, with nothing between it and the client. */
async function connectSdk() {
  const client = await connectClient();
  const { serverInfo, ...options } = introduction(IDENTITY);
  const server = new Server(serverInfo, options);
  await server.connect(client.far);
  return { ...client, server };
}

/** What the SDK's own server answers to one message. */
async function sdkAnswer(id: Id, message: JSONRPCMessage): Promise<JSONRPCMessage | undefined> {
  const client = await connectSdk();
  await client.say(message);
  return client.answer(id);
}

describe('the answer to initialize', () => {
  test.each([...SUPPORTED_PROTOCOL_VERSIONS, '1999-12-31', '2099-01-01', '', 'newest'])(
    'for version %j is that of the SDK, before there is a server',
    async (protocolVersion) => {
      const message = initialize(1, { protocolVersion });
      const client = await begin();
      await client.say(message);
      expect(client.heard).toEqual([await sdkAnswer(1, message)]);
    },
  );

  test('agrees to no version that the SDK does not speak', async () => {
    const days = Array.from({ length: 1_500 }, (_, day) => new Date(Date.UTC(2024, 0, 1 + day)));
    const versions = days.map((day) => day.toISOString().slice(0, 10));
    const agreed: string[] = [];
    for (const protocolVersion of versions) {
      const [near, far] = InMemoryTransport.createLinkedPair();
      near.onmessage = (message) => {
        if (JSON.stringify(message).includes(`"protocolVersion":"${protocolVersion}"`))
          agreed.push(protocolVersion);
      };
      void openConversation(far, IDENTITY, QUIET);
      await near.send(initialize(1, { protocolVersion }));
      await near.close();
    }
    expect(agreed.sort()).toEqual(versions.filter((it) => SUPPORTED_PROTOCOL_VERSIONS.includes(it)).sort());
    expect(agreed).toHaveLength(SUPPORTED_PROTOCOL_VERSIONS.length);
  });

  test.each<[string, Record<string, unknown>]>([
    ['no version', { protocolVersion: undefined }],
    ['a version that is a number', { protocolVersion: 20250618 }],
    ['no capabilities', { capabilities: undefined }],
    ['capabilities that are a list', { capabilities: [] }],
    ['no name', { clientInfo: { version: '1' } }],
    ['a name that is a number', { clientInfo: { name: 5, version: '1' } }],
    ['no version of its own', { clientInfo: { name: 'test' } }],
    ['a client that is null', { clientInfo: null }],
  ])('to one with %s is the refusal of the server', async (_, wrong) => {
    const client = await begin();
    await client.say(initialize(1, wrong));
    expect(client.heard).toEqual([]);
    await serveAll(conversation(await client.wanted));
    const refusal = await client.answer(1);
    expect(refusal).toMatchObject({ error: { code: expect.any(Number) } });
    expect(refusal).toEqual(await sdkAnswer(1, initialize(1, wrong)));
    await client.say(initialize(2));
    expect(await client.answer(2)).toMatchObject({ result: { protocolVersion: '2025-06-18' } });
  });

  test.each<Id>([0, 1, '', 'one', '0'])('with ID %j comes once', async (id) => {
    const client = await begin();
    await client.say(initialize(id), INITIALIZED, request('list', 'prompts/list'));
    await serveAll(conversation(await client.wanted));
    await client.answer('list');
    await client.say(request('again', 'prompts/list'));
    await client.answer('again');
    expect(client.answers(id)).toHaveLength(1);
    expect(client.heard).toHaveLength(3);
  });

  test('is given to a second initialize too, by the server', async () => {
    const client = await begin();
    await client.say(initialize(1), initialize(2, { protocolVersion: '2024-11-05' }));
    await serveAll(conversation(await client.wanted));
    expect(await client.answer(2)).toMatchObject({ result: { protocolVersion: '2024-11-05' } });
    expect(client.answers(1)).toHaveLength(1);
  });

  test('does not use up the ID: a later request with it is answered', async () => {
    const client = await begin();
    await client.say(initialize(1), INITIALIZED, request(2, 'prompts/list'));
    await serveAll(conversation(await client.wanted));
    await client.answer(2);
    await client.say(request(1, 'prompts/list'));
    await expect
      .poll(() => client.answers(1), SOON)
      .toMatchObject([{}, { result: { prompts: expect.anything() } }]);
  });
});

describe('before the server is there', () => {
  test('tools are listed, as the server lists them later', async () => {
    const client = await begin();
    await client.say(initialize(1), INITIALIZED, request('early', 'tools/list'));
    expect(client.answers('early')).toHaveLength(1);
    await serveAll(conversation(await client.wanted));
    await client.say(request('late', 'tools/list'));
    const [early, late] = [await client.answer('early'), await client.answer('late')];
    expect(late).toMatchObject({ result: { tools: { length: definitions.length } } });
    expect(early).toEqual({ ...late, id: 'early' });
    expect(client.answers('early')).toHaveLength(1);
  });

  test('ping is answered, also before initialize', async () => {
    const client = await begin();
    await client.say(request(0, 'ping'), initialize(1), request('two', 'ping'));
    expect(client.heard).toMatchObject([{ id: 0, result: {} }, { id: 1 }, { id: 'two', result: {} }]);
  });

  test('what waits for it is kept, and answered once, in order', async () => {
    const client = await begin();
    const early = [2, 'three', 4, 'five', 6].map((id) => request(id, id === 4 ? 'nonsense' : 'prompts/list'));
    await client.say(initialize(1), INITIALIZED, ...early);
    const opened = conversation(await client.wanted);
    await client.say(request(7, 'prompts/list'), request(8, 'ping'));
    expect(client.heard).toMatchObject([{ id: 1 }, { id: 8 }]);
    await serveAll(opened);
    await client.say(request(9, 'prompts/list'));
    await client.answer(9);
    const ids = client.heard.map((message) => 'id' in message && message.id);
    // What there is no method for is refused without a wait.
    expect(ids.filter((id) => id !== 4)).toEqual([1, 8, 2, 'three', 'five', 6, 7, 9]);
    expect(await client.answer(4)).toMatchObject({ error: { code: -32601 } });
  });

  test('a request may be cancelled, and is not answered then', async () => {
    const client = await begin();
    const search = { name: 'list_available_regions', arguments: {} };
    await client.say(
      initialize(1),
      INITIALIZED,
      request(2, 'tools/call', search),
      request(3, 'tools/call', search),
    );
    await client.say(notification('notifications/cancelled', { requestId: 2, reason: 'changed my mind' }));
    await serveAll(conversation(await client.wanted));
    expect(await client.answer(3)).toMatchObject({ result: { structuredContent: expect.anything() } });
    await client.say(request(4, 'tools/call', search));
    await client.answer(4);
    expect(client.answers(2)).toEqual([]);
  });
});

describe('the server is wanted', () => {
  test('after tools/list, whose answer has left by then', async () => {
    const client = await begin();
    await client.say(request(1, 'tools/list'));
    expect(client.heard).toHaveLength(1);
    expect(client.isWanted()).toBe(false);
    await turn();
    await turn();
    expect(client.isWanted()).toBe(true);
  });

  test.each(['tools/call', 'prompts/list', 'resources/read', 'nonsense'])(
    'at once after %s',
    async (method) => {
      const client = await begin();
      await client.say(request(1, method));
      await turn();
      expect(client.isWanted()).toBe(true);
      expect(client.heard).toEqual([]);
    },
  );

  test('in the end by a client that asks for nothing', async () => {
    const client = await begin();
    await expect.poll(client.isWanted, SOON).toBe(true);
    expect(await client.wanted).toBeDefined();
    expect(client.heard).toEqual([]);
  });
});

describe('a client that leaves', () => {
  test('before the server is wanted ends the conversation', async () => {
    const client = await begin();
    await client.say(initialize(1), INITIALIZED);
    await client.close();
    expect(await client.wanted).toBeUndefined();
  });

  test('after the tools were listed ends it too, though a server was about to be loaded', async () => {
    const client = await begin();
    await client.say(initialize(1), INITIALIZED, request(2, 'tools/list'));
    await client.close();
    expect(await client.wanted).toBeUndefined();
  });

  test('while the server is being loaded ends it when it is there', async () => {
    const client = await begin();
    await client.say(initialize(1), INITIALIZED, request(2, 'prompts/list'));
    const opened = conversation(await client.wanted);
    await client.close();
    const { served } = await serveAll(opened);
    await served;
    expect(client.heard).toHaveLength(1);
  });

  test('later ends the server', async () => {
    const client = await begin();
    await client.say(initialize(1), INITIALIZED, request(2, 'prompts/list'));
    const { served } = await serveAll(conversation(await client.wanted));
    await client.answer(2);
    await client.close();
    await served;
  });
});

describe('to the server the client is as if it had been there from the start', () => {
  test('it knows its name, whether it shows forms, and that it is initialized, whatever else is odd', async () => {
    const client = await begin();
    const elicitation = { form: {} };
    const capabilities = { elicitation, sampling: {}, experimental: { odd: true } };
    await client.say(
      initialize(1, { capabilities, clientInfo: { name: 'inspector', version: '7', title: null } }),
      INITIALIZED,
    );
    const { serverInfo, ...options } = introduction(IDENTITY);
    const server = new Server(serverInfo, options);
    let isInitialized = false;
    server.oninitialized = () => {
      isInitialized = true;
    };
    await server.connect(conversation(await client.wanted));
    await expect.poll(() => isInitialized, SOON).toBe(true);
    expect(server.getClientVersion()).toEqual({ name: 'inspector', version: '7' });
    expect(server.getClientCapabilities()).toEqual({ elicitation });
    expect(client.heard).toHaveLength(1);
  });

  test('it asks a person through it, and what it tells arrives', async () => {
    const [near, far] = InMemoryTransport.createLinkedPair();
    const wanted = openConversation(far, IDENTITY, QUIET);
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities: { elicitation: { form: {} } } },
    );
    onTestFinished(() => client.close());
    const questions: string[] = [];
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      questions.push(params.message);
      return { action: 'accept', content: { lastFourDigits: '0000' } };
    });
    await client.connect(near);
    expect(client.getServerVersion()).toMatchObject({ name: 'numbers', version: '1.2.3' });
    const called = client.callTool({ name: 'rent_number', arguments: { phoneNumber: OFFERED } });
    const { stage } = await serveAll(conversation(await wanted));
    expect(await called).toMatchObject({ structuredContent: { outcome: 'declined' } });
    expect(questions).toEqual([expect.stringContaining(OFFERED)]);
    expect(stage.sent()).toEqual([]);
  });
});
