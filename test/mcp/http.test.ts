/** Who may ask over HTTP, and with what. */
import { describe, expect, test } from 'vitest';
import { send } from '../callbacks/support.ts';
import { keepConnection } from '../support/connection.ts';
import { call, HEADERS, INITIALIZE, message, openHttp, session } from './http-support.ts';

const TOKEN = 'a-token-of-24-characters';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

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

test.each(['0.0.0.0', '127.0.0.1'])('with a token, %s has any name', async (host) => {
  const { post } = await openHttp({ host, token: TOKEN });
  expect((await post(INITIALIZE, { ...bearer(TOKEN), host: 'numbers.example.com' })).status).toBe(200);
  expect((await post(INITIALIZE, { host: 'numbers.example.com' })).status).toBe(401);
});

describe('behind a proxy with a public URL', () => {
  const publicUrl = 'https://numbers.example.com';

  test.each<[string, Record<string, string>, number]>([
    ['that keeps the Host', { host: 'numbers.example.com' }, 200],
    ['that keeps the Host, a page of that site', { host: 'numbers.example.com', origin: publicUrl }, 200],
    ['that does not keep the Host, a page of that site', { origin: publicUrl }, 200],
    ['another Host', { host: 'numbers.example.org' }, 403],
    ['another port', { host: 'numbers.example.com:8443' }, 403],
    ['a page of another site', { host: 'numbers.example.com', origin: 'https://numbers.example.org' }, 403],
    ['a page of that site without TLS', { origin: 'http://numbers.example.com' }, 403],
  ])('%s: %j is answered with %i', async (_, headers, status) => {
    const { post } = await openHttp({ publicUrl });
    expect((await post(INITIALIZE, headers)).status).toBe(status);
  });
});

describe('what a client accepts', () => {
  test.each<[string | undefined, string]>([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/html', 'application/json'],
    ['application/json;q=0.9, text/event-stream', 'application/json'],
    ['text/event-stream', 'text/event-stream'],
    ['TEXT/*', 'text/event-stream'],
  ])('%s is served as %s', async (accept, type) => {
    const { post, open } = await openHttp();
    const { accept: _, ...headers } = { ...HEADERS, ...session(await open()) };
    const answer = await post(call(1), { ...headers, ...(accept ? { accept } : { accept: [] }) });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } });
    expect(answer.body).toContain('"done"');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', undefined])(
    'a body of type %s is refused',
    async (type) => {
      const { post } = await openHttp();
      expect((await post(INITIALIZE, { 'content-type': type ?? [] })).status).toBe(415);
    },
  );
});

describe('the version of the protocol', () => {
  test('that is not served is refused with those that are', async () => {
    const { post, open } = await openHttp();
    const headers = { ...session(await open()), 'mcp-protocol-version': '2026-07-28' };
    const answer = await post(call(1), headers);
    expect(answer.status).toBe(400);
    expect(refusal(answer.body)).toContain('2025-11-25');
  });

  test('of the next generation is refused as a method that is unknown, and initialize works on the same connection', async () => {
    const { origin } = await openHttp();
    const request = keepConnection(origin);
    const sent = (body: object) => ({ body: JSON.stringify(body), headers: HEADERS });
    const discover = await request('/mcp', sent(message('server/discover', 'probe')));
    expect(JSON.parse(discover.body)).toMatchObject({ id: 'probe', error: { code: -32601 } });
    const initialized = await request('/mcp', sent(INITIALIZE));
    expect(initialized).toMatchObject({ status: 200, isReused: true });
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
    ['{"name":"any","arguments":[1]}', 'arguments must be an object'],
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

  test('a slash that a client appends is no other path', async () => {
    const { origin } = await openHttp();
    const body = JSON.stringify(INITIALIZE);
    for (const path of ['/mcp/', '/mcp/?a=b']) {
      expect((await send(`${origin}${path}`, { body, headers: HEADERS })).status).toBe(200);
    }
  });

  test.each(['/', '/mcp//', '/mcp/x', '/MCP', '/sse', '/../mcp2'])('%s is not found', async (path) => {
    const { origin } = await openHttp();
    expect((await send(`${origin}${path}`, { method: 'POST', headers: HEADERS })).status).toBe(404);
  });

  test.each(['GET', 'HEAD', 'DELETE'])('%s without a session is refused', async (method) => {
    const { origin } = await openHttp();
    expect((await send(`${origin}/mcp`, { method, headers: HEADERS })).status).toBe(400);
  });
});
