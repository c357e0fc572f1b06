import { describe, expect, test } from 'vitest';
import type { NumbersClient } from '../../src/api/client.ts';
import { ApiError, ConnectionError } from '../../src/api/errors.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import {
  answerJson,
  connect,
  endpointAt,
  failure,
  fastClock,
  freePort,
  OFFERED,
  serve,
  simulate,
  type TestServer,
  type WatchedSimulator,
} from './support.ts';

const REGIONS = 'GET /availableRegions';
const RENT = `POST /availableNumbers/${OFFERED}:rent`;
const ALWAYS = Number.POSITIVE_INFINITY;
const SECRET = '0123456789abcdef0123456789abcdef';

const regions = (client: NumbersClient) => client.call(operations.listAvailableRegions, {});
const rent = (client: NumbersClient) => client.call(operations.rentNumber, { phoneNumber: OFFERED });

/** Everything that changes something: what it is called, its request, and the call. All act on a rented number. */
const CHANGES: [name: string, request: string, call: (client: NumbersClient) => Promise<unknown>][] = [
  ['a rent', RENT, rent],
  [
    'a rent of any number',
    'POST /availableNumbers:rentAny',
    (client) => client.call(operations.rentAnyNumber, { regionCode: 'US', type: 'LOCAL' }),
  ],
  [
    'an update',
    'PATCH /activeNumbers/+12025550150',
    (client) =>
      client.call(operations.updateActiveNumber, { phoneNumber: '+12025550150', displayName: 'Front desk' }),
  ],
  [
    'a release',
    'POST /activeNumbers/+12025550150:release',
    (client) => client.call(operations.releaseNumber, { phoneNumber: '+12025550150' }),
  ],
  [
    'a change of the callback secret',
    'PATCH /callbackConfiguration',
    (client) => client.call(operations.updateCallbackConfiguration, { hmacSecret: SECRET }),
  ],
];

/** A simulator in which +12025550150 is rented, and a client of it. */
async function start(): Promise<{ simulator: WatchedSimulator; client: NumbersClient }> {
  const simulator = await simulate({ active: 0 });
  simulator.project.rent('+12025550150', {});
  return { simulator, client: connect(endpointAt(simulator)) };
}

/** A client of a port that refuses connections until the first pause between attempts; then a server is there. */
async function lateServer() {
  const port = await freePort();
  const started: TestServer[] = [];
  const clock = {
    now: Date.now,
    sleep: async () => {
      if (started.length > 0) return;
      started.push(await serve((response) => answerJson(response, { phoneNumber: OFFERED }), port));
    },
  };
  const client = connect(endpointAt({ url: `http://127.0.0.1:${port}` }, { auth: 'basic' }), { clock });
  return { client, requests: () => started.flatMap((server) => server.requests) };
}

describe('a read', () => {
  test.each([429, 502, 503, 504])('is tried again after %i', async (status) => {
    const { simulator, client } = await start();
    simulator.faults.add({ path: /Regions/, times: 2, answer: { status, body: '<html>Later</html>' } });
    expect((await regions(client)).availableRegions).not.toEqual([]);
    expect(simulator.count(REGIONS)).toBe(3);
  });

  test.each(['before', 'after'] as const)(
    'is tried again when the connection is cut %s it is carried out',
    async (drop) => {
      const { simulator, client } = await start();
      simulator.faults.add({ path: /Regions/, times: 2, drop });
      expect((await regions(client)).availableRegions).not.toEqual([]);
      expect(simulator.count(REGIONS)).toBe(3);
    },
  );

  test('is tried again when the connection is cut within the answer', async () => {
    const server = await serve((response) => {
      if (server.requests.length > 1) return answerJson(response, { availableRegions: [] });
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    const client = connect(endpointAt(server, { auth: 'basic' }));
    expect(await regions(client)).toEqual({ availableRegions: [] });
    expect(server.requests).toHaveLength(2);
  });

  test('is tried again when the connection is refused', async () => {
    const { client, requests } = await lateServer();
    await client.call(operations.getActiveNumber, { phoneNumber: OFFERED });
    expect(requests()).toHaveLength(1);
  });

  test.each([400, 403, 404, 409, 500])('is not tried again after %i', async (status) => {
    const { simulator, client } = await start();
    simulator.faults.add({ path: /Regions/, times: ALWAYS, answer: { status, body: {} } });
    expect(await failure(regions(client))).toMatchObject({ name: 'ApiError', status });
    expect(simulator.count(REGIONS)).toBe(1);
  });

  test('is given up after five repetitions, with the last answer', async () => {
    const { simulator, client } = await start();
    simulator.faults.add({ path: /Regions/, times: ALWAYS, answer: { status: 503, body: {} } });
    expect(await failure(regions(client))).toMatchObject({ name: 'ApiError', status: 503 });
    expect(simulator.count(REGIONS)).toBe(6);
  });

  test('is given up after five repetitions where the connection is always cut', async () => {
    const { simulator, client } = await start();
    simulator.faults.add({ path: /Regions/, times: ALWAYS, drop: 'before' });
    expect(await failure(regions(client))).toBeInstanceOf(ConnectionError);
    expect(simulator.count(REGIONS)).toBe(6);
  });
});

describe.each(CHANGES)('%s', (_, request, call) => {
  test('is tried again after 429, for the API did not act', async () => {
    const { simulator, client } = await start();
    simulator.faults.add({ path: /^\/v1\//, times: 2, answer: { status: 429, body: {} } });
    await call(client);
    expect(simulator.count(request)).toBe(3);
  });

  test('is tried again when the connection is refused, and then arrives once', async () => {
    const { client, requests } = await lateServer();
    await call(client);
    expect(requests()).toHaveLength(1);
  });

  test.each([500, 502, 503, 504])(
    'is sent once when it is answered %i, and may have been carried out',
    async (status) => {
      const { simulator, client } = await start();
      simulator.faults.add({ path: /^\/v1\//, times: ALWAYS, answer: { status, body: '<html>Oh</html>' } });
      const error = await failure(call(client));
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ status, acted: 'maybe' });
      expect(simulator.count(request)).toBe(1);
    },
  );

  test('is sent once when a 503 asks to come back later', async () => {
    const { simulator, client } = await start();
    simulator.faults.add({
      path: /^\/v1\//,
      times: ALWAYS,
      answer: { status: 503, body: {}, headers: { 'retry-after': '1' } },
    });
    expect(await failure(call(client))).toMatchObject({ status: 503, retryAfterMs: 1_000 });
    expect(simulator.count(request)).toBe(1);
  });

  test.each(['before', 'after'] as const)(
    'is sent once when the connection is cut %s it took effect',
    async (drop) => {
      const { simulator, client } = await start();
      simulator.faults.add({ path: /^\/v1\//, times: ALWAYS, drop });
      const error = await failure(call(client));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ acted: 'maybe' });
      expect(simulator.count(request)).toBe(1);
    },
  );
});

test('a rent whose answer is lost has taken effect once', async () => {
  const { simulator, client } = await start();
  simulator.faults.add({ path: /:rent$/, drop: 'after' });
  expect(await failure(rent(client))).toMatchObject({ name: 'ConnectionError', acted: 'maybe' });
  expect(simulator.count('POST /availableNumbers')).toBe(1);
  expect(simulator.project.get(OFFERED).phoneNumber).toBe(OFFERED);
  const { activeNumbers } = await client.call(operations.listActiveNumbers, {});
  expect(activeNumbers.map(({ phoneNumber }) => phoneNumber)).toEqual([OFFERED, '+12025550150']);
});

describe('the pause between attempts', () => {
  test.each([
    ['read', regions],
    ['rent', rent],
  ] as const)('of a %s is the Retry-After of a 429, in seconds', async (_, call) => {
    const simulator = await simulate();
    const clock = fastClock();
    const answer = { status: 429, body: {}, headers: { 'retry-after': '7' } };
    simulator.faults.add({ path: /^\/v1\//, answer });
    await call(connect(endpointAt(simulator), { clock }));
    expect(clock.sleeps).toEqual([7_000]);
  });

  test('can be told as a date', async () => {
    const simulator = await simulate();
    const clock = fastClock(Date.UTC(2026, 0, 1));
    const headers = { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' };
    simulator.faults.add({ path: /^\/v1\//, answer: { status: 429, body: {}, headers } });
    await regions(connect(endpointAt(simulator), { clock }));
    expect(clock.sleeps).toEqual([9_000]);
  });

  test('is not begun where it would outlast the call', async () => {
    const simulator = await simulate();
    const clock = fastClock();
    const answer = { status: 429, body: {}, headers: { 'retry-after': '60' } };
    simulator.faults.add({ path: /^\/v1\//, times: ALWAYS, answer });
    const error = await failure(regions(connect(endpointAt(simulator), { clock })));
    expect(error).toMatchObject({ name: 'ApiError', status: 429, retryAfterMs: 60_000, acted: 'no' });
    expect(clock.sleeps).toEqual([]);
    expect(simulator.count(REGIONS)).toBe(1);
  });

  test('grows, within ceilings', async () => {
    const simulator = await simulate();
    const clock = fastClock();
    simulator.faults.add({ path: /^\/v1\//, times: ALWAYS, answer: { status: 503, body: {} } });
    await failure(regions(connect(endpointAt(simulator), { clock })));
    expect(clock.sleeps).toHaveLength(5);
    for (const [retry, pause] of clock.sleeps.entries()) expect(pause).toBeLessThan(250 * 2 ** retry);
  });
});
