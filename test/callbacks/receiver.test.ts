import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { CallbackEvent } from '../../src/api/callback-event.ts';
import { startReceiver } from '../../src/callbacks/receiver.ts';
import { createVerifier, type Verifier } from '../../src/callbacks/secret.ts';
import { createMask, type Mask } from '../../src/lib/mask.ts';
import { failure, fastClock, freePort } from '../api/support.ts';
import { deferred } from '../e2e/harness.ts';
import { START } from '../support/stage.ts';
import { deliver, eventOf, eventsOf, PUBLISHED, recorder, SECRET, send, sign } from './support.ts';

const LIMIT = 256 * 1024;
const [{ body: BODY, signature: SIGNATURE }] = PUBLISHED;

interface ReceiverSetup {
  /** What the API has as the project's secret. */
  readonly secret?: string | undefined;
  readonly verify?: Verifier['verify'];
  readonly port?: number;
  readonly mask?: Mask;
  readonly keep?: (event: CallbackEvent) => Promise<void>;
}

/** A receiver and what it has kept, until the test is over. */
async function open(setup: ReceiverSetup = {}) {
  const { port = 0, keep = async (event) => void kept.push(event) } = setup;
  const kept: CallbackEvent[] = [];
  const answers: number[] = [];
  const clock = fastClock(START);
  const { log } = recorder();
  const secret = 'secret' in setup ? setup.secret : SECRET;
  const receiver = await startReceiver(port, {
    verify: setup.verify ?? createVerifier({ readSecret: async () => secret, clock, log }).verify,
    mask: async () => setup.mask,
    keep,
    now: clock.now,
    onAnswer: (status) => answers.push(status),
    onFailure: () => {},
  });
  onTestFinished(() => receiver.close());
  const origin = `http://127.0.0.1:${receiver.port}`;
  return { receiver, origin, url: `${origin}/callbacks`, kept, answers };
}

const signed = (body: string | Uint8Array) => ({ body, headers: { 'x-sinch-signature': sign(body) } });

/** An event of exactly that many bytes. */
function bodyOf(size: number): string {
  const head = '{"eventId":"large","padding":"';
  return `${head}${'x'.repeat(size - head.length - 2)}"}`;
}

describe('a callback with the right signature', () => {
  test('passes where its length is not told, up to 256 KB', async () => {
    const { url, kept } = await open();
    expect(await send(url, { ...signed(BODY), chunked: true })).toMatchObject({ status: 200 });
    expect(await send(url, { ...signed(bodyOf(LIMIT)), chunked: true })).toMatchObject({ status: 200 });
    expect(kept).toHaveLength(2);
  });

  test('that repeats the credentials is kept without them', async () => {
    const { url, kept } = await open({ mask: createMask(['key-secret-1']) });
    expect(await deliver(url, eventOf(1, { failureCode: 'by key-secret-1' }))).toBe(200);
    expect(kept).toMatchObject([{ failureCode: 'by ****' }]);
  });

  test('is answered 200 without a body once the event is kept, with the time of receipt', async () => {
    const { url, kept, answers } = await open();
    const answer = await send(url, { body: BODY, headers: { 'x-sinch-signature': SIGNATURE } });
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(kept).toEqual([
      expect.objectContaining({
        eventId: '01hpa0mww4m79q8j2dwn3ggbgz',
        timestamp: '2024-02-10T17:22:09.412722588Z',
        receivedAt: new Date(START).toISOString(),
      }),
    ]);
    expect(answers).toEqual([200]);
  });

  test('is answered 200 again when it is delivered again', async () => {
    const { url, answers } = await open();
    for (let i = 0; i < 3; i++) expect(await deliver(url, eventOf(1))).toBe(200);
    expect(answers).toEqual([200, 200, 200]);
  });

  test.each(['X-Sinch-Signature', 'x-sinch-signature', 'X-SINCH-SIGNATURE', 'x-SiNcH-sIgNaTuRe'])(
    'passes with the header spelled %s',
    async (name) => {
      const { url } = await open();
      expect(await send(url, { body: BODY, headers: { [name]: SIGNATURE } })).toMatchObject({ status: 200 });
    },
  );

  test.each([
    ['unusual white space', ' {\r\n\t"eventId" :  "a" , "status":"FAILED"\n}\n\n'],
    ['keys in an unusual order and escapes', '{"status":"\\u0046AILED","eventId":"a"}'],
    ['characters that are not ASCII', '{"eventId":"a","status":"FAILED","note":"Zürich 東京 🎉"}'],
    ['a key twice', '{"eventId":"b","eventId":"a","status":"FAILED"}'],
  ])('passes by its bytes as they came: %s', async (_, body) => {
    const { url, kept } = await open();
    expect(await send(url, signed(body))).toMatchObject({ status: 200 });
    expect(kept).toEqual([expect.objectContaining({ eventId: 'a', status: 'FAILED' })]);
  });

  test('passes at the path with a slash appended, as some gateways do', async () => {
    const { url, kept } = await open();
    expect(await send(`${url}/`, signed(BODY))).toMatchObject({ status: 200 });
    expect(kept).toHaveLength(1);
  });

  test('passes whatever its content type', async () => {
    const { url, kept } = await open();
    for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain']) {
      const headers = { 'content-type': type, 'x-sinch-signature': SIGNATURE };
      expect(await send(url, { body: BODY, headers })).toMatchObject({ status: 200 });
    }
    expect(kept).toHaveLength(3);
  });

  test('is taken as what this receiver says where it tells a time of receipt itself', async () => {
    const { url, kept } = await open();
    await deliver(url, eventOf(1, { receivedAt: '1999-01-01T00:00:00Z' }));
    expect(kept).toEqual([expect.objectContaining({ receivedAt: new Date(START).toISOString() })]);
  });

  test('is not answered before the event is kept', async () => {
    const order: string[] = [];
    const keep = async () => {
      await new Promise(setImmediate);
      order.push('kept');
    };
    const { url } = await open({ keep });
    await deliver(url, eventOf(1));
    order.push('answered');
    expect(order).toEqual(['kept', 'answered']);
  });
});

describe('a callback is refused and nothing is kept', () => {
  test.each([
    ['no signature', {}],
    ['an empty one', { 'x-sinch-signature': '' }],
    ['another body', { 'x-sinch-signature': PUBLISHED[1].signature }],
    ['another secret', { 'x-sinch-signature': sign(BODY, 'another secret') }],
    ['half a signature', { 'x-sinch-signature': SIGNATURE.slice(0, 20) }],
    ['the header twice', { 'x-sinch-signature': [SIGNATURE, SIGNATURE] }],
    ['the signature in another header', { 'x-signature': SIGNATURE }],
  ])('with 401 for the signature: %s', async (_, headers) => {
    const { url, kept, answers } = await open();
    const answer = await send(url, { body: BODY, headers });
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain(SIGNATURE);
    expect(kept).toEqual([]);
    expect(answers).toEqual([401]);
  });

  test('with 401 when no secret is known, however it is signed', async () => {
    const { url, kept } = await open({ secret: undefined });
    for (const secret of [SECRET, '', 'undefined']) expect(await deliver(url, eventOf(1), secret)).toBe(401);
    expect(kept).toEqual([]);
  });

  test('with 503, and taken when it is delivered again, while the secret cannot be read', async () => {
    let isFailing = true;
    const clock = fastClock(START);
    const readSecret = async () => {
      if (isFailing) throw new Error('the API is unavailable');
      return SECRET;
    };
    const { verify } = createVerifier({ readSecret, clock, log: recorder().log });
    const { url, kept } = await open({ verify });
    expect(await deliver(url, eventOf(1))).toBe(503);
    expect(kept).toEqual([]);
    isFailing = false;
    clock.advance(1_000);
    expect(await deliver(url, eventOf(1))).toBe(200);
    expect(kept).toHaveLength(1);
  });

  test('with 401 where only white space was changed on the way', async () => {
    const { url } = await open();
    const headers = { 'x-sinch-signature': SIGNATURE };
    expect(await send(url, { body: `${BODY}\n`, headers })).toMatchObject({ status: 401 });
  });

  test.each([
    ['an empty body', ''],
    ['no JSON', 'hello'],
    ['a list', '[{"eventId":"a"}]'],
    ['no ID', '{"status":"FAILED"}'],
  ])('with 400 where the signature is right and it is no event: %s', async (_, body) => {
    const { url, kept, answers } = await open();
    expect(await send(url, signed(body))).toMatchObject({ status: 400 });
    expect(kept).toEqual([]);
    expect(answers).toEqual([400]);
  });

  test('with 401, not 400, where it is no event and nobody signed it', async () => {
    const { url } = await open();
    expect(await send(url, { body: 'hello' })).toMatchObject({ status: 401 });
  });

  test('with 413 above 256 KB; at 256 KB it passes', async () => {
    const { url, kept, answers } = await open();
    expect(await send(url, signed(bodyOf(LIMIT)))).toMatchObject({ status: 200 });
    expect(await send(url, signed(bodyOf(LIMIT + 1)))).toMatchObject({ status: 413 });
    expect(kept).toHaveLength(1);
    expect(answers).toEqual([200, 413]);
  });

  test('with 413 above 256 KB too where the length is not told', async () => {
    const { url, kept, answers } = await open();
    expect(await send(url, { ...signed(bodyOf(LIMIT + 1)), chunked: true })).toMatchObject({ status: 413 });
    expect(kept).toEqual([]);
    expect(answers).toEqual([413]);
  });

  test('with 404 at any other path', async () => {
    const { origin, kept, answers } = await open();
    for (const path of ['/', '/callback', '/callbacks/more', '/v1/callbacks']) {
      expect(await send(`${origin}${path}`, signed(BODY)), path).toMatchObject({ status: 404 });
    }
    expect(kept).toEqual([]);
    expect(answers).toEqual([404, 404, 404, 404]);
  });

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('with 405 for %s, and the method to use', async (method) => {
    const { url, kept, answers } = await open();
    const answer = await send(url, { method, ...signed(BODY) });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(kept).toEqual([]);
    expect(answers).toEqual([405]);
  });

  test('with 503 where the event could not be kept, and taken once it can', async () => {
    let isFull = true;
    const keep = async () => {
      if (isFull) throw new Error('the disk is full');
    };
    const { url, answers } = await open({ keep });
    expect(await deliver(url, eventOf(1))).toBe(503);
    isFull = false;
    expect(await deliver(url, eventOf(1))).toBe(200);
    expect(answers).toEqual([503, 200]);
  });
});

describe('the receiver', () => {
  test('counts a sender who hangs up in the middle as refused, and writes nothing past the log', async () => {
    const write = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => write.mockRestore());
    const { receiver, answers } = await open();
    const sender = connect(receiver.port, '127.0.0.1');
    await once(sender, 'connect');
    sender.write('POST /callbacks HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{', () =>
      sender.destroy(),
    );
    await expect.poll(() => answers.length + write.mock.calls.length).toBe(1);
    expect(write).not.toHaveBeenCalled();
    expect(answers).toHaveLength(1);
  });

  test('answers a hundred callbacks that are under way at once, next to one that never ends', async () => {
    const allCame = deferred<void>();
    let came = 0;
    const keep = () => {
      if (++came === 100) allCame.resolve();
      return allCame.promise;
    };
    const { receiver, url } = await open({ keep });
    const endless = connect(receiver.port, '127.0.0.1');
    onTestFinished(() => void endless.destroy());
    await once(endless, 'connect');
    endless.write('POST /callbacks HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{');
    const statuses = await Promise.all(eventsOf(0, 100).map((event) => deliver(url, event)));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test('listens on 127.0.0.1 alone, at the port that was asked for', async () => {
    const port = await freePort();
    const { receiver } = await open({ port });
    expect(receiver.port).toBe(port);
    expect(await failure(send(`http://127.0.0.2:${port}/callbacks`, signed(BODY)))).toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  test('is not started where the port is taken', async () => {
    const { receiver } = await open();
    expect(await failure(open({ port: receiver.port }))).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('ends with close, though a sender holds its connection open; the port is free then', async () => {
    const { receiver, url } = await open();
    const idle = connect(receiver.port, '127.0.0.1');
    const stalled = connect(receiver.port, '127.0.0.1');
    const cutOff = Promise.all([once(idle.resume(), 'close'), once(stalled.resume(), 'close')]);
    for (const socket of [idle, stalled]) socket.on('error', () => {});
    await Promise.all([once(idle, 'connect'), once(stalled, 'connect')]);
    stalled.write('POST /callbacks HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{');
    expect(await deliver(url, eventOf(1))).toBe(200);
    await receiver.close();
    await cutOff;
    expect(await failure(deliver(url, eventOf(1)))).toMatchObject({ code: 'ECONNREFUSED' });
    await open({ port: receiver.port });
  });

  test('answers what is under way when it closes', async () => {
    const isKeeping = deferred<void>();
    const mayKeep = deferred<void>();
    const keep = () => {
      isKeeping.resolve();
      return mayKeep.promise;
    };
    const { receiver, url } = await open({ keep });
    const answer = deliver(url, eventOf(1));
    await isKeeping.promise;
    const closed = receiver.close();
    mayKeep.resolve();
    expect(await answer).toBe(200);
    await closed;
  });
});
