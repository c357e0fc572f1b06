import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listActiveNumbersResponse } from '../../src/api/schemas/numbers.ts';
import { OFFERED, serve } from '../api/support.ts';
import { temporaryFolder } from '../support/stage.ts';
import { deferred, run, SERVER_FILE } from './harness.ts';
import { connectOverHttp, runHttp } from './http-harness.ts';

test('doctor ends quietly where its reader has seen enough', async () => {
  const child = spawn('/bin/sh', ['-c', `'${process.execPath}' '${SERVER_FILE}' doctor | head -1`], {
    env: { PATH: process.env.PATH, HOME: '/tmp' },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  await once(child, 'close');
  expect(stderr).toBe('');
});

test('http goes on where nobody reads its log any more', async () => {
  const child = spawn(process.execPath, [SERVER_FILE, 'http', '--simulator'], {
    env: { PATH: process.env.PATH, SINCH_NUMBERS_LOG: 'debug' },
  });
  const [line] = await once(child.stdout, 'data');
  child.stderr.destroy();
  const { client } = await connectOverHttp(JSON.parse(String(line)).url);
  for (let n = 0; n < 3; n++) await client.callTool({ name: 'list_active_numbers', arguments: {} });
  expect(child.exitCode).toBe(null);
  child.kill('SIGKILL');
});

test('http leaves no folder behind where its port is taken', async () => {
  const { port } = new URL((await serve(() => {})).url);
  const TMPDIR = await temporaryFolder();
  const server = run(['http', '--simulator', '--port', port], { TMPDIR, SINCH_NUMBERS_STATE_DIR: '' });
  expect(await server.exit).toEqual({ code: 1, signal: null });
  expect(readdirSync(TMPDIR).filter((name) => name.startsWith('sinch'))).toEqual([]);
});

test('http that is told to stop cancels what still waits, and answers it', async () => {
  const { url, kill, exit } = await runHttp(['--simulator']);
  const { client } = await connectOverHttp(url);
  const call = (name: string, args: object) => client.callTool({ name, arguments: { ...args } });
  const { structuredContent } = await call('list_active_numbers', {});
  const { activeNumbers } = listActiveNumbersResponse.parse(structuredContent);
  const { phoneNumber } = activeNumbers.find((number) => number.smsConfiguration === undefined) ?? {};
  await call('update_active_number', { phoneNumber, smsConfiguration: { servicePlanId: 'STUCK' } });
  const waiting = call('wait_for_provisioning', { phoneNumber });
  await call('get_active_number', { phoneNumber });
  kill('SIGTERM');
  const { isError, content } = await waiting;
  expect(isError).toBe(true);
  expect(JSON.stringify(content)).toContain('cancelled');
  expect(await exit).toEqual({ code: 0, signal: null });
});

test('http that is told to stop withdraws the questions that wait for a person', async () => {
  const asked = deferred<void>();
  const { url, kill, exit } = await runHttp(['--simulator']);
  const { client } = await connectOverHttp(url, {
    person: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  void client.callTool({ name: 'rent_number', arguments: { phoneNumber: OFFERED } }).catch(() => {});
  await asked.promise;
  const startedAt = performance.now();
  kill('SIGTERM');
  expect(await exit).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
