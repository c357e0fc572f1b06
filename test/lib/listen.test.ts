/** HTTP servers of both kinds, over real connections: unread bodies, and more clients than there is room for. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HttpServer, listen, listenBare, readBareBody, readBody } from '../../src/lib/listen.ts';
import { send } from '../callbacks/support.ts';
import { deferred, eventually } from '../e2e/harness.ts';
import { keepConnection } from '../support/connection.ts';

const MOST = 1_000;

/** A server that reads a body of at most {@link MOST} bytes at `/read`, and none elsewhere. */
const SERVERS: Readonly<Record<string, () => Promise<HttpServer>>> = {
  'of the web standard': () =>
    listen(async (request) => {
      if (new URL(request.url).pathname !== '/read') return new Response('not read', { status: 404 });
      const body = await readBody(request, MOST);
      if (typeof body === 'string') return new Response(body, { status: 413 });
      return new Response(`read ${body.length}`);
    }, 0),
  bare: () =>
    listenBare(
      async (request, response) => {
        if (request.url !== '/read') {
          response.writeHead(404).end('not read');
          return;
        }
        const body = await readBareBody(request, MOST);
        if (typeof body === 'string') response.writeHead(413).end(body);
        else response.end(`read ${body.length}`);
      },
      0,
      '127.0.0.1',
    ),
};

describe.each(Object.entries(SERVERS))('a server %s', (_, start) => {
  async function open() {
    const server = await start();
    onTestFinished(() => server.close());
    return { origin: `http://127.0.0.1:${server.port}`, port: server.port };
  }

  test('keeps a connection whose request was read', async () => {
    const request = keepConnection((await open()).origin);
    expect(await request('/read', { body: 'x' })).toMatchObject({ body: 'read 1', isReused: false });
    expect(await request('/read', { body: 'xy' })).toMatchObject({ body: 'read 2', isReused: true });
    expect(await request('/', { method: 'GET' })).toMatchObject({ status: 404, isReused: true });
    expect(await request('/read', { body: 'xyz' })).toMatchObject({ body: 'read 3', isReused: true });
  });

  test.each<[string, string, number]>([
    ['that is too large', '/read', 413],
    ['that nobody wants', '/', 404],
  ])('says that it closes after a body %s, and loses no request after it', async (_, path, status) => {
    const request = keepConnection((await open()).origin);
    for (let time = 0; time < 3; time++) {
      const refused = await request(path, { body: 'x'.repeat(200_000) });
      expect(refused).toMatchObject({ status, headers: { connection: 'close' } });
      expect(await request('/read', { body: 'genuine' })).toMatchObject({ body: 'read 7', isReused: false });
    }
  });

  test.each(['content-length: 20000000', 'transfer-encoding: chunked'])(
    'answers a client that sends all before it reads: %s',
    async (length) => {
      const { port } = await open();
      const socket = connect(port, '127.0.0.1').pause();
      const body = 'x'.repeat(20_000_000);
      const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      socket.write(`POST /read HTTP/1.1\r\nhost: 127.0.0.1\r\n${length}\r\n\r\n`);
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.write(length.endsWith('chunked') ? chunked : body, () => resolve());
      });
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 .*connection: close.*too large/is);
    },
  );

  test('does not answer what was sent on a connection that it has closed', async () => {
    const { port } = await open();
    const socket = connect(port, '127.0.0.1');
    const large = 'x'.repeat(200_000);
    const head = (path: string, length: number) =>
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${length}\r\n\r\n`;
    socket.write(`${head('/', large.length)}${large}${head('/read', 1)}x`);
    const answered = await text(socket).catch(() => '');
    expect(answered).toContain('404');
    expect(answered).not.toContain('read 1');
  });

  test('is reachable behind 1,200 connections that do nothing', async () => {
    const { origin, port } = await open();
    const busy = keepConnection(origin);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    let dropped = 0;
    for (let n = 0; n < 1_200; n++) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.once('close', () => dropped++);
      // Some have sent half a request.
      if (n % 3 === 0) socket.write('POST /read HTTP/1.1\r\nhost: 127');
      sockets.push(socket);
      await once(socket, 'connect');
    }
    expect(await busy('/read', { body: 'x' })).toMatchObject({ body: 'read 1' });
    expect(await send(`${origin}/read`, { body: 'xy' })).toMatchObject({ body: 'read 2' });
    await eventually(() => dropped).toBeGreaterThanOrEqual(200);
    expect(dropped).toBeLessThan(300);
  });
});

test('a request under way is not dropped for a new connection, however many come', async () => {
  const under = deferred<ServerResponse>();
  const server = await listenBare((_, response) => under.resolve(response), 0, '127.0.0.1');
  onTestFinished(() => server.close());
  const answer = send(`http://127.0.0.1:${server.port}`, {});
  const response = await under.promise;
  const sockets = Array.from({ length: 1_100 }, () =>
    connect(server.port, '127.0.0.1').on('error', () => {}),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  response.end('done');
  expect((await answer).body).toBe('done');
});

test('a connection on which nothing came does not hold up the end', async () => {
  const server = await listenBare((_, response) => response.end(), 0, '127.0.0.1');
  const socket = connect(server.port, '127.0.0.1').resume();
  await once(socket, 'connect');
  // The server has it once it has answered on a later one.
  await send(`http://127.0.0.1:${server.port}`, {});
  const closed = once(socket, 'close');
  await server.close(60_000);
  await closed;
});

test('a body whose sender leaves is broken', async () => {
  const [begun, read] = [deferred<void>(), deferred<unknown>()];
  const server = await listenBare(
    (request) => {
      begun.resolve();
      readBareBody(request, MOST).then(read.resolve);
    },
    0,
    '127.0.0.1',
  );
  onTestFinished(() => server.close());
  const socket = connect(server.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10\r\n\r\nhalf');
  await begun.promise;
  socket.destroy();
  expect(await read.promise).toBe('broken');
});
