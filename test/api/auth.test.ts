import { describe, expect, test } from 'vitest';
import { ApiError, AuthenticationError, CancelledError } from '../../src/api/errors.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import {
  answerJson,
  connect,
  endpointAt,
  failure,
  fastClock,
  freePort,
  OFFERED,
  type Received,
  serve,
  silent,
  simulate,
} from './support.ts';

const BASIC = `Basic ${Buffer.from('key-id:key-secret').toString('base64')}`;
const TOKEN = 'POST /oauth2/token';
const RENT = `POST /availableNumbers/${OFFERED}:rent`;
const MINUTE = 60_000;

/** An API that takes every token, and a token endpoint that numbers the tokens it gives. */
function tokenServer(expiresIn: unknown) {
  let issued = 0;
  return serve((response, { target }) => {
    if (!isToken({ target })) return answerJson(response, { availableRegions: [] });
    answerJson(response, { access_token: `token-${++issued}`, token_type: 'bearer', expires_in: expiresIn });
  });
}

const isToken = ({ target }: Pick<Received, 'target'>) => target === '/oauth2/token';

function tokensAsked(requests: readonly Received[]): number {
  return requests.filter(isToken).length;
}

/** Makes every token request fail with this, the first time or always. */
const tokenFault = (status: number, times = 1, headers: Record<string, string> = {}) => ({
  path: /^\/oauth2\/token$/,
  times,
  answer: { status, body: '', headers },
});

describe('Basic authentication', () => {
  test('sends the key with every request and asks for no token', async () => {
    const server = await serve((response) => answerJson(response, {}));
    const client = connect(endpointAt(server, { auth: 'basic' }));
    await client.call(operations.listAvailableRegions, {});
    await client.call(operations.getCallbackConfiguration, {});
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([BASIC, BASIC]);
    expect(tokensAsked(server.requests)).toBe(0);
  });

  test('does not repeat a request that is answered 401', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator, { auth: 'basic', keySecret: 'wrong' }));
    await expect(client.call(operations.listAvailableRegions, {})).rejects.toMatchObject({
      name: 'ApiError',
      status: 401,
      acted: 'no',
    });
    expect(simulator.requests).toEqual(['GET /availableRegions']);
  });
});

describe('OAuth2', () => {
  test('asks for a token with the key, as a form, and sends it as Bearer', async () => {
    const server = await tokenServer(3_600);
    await connect(endpointAt(server)).call(operations.listAvailableRegions, {});
    const [token, call] = server.requests;
    expect(token).toMatchObject({
      method: 'POST',
      target: '/oauth2/token',
      body: 'grant_type=client_credentials',
      headers: { authorization: BASIC, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(call).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer token-1' } });
    expect(server.requests).toHaveLength(2);
  });

  test('keeps the token for later calls', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    for (let call = 0; call < 5; call++) await client.call(operations.listAvailableRegions, {});
    expect(simulator.count('GET /availableRegions')).toBe(5);
    expect(simulator.count(TOKEN)).toBe(1);
  });

  test('asks for one token however many calls wait for it', async () => {
    const simulator = await simulate();
    simulator.faults.add({ path: /^\/oauth2\/token$/, delayMs: 50 });
    const client = connect(endpointAt(simulator));
    await Promise.all(Array.from({ length: 40 }, () => client.call(operations.listAvailableRegions, {})));
    expect(simulator.count('GET /availableRegions')).toBe(40);
    expect(simulator.count(TOKEN)).toBe(1);
  });

  test('a caller who gives up waiting for the token does not take it from the others', async () => {
    const server = await serve((response, received) => {
      if (!isToken(received)) answerJson(response, { availableRegions: [] });
    });
    const client = connect(endpointAt(server));
    const arrival = server.arrival();
    const controller = new AbortController();
    const impatient = failure(client.call(operations.listAvailableRegions, {}, controller.signal));
    const patient = client.call(operations.listAvailableRegions, {});
    const response = await arrival;
    controller.abort();
    expect(await impatient).toBeInstanceOf(CancelledError);
    answerJson(response, { access_token: 'token', expires_in: 3_600 });
    expect(await patient).toEqual({ availableRegions: [] });
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });
});

describe('the life of a token', () => {
  test('it is replaced 60 seconds before it expires', async () => {
    const server = await tokenServer(3_600);
    const clock = fastClock();
    const client = connect(endpointAt(server), { clock });
    await client.call(operations.listAvailableRegions, {});
    clock.advance(59 * MINUTE - 1);
    await client.call(operations.listAvailableRegions, {});
    expect(tokensAsked(server.requests)).toBe(1);
    clock.advance(1);
    await client.call(operations.listAvailableRegions, {});
    expect(tokensAsked(server.requests)).toBe(2);
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer token-2');
  });

  test('one that lives for less than two minutes is used for half its life', async () => {
    const server = await tokenServer('30');
    const clock = fastClock();
    const client = connect(endpointAt(server), { clock });
    await client.call(operations.listAvailableRegions, {});
    clock.advance(14_999);
    await client.call(operations.listAvailableRegions, {});
    expect(tokensAsked(server.requests)).toBe(1);
    clock.advance(1);
    await client.call(operations.listAvailableRegions, {});
    expect(tokensAsked(server.requests)).toBe(2);
  });

  test.each([undefined, null, 'soon'])('one whose life is given as %j is kept', async (expiresIn) => {
    const server = await tokenServer(expiresIn);
    const clock = fastClock();
    const client = connect(endpointAt(server), { clock });
    await client.call(operations.listAvailableRegions, {});
    clock.advance(7 * 24 * 60 * MINUTE);
    await client.call(operations.listAvailableRegions, {});
    expect(tokensAsked(server.requests)).toBe(1);
  });

  test('one whose life is not told is replaced once the API refuses it', async () => {
    const server = await serve((response, { target, headers }) => {
      if (target === '/oauth2/token') {
        answerJson(response, { access_token: `token-${tokensAsked(server.requests)}` });
      } else if (server.requests.length > 2 && headers.authorization === 'Bearer token-1') {
        answerJson(response, {}, 401);
      } else answerJson(response, { availableRegions: [] });
    });
    const client = connect(endpointAt(server));
    await client.call(operations.listAvailableRegions, {});
    await client.call(operations.listAvailableRegions, {});
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer token-2');
    expect(tokensAsked(server.requests)).toBe(2);
  });

  test('one whose life is over at once is used once', async () => {
    const server = await tokenServer(0);
    const client = connect(endpointAt(server));
    await client.call(operations.listAvailableRegions, {});
    await client.call(operations.listAvailableRegions, {});
    expect(tokensAsked(server.requests)).toBe(2);
  });
});

describe('a 401 from the API', () => {
  test('for an expired token is answered with a fresh one', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    await client.call(operations.listAvailableRegions, {});
    simulator.expireTokens();
    await client.call(operations.listAvailableRegions, {});
    expect(simulator.requests).toEqual([
      TOKEN,
      'GET /availableRegions',
      'GET /availableRegions',
      TOKEN,
      'GET /availableRegions',
    ]);
  });

  test.each([
    ['a Basic challenge', { 'www-authenticate': 'Basic realm="Realm"' }, { title: 'Token expired' }],
    ['no challenge', {}, { error: { code: 401, status: 'UNAUTHENTICATED', message: '', details: [] } }],
    ['an HTML page', {}, '<html>Unauthorized</html>'],
  ])('with %s is answered with a fresh token all the same', async (_, headers, body) => {
    const simulator = await simulate();
    simulator.faults.add({ path: /availableRegions/, answer: { status: 401, headers, body } });
    await connect(endpointAt(simulator)).call(operations.listAvailableRegions, {});
    expect(simulator.count('GET /availableRegions')).toBe(2);
    expect(simulator.count(TOKEN)).toBe(2);
  });

  test('costs one new token however many calls it meets', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    await client.call(operations.listAvailableRegions, {});
    simulator.expireTokens();
    await Promise.all(Array.from({ length: 20 }, () => client.call(operations.getCallbackConfiguration, {})));
    expect(simulator.count(TOKEN)).toBe(2);
    expect(simulator.count('GET /callbackConfiguration')).toBe(40);
  });

  test('lets a rent be sent once more, for nothing was rented', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    await client.call(operations.listAvailableRegions, {});
    simulator.expireTokens();
    const rented = await client.call(operations.rentNumber, { phoneNumber: OFFERED });
    expect(rented.phoneNumber).toBe(OFFERED);
    expect(simulator.count(RENT)).toBe(2);
  });

  test.each([
    ['read', 'GET /availableRegions'],
    ['rent', RENT],
  ] as const)('that stays fails the %s after one repetition', async (kind, request) => {
    const simulator = await simulate();
    simulator.faults.add({
      path: /^\/v1\//,
      times: Number.POSITIVE_INFINITY,
      answer: { status: 401, body: {} },
    });
    const client = connect(endpointAt(simulator));
    const call =
      kind === 'read'
        ? client.call(operations.listAvailableRegions, {})
        : client.call(operations.rentNumber, { phoneNumber: OFFERED });
    const error = await failure(call);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 401, acted: 'no' });
    expect(simulator.requests).toEqual([TOKEN, request, TOKEN, request]);
  });
});

describe('a token endpoint that fails', () => {
  test('with a wrong key fails the call at once; the API is not asked', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator, { keySecret: 'wrong' }));
    const error = await failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      origin: simulator.url,
      status: 401,
      acted: 'no',
      reason: 'invalid_client: Client authentication failed',
    });
    expect(simulator.requests).toEqual([TOKEN]);
  });

  test('and echoes the key is masked', async () => {
    const server = await serve((response, { headers }) => {
      const error_description = `key-secret as ${headers.authorization}`;
      answerJson(response, { error: 'invalid_client', error_description }, 401);
    });
    const outcome = failure(connect(endpointAt(server)).call(operations.listAvailableRegions, {}));
    expect(await outcome).toMatchObject({ reason: 'invalid_client: **** as Basic ****' });
  });

  test('is asked again by the next call', async () => {
    const simulator = await simulate();
    simulator.faults.add(tokenFault(401));
    const client = connect(endpointAt(simulator));
    expect(await failure(client.call(operations.listAvailableRegions, {}))).toBeInstanceOf(
      AuthenticationError,
    );
    expect(await client.call(operations.listAvailableRegions, {})).toHaveProperty('availableRegions');
    expect(simulator.count(TOKEN)).toBe(2);
  });

  test('fails every call that waits for it, after asking once', async () => {
    const simulator = await simulate();
    simulator.faults.add({ ...tokenFault(403), delayMs: 50 });
    const client = connect(endpointAt(simulator));
    const calls = Array.from({ length: 10 }, () => failure(client.call(operations.listAvailableRegions, {})));
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ name: 'AuthenticationError', status: 403 });
    }
    expect(simulator.requests).toEqual([TOKEN]);
  });

  test.each([429, 502, 503, 504])('with %i is asked again after a pause', async (status) => {
    const simulator = await simulate();
    simulator.faults.add(tokenFault(status, 2, { 'x-envoy-ratelimited': 'true' }));
    const clock = fastClock();
    const client = connect(endpointAt(simulator), { clock });
    await client.call(operations.rentNumber, { phoneNumber: OFFERED });
    expect(simulator.requests).toEqual([TOKEN, TOKEN, TOKEN, RENT]);
    expect(clock.sleeps).toHaveLength(2);
  });

  test('is given the pause that its Retry-After asks for', async () => {
    const simulator = await simulate();
    simulator.faults.add(tokenFault(429, 1, { 'retry-after': '3' }));
    const clock = fastClock();
    await connect(endpointAt(simulator), { clock }).call(operations.listAvailableRegions, {});
    expect(clock.sleeps).toEqual([3_000]);
  });

  test('by cutting the connection is asked again', async () => {
    const simulator = await simulate();
    simulator.faults.add({ path: /^\/oauth2\/token$/, drop: 'before' });
    await connect(endpointAt(simulator)).call(operations.listAvailableRegions, {});
    expect(simulator.requests).toEqual([TOKEN, TOKEN, 'GET /availableRegions']);
  });

  test('with 429 for good fails the call and says so', async () => {
    const simulator = await simulate();
    simulator.faults.add(tokenFault(429, Number.POSITIVE_INFINITY));
    const client = connect(endpointAt(simulator));
    await expect(client.call(operations.listAvailableRegions, {})).rejects.toMatchObject({
      name: 'AuthenticationError',
      status: 429,
      reason: expect.stringContaining('429'),
    });
    expect(simulator.count('GET')).toBe(0);
  });

  test('by not being there fails the call without asking the API', async () => {
    const server = await serve(silent);
    const authUrl = `http://127.0.0.1:${await freePort()}`;
    const client = connect(endpointAt(server, { authUrl }));
    const error = await failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(error).toMatchObject({ name: 'AuthenticationError', origin: authUrl, acted: 'no' });
    expect(error).toHaveProperty('cause.code', 'ECONNREFUSED');
    expect(server.requests).toEqual([]);
  });

  test.each([
    '<html>Sign in to the network</html>',
    '',
    '{"token_type":"bearer"}',
    '{"access_token":""}',
    '{"access_token":"two\\r\\nlines: x"}',
    'null',
  ])('with 200 and %j fails the call and says that the token is missing', async (body) => {
    const server = await serve((response) => response.end(body));
    const client = connect(endpointAt(server));
    await expect(client.call(operations.listAvailableRegions, {})).rejects.toMatchObject({
      name: 'AuthenticationError',
      status: 200,
      reason: 'the token endpoint answered without an access_token',
    });
    expect(server.requests).toHaveLength(1);
  });
});
