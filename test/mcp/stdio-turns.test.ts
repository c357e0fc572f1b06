import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { answer, line, open, ping } from './stdio-support.ts';

describe('while several requests are under way', () => {
  /** A transport with that many requests that wait for an answer, their IDs from 1. */
  async function withRequests(count: number) {
    const opened = await open();
    await opened.feed(Array.from({ length: count }, (_, index) => line(ping(index + 1))).join(''));
    return opened;
  }

  test('answers of one turn leave in one write, in order', async () => {
    const { transport, writes, lines } = await withRequests(4);
    const progress = { jsonrpc: '2.0' as const, method: 'notifications/progress', params: {} };
    const messages = [answer(3), progress, answer(1), answer(2)];
    const sent = Promise.all(messages.map((message) => transport.send(message)));
    expect(writes).toEqual([]);
    await sent;
    expect(writes).toHaveLength(1);
    expect(lines()).toEqual(messages);
  });

  test('answers of different turns do not wait for each other', async () => {
    const { transport, writes } = await withRequests(3);
    await transport.send(answer(1));
    await transport.send(answer(2));
    await transport.send(answer(3));
    expect(writes).toEqual([answer(1), answer(2), answer(3)].map(line));
  });

  test('a refusal keeps its place among them', async () => {
    const { transport, feed, lines } = await withRequests(2);
    const sent = transport.send(answer(1));
    const refused = feed(line({ id: 'x', method: 'ping' }));
    await Promise.all([sent, transport.send(answer(2)), refused]);
    expect(lines()).toMatchObject([{ id: 1 }, { id: 'x', error: {} }, { id: 2 }]);
  });

  test('what waits to be written is written when the transport closes', async () => {
    const { transport, writes, lines, closes } = await withRequests(3);
    const sent = [transport.send(answer(1)), transport.send(answer(2))];
    await transport.close();
    expect(lines()).toEqual([answer(1), answer(2)]);
    await Promise.all(sent);
    expect(writes).toHaveLength(1);
    expect(closes()).toBe(1);
  });

  test('the last of them leaves at once, and none of the others is forgotten', async () => {
    const { transport, lines } = await withRequests(2);
    await transport.send(answer(1));
    void transport.send(answer(2));
    expect(lines()).toEqual([answer(1), answer(2)]);
  });

  test('one that was cancelled counts no more', async () => {
    const { transport, feed, lines } = await withRequests(2);
    const params = { requestId: 1 };
    await feed(line({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
    void transport.send(answer(2));
    expect(lines()).toEqual([answer(2)]);
  });

  test('all that was asked is written before the end of the input closes the transport', async () => {
    const { transport, input, lines, closes } = await withRequests(3);
    input.end();
    await turn();
    await Promise.all([1, 2, 3].map((id) => transport.send(answer(id))));
    expect(lines()).toHaveLength(3);
    expect(closes()).toBe(1);
  });

  test('all of them wait until the reader takes them', async () => {
    const [input, output] = [new PassThrough(), new PassThrough({ highWaterMark: 16 })];
    const transport = createStdioTransport(input, output);
    await transport.start();
    input.write(line(ping(1)) + line(ping(2)));
    await turn();
    let sent = 0;
    const sending = [1, 2].map((id) => transport.send(answer(id)).then(() => sent++));
    await turn();
    await turn();
    expect(sent).toBe(0);
    output.resume();
    await Promise.all(sending);
    expect(sent).toBe(2);
  });
});

test('an answer to the only request leaves at once', async () => {
  const { transport, feed, lines } = await open();
  await feed(line(ping(1)));
  void transport.send(answer(1));
  expect(lines()).toEqual([answer(1)]);
});
