/** Several clients of one server over HTTP, and its end. */
import { connect as connectSocket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';
import { createMcpServer } from '../../src/mcp/server.ts';
import { definitions } from '../../src/tools/definitions.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { deliver, eventOf, SECRET, send } from '../callbacks/support.ts';
import { deferred, eventually } from '../e2e/harness.ts';
import { openStage, receiverUrl, type StageOptions } from '../support/stage.ts';
import { call, HEADERS, INITIALIZE, openHttp, serveTool, session } from './http-support.ts';

/** A server with all tools in front of a simulator, served over HTTP. */
async function serveStage(options: StageOptions = {}) {
  const stage = await openStage(options);
  const log = createLogger('error', () => {});
  const parts = { name: 'numbers', version: '1.2.3', simulator: true, tools: definitions, log };
  const http = await openHttp({
    serve: (conversation, stopping) => createMcpServer({ ...stage, ...parts, stopping }).serve(conversation),
  });
  return { stage, ...http };
}

/** A client of the SDK whose person types this into every form. */
async function connectClient(origin: string, typed: (message: string) => string | Promise<string>) {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: { form: {} } } });
  const asked: string[] = [];
  const updated: string[] = [];
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    if (params.mode === 'url') throw new Error('asked by URL');
    asked.push(params.message);
    const [field = ''] = Object.keys(params.requestedSchema.properties);
    return { action: 'accept', content: { [field]: await typed(params.message) } };
  });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updated.push(params.uri);
  });
  const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`));
  onTestFinished(() => client.close());
  // The SDK's own transport does not fit its own type where optional properties are exact.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  const rent = (phoneNumber: string) =>
    client
      .callTool({ name: 'rent_number', arguments: { phoneNumber } })
      .then(({ structuredContent }) => structuredContent);
  return { client, transport, asked, updated, rent };
}

describe('two clients', () => {
  test('that rent at the same time are each asked about their own number alone', async () => {
    const { origin, stage } = await serveStage();
    const [first, second] = [
      await connectClient(origin, () => '0134'),
      await connectClient(origin, () => '0135'),
    ];
    const results = await Promise.all([first.rent(OFFERED), second.rent(OFFERED_TOO)]);
    for (const result of results) expect(result).toMatchObject({ outcome: 'completed' });
    expect(first.asked).toEqual([expect.stringContaining(OFFERED)]);
    expect(second.asked).toEqual([expect.stringContaining(OFFERED_TOO)]);
    expect(stage.sent()).toHaveLength(2);
  });

  test('cannot answer for one another: a form stays open where it was shown', async () => {
    const { origin, stage, post } = await serveStage();
    const shown = deferred<void>();
    const late = deferred<string>();
    const first = await connectClient(origin, () => {
      shown.resolve();
      return late.promise;
    });
    const second = await connectClient(origin, () => '0134');
    const rent = first.rent(OFFERED);
    await shown.promise;
    const forged = { action: 'accept', content: { lastFourDigits: '0134' } };
    const id = session(second.transport.sessionId ?? '');
    for (let request = 0; request < 5; request++) {
      expect((await post({ jsonrpc: '2.0', id: request, result: forged }, id)).status).toBe(202);
    }
    await second.client.ping();
    expect(stage.sent()).toEqual([]);
    late.resolve('9999');
    expect(await rent).toMatchObject({ outcome: 'declined' });
    expect(stage.sent()).toEqual([]);
  });

  test('are each told of the resources that they subscribed to, when an event arrives', async () => {
    const { origin, stage } = await serveStage({ inbox: { port: 0, secret: SECRET } });
    const [first, second, third] = [
      await connectClient(origin, () => ''),
      await connectClient(origin, () => ''),
      await connectClient(origin, () => ''),
    ];
    const uri = 'sinch-numbers://callback-events';
    await first.client.subscribeResource({ uri });
    await third.client.subscribeResource({ uri });
    expect(await deliver(receiverUrl(stage.callbacks), eventOf(1))).toBe(200);
    await eventually(() => [first.updated, third.updated]).toEqual([[uri], [uri]]);
    await second.client.ping();
    expect(second.updated).toEqual([]);
  });
});

describe('a server that is told to stop', () => {
  /** A server whose one call lasts until it is released. */
  async function serveSlowly() {
    const [started, release] = [deferred<void>(), deferred<string>()];
    const serve = serveTool(() => {
      started.resolve();
      return release.promise;
    });
    return { ...(await openHttp({ serve })), started, release };
  }

  test('answers the call that is under way', async () => {
    const { endpoint, open, post, started, release } = await serveSlowly();
    const answer = post(call(1), session(await open()));
    await started.promise;
    const closed = endpoint.close();
    release.resolve('in time');
    expect((await answer).body).toContain('"in time"');
    await closed;
  });

  test('takes no new connection, and refuses requests on those there are', async () => {
    const { endpoint, open, post, origin, started, release } = await serveSlowly();
    const id = session(await open());
    const answer = post(call(1), id);
    await started.promise;
    const half = connectSocket(endpoint.port, '127.0.0.1');
    onTestFinished(() => void half.destroy());
    const { port } = endpoint;
    half.write(`POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`);
    // The server has read it once it has answered what came after it.
    await send(`${origin}/healthz`, { method: 'GET' });
    const closed = endpoint.close();
    await expect(post(INITIALIZE)).rejects.toThrow('ECONNREFUSED');
    const body = JSON.stringify(INITIALIZE);
    half.end(
      `${Object.entries(HEADERS)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await text(half)).toMatch(/^HTTP\/1\.1 503 /);
    release.resolve('done');
    expect((await answer).status).toBe(200);
    await closed;
  });

  test('ends streams that wait for news', async () => {
    const { endpoint, open, origin } = await openHttp();
    const headers = { accept: 'text/event-stream', ...session(await open()) };
    const ended = (await fetch(`${origin}/mcp`, { headers })).text();
    await endpoint.close();
    expect(await ended).toBe('');
  });

  test('ends the conversation of each client', async () => {
    let served = 0;
    const serve = serveTool(async () => 'done');
    const { endpoint, open } = await openHttp({
      serve: async (conversation, stopping) => {
        served++;
        await serve(conversation, stopping);
        served--;
      },
    });
    await open();
    await open();
    expect(served).toBe(2);
    await endpoint.close();
    await eventually(() => served).toBe(0);
  });
});
