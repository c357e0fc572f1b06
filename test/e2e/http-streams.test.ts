/** A rent over HTTP on a network that fails while its person is asked: carried out once, and told. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished, test } from 'vitest';
import { OFFERED, simulate } from '../api/support.ts';
import { openEvents } from '../mcp/event-support.ts';
import { call as callOf, message, session } from '../mcp/http-support.ts';
import { openProxy } from '../support/network.ts';
import { deferred, envFor, eventually, handshake, run, toolCall } from './harness.ts';
import { runHttp } from './http-harness.ts';

const CAPABILITIES = { elicitation: { form: {} } };
const RENT = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };

test('a client whose network is cut while its form is open is told what came of its yes', async () => {
  const api = await simulate();
  const { url } = await runHttp([], envFor(api));
  const network = await openProxy(Number(new URL(url).port));
  const [shown, typed] = [deferred<void>(), deferred<string>()];
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, async () => {
    shown.resolve();
    return { action: 'accept', content: { lastFourDigits: await typed.promise } };
  });
  onTestFinished(() => client.close());
  const transport = new StreamableHTTPClientTransport(new URL(`${network.origin}/mcp`));
  // The SDK's own transport does not fit its own type where optional properties are exact.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  const rent = client.callTool(RENT);
  await shown.promise;
  const before = network.connections();
  network.cut();
  network.mend();
  await eventually(() => network.connections()).toBeGreaterThan(before);
  typed.resolve('0134');
  expect((await rent).structuredContent).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
  expect(api.count('POST /availableNumbers')).toBe(1);
});

test.each<[string | number]>([[0], [''], ['rent']])(
  'a rent with ID %j whose question was cancelled is not carried out on a later yes, over HTTP and stdio',
  async (id) => {
    const api = await simulate();
    const cancelled = message('notifications/cancelled', undefined, { requestId: id });
    const yes = (question: unknown) => ({
      jsonrpc: '2.0',
      id: Object(question).id,
      result: { action: 'accept', content: { lastFourDigits: '0134' } },
    });

    const stdio = run([], envFor(api));
    stdio.send(...handshake(CAPABILITIES), toolCall(id, RENT.name, RENT.arguments));
    const asked = await stdio.message('elicitation/create');
    stdio.send(cancelled, yes(asked), toolCall('check', 'check_number_availability', RENT.arguments));
    await stdio.answer('check');

    const { url } = await runHttp([], envFor(api));
    const { origin } = new URL(url);
    const post = (body: object, headers: object = {}) => openEvents(origin, { ...headers }, body);
    const [initialize = {}] = handshake(CAPABILITIES);
    const own = session(String((await post(initialize)).headers['mcp-session-id']));
    const stream = await post({ ...callOf(id), params: RENT }, own);
    const question = await stream.next();
    await post(cancelled, own);
    await post(yes(question.data), own);
    await stream.ended;
    await post(toolCall('check', 'check_number_availability', RENT.arguments), own);

    expect(api.count('POST /availableNumbers')).toBe(0);
  },
);
