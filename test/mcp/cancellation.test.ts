/** A request may be cancelled whatever its ID: 0 and "" too, which the SDK takes for none. */
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { deferred, eventually } from '../e2e/harness.ts';
import { openEvents } from './event-support.ts';
import { call, message, openHttp, serveAsking, serveTool, session } from './http-support.ts';
import { line } from './stdio-support.ts';

type Id = string | number;

const IDS: readonly Id[] = [0, '', 1, '0', -1];

const cancel = (requestId: Id) => message('notifications/cancelled', undefined, { requestId });
const yes = (id: unknown) => ({ jsonrpc: '2.0', id, result: { action: 'accept', content: { word: 'yes' } } });

/** A tool that asks, and what became of its calls. */
function watched() {
  const cancelled: Id[] = [];
  let answers = 0;
  const serve = serveAsking({
    onCancelled: (id) => cancelled.push(id),
    afterAnswer: async () => {
      answers++;
    },
  });
  return { serve, cancelled, answers: () => answers };
}

describe.each(IDS)('a request with ID %j', (id) => {
  test('is cancelled on stdio: its form is withdrawn, a yes comes too late, and nothing is answered', async () => {
    const { serve, cancelled, answers } = watched();
    const { received, say } = overStdio(serve);
    say(call(id));
    await eventually(() => received).toMatchObject([{ method: 'elicitation/create' }]);
    say(cancel(id));
    await eventually(() => received[1]).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: received[0]?.id },
    });
    say(yes(received[0]?.id));
    say(message('ping', 'after'));
    await eventually(() => received[2]).toMatchObject({ id: 'after' });
    expect(cancelled).toEqual([id]);
    expect(answers()).toBe(0);
  });

  test('is cancelled over HTTP: the same, and its stream ends without an answer', async () => {
    const { serve, cancelled, answers } = watched();
    const { origin, open, post } = await openHttp({ serve, soonMs: 1 });
    const own = { ...session(await open()), 'mcp-protocol-version': '2025-11-25' };
    const stream = await openEvents(origin, own, call(id));
    const { id: known } = await stream.next();
    const question = await stream.next();
    expect(question.data).toMatchObject({ method: 'elicitation/create' });
    expect((await post(cancel(id), own)).status).toBe(202);
    expect((await stream.next()).data).toMatchObject({ method: 'notifications/cancelled' });
    await post(yes(Object(question.data).id), own);
    await stream.ended;
    expect(stream.events).toHaveLength(3);
    expect(cancelled).toEqual([id]);
    expect(answers()).toBe(0);
    // A client that comes back hears the same, and then that it need not come again.
    const again = await openEvents(origin, { ...own, 'last-event-id': known });
    await again.ended;
    expect(again.events).toEqual(stream.events.slice(1));
    const last = again.events.at(-1)?.id;
    expect(await openEvents(origin, { ...own, 'last-event-id': last })).toMatchObject({ status: 204 });
    // The ID is free again.
    const next = await openEvents(origin, own, call(id));
    expect((await next.next()).data).toBeUndefined();
  });
});

/** A conversation over stdio: what was received, and what says something. */
function overStdio(serve: ReturnType<typeof serveTool>) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = createStdioTransport(input, output);
  onTestFinished(() => transport.close());
  const received: Record<string, unknown>[] = [];
  output.on('data', (chunk) => {
    for (const text of String(chunk).trim().split('\n')) received.push(JSON.parse(text));
  });
  void serve(transport, new AbortController().signal);
  return { received, say: (...bodies: object[]) => void input.write(bodies.map(line).join('')) };
}

test('a request is cancelled whatever the reason is, also one that is no text', async () => {
  const { serve, cancelled } = watched();
  const { received, say } = overStdio(serve);
  say(call(1));
  await eventually(() => received).toHaveLength(1);
  say(message('notifications/cancelled', undefined, { requestId: 1, reason: 42 }));
  await eventually(() => cancelled).toEqual([1]);
});

test('a cancellation is of the request before it, not of the one after it with the same ID', async () => {
  const { received, say } = overStdio(serveTool(async (name) => name));
  say(call(1, 'first'), cancel(1), call(1, 'second'), message('ping', 'after'));
  await eventually(() => received).toHaveLength(2);
  const [answer] = received.filter(({ id }) => id === 1);
  expect(answer).toMatchObject({ result: { content: [{ text: 'second' }] } });
});

test('a request that is cancelled before anything was sent for it is let go', async () => {
  const started = deferred<void>();
  const serve = serveAsking({
    beforeForm: () => {
      started.resolve();
      return new Promise(() => {});
    },
  });
  const { open, post } = await openHttp({ serve });
  const own = session(await open());
  const answer = post(call(0), { ...own, accept: 'application/json' });
  await started.promise;
  await post(cancel(0), own);
  expect(await answer).toMatchObject({ status: 202, body: '' });
});

test('a cancellation of what is not under way changes nothing', async () => {
  const { serve, cancelled } = watched();
  const { open, post } = await openHttp({ serve });
  const own = session(await open());
  for (const params of [{ requestId: 5 }, { requestId: '' }, {}, { requestId: null }]) {
    const { status } = await post(message('notifications/cancelled', undefined, params), own);
    expect(status).toBe(202);
  }
  expect((await post(message('ping', 1), own)).status).toBe(200);
  expect(cancelled).toEqual([]);
});
