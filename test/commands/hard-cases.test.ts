import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SecretError } from '../../src/api/errors.ts';
import { createEndpoint, runCommand } from '../../src/commands/credentials.ts';
import { readConfig } from '../../src/config.ts';
import { failure, serve } from '../api/support.ts';
import { problemsOf } from '../support/environment.ts';
import { temporaryFolder } from '../support/stage.ts';
import { checksOf, KEY, named } from './support.ts';

const run = (command: readonly string[]) =>
  createEndpoint({
    credentials: { projectId: 'project', keyId: 'key', keySecret: undefined },
    keySecretFile: undefined,
    keySecretCommand: command,
    credentialVariables: {
      projectId: 'P',
      keyId: 'K',
      keySecret: 'S',
      keySecretFile: 'THE_FILE',
      keySecretCommand: 'THE_COMMAND',
    },
    api: { url: 'https://api.example.com', authUrl: 'https://auth.example.com', auth: 'oauth2' },
  })();

describe('a command for the secret', () => {
  test.each([[['']], [['/etc/passwd/below']], [['/bin/echo', 'x'.repeat(3_000_000)]]])(
    'that cannot even be started is told by its variable',
    async (command) => {
      expect(await failure(run(command))).toBeInstanceOf(SecretError);
    },
  );

  test('that ignores being told to end is given up all the same', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); setTimeout(() => {}, 16_000)";
    const startedAt = performance.now();
    const error = await failure(runCommand([process.execPath, '-e', stubborn], 'THE_COMMAND', 500));
    expect(error).toBeInstanceOf(SecretError);
    expect(error).toMatchObject({ message: 'the command of THE_COMMAND did not end within 0.5 s' });
    expect(performance.now() - startedAt).toBeLessThan(12_000);
  });
});

test('a long command with a quote that does not close is refused at once', () => {
  const startedAt = performance.now();
  expect(problemsOf({ SINCH_NUMBERS_OPEN_BROWSER: `/usr/local/bin/firefox-dev-ed "x` })).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(50);
});

test('quotes inside a word are not torn apart in silence', () => {
  const read = () => readConfig({ SINCH_NUMBERS_OPEN_BROWSER: 'firefox --profile="two words"' }).openBrowser;
  try {
    expect(read()).toEqual(['firefox', '--profile=two words']);
  } catch (error) {
    expect(String(error)).toContain('quotes');
  }
});

test.each([{ SINCH_KEY_SECRET_FILE: 'hunter2' }, { SINCH_KEY_SECRET_COMMAND: 'echo "hunter2' }])(
  'a secret that was pasted into the wrong variable is not shown: %o',
  (env) => {
    expect(problemsOf(env).join()).not.toContain('hunter2');
  },
);

describe('doctor', () => {
  test('does not take a file that can be run for a folder', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '', { mode: 0o700 });
    for (const folder of [file, join(file, 'below')]) {
      const checks = await checksOf({ SINCH_NUMBERS_STATE_DIR: folder });
      expect(named(checks, 'state folder')).toMatchObject({ status: 'fail' });
    }
  });

  test('tells of an API whose answer is no JSON in one line', async () => {
    const api = await serve((response) => response.end('<html></html>'));
    const checks = await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url });
    expect(checks.filter(({ name }) => name === 'Numbers API')).toHaveLength(1);
  });

  test('says in a sentence that the API does not count', async () => {
    const api = await serve((response) => response.end('{}'));
    const checks = await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url });
    expect(named(checks, 'numbers')?.message).not.toContain('the project the API');
  });
});
