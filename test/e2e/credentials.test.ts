/** The access key secret where a client's configuration does not hold it. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { simulate, type WatchedSimulator } from '../api/support.ts';
import { temporaryFolder } from '../support/stage.ts';
import { connectServer as connectBuilt, type Env, envFor, run } from './harness.ts';
import { connectServer } from './inside.ts';

const SECRET = 'SINCH_KEY_SECRET';

/** The variables for this simulator, without the secret. */
function envWithout(api: WatchedSimulator): Env {
  const { [SECRET]: _, ...env } = envFor(api);
  return env;
}

/** A command that writes down how it was run, does this, and prints the secret of a simulator. */
async function commandFor(api: WatchedSimulator, does = '', ...words: string[]) {
  const folder = await temporaryFolder();
  const [script, runs] = [join(folder, 'my manager.mjs'), join(folder, 'runs')];
  await writeFile(
    script,
    `import { appendFileSync } from 'node:fs';
const { argv, env } = process;
appendFileSync(${JSON.stringify(runs)}, JSON.stringify({ args: argv.slice(2), env }) + '\\n');
${does}
console.log(${JSON.stringify(api.keySecret)});`,
  );
  const run = z.object({ args: z.array(z.string()), env: z.record(z.string(), z.string()) });
  return {
    env: {
      ...envWithout(api),
      SINCH_KEY_SECRET_COMMAND: [`"${process.execPath}" "${script}"`, ...words].join(' '),
    },
    folder,
    runs: async () =>
      (await readFile(runs, 'utf8').catch(() => ''))
        .split('\n')
        .slice(0, -1)
        .map((line) => run.parse(JSON.parse(line))),
  };
}

describe('in a file', () => {
  test('it serves calls', async () => {
    const api = await simulate({ active: 3 });
    const file = join(await temporaryFolder(), 'secret');
    await writeFile(file, `${api.keySecret}\n`, { mode: 0o600 });
    const { call } = await connectServer({ env: { ...envWithout(api), SINCH_KEY_SECRET_FILE: file } });
    expect((await call('list_active_numbers')).structured).toMatchObject({ totalSize: 3 });
  });

  test('that is missing, the server starts, and the first call tells its path', async () => {
    const api = await simulate({ active: 3 });
    const file = join(await temporaryFolder(), 'secret');
    const { call } = await connectServer({ env: { ...envWithout(api), SINCH_KEY_SECRET_FILE: file } });
    const { isError, text } = await call('list_active_numbers');
    expect(isError).toBe(true);
    expect(text).toBe(
      `list_active_numbers failed: SINCH_KEY_SECRET_FILE names a file that is not there: ${file}.\n` +
        'Tell the user: put the access key secret into that file, alone and readable by nobody else, then call again. Nothing was sent.',
    );
    expect(api.requests).toEqual([]);
    await writeFile(file, api.keySecret, { mode: 0o600 });
    expect((await call('list_active_numbers')).structured).toMatchObject({ totalSize: 3 });
  });

  test.runIf(process.platform !== 'win32')(
    'that others can read, it keeps the server from starting',
    async () => {
      const api = await simulate();
      const file = join(await temporaryFolder(), 'secret');
      await writeFile(file, `${api.keySecret}\n`);
      await chmod(file, 0o644);
      const server = run([], { ...envWithout(api), SINCH_KEY_SECRET_FILE: file });
      expect(await server.exit).toEqual({ code: 1, signal: null });
      expect(server.stderr()).toContain(`chmod 600 "${file}"`);
      expect(server.stdout() + server.stderr()).not.toContain(api.keySecret);
    },
  );
});

describe('from a command', () => {
  test('it is asked for at the first call, and once for all calls', async () => {
    const api = await simulate({ active: 3 });
    const { env, runs } = await commandFor(api);
    const { call } = await connectServer({ env });
    await call('list_callback_events');
    expect(await runs()).toEqual([]);
    const calls = await Promise.all([
      call('list_active_numbers'),
      call('list_available_regions'),
      call('list_active_numbers', { pageSize: 1 }),
    ]);
    expect(calls.map(({ isError }) => isError)).toEqual([false, false, false]);
    expect((await call('list_active_numbers')).structured).toMatchObject({ totalSize: 3 });
    expect(await runs()).toHaveLength(1);
  });

  test('without a shell, and with none of the variables of the server', async () => {
    const api = await simulate();
    const folder = await temporaryFolder();
    const words = ['$(touch', `${folder}/a)`, ';', 'touch', `${folder}/b`, '|', '`id`', '$HOME', '*', '&&'];
    const { env, runs } = await commandFor(api, '', ...words, "'two words'");
    const { call } = await connectBuilt({ env });
    expect((await call('list_active_numbers')).isError).toBe(false);
    const [made] = await runs();
    expect(made?.args).toEqual([...words, 'two words']);
    expect(Object.keys(made?.env ?? {}).filter((name) => name.startsWith('SINCH'))).toEqual([]);
    expect(made?.env).toHaveProperty('PATH');
  });

  test('whose failure is told without its output, and which is asked again at the next call', async () => {
    const api = await simulate({ active: 3 });
    const does = `import { existsSync, writeFileSync } from 'node:fs';
const flag = argv[2];
if (!existsSync(flag)) {
  writeFileSync(flag, '');
  console.log('hunter2');
  console.error('hunter3');
  process.exit(5);
}`;
    const flag = join(await temporaryFolder(), 'unlocked');
    const { env, runs } = await commandFor(api, does, flag);
    const { call, stderr } = await connectServer({ env: { ...env, SINCH_NUMBERS_LOG: 'debug' } });
    const { isError, text } = await call('list_active_numbers');
    expect(isError).toBe(true);
    expect(text).toContain('the command of SINCH_KEY_SECRET_COMMAND ended with 5');
    expect(text).toContain('Nothing was sent');
    expect(api.requests).toEqual([]);
    expect((await call('list_active_numbers')).structured).toMatchObject({ totalSize: 3 });
    expect(await runs()).toHaveLength(2);
    expect(text + stderr()).not.toMatch(/hunter|my manager/);
    expect(stderr()).not.toContain(api.keySecret);
  });
});
