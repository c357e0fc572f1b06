import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { answerJson, OFFERED, serve, silent, simulate } from '../api/support.ts';
import {
  deferred,
  type Env,
  envFor,
  eventually,
  handshake,
  type Question,
  request,
  tellingBrowser,
  toolCall,
  types,
} from './harness.ts';
import { openBareSession } from './http-harness.ts';
import { connectServer, run, runHttp, start } from './inside.ts';

/** A call's options, and what cancels it: the client then sends notifications/cancelled. */
function cancellable() {
  const controller = new AbortController();
  return { options: { signal: controller.signal }, cancel: () => controller.abort('not needed any more') };
}

test('cancelling a read closes its connection to the API', async () => {
  const api = await serve(silent);
  const { call, client } = await connectServer({ env: { ...envFor(api), SINCH_NUMBERS_AUTH: 'basic' } });
  const { options, cancel } = cancellable();
  const arrival = api.arrival();
  const read = expect(call('list_active_numbers', {}, options)).rejects.toThrow('not needed any more');
  const closed = once(await arrival, 'close');
  cancel();
  await read;
  await closed;
  expect(await client.ping()).toEqual({});
  expect(api.requests).toHaveLength(1);
});

test('cancelling the read of a resource closes its connection to the API', async () => {
  const api = await serve(silent);
  const { client } = await connectServer({ env: { ...envFor(api), SINCH_NUMBERS_AUTH: 'basic' } });
  const { options, cancel } = cancellable();
  const arrival = api.arrival();
  const uri = 'sinch-numbers://active-numbers';
  const read = expect(client.readResource({ uri }, options)).rejects.toThrow('not needed any more');
  const closed = once(await arrival, 'close');
  cancel();
  await read;
  await closed;
});

test('cancelling one of two reads leaves the other alone', async () => {
  const api = await serve((response, { target }) => {
    if (target.includes('availableRegions')) release.promise.then(() => answerJson(response, {}));
  });
  const release = deferred<void>();
  const { call } = await connectServer({ env: { ...envFor(api), SINCH_NUMBERS_AUTH: 'basic' } });
  const { options, cancel } = cancellable();
  const regions = call('list_available_regions');
  const arrival = api.arrival();
  const list = expect(call('list_active_numbers', {}, options)).rejects.toThrow();
  await eventually(() => api.requests.length).toBe(2);
  await arrival;
  cancel();
  await list;
  release.resolve();
  expect((await regions).structured).toEqual({ availableRegions: [] });
});

test('cancelling a rent while the person is asked takes the question back and sends nothing', async () => {
  const api = await simulate();
  const server = run([], envFor(api));
  server.send(...handshake({ elicitation: {} }), toolCall('rent', 'rent_number', { phoneNumber: OFFERED }));
  const question = await server.message('elicitation/create');
  const params = { requestId: 'rent', reason: 'not needed any more' };
  server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  const takenBack = await server.message('notifications/cancelled');
  expect(takenBack.params).toMatchObject({ requestId: question.id });

  server.send(toolCall('check', 'check_number_availability', { phoneNumber: OFFERED }));
  expect((await server.answer('check')).result).toMatchObject({
    structuredContent: { phoneNumber: OFFERED },
  });
  expect(server.received().map(({ id }) => id)).not.toContain('rent');
  expect(api.count('POST /availableNumbers')).toBe(0);
});

test('an answer that comes after a rent was cancelled rents nothing', async () => {
  const asked = deferred<Question>();
  const late = deferred<void>();
  const { call, client, writes } = await start({
    person: async (question) => {
      asked.resolve(question);
      await late.promise;
      return { action: 'accept', content: { [question.field]: '0134' } };
    },
  });
  const { options, cancel } = cancellable();
  const rent = expect(call('rent_number', { phoneNumber: OFFERED }, options)).rejects.toThrow();
  await asked.promise;
  cancel();
  await rent;
  late.resolve();
  await client.ping();
  // Longer than it would take to read the price again and rent.
  for (let calls = 0; calls < 3; calls++) await call('check_number_availability', { phoneNumber: OFFERED });
  expect(writes()).toEqual([]);
});

/** A release whose question is on a page, and what cancels the call; by the ID that it was made with. */
type Ask = (env: Env, id: string | number) => Promise<{ cancel(): Promise<unknown> }>;

const ASK: Readonly<Record<string, Ask>> = {
  stdio: async (env, id) => {
    const server = run([], env);
    server.send(...handshake(), toolCall(id, 'release_number', { phoneNumber: OFFERED }));
    return {
      cancel: () => {
        server.send(cancellation(id), request('after', 'ping'));
        return server.answer('after');
      },
    };
  },
  HTTP: async (env, id) => {
    const { url } = await runHttp([], env);
    const session = await openBareSession(url);
    void session.post(toolCall(id, 'release_number', { phoneNumber: OFFERED })).catch(() => {});
    return {
      cancel: () => session.post(cancellation(id)),
    };
  },
};

function cancellation(requestId: string | number): object {
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
}

describe.each(Object.entries(ASK))('a release that was cancelled over %s', (_, ask) => {
  test.each([0, ''])('by its ID %j is not carried out on a later yes', async (id) => {
    const browser = await tellingBrowser();
    const api = await simulate({ active: 0 });
    api.project.rent(OFFERED, {});
    const { cancel } = await ask({ ...envFor(api), ...browser.env }, id);
    const page = await browser.address();
    await cancel();
    const answer = await fetch(page, { method: 'POST', body: new URLSearchParams({ decision: 'approve' }) });
    expect(await answer.text()).toContain('The call was cancelled. Nothing is done any more.');
    expect(api.count('POST /activeNumbers')).toBe(0);
  });
});

test('a rent that was sent already is carried to its end, and told to subscribers', async () => {
  const { call, client, api, writes, updated } = await start({ person: types('0134') });
  const { options, cancel } = cancellable();
  const uri = `sinch-numbers://active-numbers/${OFFERED}`;
  await client.subscribeResource({ uri });
  api.faults.add({ method: 'POST', path: /:rent/, delayMs: 200 });
  const rent = expect(call('rent_number', { phoneNumber: OFFERED }, options)).rejects.toThrow();
  await eventually(writes).toHaveLength(1);
  cancel();
  await rent;
  await eventually(() => updated).toEqual([uri]);
  expect((await call('get_active_number', { phoneNumber: OFFERED })).isError).toBe(false);
});
