import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
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
      const error = await failure(createHttp(agent).send(get('http://127.0.0.1')));
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
