import { describe, expect, test } from 'vitest';
import { answerJson, OFFERED, serve, silent } from '../api/support.ts';
import { envFor, handshake, request, run, toolCall } from './harness.ts';
import { run as runInside } from './inside.ts';

/** Long enough for a start and an end, and far shorter than the server waits for a person or the API. */
const SOON = { timeout: 5_000 };

const NO_MESSAGES: readonly [string, string, number][] = [
  ['text', 'hello', -32700],
  ['broken JSON', '{"jsonrpc":"2.0","id":1,"method":"ping"', -32700],
  ['half a character', '{"jsonrpc":"2.0","id":1,"method":"\\ud8"}', -32700],
  ['an HTTP request', 'GET / HTTP/1.1', -32700],
  ['null', 'null', -32600],
  ['a number', '42', -32600],
  ['a string', '"ping"', -32600],
  ['an empty batch', '[]', -32600],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
  ['an empty object', '{}', -32600],
  ['a request without an ID that counts', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
  ['a message of another protocol', '{"method":"ping"}', -32600],
  ['a megabyte of noise', 'x'.repeat(1_000_000), -32700],
  ['a megabyte of brackets', '['.repeat(1_000_000), -32700],
];

describe('a line that is no message', () => {
  test('is answered with an error, and the next one is understood', async () => {
    const server = runInside();
    for (const [id, [name, line, code]] of NO_MESSAGES.entries()) {
      server.send(line, request(id, 'ping'));
      expect(await server.answer(id), name).toMatchObject({ result: {} });
      const [error] = server.received().slice(-2);
      expect(error, name).toMatchObject({ error: { code, message: expect.stringMatching(/./) } });
      expect(error, name).not.toHaveProperty('id');
    }
    expect(server.received()).toHaveLength(2 * NO_MESSAGES.length);
  });

  test('but has an ID: its error carries that ID', async () => {
    const server = runInside();
    server.send({ id: 'a', method: 'ping' }, { jsonrpc: '1.0', id: 5, method: 'ping' });
    expect(await server.answer('a')).toMatchObject({ error: { code: -32600 } });
    expect(await server.answer(5)).toMatchObject({ error: { code: -32600 } });
  });

  test('many of them one after the other do not end the server', async () => {
    const server = runInside();
    server.send(...Array.from({ length: 500 }, (_, index) => `{"broken":${index}`), request(1, 'ping'));
    expect(await server.answer(1)).toMatchObject({ result: {} });
    expect(server.received()).toHaveLength(501);
  });
});

describe('the server', () => {
  test('ignores empty lines and takes line ends of either kind', async () => {
    const server = runInside();
    server.send('', '   ', '\r', `${JSON.stringify(request(1, 'ping'))}\r`, '');
    expect(await server.answer(1)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect(server.received()).toHaveLength(1);
  });

  test('answers an unknown method with an error and ignores an unknown notification', async () => {
    const server = runInside();
    server.send(...handshake(), { jsonrpc: '2.0', method: 'notifications/nonsense' });
    server.send(request(1, 'tools/nonsense'), request(2, 'ping'));
    expect(await server.answer(1)).toMatchObject({ error: { code: -32601 } });
    expect(await server.answer(2)).toMatchObject({ result: {} });
    expect(server.received()).toHaveLength(3);
  });

  test('survives answers to questions that it never asked', async () => {
    const server = runInside();
    server.send({ jsonrpc: '2.0', id: 99, result: {} });
    server.send({ jsonrpc: '2.0', id: 98, error: { code: -1, message: 'no' } }, request(1, 'ping'));
    expect(await server.answer(1)).toMatchObject({ result: {} });
    expect(server.received()).toHaveLength(1);
  });

  test('survives a request before initialize, and can be initialized after it', async () => {
    const server = runInside(['--simulator']);
    server.send(request(1, 'tools/list'), toolCall(2, 'list_available_regions'), ...handshake());
    expect(await server.answer('initialize')).toMatchObject({
      result: { protocolVersion: '2025-06-18', serverInfo: { name: 'sinch-numbers-mcp' } },
    });
    await server.answer(1);
    await server.answer(2);
    server.send(toolCall(3, 'list_available_regions'));
    expect(await server.answer(3)).toMatchObject({ result: { structuredContent: expect.anything() } });
  });

  test('takes an argument of a few megabytes for what it is: too much of one', async () => {
    const server = runInside();
    server.send(toolCall(1, 'get_active_number', { phoneNumber: '1'.repeat(5_000_000) }));
    server.send(toolCall(2, 'get_active_number', { ['x'.repeat(5_000_000)]: 1 }));
    for (const id of [1, 2]) {
      const { result } = await server.answer(id);
      expect(result).toMatchObject({ isError: true });
      expect(JSON.stringify(result).length).toBeLessThan(1_000);
    }
  });

  test('speaks nothing but JSON-RPC on stdout, whatever it logs', async () => {
    const server = run(['--simulator'], { SINCH_NUMBERS_LOG: 'debug' });
    server.send('nonsense', ...handshake(), request(1, 'tools/list'), toolCall(2, 'list_active_numbers'));
    server.send(toolCall(3, 'get_active_number', { phoneNumber: OFFERED }));
    for (const id of [1, 2, 3]) await server.answer(id);
    server.endInput();
    await server.exit;
    expect(server.received()).toHaveLength(5);
    expect(server.stdout().endsWith('\n')).toBe(true);
    expect(server.stderr()).toMatch(/ debug GET .*activeNumbers/);
  });

  test('logs nothing while all is well, unless it is asked to', async () => {
    const server = run(['--simulator']);
    server.send(...handshake(), toolCall(1, 'list_active_numbers'));
    await server.answer(1);
    server.endInput();
    await server.exit;
    expect(server.stderr()).toBe('');
  });
});

test('no secret shows in the log or in an answer, not even where the API echoes it', async () => {
  const keySecret = 'the-key-secret-1234';
  const accessToken = 'the-access-token-5678';
  const hmacSecret = 'the-hmac-secret-of-thirty-two-characters';
  const api = await serve((response, { method, target, headers }) => {
    if (target === '/oauth2/token') return answerJson(response, { access_token: accessToken });
    if (target.endsWith('/callbackConfiguration')) return answerJson(response, { hmacSecret });
    const message = `${method} refused for ${headers.authorization} (${keySecret})`;
    answerJson(response, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } }, 400);
  });
  const key = { keyId: 'key-id', keySecret, projectId: 'project' };
  const server = runInside([], { ...envFor({ ...api, ...key }), SINCH_NUMBERS_LOG: 'debug' });
  server.send(
    ...handshake(),
    toolCall(1, 'get_callback_configuration'),
    toolCall(2, 'update_callback_configuration', { hmacSecret }),
    toolCall(3, 'list_active_numbers'),
    toolCall(4, 'update_active_number', { phoneNumber: OFFERED, displayName: 'Front desk' }),
    toolCall(5, 'update_callback_configuration', { hmacSecret: `${hmacSecret}!` }),
    request(6, 'resources/read', { uri: 'sinch-numbers://callback-configuration' }),
  );
  for (const id of [1, 2, 3, 4, 5, 6]) await server.answer(id);
  server.endInput();
  await server.exit;
  expect(server.stderr()).toMatch(/ debug /);
  const basic = Buffer.from(`key-id:${keySecret}`).toString('base64');
  for (const secret of [keySecret, accessToken, hmacSecret, basic]) {
    expect(server.stderr()).not.toContain(secret);
    expect(server.stdout()).not.toContain(secret);
  }
});

describe('the end', () => {
  test('comes with the end of stdin', SOON, async () => {
    const server = run();
    server.send(...handshake());
    await server.answer('initialize');
    server.endInput();
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });

  test('comes with the end of stdin before a word was said', SOON, async () => {
    const server = run();
    server.endInput();
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.stdout() + server.stderr()).toBe('');
  });

  test(
    'comes with the end of stdin though a person is being asked, with a simulator inside',
    SOON,
    async () => {
      const server = run(['--simulator']);
      server.send(...handshake({ elicitation: {} }), toolCall(1, 'rent_number', { phoneNumber: OFFERED }));
      await server.message('elicitation/create');
      server.endInput();
      expect(await server.exit).toEqual({ code: 0, signal: null });
      expect(server.stderr()).toBe('');
    },
  );

  test.each(['oauth2', 'basic'])(
    'comes with the end of stdin though nothing answers a call, signing in by %s',
    SOON,
    async (auth) => {
      const api = await serve(silent);
      const arrival = api.arrival();
      const server = run([], { ...envFor(api), SINCH_NUMBERS_AUTH: auth });
      server.send(...handshake(), toolCall(1, 'list_active_numbers'));
      await arrival;
      server.endInput();
      expect(await server.exit).toEqual({ code: 0, signal: null });
    },
  );

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'comes with %s, though a person is being asked',
    SOON,
    async (signal) => {
      const server = run(['--simulator']);
      server.send(...handshake({ elicitation: {} }), toolCall(1, 'rent_number', { phoneNumber: OFFERED }));
      await server.message('elicitation/create');
      server.kill(signal);
      expect(await server.exit).toEqual({ code: 0, signal: null });
      expect(server.stderr()).toBe('');
    },
  );

  test('comes only after a piped script of requests was answered', SOON, async () => {
    const server = run(['--simulator']);
    server.send(...handshake(), request(1, 'tools/list'), request(2, 'resources/list'));
    server.send(toolCall(3, 'list_available_regions'));
    server.endInput();
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.received().map(({ id }) => id)).toEqual(expect.arrayContaining(['initialize', 1, 2, 3]));
  });

  test('comes only after long answers were written whole', SOON, async () => {
    const server = run(['--simulator']);
    const args = { regionCode: 'US', type: 'LOCAL', size: 1000 };
    const ids = [1, 2, 3, 4];
    server.send(...handshake(), ...ids.map((id) => toolCall(id, 'search_available_numbers', args)));
    server.endInput();
    await server.exit;
    for (const id of ids) {
      expect((await server.answer(id)).result).toMatchObject({
        structuredContent: { availableNumbers: expect.any(Array) },
      });
    }
    expect(server.stdout().length).toBeGreaterThan(100_000);
  });
});

describe('a malformed configuration', () => {
  test('ends the server before it speaks, with everything that is wrong on stderr', SOON, async () => {
    const server = run([], {
      SINCH_KEY_SECRET: `\${SINCH_KEY_SECRET}`,
      SINCH_NUMBERS_AUTH: 'bearer',
      SINCH_NUMBERS_URL: 'http://numbers.api.sinch.com',
      SINCH_NUMBERS_TOOLS: 'rent_numbr',
      SINCH_NUMBERS_LOG: 'loud',
    });
    server.send(...handshake());
    expect(await server.exit).toEqual({ code: 1, signal: null });
    expect(server.stdout()).toBe('');
    const problems = server.stderr().split('\n').slice(1, -1);
    expect(problems).toHaveLength(5);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`SINCH_KEY_SECRET holds \${SINCH_KEY_SECRET} literally`),
        expect.stringContaining('SINCH_NUMBERS_AUTH must be one of oauth2, basic'),
        expect.stringContaining('SINCH_NUMBERS_URL must be an origin'),
        expect.stringContaining('SINCH_NUMBERS_TOOLS must be one of'),
        expect.stringContaining('SINCH_NUMBERS_LOG must be one of'),
      ]),
    );
  });

  test('counts even where a simulator takes the place of the API', SOON, async () => {
    const server = run(['--simulator'], { SINCH_NUMBERS_CONFIRM: 'never' });
    expect(await server.exit).toEqual({ code: 1, signal: null });
    expect(server.stdout()).toBe('');
  });

  test('does not keep anybody from reading the help', SOON, async () => {
    const help = run(['--help'], { SINCH_NUMBERS_CONFIRM: 'never' });
    expect(await help.exit).toEqual({ code: 0, signal: null });
  });
});

test('a variable that is misspelt is told, and the server serves', async () => {
  const server = run([], { SINCH_NUMBERS_READONLY: '1' });
  server.send(request(1, 'ping'));
  await server.answer(1);
  expect(server.stderr()).toMatch(/ warn SINCH_NUMBERS_READONLY is set and is no variable of this server/);
});
