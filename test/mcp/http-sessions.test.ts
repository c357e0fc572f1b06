/** Sessions over HTTP: whose they are, how long they last, and which one makes room. */
import { describe, expect, test } from 'vitest';
import { send } from '../callbacks/support.ts';
import { deferred } from '../e2e/harness.ts';
import { openEvents } from './event-support.ts';
import { call, INITIALIZE, message, openHttp, serveTool, session } from './http-support.ts';

const ID = '00000000-0000-4000-8000-000000000000';

/** The JSON-RPC error of an answer. */
const refusal = (text: string) => JSON.stringify({ body: JSON.parse(text) });

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

  test('cannot be given an ID by the client: initialize with a dead one opens a new one', async () => {
    const { post, open } = await openHttp();
    const id = await open(session(ID));
    expect(id).not.toBe(ID);
    expect((await post(call(1), session(ID))).status).toBe(404);
    expect((await post(call(1), session(id))).status).toBe(200);
    expect((await post(INITIALIZE, session(id))).status).toBe(400);
  });

  test('ends when its client says so with its stream, and no other with it', async () => {
    const { open, origin, post } = await openHttp();
    const [first, second] = [await open(), await open()];
    const stream = await openEvents(origin, session(first));
    expect((await send(`${origin}/mcp`, { method: 'DELETE', headers: session(first) })).status).toBe(200);
    await stream.ended;
    expect((await post(call(1), session(first))).status).toBe(404);
    expect((await post(call(1), session(second))).status).toBe(200);
  });

  test('is not opened by an initialize that is malformed, and nothing is left of it', async () => {
    let served = 0;
    const { post, open } = await openHttp({
      serve: async (conversation, stopping) => {
        served++;
        await serveTool(async () => 'done')(conversation, stopping);
      },
    });
    for (const params of [{}, { protocolVersion: 1, capabilities: {}, clientInfo: {} }]) {
      const answer = await post(message('initialize', 1, params));
      expect(answer.status).toBe(400);
      expect(answer.headers['mcp-session-id']).toBeUndefined();
      expect(JSON.parse(answer.body)).toMatchObject({ id: 1, error: { code: -32602 } });
    }
    expect(served).toBe(0);
    expect(await open()).toMatch(/./);
  });

  test('refuses a request whose ID another one has that is under way', async () => {
    const [started, release] = [deferred<void>(), deferred<string>()];
    const serve = serveTool(() => {
      started.resolve();
      return release.promise;
    });
    const { open, post } = await openHttp({ serve });
    const id = session(await open());
    const first = post(call(1), id);
    await started.promise;
    expect(await post(call(1), id)).toMatchObject({ status: 400, body: expect.stringContaining('"id":1') });
    release.resolve('the first');
    expect((await first).body).toContain('the first');
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

  test('with an open stream never expires; without it the time begins anew', async () => {
    const { open, origin, post, clock } = await openHttp({ idleMs: 60_000, tickMs: 10 });
    const id = session(await open());
    const stream = await openEvents(origin, id);
    clock.advance(120_000);
    await stream.comment();
    expect((await post(call(1), id)).status).toBe(200);
    stream.cut();
    await post(call(2), id);
    clock.advance(60_001);
    expect((await post(call(3), id)).status).toBe(404);
  });
});

describe('where there are as many sessions as there may be', () => {
  test('the one idle longest makes room', async () => {
    const { open, post, clock } = await openHttp({ maxSessions: 3 });
    const ids = [await open(), await open(), await open()];
    clock.advance(1_000);
    expect((await post(call(1), session(ids[0] ?? ''))).status).toBe(200);
    await open();
    const statuses = await Promise.all(ids.map(async (id) => (await post(call(2), session(id))).status));
    expect(statuses).toEqual([200, 404, 200]);
  });

  test('those with an open stream or a call under way stay, and a new one is refused once all are like that', async () => {
    const [started, release] = [deferred<void>(), deferred<string>()];
    const serve = serveTool(() => {
      started.resolve();
      return release.promise;
    });
    const { open, post, origin } = await openHttp({ serve, maxSessions: 2 });
    const [listening, calling] = [session(await open()), session(await open())];
    await openEvents(origin, listening);
    const answer = post(call(1), calling);
    await started.promise;
    const refused = await post(INITIALIZE);
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
    expect(refusal(refused.body)).toContain('too many sessions');
    release.resolve('done');
    expect((await answer).body).toContain('"done"');
    expect((await post(INITIALIZE)).status).toBe(200);
    expect((await post(message('ping', 2), listening)).status).toBe(200);
    expect((await post(message('ping', 2), calling)).status).toBe(404);
  });

  test('none is too many, however many ask at once', async () => {
    let served = 0;
    let most = 0;
    const { post } = await openHttp({
      maxSessions: 2,
      serve: async (conversation, stopping) => {
        most = Math.max(most, ++served);
        await serveTool(async () => 'done')(conversation, stopping);
        served--;
      },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(INITIALIZE)));
    for (const { status } of answers) expect([200, 503]).toContain(status);
    expect(served).toBe(2);
    expect(most).toBeLessThanOrEqual(3);
  });
});
