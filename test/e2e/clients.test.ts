/** The next generation of the SDK's client, as it comes, against the server as it is. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientOptions, type ElicitResult, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, test } from 'vitest';
import { OFFERED, simulate } from '../api/support.ts';
import { onEnd, shared } from '../support/lifetime.ts';
import { deferred, type Env, envFor, eventually, type Question, SERVER_FILE } from './harness.ts';
import { openWay } from './inside.ts';

type Person = (question: Question) => ElicitResult | Promise<ElicitResult>;

const fill: Person = ({ field }) => ({ action: 'accept', content: { [field]: '0134' } });

/** The client's own way to a server: it starts it. */
const startBuilt = (env: Env) =>
  new StdioClientTransport({
    command: process.execPath,
    args: [SERVER_FILE],
    env: { ...env },
    stderr: 'ignore',
  });

async function start(
  person: Person = fill,
  options: ClientOptions = {},
  transportTo: (env: Env) => Transport = (env) => openWay([], env).transport,
) {
  const api = await simulate({ active: 3 });
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } }, ...options },
  );
  const questions: Question[] = [];
  client.setRequestHandler('elicitation/create', ({ params }, { mcpReq: { signal } }) => {
    if (!('requestedSchema' in params)) throw new Error('asked by URL');
    const [[field = '', { title = '' }] = ['', {}]] = Object.entries(params.requestedSchema.properties);
    const question = { message: params.message, field, title, signal };
    questions.push(question);
    return person(question);
  });
  const updated: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    updated.push(params.uri);
  });
  // Its folder is to be gone after the server that writes there.
  const env = envFor(api);
  onEnd(() => client.close());
  await client.connect(transportTo(env));
  await client.listTools();
  return { api, client, questions, updated };
}

/** For what rents nothing. */
const reading = shared(() => start(fill, {}, startBuilt));

test('it connects and lists tools, resources and prompts', async () => {
  const { client } = reading();
  expect(client.getServerVersion()).toMatchObject({ name: 'sinch-numbers-mcp', title: 'Sinch Numbers' });
  expect(client.getInstructions()).toContain('ask the user first');
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('rent_number');
  expect((await client.listResources()).resources).toHaveLength(7);
  expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(2);
  expect((await client.listPrompts()).prompts).toHaveLength(6);
});

test('it calls a tool, whose result passes the check against the output schema', async () => {
  const { client } = reading();
  const { structuredContent, isError } = await client.callTool({
    name: 'list_active_numbers',
    arguments: {},
  });
  expect(structuredContent).toMatchObject({ totalSize: 3 });
  expect(isError).toBeFalsy();
});

test('it reads a resource and completes a number', async () => {
  const { client } = reading();
  const { contents } = await client.readResource({ uri: 'sinch-numbers://active-numbers' });
  expect(contents).toMatchObject([
    { mimeType: 'application/json', text: expect.stringContaining('"totalSize":3') },
  ]);
  const { completion } = await client.complete({
    ref: { type: 'ref/resource', uri: 'sinch-numbers://active-numbers/{phoneNumber}' },
    argument: { name: 'phoneNumber', value: '+' },
  });
  expect(completion.values).toHaveLength(3);
});

test('it answers the question before a rent, and hears of the rent as a subscriber', async () => {
  const { api, client, questions, updated } = await start();
  await client.subscribeResource({ uri: 'sinch-numbers://active-numbers' });
  const { structuredContent } = await client.callTool({
    name: 'rent_number',
    arguments: { phoneNumber: OFFERED },
  });
  expect(structuredContent).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
  expect(questions).toMatchObject([{ field: 'lastFourDigits', message: expect.stringContaining(OFFERED) }]);
  expect(api.project.get(OFFERED).phoneNumber).toBe(OFFERED);
  await eventually(() => updated).toEqual(['sinch-numbers://active-numbers']);
});

test('its no is a no', async () => {
  // A no within a second is nobody's: the form was not shown.
  const { api, client } = await start(() => sleep(1_100, { action: 'decline' }));
  const { structuredContent } = await client.callTool({
    name: 'rent_number',
    arguments: { phoneNumber: OFFERED },
  });
  expect(structuredContent).toMatchObject({ outcome: 'declined' });
  expect(api.count('POST /availableNumbers')).toBe(0);
});

test('its form is closed when it cancels the rent', async () => {
  const asked = deferred<Question>();
  const { api, client } = await start((question) => {
    asked.resolve(question);
    return new Promise(() => {});
  });
  const controller = new AbortController();
  const rent = client.callTool(
    { name: 'rent_number', arguments: { phoneNumber: OFFERED } },
    { signal: controller.signal },
  );
  const cancelled = expect(rent).rejects.toThrow();
  const { signal } = await asked.promise;
  const closed = once(signal, 'abort');
  controller.abort();
  await cancelled;
  await closed;
  expect(api.count('POST /availableNumbers')).toBe(0);
});

test('it connects too when it first looks for the newest protocol', async () => {
  const { client } = await start(fill, { versionNegotiation: { mode: 'auto' } });
  const { structuredContent } = await client.callTool({
    name: 'rent_number',
    arguments: { phoneNumber: OFFERED },
  });
  expect(structuredContent).toMatchObject({ outcome: 'completed' });
});
