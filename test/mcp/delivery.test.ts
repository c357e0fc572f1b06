/** Whether a response reached its caller: what the gate goes by before it tells an outcome again. */
import { PassThrough } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';
import { type DeliveringTransport, trackDeliveries } from '../../src/mcp/delivery.ts';
import { openConversation } from '../../src/mcp/early-handshake.ts';
import { connect } from '../../src/mcp/sdk-workarounds.ts';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { type Deferred, deferred, eventually } from '../e2e/harness.ts';
import { openEvents, sendAlone } from './event-support.ts';
import { call, message, openHttp, session } from './http-support.ts';
import { line } from './stdio-support.ts';

type Id = string | number;

const NEWEST = { 'mcp-protocol-version': '2025-11-25' };

/** A server whose calls of `held` wait to be released, and what of it was delivered. */
function holdingServer() {
  const delivered: Id[] = [];
  const calls: Deferred<string>[] = [];
  let onCall: () => void = () => {};
  async function serve(transport: DeliveringTransport): Promise<void> {
    const server = new Server({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } });
    const { onDelivered } = trackDeliveries(transport);
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { requestId }) => {
      const release = deferred<string>();
      if (params.name === 'held') onDelivered(requestId, () => delivered.push(requestId));
      calls.push(release);
      onCall();
      const text = params.name === 'held' ? await release.promise : 'at once';
      return { content: [{ type: 'text', text }] };
    });
    const closed = new Promise<void>((resolve) => {
      server.onclose = resolve;
    });
    await connect(server, transport);
    await closed;
  }
  return {
    serve,
    delivered,
    /** The n-th call, from 1, once it is there. */
    async call(n: number): Promise<Deferred<string>> {
      while (calls.length < n) {
        await new Promise<void>((resolve) => {
          onCall = resolve;
        });
      }
      const held = calls[n - 1];
      if (held === undefined) throw new Error(`no call ${n}`);
      return held;
    },
  };
}

const cancel = (requestId: Id) => message('notifications/cancelled', undefined, { requestId });

describe('over HTTP', () => {
  async function openHeld(soonMs: number) {
    const held = holdingServer();
    const http = await openHttp({ serve: held.serve, soonMs });
    const id = session(await http.open());
    const post = (body: object) => http.post(body, { ...id, ...NEWEST });
    return {
      ...held,
      post,
      request: (body: object) => openEvents(http.origin, { ...id, ...NEWEST }, body),
      sendAlone: (body: object) => sendAlone(http.origin, { ...id, ...NEWEST }, body),
      resume: (after: string | undefined) =>
        openEvents(http.origin, { ...id, ...NEWEST, 'last-event-id': after }),
      /** Returns after everything that was sent before has arrived, and what follows from it was done. */
      settled: async () => {
        for (let n = 0; n < 3; n++) await post(message('ping', `settled ${n}`));
      },
    };
  }

  test.each<[string, number]>([
    ['JSON', 10_000],
    ['an event', 1],
  ])('a response that is %s is delivered once it was written', async (_, soonMs) => {
    const { post, call: held, delivered } = await openHeld(soonMs);
    const answer = post(call(7, 'held'));
    const release = await held(1);
    expect(delivered).toEqual([]);
    release.resolve('done');
    expect((await answer).body).toContain('done');
    await eventually(() => delivered).toEqual([7]);
  });

  test('a response whose connection was cut is not, until it is replayed', async () => {
    const { request, resume, call: held, delivered, settled } = await openHeld(1);
    const first = await request(call(0, 'held'));
    const { id } = await first.next();
    const release = await held(1);
    first.cut();
    await settled();
    release.resolve('done');
    await settled();
    expect(delivered).toEqual([]);
    for (let time = 0; time < 2; time++)
      expect((await (await resume(id)).next()).data).toMatchObject({ id: 0 });
    await settled();
    expect(delivered).toEqual([0]);
  });

  test('a response that nobody can come back for is not', async () => {
    const { post, sendAlone, call: held, delivered, settled } = await openHeld(10_000);
    const sent = sendAlone(call(1, 'held'));
    const release = await held(1);
    sent.destroy();
    await settled();
    release.resolve('done');
    await settled();
    expect(delivered).toEqual([]);
    expect((await post(call(2))).body).toContain('at once');
  });

  test('a response to a request that was cancelled is not', async () => {
    const { request, post, call: held, delivered, settled } = await openHeld(1);
    const stream = await request(call('', 'held'));
    const release = await held(1);
    await post(cancel(''));
    release.resolve('done');
    await stream.ended;
    await settled();
    expect(delivered).toEqual([]);
    expect(stream.events).toHaveLength(1);
  });

  test('a later response with the same ID is not taken for it, nor its replay for the later one', async () => {
    const { request, resume, call: held, delivered, settled } = await openHeld(1);
    const first = await request(call(1, 'held'));
    const { id } = await first.next();
    const release = await held(1);
    first.cut();
    await settled();
    release.resolve('the first');
    await settled();
    const second = await request(call(1, 'held'));
    const later = await held(2);
    expect(JSON.stringify(await (await resume(id)).next())).toContain('the first');
    await settled();
    expect(delivered).toEqual([]);
    later.resolve('the second');
    await second.ended;
    await eventually(() => delivered).toEqual([1]);
  });
});

describe('over stdio', () => {
  /** A server on a pair of streams. */
  function openHeld(output = new PassThrough()) {
    const held = holdingServer();
    const input = new PassThrough();
    const transport = createStdioTransport(input, output);
    onTestFinished(() => transport.close());
    let written = '';
    output.on('data', (chunk) => {
      written += chunk;
    });
    const say = (...messages: object[]) => void input.write(messages.map(line).join(''));
    return {
      ...held,
      transport,
      output,
      say,
      written: () => written,
      served: () => held.serve(transport),
      /** Returns after everything that was said before was answered, as far as it is. */
      settled: async (id: string) => {
        say(message('ping', id));
        await eventually(() => written).toContain(`"id":"${id}"`);
      },
    };
  }

  test('a response is delivered once it was written', async () => {
    const { served, say, call: held, delivered } = openHeld();
    void served();
    say(call(0, 'held'), call('', 'held'), call(2));
    const [first, second] = [await held(1), await held(2)];
    expect(delivered).toEqual([]);
    second.resolve('done');
    await eventually(() => delivered).toEqual(['']);
    first.resolve('done');
    await eventually(() => delivered).toEqual(['', 0]);
  });

  test('a response that the reader does not take is not, until it does', async () => {
    const output = new PassThrough({ highWaterMark: 1 });
    const { served, say, call: held, delivered, transport } = openHeld(output);
    output.pause();
    void served();
    say(call(1, 'held'), call(2, 'held'));
    const [first, second] = [await held(1), await held(2)];
    first.resolve('x'.repeat(100_000));
    second.resolve('done');
    await new Promise(setImmediate);
    const before = [...delivered];
    output.resume();
    await eventually(() => delivered).toEqual([1, 2]);
    expect(before).not.toContain(2);
    await transport.close();
  });

  test('a response is not where the reader has gone', async () => {
    const { served, say, call: held, delivered, output } = openHeld();
    const over = served();
    say(call(1, 'held'));
    const release = await held(1);
    output.destroy(new Error('EPIPE'));
    release.resolve('done');
    await over;
    expect(delivered).toEqual([]);
  });

  test.each<Id>([0, '', 1])('a response to a request that was cancelled is not: %j', async (id) => {
    const { served, say, call: held, delivered, settled, written } = openHeld();
    void served();
    say(call(id, 'held'));
    const release = await held(1);
    say(cancel(id));
    await settled('cancelled');
    release.resolve('done');
    await settled('released');
    expect(delivered).toEqual([]);
    expect(written()).not.toContain('done');
  });

  test('what is delivered is known through a handshake that began before the server', async () => {
    const { serve, transport, say, call: held, delivered } = openHeld();
    const identity = { name: 'numbers', version: '1.2.3', simulator: true, tools: [] };
    const opening = openConversation(
      transport,
      identity,
      createLogger('error', () => {}),
    );
    say(message('ping', 0), call(1, 'held'));
    const conversation = await opening;
    if (conversation === undefined) throw new Error('the client is gone');
    void serve(conversation);
    (await held(1)).resolve('done');
    await eventually(() => delivered).toEqual([1]);
    expect(conversation.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(conversation.sessionId).toBe(transport.sessionId);
  });
});

test('callbacks of calls that reach nobody are not kept for ever', () => {
  const transport: DeliveringTransport = {
    start: async () => {},
    send: async () => {},
    close: async () => {},
  };
  const { onDelivered } = trackDeliveries(transport);
  const delivered: number[] = [];
  for (let id = 0; id < 1_000; id++) onDelivered(id, () => delivered.push(id));
  for (let id = 0; id < 1_000; id++) transport.ondelivered?.(id);
  expect(delivered.length).toBeLessThan(300);
  expect(delivered).toContain(999);
});
