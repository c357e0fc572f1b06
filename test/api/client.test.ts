import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/api/auth.ts';
import {
  ApiError,
  InvalidRequestError,
  isNumbersError,
  MissingCredentialsError,
  UnexpectedResponseError,
} from '../../src/api/errors.ts';
import { describeFailure } from '../../src/api/failure.ts';
import { createHttp, type Http } from '../../src/api/http.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import { createLogger } from '../../src/lib/log.ts';
import { answerJson, connect, endpointAt, failure, OFFERED, serve, simulate, UNKNOWN } from './support.ts';

const SECRET = '0123456789abcdef0123456789abcdef';

/** A client of a server that always answers this, and the server. */
async function answering(body: string, status = 200, type = 'application/json') {
  const server = await serve((response) => response.writeHead(status, { 'content-type': type }).end(body));
  return { server, client: connect(endpointAt(server, { auth: 'basic' })) };
}

describe('a request', () => {
  test('of a search carries its parameters in the query, with %2B for +', async () => {
    const { server, client } = await answering('{}');
    await client.call(operations.listAvailableNumbers, {
      regionCode: 'US',
      type: 'LOCAL',
      numberPattern: { pattern: '+1206', searchPattern: 'START' },
      capabilities: ['SMS', 'VOICE'],
      size: 3,
    });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'GET', body: '' });
    expect(request?.target).toBe(
      '/v1/projects/project/availableNumbers?regionCode=US&type=LOCAL&numberPattern.pattern=%2B1206' +
        '&numberPattern.searchPattern=START&capabilities=SMS&capabilities=VOICE&size=3',
    );
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      'user-agent': 'sinch-numbers-mcp/test',
    });
    expect(request?.headers).not.toHaveProperty('content-type');
  });

  test('of a rent carries its configuration in the body, and the + of its path literally', async () => {
    const { server, client } = await answering('{}');
    const smsConfiguration = { servicePlanId: 'plan' };
    await client.call(operations.rentNumber, { phoneNumber: OFFERED, smsConfiguration });
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      target: `/v1/projects/project/availableNumbers/${OFFERED}:rent`,
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({ smsConfiguration });
  });

  test('of a rent without configuration carries an empty object, of a release nothing', async () => {
    const { server, client } = await answering('{}');
    await client.call(operations.rentNumber, { phoneNumber: OFFERED });
    await client.call(operations.releaseNumber, { phoneNumber: OFFERED });
    expect(server.requests.map(({ body }) => body)).toEqual(['{}', '']);
  });

  test('of an update carries empty text, which clears or unlinks', async () => {
    const { server, client } = await answering('{}');
    const change = { displayName: '', smsConfiguration: { servicePlanId: '', campaignId: '' } };
    await client.call(operations.updateActiveNumber, { phoneNumber: OFFERED, ...change });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual(change);
  });

  test.each([
    '../availableNumbers/+12025550134:rent?',
    '..',
    '%2e%2e',
    '+12025550134/x',
    '',
    '+12025550134:release',
  ])('is never made for the number %j', async (phoneNumber) => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    for (const operation of [operations.getActiveNumber, operations.rentNumber, operations.releaseNumber]) {
      const error = await failure(client.call(operation, { phoneNumber }));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(error).toMatchObject({ acted: 'no' });
    }
    expect(simulator.requests).toEqual([]);
  });

  test('is never made for a project that would leave its place in the path', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator, { projectId: '../../oauth2' }));
    expect(await failure(client.call(operations.listAvailableRegions, {}))).toBeInstanceOf(
      InvalidRequestError,
    );
    expect(simulator.requests).toEqual([]);
  });

  test('is made for the project of the key, whatever the input says', async () => {
    const { server, client } = await answering('{}');
    const input = { phoneNumber: OFFERED, projectId: 'other' };
    await client.call(operations.rentNumber, input);
    expect(server.requests).toMatchObject([
      { target: `/v1/projects/project/availableNumbers/${OFFERED}:rent`, body: '{}' },
    ]);
  });

  test('waits for credentials, which are asked for until they are there, and then kept', async () => {
    const simulator = await simulate();
    let asked = 0;
    const endpoint = async (): Promise<Endpoint> => {
      if (++asked === 1) throw new MissingCredentialsError(['SINCH_KEY_ID']);
      return endpointAt(simulator);
    };
    const client = connect(endpointAt(simulator), { endpoint });
    const error = await failure(client.call(operations.listAvailableRegions, {}));
    expect(error).toMatchObject({ name: 'MissingCredentialsError', missing: ['SINCH_KEY_ID'], acted: 'no' });
    await client.call(operations.listAvailableRegions, {});
    await client.call(operations.listAvailableRegions, {});
    expect(asked).toBe(2);
  });
});

describe('an answer', () => {
  test.each([
    ['left out', {}],
    ['null', { displayName: null, callbackUrl: null, expireAt: null, smsConfiguration: null, money: null }],
    ['empty', { displayName: '', callbackUrl: '', expireAt: '', smsConfiguration: {}, money: {} }],
    [
      'empty inside',
      { smsConfiguration: { servicePlanId: '', campaignId: null, scheduledProvisioning: null } },
    ],
  ])('is the same where what is unset is %s', async (_, unset) => {
    const { client } = await answering(JSON.stringify({ phoneNumber: OFFERED, type: 'LOCAL', ...unset }));
    const number = await client.call(operations.getActiveNumber, { phoneNumber: OFFERED });
    expect(number).toEqual({ phoneNumber: OFFERED, type: 'LOCAL' });
    expect(Object.keys(number).sort()).toEqual(['phoneNumber', 'type']);
  });

  test.each(['{}', '{"activeNumbers":null,"nextPageToken":null}', '{"activeNumbers":[],"nextPageToken":""}'])(
    'of %s is an empty last page',
    async (body) => {
      const { client } = await answering(body);
      expect(await client.call(operations.listActiveNumbers, {})).toEqual({ activeNumbers: [] });
    },
  );

  test('keeps enum values and fields that nobody knows yet', async () => {
    const number = {
      phoneNumber: OFFERED,
      type: 'SATELLITE',
      capability: ['SMS', 'RCS'],
      orbit: { height: 550 },
    };
    const { client } = await answering(JSON.stringify({ activeNumbers: [number], totalSize: 1 }));
    expect(await client.call(operations.listActiveNumbers, {})).toEqual({
      activeNumbers: [number],
      totalSize: 1,
    });
  });

  test("that is 404 names the resource in the API's words", async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    const error = await failure(client.call(operations.getActiveNumber, { phoneNumber: UNKNOWN }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      operationId: 'NumberService_GetActiveNumber',
      status: 404,
      acted: 'no',
      problem: { apiStatus: 'NOT_FOUND', resource: { type: 'ActiveNumber', name: UNKNOWN }, violations: [] },
    });
  });

  test('that is 400 names the field and what is wrong with it', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    await expect(client.call(operations.listActiveNumbers, { pageToken: 'nonsense' })).rejects.toMatchObject({
      status: 400,
      problem: { apiStatus: 'INVALID_ARGUMENT', violations: [{ field: 'page_token' }] },
    });
  });

  test.each([
    ['a page of HTML', '<html>Sign in</html>', 'text/html'],
    ['nothing', '', 'application/json'],
    ['half an object', '{"activeNumbers":[', 'application/json'],
    ['a text', '"ok"', 'application/json'],
    ['null', 'null', 'application/json'],
    ['a list', '[]', 'application/json'],
  ])('of 200 with %s is not taken for success', async (_, body, type) => {
    const { server, client } = await answering(body, 200, type);
    for (const call of [
      client.call(operations.listActiveNumbers, {}),
      client.call(operations.rentNumber, { phoneNumber: OFFERED }),
    ]) {
      const error = await failure(call);
      expect(error).toBeInstanceOf(UnexpectedResponseError);
      expect(error).toMatchObject({ acted: 'maybe' });
    }
    expect(server.requests).toHaveLength(2);
  });

  test('that is nested without end is refused in words', async () => {
    const { client } = await answering(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 200);
    await expect(client.call(operations.listAvailableRegions, {})).rejects.toMatchObject({
      name: 'UnexpectedResponseError',
    });
  });

  test('of HTML is named by its type', async () => {
    const { client } = await answering('<html></html>', 200, 'text/html');
    await expect(client.call(operations.listAvailableRegions, {})).rejects.toMatchObject({
      source: 'NumberService_ListAvailableRegions',
      reason: '200 without a JSON object (text/html)',
    });
  });

  test('of 502 with HTML is an API error without words', async () => {
    const { client } = await answering('<html>Bad Gateway</html>', 502, 'text/html');
    await expect(client.call(operations.rentNumber, { phoneNumber: OFFERED })).rejects.toMatchObject({
      name: 'ApiError',
      status: 502,
      acted: 'maybe',
      problem: { violations: [] },
    });
  });

  test.each([
    [400, 'no'],
    [403, 'no'],
    [404, 'no'],
    [409, 'no'],
    [302, 'maybe'],
    [408, 'maybe'],
    [500, 'maybe'],
  ])('of %i to a rent: has the API acted? %s', async (status, acted) => {
    const { server, client } = await answering('{}', status);
    const outcome = failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(await outcome).toMatchObject({ name: 'ApiError', status, acted });
    expect(server.requests).toHaveLength(1);
  });

  test('that echoes the key secret or the token is masked', async () => {
    const server = await serve((response, { target, headers, body }) => {
      if (target === '/oauth2/token')
        return answerJson(response, { access_token: 'a.b.c', expires_in: 3_600 });
      const message = `key-secret sent ${headers.authorization} with ${body}`;
      answerJson(response, { error: { code: 403, status: 'PERMISSION_DENIED', message, details: [] } }, 403);
    });
    const client = connect(endpointAt(server));
    await expect(client.call(operations.rentNumber, { phoneNumber: OFFERED })).rejects.toMatchObject({
      problem: { message: '**** sent Bearer **** with {}' },
    });
  });

  test('with a number for a text, or a text for a number, is read as meant', async () => {
    const { client } = await answering('{"activeNumbers":[{"money":{"amount":0.8}}],"totalSize":"1"}');
    await expect(client.call(operations.listActiveNumbers, {})).resolves.toEqual({
      activeNumbers: [{ money: { amount: '0.8' } }],
      totalSize: 1,
    });
  });

  test('with a field of the wrong type is refused, and the field named', async () => {
    const { client } = await answering('{"activeNumbers":[{"phoneNumber":["+12025550134"]}]}');
    await expect(client.call(operations.listActiveNumbers, {})).rejects.toMatchObject({
      name: 'UnexpectedResponseError',
      reason: expect.stringContaining('activeNumbers[0].phoneNumber'),
    });
  });
});

test.each(['with "quotes"', 'back\\slash', 'plain-secret'])(
  'a key secret that the API echoes is masked: %s',
  async (keySecret) => {
    const server = await serve((response, { headers }) => {
      const given = Buffer.from(String(headers.authorization).replace('Basic ', ''), 'base64').toString();
      answerJson(
        response,
        { error: { code: 403, message: `No access for ${given}`, status: 'PERMISSION_DENIED' } },
        403,
      );
    });
    const client = connect({ ...endpointAt(server, { auth: 'basic' }), keySecret });
    const error = await failure(client.call(operations.listAvailableRegions, {}));
    expect(error).toMatchObject({ status: 403, problem: { message: expect.stringContaining('****') } });
    expect(JSON.stringify(error)).not.toContain(JSON.stringify(keySecret).slice(1, -1));
  },
);

describe('credentials that a hostile API gives back', () => {
  const endpoint = { keyId: 'my-key-id', keySecret: 'my-key-secret' };
  const pair = Buffer.from('my-key-id:my-key-secret').toString('base64');
  const leaks = ['my-key-secret', 'my-key-id', pair, `%6d${'y-key-secret'}`, 'a-token-of-this-test'];

  test('within an answer reach nobody', async () => {
    const server = await serve((response, { target }) => {
      if (target === '/oauth2/token') return answerJson(response, { access_token: 'a-token-of-this-test' });
      const activeNumbers = leaks.map((displayName) => ({ displayName, [displayName]: displayName }));
      answerJson(response, { activeNumbers, nextPageToken: pair });
    });
    const answer = await connect(endpointAt(server, endpoint)).call(operations.listActiveNumbers, {});
    expect(answer.activeNumbers.map(({ displayName }) => displayName)).toEqual(leaks.map(() => '****'));
    expect(answer.nextPageToken).toBe('****');
    for (const leak of leaks) expect(JSON.stringify(answer)).not.toContain(leak);
  });

  test('in the headers that are told reach nobody, and no terminal escape does', async () => {
    for (const type of leaks.slice(0, -1)) {
      const { server } = await answering('not json', 200, `${type}; \u0080`);
      const told = connect(endpointAt(server, { ...endpoint, auth: 'basic' }));
      const error = await failure(told.call(operations.listActiveNumbers, {}));
      if (!isNumbersError(error)) throw error;
      const text = describeFailure(error, { name: 'list', effect: 'read', input: {} });
      expect(text).toContain('200 without a JSON object (****');
      expect(text + String(error)).not.toContain(type);
    }
  });

  test('in place of a status or a field reach nobody', async () => {
    const body = {
      error: {
        status: pair,
        details: [{ fieldViolations: [{ field: 'my-key-secret', description: pair }] }],
      },
    };
    const server = await serve((response) => answerJson(response, body, 400));
    const error = await failure(
      connect(endpointAt(server, { ...endpoint, auth: 'basic' })).call(operations.listActiveNumbers, {}),
    );
    expect(JSON.stringify(error) + String(error)).toContain('****');
    for (const leak of leaks) expect(JSON.stringify(error) + String(error)).not.toContain(leak);
  });
});

describe('the log', () => {
  test('tells of calls and retries, and never holds a key, a token or a callback secret', async () => {
    const simulator = await simulate();
    const lines: string[] = [];
    const headers = new Set<string>();
    const real = createHttp();
    const http: Http = {
      send: (request) => {
        headers.add(request.headers.authorization ?? '');
        return real.send(request);
      },
      close: () => real.close(),
    };
    const log = createLogger('debug', (line) => lines.push(line));
    const { faults } = simulator;
    faults.add({ path: /^\/oauth2\/token$/, answer: { status: 429, body: '' } });
    faults.add({ path: /^\/oauth2\/token$/, drop: 'before', nth: 2 });
    faults.add({ path: /Regions/, answer: { status: 503, body: '' } });
    faults.add({ path: /Regions/, drop: 'after', nth: 2 });

    const client = connect(endpointAt(simulator), { http, log });
    await client.call(operations.listAvailableRegions, {});
    simulator.expireTokens();
    await client.call(operations.updateCallbackConfiguration, { hmacSecret: SECRET });
    await client.call(operations.getCallbackConfiguration, {});
    await failure(client.call(operations.rentNumber, { phoneNumber: UNKNOWN }));
    const basic = connect(endpointAt(simulator, { auth: 'basic' }), { http, log });
    await basic.call(operations.getCallbackConfiguration, {});
    const wrong = connect(endpointAt(simulator, { keySecret: 'a-wrong-secret' }), { http, log });
    await failure(wrong.call(operations.listAvailableRegions, {}));

    const text = lines.join('');
    expect(text).toMatch(/debug PATCH \S+\/callbackConfiguration 200\n/);
    expect(text).toMatch(/info token: .*429.*trying again/);
    expect(text).toMatch(/info NumberService_ListAvailableRegions: .*503.*trying again/);
    const credentials = [...headers].map((header) => header.replace(/^\w+ /, ''));
    expect(credentials.length).toBeGreaterThanOrEqual(4);
    for (const secret of [simulator.keySecret, 'a-wrong-secret', SECRET, ...credentials]) {
      expect(secret).not.toBe('');
      expect(text).not.toContain(secret);
    }
  });
});
