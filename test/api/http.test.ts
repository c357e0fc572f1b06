import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { MockAgent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectionError, UnexpectedResponseError } from '../../src/api/errors.ts';
import { createHttp, MAX_BODY_BYTES } from '../../src/api/http.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import { answerJson, connect, endpointAt, failure, freePort, serve } from './support.ts';

function open() {
  const http = createHttp();
  onTestFinished(() => http.close());
  return http;
}

const get = (origin: string, signal = new AbortController().signal) =>
  ({ origin, target: '/', method: 'GET', headers: {}, signal }) as const;

/** Writes without an end until the reader goes away. */
function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}

describe('connections', () => {
  test('are kept alive: calls that come one after the other use the same', async () => {
    const server = await serve((response) => answerJson(response, { availableRegions: [] }));
    const client = connect(endpointAt(server, { auth: 'basic' }));
    for (let call = 0; call < 20; call++) {
      await client.call(operations.listAvailableRegions, {});
    }
    expect(server.requests).toHaveLength(20);
    expect(server.connections()).toBe(1);
  });

  test('are at most 32, however many calls are made at once', async () => {
    const server = await serve((response) => answerJson(response, { availableRegions: [] }));
    const client = connect(endpointAt(server, { auth: 'basic' }));
    await Promise.all(Array.from({ length: 100 }, () => client.call(operations.listAvailableRegions, {})));
    expect(server.requests).toHaveLength(100);
    expect(server.connections()).toBeLessThanOrEqual(32);
  });

  test('are used again where the answers of several calls arrive together, and the next are made at once', async () => {
    const atOnce = 8;
    let held: ServerResponse[] = [];
    const server = await serve((response) => {
      held.push(response);
      if (held.length < atOnce) return;
      for (const each of held) answerJson(each, { availableRegions: [] });
      held = [];
    });
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const inTurn = async () => {
      for (let call = 0; call < 10; call++) await client.call(operations.listAvailableRegions, {});
    };
    await Promise.all(Array.from({ length: atOnce }, inTurn));
    expect(server.connections()).toBe(atOnce);
  });

  test('are closed with the client', async () => {
    const server = await serve((response) => answerJson(response, { availableRegions: [] }));
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const arrival = server.arrival();
    await client.call(operations.listAvailableRegions, {});
    const { socket } = (await arrival).req;
    const closed = once(socket, 'close');
    await client.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});

describe('an answer', () => {
  test('that is over 10 MB is refused while it is still being sent, and its connection closed', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      flood(response);
    });
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.listActiveNumbers, {}));
    const closed = once(await arrival, 'close');
    const error = await outcome;
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect(error).toMatchObject({ acted: 'maybe', reason: 'the answer is larger than 10 MB' });
    await closed;
    expect(server.requests).toHaveLength(1);
  });

  test('of exactly 10 MB is read, one byte more is not', async () => {
    let size = MAX_BODY_BYTES;
    const server = await serve((response) => response.end(Buffer.alloc(size, 'a')));
    const http = open();
    const { body } = await http.send(get(server.url));
    expect(body).toHaveLength(MAX_BODY_BYTES);
    size++;
    expect(await failure(http.send(get(server.url)))).toBeInstanceOf(UnexpectedResponseError);
  });

  test('is read whole where characters are cut between two chunks', async () => {
    const text = '€'.repeat(500_000);
    const server = await serve((response) => response.end(text));
    expect((await open().send(get(server.url))).body === text).toBe(true);
  });

  test('of any status is an answer, with headers by their lower-case names', async () => {
    const server = await serve((response) => response.writeHead(418, { 'Retry-After': '7' }).end('short'));
    const response = await open().send(get(server.url));
    expect(response.status).toBe(418);
    expect(response.header('retry-after')).toBe('7');
    expect(response.header('x-missing')).toBeUndefined();
  });

  test('that redirects is not followed', async () => {
    const server = await serve((response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect((await open().send(get(server.url))).status).toBe(302);
    expect(server.requests).toHaveLength(1);
  });
});

describe('an encoded answer', () => {
  const text = JSON.stringify({ activeNumbers: Array(1_000).fill({ displayName: 'Zoë €' }) });

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
  ])('in %s is decoded', async (encoding, body) => {
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    expect((await open().send(get(server.url))).body === text).toBe(true);
  });

  test('that is an error is read like any other', async () => {
    const body = gzipSync(JSON.stringify({ error: { code: 404, status: 'NOT_FOUND', message: 'gone' } }));
    const server = await serve((response) =>
      response.writeHead(404, { 'content-encoding': 'gzip' }).end(body),
    );
    const client = connect(endpointAt(server, { auth: 'basic' }));
    expect(await failure(client.call(operations.listAvailableRegions, {}))).toMatchObject({
      status: 404,
      problem: { apiStatus: 'NOT_FOUND', message: 'gone' },
    });
  });

  test.each<[string, Buffer, string]>([
    ['gzip', gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1)), 'the answer is larger than 10 MB'],
    ['br', brotliCompressSync(Buffer.alloc(2 * MAX_BODY_BYTES)), 'the answer is larger than 10 MB'],
    ['gzip', Buffer.from(text), 'the answer says that it is gzip, and is not'],
    ['gzip', gzipSync(text).subarray(0, -20), 'the answer says that it is gzip, and is not'],
    ['zstd', Buffer.from(text), 'the answer has an unknown content-encoding'],
  ])('in %s that cannot be taken says why', async (encoding, body, reason) => {
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    expect(await failure(open().send(get(server.url)))).toMatchObject({
      name: 'UnexpectedResponseError',
      acted: 'maybe',
      reason,
    });
  });

  test('of 10 MB when it is decoded is read', async () => {
    const body = gzipSync(Buffer.alloc(MAX_BODY_BYTES, 'a'));
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
    );
    expect((await open().send(get(server.url))).body).toHaveLength(MAX_BODY_BYTES);
  });

  test('without a body needs no decoding', async () => {
    const server = await serve((response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end());
    expect((await open().send(get(server.url))).body).toBe('');
  });
});

test('a byte order mark is skipped, also within an encoding', async () => {
  const text = '\ufeff{"availableRegions":[]}';
  for (const [encoding, body] of [
    ['identity', text],
    ['gzip', gzipSync(text)],
  ] as const) {
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    const client = connect(endpointAt(server, { auth: 'basic' }));
    expect(await client.call(operations.listAvailableRegions, {})).toEqual({ availableRegions: [] });
  }
});

describe('a connection that fails', () => {
  test('because it is refused says that the API cannot have acted', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    const error = await failure(open().send(get(origin)));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ origin, code: 'ECONNREFUSED', acted: 'no' });
  });

  test('before the answer says that the API may have acted', async () => {
    const server = await serve((response) => response.destroy());
    expect(await failure(open().send(get(server.url)))).toMatchObject({
      name: 'ConnectionError',
      acted: 'maybe',
    });
  });

  test('within the answer says that the API may have acted', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"phoneNumber":', () => response.destroy());
    });
    expect(await failure(open().send(get(server.url)))).toMatchObject({
      name: 'ConnectionError',
      acted: 'maybe',
    });
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED'])(
    'with %s before anything was sent says that the API cannot have acted',
    async (code) => {
      const agent = new MockAgent();
      onTestFinished(() => agent.close());
      agent.disableNetConnect();
      const reason = Object.assign(new Error('no connection'), { code });
      agent.get('http://127.0.0.1').intercept({ path: '/' }).replyWithError(reason);
      const error = await failure(createHttp({ dispatcher: agent }).send(get('http://127.0.0.1')));
      expect(error).toMatchObject({ name: 'ConnectionError', code, acted: 'no', cause: reason });
    },
  );
});

describe('a signal', () => {
  test('that aborts closes the connection; its reason is what the request fails with', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const reason = new Error('enough');
    const arrival = server.arrival();
    const outcome = failure(open().send(get(server.url, controller.signal)));
    const closed = once(await arrival, 'close');
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    await closed;
  });

  test('that aborts within the answer closes the connection too', async () => {
    const server = await serve((response) => {
      response.writeHead(200).write('{');
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    const arrival = server.arrival();
    const outcome = failure(open().send(get(server.url, controller.signal)));
    const closed = once(await arrival, 'close');
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    await closed;
  });
});
