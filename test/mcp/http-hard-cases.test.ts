import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';
import { createMcpServer } from '../../src/mcp/server.ts';
import { definitions } from '../../src/tools/definitions.ts';
import { OFFERED } from '../api/support.ts';
import { deferred, eventually } from '../e2e/harness.ts';
import { openStage } from '../support/stage.ts';
import { call, HEADERS, INITIALIZE, message, openHttp, serveTool, session } from './http-support.ts';

test('a call whose arguments are null is a call without arguments', async () => {
  const { post, open } = await openHttp();
  const body = message('tools/call', 1, { name: 'any', arguments: null });
  expect((await post(body, session(await open()))).body).toContain('"done"');
});

test('a malformed call in a batch is not answered with internals', async () => {
  const { post, open } = await openHttp();
  const body = JSON.stringify([message('tools/call', 1, { name: 5 })]);
  expect((await post(body, session(await open()))).body).not.toContain('invalid_type');
});

test('a session that is over makes room at once', async () => {
  const { open, post, clock } = await openHttp({ maxSessions: 1, idleMs: 60_000 });
  await open();
  clock.advance(60_001);
  expect((await post(INITIALIZE)).status).toBe(200);
});

test('an initialize without an id, whose answer nobody gets, opens no session', async () => {
  const { post } = await openHttp({ maxSessions: 1 });
  await post({ ...INITIALIZE, id: undefined });
  expect((await post(INITIALIZE)).status).toBe(200);
});

test('the scheme of the token is known in any case', async () => {
  const { post } = await openHttp({ token: 'a-token-of-24-characters' });
  expect((await post(INITIALIZE, { authorization: 'bearer a-token-of-24-characters' })).status).toBe(200);
});

test('a server that is told to stop does not wait for clients that keep their connection open', async () => {
  const [started, release] = [deferred<void>(), deferred<string>()];
  const serve = serveTool(() => {
    started.resolve();
    return release.promise;
  });
  const { endpoint, open, origin } = await openHttp({ serve });
  const headers = { ...HEADERS, ...session(await open()) };
  // fetch keeps its connection.
  const answer = fetch(`${origin}/mcp`, { method: 'POST', headers, body: JSON.stringify(call(1)) });
  await started.promise;
  const closed = endpoint.close();
  release.resolve('done');
  await (await answer).text();
  const endedAt = performance.now();
  await closed;
  expect(performance.now() - endedAt).toBeLessThan(1_000);
});

test('two clients are told of what the other one changed', async () => {
  const stage = await openStage();
  const log = createLogger('error', () => {});
  const parts = { name: 'numbers', version: '1.2.3', simulator: true, tools: definitions, log };
  const { origin } = await openHttp({
    serve: (conversation, stopping) => createMcpServer({ ...stage, ...parts, stopping }).serve(conversation),
  });
  async function connectClient() {
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities: { elicitation: { form: {} } } },
    );
    const updated: string[] = [];
    client.setRequestHandler(ElicitRequestSchema, () => ({
      action: 'accept',
      content: { lastFourDigits: '0134' },
    }));
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      updated.push(params.uri);
    });
    onTestFinished(() => client.close());
    const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`));
    await client.connect(transport as Parameters<Client['connect']>[0]);
    return { client, updated };
  }
  const [first, second] = [await connectClient(), await connectClient()];
  const uri = 'sinch-numbers://active-numbers';
  await second.client.subscribeResource({ uri });
  await first.client.callTool({ name: 'rent_number', arguments: { phoneNumber: OFFERED } });
  await eventually(() => second.updated).toEqual([uri]);
});
