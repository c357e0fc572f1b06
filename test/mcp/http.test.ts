/** Who may ask over HTTP, in which session, and with what. */
import { describe, expect, test } from 'vitest';
import { send } from '../callbacks/support.ts';
import { call, HEADERS, INITIALIZE, message, openHttp, serveTool, session } from './http-support.ts';

const TOKEN = 'a-token-of-24-characters';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const ID = '00000000-0000-4000-8000-000000000000';

/** The JSON-RPC error of an answer. */
const refusal = (text: string) => JSON.stringify({ body: JSON.parse(text) });

describe('a token', () => {
  test('that is right lets in', async () => {
    const { post } = await openHttp({ token: TOKEN });
    expect((await post(INITIALIZE, bearer(TOKEN))).status).toBe(200);
  });

  test.each<[string, Record<string, string>]>([
    ['missing', {}],
    ['empty', bearer('')],
    ['another', bearer('b-token-of-24-characters')],
    ['its beginning', bearer(TOKEN.slice(0, -1))],
    ['more than it', bearer(`${TOKEN}x`)],
    ['in upper case', bearer(TOKEN.toUpperCase())],
    ['without its scheme', { authorization: TOKEN }],
    ['of another scheme', { authorization: `Basic ${TOKEN}` }],
    ['as a password', { authorization: `Basic ${Buffer.from(`:${TOKEN}`).toString('base64')}` }],
    ['in another header', { 'x-authorization': `Bearer ${TOKEN}`, cookie: `token=${TOKEN}` }],
  ])('that is %s does not', async (_, headers) => {
    const { post, lines } = await openHttp({ token: TOKEN });
    const answer = await post(INITIALIZE, headers);
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(answer.headers['mcp-session-id']).toBeUndefined();
    expect(`${answer.body} ${lines.join()}`).not.toContain(TOKEN);
  });

  test('in the address does not let in', async () => {
    const { origin } = await openHttp({ token: TOKEN });
    const body = JSON.stringify(INITIALIZE);
    for (const name of ['token', 'access_token']) {
      const url = `${origin}/mcp?${name}=${TOKEN}`;
      expect((await send(url, { body, headers: HEADERS })).status).toBe(401);
    }
  });

  test('is asked for in every request of a session, also those that end it', async () => {
    const { open, origin, post } = await openHttp({ token: TOKEN });
    const id = session(await open(bearer(TOKEN)));
    expect((await post(call(1), id)).status).toBe(401);
    for (const method of ['GET', 'DELETE']) {
      const headers = { ...HEADERS, ...id };
      expect((await send(`${origin}/mcp`, { method, headers })).status).toBe(401);
    }
    expect((await post(call(1), { ...id, ...bearer(TOKEN) })).status).toBe(200);
  });

  test('is not needed to learn that the server is well', async () => {
    const { origin } = await openHttp({ token: TOKEN });
    const { status, body } = await send(`${origin}/healthz`, { method: 'GET' });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { status: 'ok' } });
  });
});

describe('on loopback', () => {
  test.each(['127.0.0.1', '127.0.0.1:80', 'localhost', 'localhost:3000', '[::1]', '[::1]:3000', '127.8.9.1'])(
    'the Host %s is this machine',
    async (host) => {
      const { post } = await openHttp();
      expect((await post(INITIALIZE, { host })).status).toBe(200);
    },
  );

  test.each([
    'example.com',
    'example.com:3000',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'example.com:127.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '[::2]',
    'localhost@example.com',
  ])('the Host %j is another', async (host) => {
    const { post } = await openHttp();
    const answer = await post(INITIALIZE, { host });
    expect([400, 403]).toContain(answer.status);
    expect(answer.headers['mcp-session-id']).toBeUndefined();
  });

  test('an address in the request line does not stand for the Host', async () => {
    const { endpoint } = await openHttp();
    const path = `http://127.0.0.1:${endpoint.port}/mcp`;
    const body = JSON.stringify(INITIALIZE);
    const headers = { ...HEADERS, host: 'example.com' };
    expect((await send(path, { body, headers })).status).toBe(403);
  });

  test.runIf(process.platform === 'linux')('of IPv6 it is the same', async () => {
    const { post, endpoint } = await openHttp({ host: '::1' });
    expect((await post(INITIALIZE)).status).toBe(200);
    expect((await post(INITIALIZE, { origin: `http://[::1]:${endpoint.port}` })).status).toBe(200);
    expect((await post(INITIALIZE, { host: 'example.com' })).status).toBe(403);
  });
});

describe('a page in a browser', () => {
  test.each([
    'http://example.com',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:3000',
    'http://127.0.0.1.example.com',
    'null',
    'file://',
    '',
    'about:blank',
  ])('of another site may not ask: %j', async (origin) => {
    const { post } = await openHttp();
    expect((await post(INITIALIZE, { origin })).status).toBe(403);
  });

  test('of another site may not ask with the right token either', async () => {
    const { post } = await openHttp({ token: TOKEN, host: '0.0.0.0' });
    const origin = 'http://example.com';
    expect((await post(INITIALIZE, { ...bearer(TOKEN), origin })).status).toBe(403);
  });

  test('of this very address may', async () => {
    const { post, origin, endpoint } = await openHttp();
    expect((await post(INITIALIZE, { origin })).status).toBe(200);
    const host = `localhost:${endpoint.port}`;
    expect((await post(INITIALIZE, { host, origin: `http://${host}` })).status).toBe(200);
  });
});

test('with a token, another address than loopback has any name', async () => {
  const { post } = await openHttp({ host: '0.0.0.0', token: TOKEN });
  const answer = await post(INITIALIZE, { ...bearer(TOKEN), host: 'numbers.example.com' });
  expect(answer.status).toBe(200);
});

describe('a session', () => {
  test('belongs to the one that opened it: each has an ID of its own that cannot be guessed', async () => {
    const { open } = await openHttp();
    const ids = [await open(), await open()];
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
    expect(new Set(ids).size).toBe(2);
  });

  test('must be opened first', async () => {
    const { post } = await openHttp();
    const answer = await post(call(1));
    expect(answer.status).toBe(400);
    expect(refusal(answer.body)).toContain('initialize first');
  });

  test.each(['', ID, '__proto__', 'x'.repeat(5_000)])('that is unknown is told with 404: %j', async (id) => {
    const { post, open } = await openHttp();
    await open();
    const answer = await post(call(1), session(id));
    expect(answer.status).toBe(404);
    expect(refusal(answer.body)).toContain('initialize again');
  });

  test('cannot be given an ID by the client', async () => {
    const { post, open } = await openHttp();
    expect((await post(INITIALIZE, session(ID))).status).toBe(404);
    expect((await post(call(1), session(ID))).status).toBe(404);
    const id = await open();
    expect((await post(INITIALIZE, session(id))).status).toBe(400);
  });

  test('ends when its client says so, and no other with it', async () => {
    const { open, origin, post } = await openHttp();
    const [first, second] = [await open(), await open()];
    expect((await send(`${origin}/mcp`, { method: 'DELETE', headers: session(first) })).status).toBe(200);
    expect((await post(call(1), session(first))).status).toBe(404);
    expect((await post(call(1), session(second))).status).toBe(200);
  });

  test('is not opened by an initialize that is malformed, and nothing is left of it', async () => {
    let served = 0;
    const { post, open } = await openHttp({
      maxSessions: 1,
      serve: async (conversation, stopping) => {
        served++;
        await serveTool(async () => 'done')(conversation, stopping);
        served--;
      },
    });
    for (const params of [{}, { protocolVersion: 1, capabilities: {}, clientInfo: {} }]) {
      const answer = await post(message('initialize', 1, params));
      expect(answer.status).toBe(400);
      expect(answer.headers['mcp-session-id']).toBeUndefined();
    }
    expect(served).toBe(0);
    expect(await open()).toMatch(/./);
  });

  test('too many are refused until one ends', async () => {
    const { open, origin, post } = await openHttp({ maxSessions: 2 });
    const first = await open();
    await open();
    const refused = await post(INITIALIZE);
    expect(refused.status).toBe(503);
    expect(refusal(refused.body)).toContain('too many sessions');
    expect((await post(call(1), session(first))).status).toBe(200);
    await send(`${origin}/mcp`, { method: 'DELETE', headers: session(first) });
    expect((await post(INITIALIZE)).status).toBe(200);
  });

  test('too many are refused, however many ask at once', async () => {
    const { post } = await openHttp({ maxSessions: 2 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(INITIALIZE)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(8);
  });

  test('in which nothing was asked for too long is over; one in use is not', async () => {
    const { open, post, clock } = await openHttp({ idleMs: 60_000 });
    const [idle, used] = [await open(), await open()];
    clock.advance(40_000);
    expect((await post(call(1), session(used))).status).toBe(200);
    clock.advance(40_000);
    expect((await post(call(2), session(idle))).status).toBe(404);
    expect((await post(call(2), session(used))).status).toBe(200);
  });

  test('that is over ends its stream', async () => {
    const { open, origin, post, clock } = await openHttp({ idleMs: 60_000 });
    const id = await open();
    const headers = { accept: 'text/event-stream', ...session(id) };
    const stream = await fetch(`${origin}/mcp`, { headers });
    expect(stream.status).toBe(200);
    clock.advance(60_001);
    await post(call(1), session(ID));
    expect(await stream.text()).toBe('');
  });
});

describe('a body', () => {
  const large = JSON.stringify(message('ping', 1, { text: 'x'.repeat(1024 * 1024) }));

  test.each([false, true])('that is too large is refused; chunked: %s', async (chunked) => {
    const { post, open } = await openHttp();
    const id = session(await open());
    expect((await post(large, id, { chunked })).status).toBe(413);
    expect((await post(call(1), id)).status).toBe(200);
  });

  test('that is just not too large is read', async () => {
    const { post, open } = await openHttp();
    const text = JSON.stringify(call(1));
    const padded = `${text}${' '.repeat(1024 * 1024 - text.length)}`;
    expect((await post(padded, session(await open()))).status).toBe(200);
    expect((await post(`${padded} `, session(await open()))).status).toBe(413);
  });

  test.each(['', '{', 'null', '"text"', '1', '{"jsonrpc":"2.0"}', '[null]'])(
    'that is no message is refused, and the session goes on: %s',
    async (body) => {
      const { post, open } = await openHttp();
      const id = session(await open());
      expect((await post(body, id)).status).toBe(400);
      expect((await post(call(1), id)).status).toBe(200);
    },
  );

  test.each(['', '{', 'null', '[]'])('that is no message opens no session: %s', async (body) => {
    const { post } = await openHttp();
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers['mcp-session-id']).toBeUndefined();
  });

  test.each([
    ['{"name":5}', 'name must be'],
    ['{"name":"any","arguments":[]}', 'arguments must be an object'],
    ['{"name":"any","arguments":{"__proto__":{}}}', 'unknown: __proto__'],
  ])('with a call that is malformed is answered like on stdio: %s', async (params, reason) => {
    const { post, open } = await openHttp();
    const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`;
    const answer = JSON.parse((await post(body, session(await open()))).body);
    expect(answer).toMatchObject({
      id: 7,
      error: { code: -32602, message: expect.stringContaining(reason) },
    });
  });
});

describe('what is not served', () => {
  test.each(['PUT', 'PATCH', 'OPTIONS', 'TRACE'])('%s is refused with what is', async (method) => {
    const { origin } = await openHttp();
    const answer = await send(`${origin}/mcp`, { method, headers: HEADERS });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST, GET, DELETE' } });
  });

  test('no header lets a page of another site in', async () => {
    const { origin } = await openHttp();
    const headers = { origin: 'http://example.com', 'access-control-request-method': 'POST' };
    const answer = await send(`${origin}/mcp`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).join()).not.toContain('access-control');
  });

  test.each(['/', '/mcp/', '/mcp/x', '/MCP', '/sse', '/../mcp2'])('%s is not found', async (path) => {
    const { origin } = await openHttp();
    expect((await send(`${origin}${path}`, { method: 'POST', headers: HEADERS })).status).toBe(404);
  });

  test.each(['GET', 'HEAD', 'DELETE'])('%s without a session is refused', async (method) => {
    const { origin } = await openHttp();
    expect((await send(`${origin}/mcp`, { method, headers: HEADERS })).status).toBe(400);
  });

  test('a second stream of one session is refused', async () => {
    const { origin, open } = await openHttp();
    const headers = { accept: 'text/event-stream', ...session(await open()) };
    const first = await fetch(`${origin}/mcp`, { headers });
    expect((await fetch(`${origin}/mcp`, { headers })).status).toBe(409);
    await first.body?.cancel();
  });
});
