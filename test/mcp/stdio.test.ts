import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { answer, line, open, ping } from './stdio-support.ts';

const LIMIT = 10 * 1024 * 1024;
const SOON = { timeout: 5_000, interval: 5 };

describe('lines', () => {
  test('several in one chunk are several messages, in order', async () => {
    const { feed, messages } = await open();
    await feed(line(ping(1)) + line(ping(2)) + line(ping(3)));
    expect(messages).toEqual([ping(1), ping(2), ping(3)]);
  });

  test('one in several chunks is one message, when it is whole', async () => {
    const { feed, messages } = await open();
    const text = line(ping(1));
    await feed(text.slice(0, 5), text.slice(5, 20), text.slice(20, -1));
    expect(messages).toEqual([]);
    await feed('\n');
    expect(messages).toEqual([ping(1)]);
  });

  test('an end and a beginning share a chunk', async () => {
    const { feed, messages } = await open();
    const [first, second] = [line(ping(1)), line(ping(2))];
    await feed(first.slice(0, 10), first.slice(10) + second.slice(0, 10), second.slice(10));
    expect(messages).toEqual([ping(1), ping(2)]);
  });

  test('a byte at a time is slow, and right', async () => {
    const { feed, messages, errors } = await open();
    await feed(...Array.from(Buffer.from(line(ping('é€😀'))), (byte) => Buffer.of(byte)));
    expect(messages).toEqual([ping('é€😀')]);
    expect(errors).toEqual([]);
  });

  test('a character may be cut anywhere', async () => {
    const bytes = Buffer.from(line(ping('Zürich 東京 😀')));
    for (let cut = 1; cut < bytes.length; cut++) {
      const { feed, messages } = await open();
      await feed(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(messages).toEqual([ping('Zürich 東京 😀')]);
    }
  });

  test('empty ones, and ends of the Windows kind, say nothing', async () => {
    const { feed, messages, lines } = await open();
    await feed('\n', '\r\n', '  \n', line(ping(1)).replace('\n', '\r\n'));
    expect(messages).toEqual([ping(1)]);
    expect(lines()).toEqual([]);
  });

  test('line separators inside a text are no line ends', async () => {
    const { feed, messages } = await open();
    await feed(`{"jsonrpc":"2.0","id":"a\u2028b\u0085c","method":"ping"}\n`);
    expect(messages).toEqual([ping('a\u2028b\u0085c')]);
  });
});

describe('what is no message', () => {
  test.each([
    ['text', 'hello', -32700],
    ['a JSON value that is no object', '17', -32600],
    ['a batch', JSON.stringify([ping(1)]), -32600],
    ['an object of another protocol', '{"method":"ping"}', -32600],
  ])('%s: is refused on the output, and the next message comes through', async (_, text, code) => {
    const { feed, messages, errors, lines } = await open();
    await feed(`${text}\n${line(ping(1))}`);
    expect(lines()).toEqual([{ jsonrpc: '2.0', error: { code, message: expect.stringMatching(/./) } }]);
    expect(messages).toEqual([ping(1)]);
    expect(errors).toHaveLength(1);
  });

  test('a refusal carries the ID of what it refuses', async () => {
    const { feed, lines } = await open();
    await feed(line({ id: 'abc', method: 'ping' }), line({ id: { not: 'an ID' }, method: 'ping' }));
    expect(lines()).toMatchObject([{ id: 'abc' }, { error: { code: -32600 } }]);
    expect(lines()[1]).not.toHaveProperty('id');
  });
});

describe('length', () => {
  test('a message just below the limit is taken', async () => {
    const { feed, messages, errors } = await open();
    const padded = { ...ping(1), params: { _meta: { padding: 'x'.repeat(LIMIT - 1_000) } } };
    await feed(line(padded));
    expect(messages).toEqual([padded]);
    expect(errors).toEqual([]);
  });

  test('many messages are no long message', async () => {
    const { feed, messages, errors } = await open();
    const padded = { ...ping(1), params: { _meta: { padding: 'x'.repeat(1024 * 1024) } } };
    for (let sent = 0; sent < 12; sent++) await feed(line(padded));
    expect(messages).toHaveLength(12);
    expect(errors).toEqual([]);
  });

  test('a line that does not end is not kept for ever: it is told, and is no message', async () => {
    const { feed, messages, errors } = await open();
    const chunk = 'x'.repeat(1024 * 1024);
    await feed(...Array.from({ length: 11 }, () => chunk));
    expect(errors).toEqual([expect.stringContaining(String(LIMIT))]);
    expect(messages).toEqual([]);
  });
});

describe('answers', () => {
  test('are lines, whatever they hold', async () => {
    const { transport, lines } = await open();
    const message = { ...answer(1), result: { text: 'a\nb\r\u2028c' } };
    await transport.send(message);
    await transport.send(answer(2));
    expect(lines()).toEqual([message, answer(2)]);
  });

  test('wait until the reader takes them', async () => {
    const input = new PassThrough();
    const output = new PassThrough({ highWaterMark: 16 });
    const transport = createStdioTransport(input, output);
    await transport.start();
    let sent = false;
    const sending = transport.send(answer('a-long-identifier')).then(() => {
      sent = true;
    });
    await turn();
    expect(sent).toBe(false);
    output.resume();
    await sending;
    expect(sent).toBe(true);
  });

  test('do not wait for a reader that has gone', async () => {
    const input = new PassThrough();
    const output = new PassThrough({ highWaterMark: 16 });
    const transport = createStdioTransport(input, output);
    await transport.start();
    const sending = transport.send(answer('a-long-identifier'));
    output.destroy();
    await expect(sending).resolves.toBeUndefined();
  });
});

describe('the end', () => {
  test('of the input closes the transport at once when nothing is open', async () => {
    const { input, closes } = await open();
    input.end();
    await expect.poll(closes, SOON).toBe(1);
  });

  test('of the input waits for the answers to what was asked', async () => {
    const { feed, input, transport, closes, lines } = await open();
    await feed(line(ping(1)) + line(ping(2)));
    input.end();
    await turn();
    await transport.send(answer(1));
    expect(closes()).toBe(0);
    await transport.send({ jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'no' } });
    expect(closes()).toBe(1);
    expect(lines()).toHaveLength(2);
  });

  test('of the input does not wait for questions of our own', async () => {
    const { input, transport, closes } = await open();
    await transport.send(ping('question'));
    input.end();
    await expect.poll(closes, SOON).toBe(1);
  });

  test('of the input does not wait for ever', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { feed, input, closes } = await open();
    await feed(line(ping(1)));
    const ended = once(input, 'end');
    input.end();
    await ended;
    vi.advanceTimersByTime(2_999);
    expect(closes()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(closes()).toBe(1);
  });

  test('leaves half a message for what it is', async () => {
    const { feed, input, messages, closes } = await open();
    await feed('{"jsonrpc":"2.0","id":1,"method":"ping"');
    input.end();
    await expect.poll(closes, SOON).toBe(1);
    expect(messages).toEqual([]);
  });

  test('comes when a stream fails, and is told', async () => {
    const broken = await open();
    broken.input.destroy(new Error('input gone'));
    await expect.poll(broken.closes, SOON).toBe(1);
    expect(broken.errors).toEqual(['input gone']);
    const deaf = await open();
    deaf.output.destroy(new Error('reader gone'));
    await expect.poll(deaf.closes, SOON).toBe(1);
    expect(deaf.errors).toEqual(['reader gone']);
  });

  test('comes once, and after it nothing is read or written', async () => {
    const { feed, transport, messages, lines, closes } = await open();
    await transport.close();
    await transport.close();
    await feed(line(ping(1)));
    await transport.send(answer(1));
    expect(closes()).toBe(1);
    expect(messages).toEqual([]);
    expect(lines()).toEqual([]);
  });
});

test('long answers leave no listeners behind', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.resume();
  const transport = createStdioTransport(input, output);
  await transport.start();
  const before = output.listenerCount('close');
  for (let id = 0; id < 3; id++) {
    await transport.send({ jsonrpc: '2.0', id, result: { x: 'y'.repeat(1e6) } });
  }
  expect(output.listenerCount('close')).toBe(before);
});

test('after a line over the limit the next one is understood', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = createStdioTransport(input, output);
  const got: unknown[] = [];
  transport.onmessage = (message: unknown) => void got.push(message);
  await transport.start();
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
  input.write(`${'x'.repeat(11 * 1024 * 1024)}\n${JSON.stringify(ping)}\n`);
  await expect.poll(() => got).toEqual([ping]);
  expect(String(output.read())).toContain('-32600');
});

test('a request without a line end before the end of input is taken', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = createStdioTransport(input, output);
  const got: unknown[] = [];
  transport.onmessage = (message: unknown) => void got.push(message);
  await transport.start();
  input.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }));
  await expect.poll(() => got).toHaveLength(1);
  await transport.close();
});

test('a tool call with null for arguments is one without', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = createStdioTransport(input, output);
  const got: unknown[] = [];
  transport.onmessage = (message: unknown) => void got.push(message);
  await transport.start();
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', arguments: null } };
  input.write(`${JSON.stringify(call)}\n`);
  await expect.poll(() => got).toEqual([{ ...call, params: { name: 'x' } }]);
  await transport.close();
});

test.each([
  ['{"name":"x","arguments":[1]}', 'Invalid params: arguments must be an object'],
  ['{"name":5}', 'Invalid params: name must be the name of a tool'],
  ['{"name":"x","arguments":{"__proto__":{}}}', 'Invalid params: unknown: __proto__'],
  ['{"name":"x","arguments":{"a":{"__proto__" : 1}}}', 'Invalid params: unknown: __proto__'],
])('a tool call with %s is refused in words, and goes no further', async (params, message) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = createStdioTransport(input, output);
  const got: unknown[] = [];
  transport.onmessage = (received: unknown) => void got.push(received);
  await transport.start();
  input.write(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}\n`);
  const [answer] = (await once(output, 'data')).map(String);
  expect(JSON.parse(answer ?? '')).toEqual({ jsonrpc: '2.0', id: 1, error: { code: -32602, message } });
  expect(got).toEqual([]);
  await transport.close();
});
