/** The `doctor` command as a person and a program meet it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { answerJson, serve, simulate } from '../api/support.ts';
import { shared } from '../support/lifetime.ts';
import { temporaryFolder } from '../support/stage.ts';
import { type Env, envFor, run, SERVER_FILE } from './harness.ts';

const report = z.strictObject({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(['ok', 'warn', 'fail', 'skip']),
      message: z.string(),
      mend: z.string().optional(),
    }),
  ),
});

async function doctor(env: Env, ...flags: string[]) {
  const child = run(['doctor', ...flags], env);
  const { code } = await child.exit;
  return { code, stdout: child.stdout(), stderr: child.stderr() };
}

/** Everything is in order. */
async function wellEnv(): Promise<Env> {
  return { ...envFor(await simulate({ active: 3 })), SINCH_NUMBERS_OPEN_BROWSER: 'true' };
}

const well = shared(async () => {
  const folder = await temporaryFolder();
  const env = { ...(await wellEnv()), HOME: folder, XDG_STATE_HOME: folder };
  const told = await doctor({ ...env, SINCH_NUMBERS_STATE_DIR: join(folder, 'state') });
  return { ...told, left: await readdir(folder) };
});

test('where all is well it says so line by line and ends with 0', () => {
  const { code, stdout, stderr } = well();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(13);
  for (const line of lines) expect(line).toMatch(/^(ok {2}|skip) {2}\S/);
  expect(stdout).toContain('the project holds 3');
});

test('it waits for nothing on stdin, and writes nothing', () => {
  expect(well()).toMatchObject({ code: 0, left: [] });
});

test('the command of the secret is run as by the server: without the variables of the server', async () => {
  const { url } = await simulate();
  const SINCH_KEY_SECRET_COMMAND = `sh -c 'test -z "$SINCH_KEY_ID" || exit 9; echo hunter2'`;
  const { SINCH_KEY_SECRET: _, ...env } = envFor({ url });
  const { stdout } = await doctor({ ...env, SINCH_KEY_SECRET_COMMAND });
  expect(stdout).toMatch(/^ok {4}credentials/m);
  expect(stdout).not.toContain('hunter2');
});

test('a warning alone does not fail', async () => {
  const { code, stdout } = await doctor({ ...(await wellEnv()), SINCH_NUMBERS_CONFIRM: 'token' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^warn {2}confirmation/m);
});

describe('--json', () => {
  test('is one document for programs, with the same exit code', async () => {
    const { code, stdout, stderr } = await doctor(await wellEnv(), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { ok, checks } = report.parse(JSON.parse(stdout));
    expect(ok).toBe(true);
    expect(checks.map(({ name }) => name)).toContain('Numbers API');
  });

  test('tells failures too, and what is malformed', async () => {
    for (const env of [{}, { SINCH_NUMBERS_LOG: 'loud' }]) {
      const { code, stdout } = await doctor(env, '--json');
      expect(code).toBe(1);
      const { ok, checks } = report.parse(JSON.parse(stdout));
      expect(ok).toBe(false);
      expect(checks.filter(({ status }) => status === 'fail')).toHaveLength(1);
    }
  });
});

// Each check and each malformed value is held to this where it is made: test/commands, test/config.test.ts.
describe('what fails ends with 1, says what to mend, and shows no secret', () => {
  const SECRET = 'hunter2-the-secret';
  const ID = 'hunter2-the-key';
  const basic = Buffer.from(`${ID}:${SECRET}`).toString('base64');

  const failures: readonly [string, string, () => Env | Promise<Env>][] = [
    ['nothing is set', 'SINCH_PROJECT_ID, SINCH_KEY_ID, SINCH_KEY_SECRET', () => ({})],
    [
      'a variable is malformed',
      'SINCH_NUMBERS_LOG must be one of',
      () => ({ SINCH_KEY_SECRET: SECRET, SINCH_NUMBERS_LOG: 'loud' }),
    ],
    [
      'a secret is malformed',
      'SINCH_KEY_SECRET must be',
      () => ({ SINCH_KEY_SECRET: `${SECRET} and more`, SINCH_NUMBERS_HTTP_TOKEN: 'hunter2' }),
    ],
    [
      'the token endpoint tells what it was sent',
      'signing in at',
      async () => {
        const { url } = await serve((response, { headers }) => {
          const error_description = `${SECRET} ${headers.authorization}`;
          answerJson(response, { error: 'invalid_client', error_description }, 401);
        });
        return { ...envFor({ url }), SINCH_KEY_ID: ID, SINCH_KEY_SECRET: SECRET };
      },
    ],
  ];

  test.each(failures)('%s', async (_, reason, environment) => {
    const { code, stdout, stderr } = await doctor(await environment());
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.startsWith('fail'))).toContainEqual(
      expect.stringContaining(reason),
    );
    expect(stdout).not.toContain('hunter2');
    expect(stdout).not.toContain(basic);
    expect(stdout).not.toContain('    at ');
  });
});

describe('colours', () => {
  const coloured = '\u001b[32mok';

  test('do not go through a pipe, whatever the terminal is called', async () => {
    const { stdout } = await doctor({ TERM: 'xterm-256color', FORCE_COLOR: '1' });
    expect(stdout).not.toContain('\u001b');
  });

  // Only `script` of util-linux takes a command like this.
  test.runIf(process.platform === 'linux' && existsSync('/usr/bin/script'))(
    'are for a terminal, unless NO_COLOR is set',
    async () => {
      const onTerminal = async (env: Env) => {
        const command = `'${process.execPath}' '${SERVER_FILE}' doctor`;
        const typescript = join(await temporaryFolder(), 'typescript');
        return promisify(execFile)('/usr/bin/script', ['-q', '-c', command, typescript], {
          env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh', ...env },
        });
      };
      expect((await onTerminal({})).stdout).toContain(coloured);
      expect((await onTerminal({ NO_COLOR: '1' })).stdout).toMatch(/^ok {2}/);
    },
  );
});
