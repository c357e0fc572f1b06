/** How a server ends, whatever is under way. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { OFFERED, serve, silent, simulate } from '../api/support.ts';
import {
  deferred,
  envFor,
  handshake,
  type Question,
  READING_MS,
  request,
  run,
  SERVER_FILE,
  toolCall,
} from './harness.ts';
import { run as runInside, start } from './inside.ts';

test('the end of stdin after a cancelled call is a clean end, at once', { timeout: 5_000 }, async () => {
  const api = await serve(silent);
  const arrival = api.arrival();
  const server = run([], { ...envFor(api), SINCH_NUMBERS_AUTH: 'basic' });
  server.send(...handshake(), toolCall(1, 'list_active_numbers'));
  const closed = new Promise((resolve) => arrival.then((response) => response.once('close', resolve)));
  await arrival;
  server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  await closed;
  server.endInput();
  expect(await server.exit).toEqual({ code: 0, signal: null });
});

test('a confirmed rent that was sent comes to its end after stdin, and its outcome stands in the log', async () => {
  const simulator = await simulate({ active: 0 });
  simulator.faults.add({ path: /:rent/, delayMs: 4_000 });
  const env = { ...envFor(simulator), SINCH_NUMBERS_CONFIRM: 'token' };
  const server = run([], env);
  server.send(...handshake(), toolCall(1, 'rent_number', { phoneNumber: OFFERED }));
  const { result } = await server.answer(1);
  const { confirmation } = Object(result).structuredContent;
  const args = { phoneNumber: OFFERED, confirmationToken: confirmation.token };
  server.send(toolCall(2, 'rent_number', args));
  await expect.poll(() => simulator.requests.some((it) => it.includes(':rent'))).toBe(true);
  server.endInput();
  expect(await server.exit).toEqual({ code: 0, signal: null });
  expect(server.stderr()).toContain(`completed, ${OFFERED}`);
  expect(simulator.project.get(OFFERED).phoneNumber).toBe(OFFERED);
});

test('the first question is taken back when the caller cancels', { timeout: 5_000 }, async () => {
  const asked = deferred<Question>();
  const { call } = await start({
    person: (question) => {
      asked.resolve(question);
      return new Promise(() => {});
    },
  });
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const rent = expect(call('rent_number', { phoneNumber: OFFERED }, options)).rejects.toThrow();
  const { signal } = await asked.promise;
  const closed = new Promise((resolve) => signal.addEventListener('abort', resolve));
  controller.abort();
  await rent;
  await closed;
});

test('a malformed answer to a question is a no, and not answered with an error', async () => {
  const server = runInside(['--simulator']);
  server.send(...handshake({ elicitation: {} }), toolCall('rent', 'rent_number', { phoneNumber: OFFERED }));
  const { id } = await server.message('elicitation/create');
  await sleep(READING_MS);
  server.send({ jsonrpc: '2.0', id, result: null });
  expect((await server.answer('rent')).result).toMatchObject({ structuredContent: { outcome: 'declined' } });
  expect(server.received().filter(({ error }) => error)).toEqual([]);
});

test('every answer arrives at a slow reader before the end', async () => {
  const child = spawn('/bin/sh', ['-c', '"$0" "$1" | (sleep 2; wc -l)', process.execPath, SERVER_FILE], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  const pings = Array.from({ length: 3_000 }, (_, id) => `${JSON.stringify(request(id, 'ping'))}\n`);
  child.stdin.end(pings.join(''));
  await new Promise((resolve) => child.once('close', resolve));
  expect(Number(out)).toBe(3_000);
});
