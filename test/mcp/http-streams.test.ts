/** Streams over HTTP as they stand on the wire: what is sent as JSON, what as events, and what is replayed. */
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Conversation } from '../../src/mcp/early-handshake.ts';
import { deferred } from '../e2e/harness.ts';
import { type EventConnection, openEvents, type WireEvent } from './event-support.ts';
import { type Asking, call, message, openHttp, serveAsking, serveTool, session } from './http-support.ts';

const NEWEST = { 'mcp-protocol-version': '2025-11-25' };
const OLDER = { 'mcp-protocol-version': '2025-06-18' };
const RESULT = { id: 1, result: { content: [{ text: 'the word is yes' }] } };

/** A server that opens a stream for a call at once, and a session. */
async function openAsking(asking: Asking = {}) {
  const http = await openHttp({ serve: serveAsking(asking), soonMs: 1 });
  const id = session(await http.open());
  const post = (body: object) => http.post(body, id);
  return {
    ...http,
    post,
    call: (headers: object = NEWEST) => openEvents(http.origin, { ...id, ...headers }, call(1)),
    listen: (headers: object = NEWEST) => openEvents(http.origin, { ...id, ...headers }),
    resume: (after: string | undefined) =>
      openEvents(http.origin, { ...id, ...NEWEST, 'last-event-id': after }),
    answer: (question: unknown) => post({ jsonrpc: '2.0', id: idOf(question), ...WORD }),
  };
}

const WORD = { result: { action: 'accept', content: { word: 'yes' } } };

function idOf(question: unknown): unknown {
  expect(question).toMatchObject({ method: 'elicitation/create' });
  return typeof question === 'object' && question !== null && 'id' in question ? question.id : undefined;
}

describe('the answer to a request', () => {
  test('that comes soon is JSON', async () => {
    const { post, open } = await openHttp();
    const answer = await post(call(1), { ...session(await open()), ...NEWEST });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body)).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
  });

  test('that takes longer is an event, after an ID to come back with', async () => {
    const release = deferred<string>();
    const { origin, open } = await openHttp({ serve: serveTool(() => release.promise), soonMs: 1 });
    const stream = await openEvents(origin, { ...session(await open()), ...NEWEST }, call(1));
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream' });
    expect(await stream.next()).toEqual({ id: expect.stringMatching(/./), data: undefined });
    release.resolve('late');
    const answer = await stream.next();
    expect(answer).toMatchObject({ id: expect.stringMatching(/./), data: { id: 1 } });
    await stream.ended;
    expect(new Set(stream.events.map(({ id }) => id)).size).toBe(2);
  });

  test('is no event without data to clients that cannot read one', async () => {
    const { call, answer } = await openAsking();
    const stream = await call(OLDER);
    const question = await stream.next();
    expect(question).toMatchObject({
      id: expect.stringMatching(/./),
      data: { method: 'elicitation/create' },
    });
    await answer(question.data);
    expect((await stream.next()).data).toMatchObject(RESULT);
  });

  test('is JSON to a client that reads nothing else, which is asked on its own stream', async () => {
    const { open, origin, post } = await openHttp({ serve: serveAsking({}), soonMs: 1 });
    const id = session(await open());
    const stream = await openEvents(origin, id);
    const answer = post(call(1), { ...id, accept: 'application/json' });
    const { data } = await stream.next();
    await post({ jsonrpc: '2.0', id: idOf(data), ...WORD }, id);
    expect(JSON.parse((await answer).body)).toMatchObject(RESULT);
  });

  test('tells that nobody can be asked where a client reads JSON alone and listens to nothing', async () => {
    const { open, post } = await openHttp({ serve: serveAsking({}) });
    const answer = await post(call(1), { ...session(await open()), accept: 'application/json' });
    expect(JSON.parse(answer.body)).toMatchObject({
      id: 1,
      error: { message: expect.stringContaining('ask') },
    });
  });
});

describe('a connection that is cut', () => {
  /** Each cuts a call at one point, and leaves its result to a connection that resumes. */
  const CUTS: Readonly<
    Record<string, (at: Awaited<ReturnType<typeof openHeld>>) => Promise<EventConnection>>
  > = {
    'before the form': async ({ first, hold, resume, answer }) => {
      const { id } = await first.next();
      first.cut();
      const second = await resume(id);
      hold.beforeForm.resolve();
      await answer((await second.next()).data);
      hold.afterAnswer.resolve();
      return second;
    },
    'before the form, which comes while nobody is there': async ({ first, hold, resume, answer, idle }) => {
      const { id } = await first.next();
      first.cut();
      hold.beforeForm.resolve();
      await idle();
      const second = await resume(id);
      await answer((await second.next()).data);
      hold.afterAnswer.resolve();
      return second;
    },
    'while the form is open, whose answer comes first': async ({ first, hold, resume, answer }) => {
      hold.beforeForm.resolve();
      await first.next();
      const question = await first.next();
      first.cut();
      await answer(question.data);
      const second = await resume(question.id);
      hold.afterAnswer.resolve();
      return second;
    },
    'while the form is open, which was not read': async ({ first, hold, resume, answer }) => {
      const { id } = await first.next();
      hold.beforeForm.resolve();
      await first.next();
      first.cut();
      const second = await resume(id);
      await answer((await second.next()).data);
      hold.afterAnswer.resolve();
      return second;
    },
    'after the answer': async ({ first, hold, resume, answer, answered }) => {
      hold.beforeForm.resolve();
      await first.next();
      const question = await first.next();
      await answer(question.data);
      await answered;
      first.cut();
      const second = await resume(question.id);
      hold.afterAnswer.resolve();
      return second;
    },
    'before the result, which comes while nobody is there': async (at) => {
      const { first, hold, resume, answer, answered, idle } = at;
      hold.beforeForm.resolve();
      await first.next();
      const question = await first.next();
      await answer(question.data);
      await answered;
      first.cut();
      await idle();
      hold.afterAnswer.resolve();
      await idle();
      return resume(question.id);
    },
    'in the middle, twice': async ({ first, hold, resume, answer }) => {
      const { id } = await first.next();
      first.cut();
      const second = await resume(id);
      hold.beforeForm.resolve();
      const question = await second.next();
      second.cut();
      await answer(question.data);
      const third = await resume(question.id);
      hold.afterAnswer.resolve();
      return third;
    },
  };

  /** A call that stops before its form and after its answer. */
  async function openHeld() {
    const hold = { beforeForm: deferred<void>(), afterAnswer: deferred<void>() };
    const answered = deferred<void>();
    const cancelled: unknown[] = [];
    const opened = await openAsking({
      beforeForm: () => hold.beforeForm.promise,
      afterAnswer: () => {
        answered.resolve();
        return hold.afterAnswer.promise;
      },
      onCancelled: (id) => cancelled.push(id),
    });
    /** What was cut has arrived, and what was let go has happened. */
    const idle = async () => {
      await opened.post(message('ping', 'idle'));
    };
    return { ...opened, hold, answered: answered.promise, idle, cancelled, first: await opened.call() };
  }

  test.each(Object.entries(CUTS))('%s loses nothing', async (_, cut) => {
    const held = await openHeld();
    const last = await cut(held);
    expect((await last.next()).data).toMatchObject(RESULT);
    await last.ended;
    expect(held.cancelled).toEqual([]);
  });

  test('is taken over by the one that resumes it, also where the server takes it for open', async () => {
    const { call, resume, answer } = await openAsking();
    const first = await call();
    const { id } = await first.next();
    const second = await resume(id);
    await first.ended;
    await answer((await second.next()).data);
    expect((await second.next()).data).toMatchObject(RESULT);
  });

  test('can be resumed as often as its client wants: the same is replayed, and nothing of another stream', async () => {
    const { call, resume, answer, post, listen } = await openAsking();
    const other = await listen();
    const first = await call();
    const { id } = await first.next();
    await answer((await first.next()).data);
    await first.ended;
    for (let time = 0; time < 3; time++) {
      const again = await resume(id);
      await again.ended;
      expect(again.events).toEqual(first.events.slice(1));
    }
    await post(message('ping', 2));
    expect(other.events).toHaveLength(1);
  });

  test('need not be resumed once its end has arrived', async () => {
    const { call, resume, answer } = await openAsking();
    const first = await call();
    await first.next();
    await answer((await first.next()).data);
    const { id } = await first.next();
    expect(await resume(id)).toMatchObject({ status: 204 });
  });

  test.each(['', 'x', '1', '1-', '1-2-3', '-1', '1-1 or 1=1', '99999999999999-1'])(
    'cannot be resumed after an event that is none: %j',
    async (id) => {
      const { resume } = await openAsking();
      expect(await resume(id)).toMatchObject({ status: 400 });
    },
  );

  test('of another session cannot be resumed', async () => {
    const { call, open, origin } = await openAsking();
    const first = await call();
    const { id } = await first.next();
    await first.next();
    const headers = { ...session(await open()), ...NEWEST, 'last-event-id': id };
    expect(await openEvents(origin, headers)).toMatchObject({ status: 204, events: [] });
  });
});

describe('what belongs to no call', () => {
  /** A session whose server tells of resources that change. */
  async function openTelling() {
    const opened = deferred<Conversation>();
    const serve = serveTool(async () => 'done');
    const http = await openHttp({
      serve: (conversation, stopping) => {
        opened.resolve(conversation);
        return serve(conversation, stopping);
      },
    });
    const id = session(await http.open());
    const conversation = await opened.promise;
    return {
      clock: http.clock,
      /** Is answered after all that was sent before has arrived. */
      ping: () => http.post(message('ping', 1), id),
      tell: (uri: string) =>
        conversation.send({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } }),
      listen: (headers: object = {}) => openEvents(http.origin, { ...id, ...headers }),
      /** A connection that listens and is not read. */
      idle() {
        const socket = connect(http.endpoint.port, '127.0.0.1').pause();
        const head = { host: '127.0.0.1', accept: 'text/event-stream', ...id };
        const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.write(`GET /mcp HTTP/1.1\r\n${lines.join('')}\r\n`);
        return socket;
      },
    };
  }

  const uriOf = ({ data }: Pick<WireEvent, 'data'>) => /"uri":"(\w+)"/.exec(JSON.stringify(data))?.[1];

  test('waits for the client to listen, and is sent once', async () => {
    const { tell, listen } = await openTelling();
    await tell('early');
    const stream = await listen(NEWEST);
    expect(uriOf(await stream.next())).toBe('early');
    expect((await stream.next()).data).toBeUndefined();
    await tell('late');
    expect(uriOf(await stream.next())).toBe('late');
  });

  test('is replayed after the event that the client knows, and goes on there', async () => {
    const { tell, listen, ping } = await openTelling();
    const first = await listen(NEWEST);
    const { id } = await first.next();
    await tell('one');
    await first.next();
    first.cut();
    await ping();
    await tell('two');
    const second = await listen({ ...NEWEST, 'last-event-id': id });
    await tell('three');
    const uris = [await second.next(), await second.next(), await second.next()].map(uriOf);
    expect(uris).toEqual(['one', 'two', 'three']);
  });

  test('has one stream: a second one is refused', async () => {
    const { listen } = await openTelling();
    await listen();
    expect(await listen()).toMatchObject({ status: 409 });
  });

  test('is forgotten beyond half a million characters, the oldest first', async () => {
    const { tell, listen } = await openTelling();
    for (let n = 0; n < 100; n++) await tell(`${n}`.padEnd(10_000, 'x'));
    const stream = await listen();
    while (!uriOf(await stream.next())?.startsWith('99x'));
    expect(stream.events.length).toBeGreaterThan(40);
    expect(stream.events.length).toBeLessThan(53);
  });

  test('is not kept for a connection that nobody reads: that is cut off', async () => {
    const { tell, listen, idle } = await openTelling();
    const deaf = idle();
    await expect.poll(async () => (await listen()).status).toBe(409);
    for (let n = 0; n < 300; n++) await tell('x'.repeat(100_000));
    const stream = await listen();
    expect(stream.status).toBe(200);
    deaf.destroy();
  });

  test('is forgotten in time', async () => {
    const { tell, listen, clock } = await openTelling();
    await tell('old');
    clock.advance(11 * 60_000);
    await tell('new');
    const stream = await listen();
    expect(uriOf(await stream.next())).toBe('new');
  });
});

test('streams are kept alive', async () => {
  const release = deferred<string>();
  const { origin, open } = await openHttp({ serve: serveTool(() => release.promise), soonMs: 1, tickMs: 5 });
  const id = session(await open());
  const [listening, calling] = [await openEvents(origin, id), await openEvents(origin, id, call(1))];
  await Promise.all([listening.comment(), calling.comment()]);
});
