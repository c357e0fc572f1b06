/** Where the access key secret comes from when it is needed. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MissingCredentialsError, SecretError } from '../../src/api/errors.ts';
import { type CredentialOptions, type Credentials, createEndpoint } from '../../src/commands/credentials.ts';
import { failure } from '../api/support.ts';
import { temporaryFolder } from '../support/stage.ts';

const VARIABLES = {
  projectId: 'THE_PROJECT',
  keyId: 'THE_KEY',
  keySecret: 'THE_SECRET',
  keySecretFile: 'THE_FILE',
  keySecretCommand: 'THE_COMMAND',
};

function endpointOf(
  credentials: Partial<Credentials<string>>,
  keySecretCommand?: CredentialOptions['keySecretCommand'],
  keySecretFile?: string,
) {
  return createEndpoint({
    credentials: { projectId: undefined, keyId: undefined, keySecret: undefined, ...credentials },
    keySecretFile,
    keySecretCommand,
    credentialVariables: VARIABLES,
    api: { url: 'https://api.example.com', authUrl: 'https://auth.example.com', auth: 'oauth2' },
  });
}

const KEY = { projectId: 'project', keyId: 'key' };

/** A command of this program, and how often it was run. */
async function commandThat(does: string) {
  const runs = join(await temporaryFolder(), 'runs');
  const script = `require('node:fs').appendFileSync(${JSON.stringify(runs)}, 'x');\n${does}`;
  return {
    command: [process.execPath, '-e', script],
    runs: async () => (await readFile(runs, 'utf8').catch(() => '')).length,
  };
}

const PRINTS = "console.log('printed');";

test('a configured secret is handed on with all else', async () => {
  expect(await endpointOf({ ...KEY, keySecret: 'secret' })()).toEqual({
    ...KEY,
    keySecret: 'secret',
    url: 'https://api.example.com',
    authUrl: 'https://auth.example.com',
    auth: 'oauth2',
  });
});

test.each([
  [{}, ['THE_PROJECT', 'THE_KEY', 'THE_SECRET']],
  [{ projectId: 'project' }, ['THE_KEY', 'THE_SECRET']],
  [KEY, ['THE_SECRET']],
  [{ keySecret: 'secret' }, ['THE_PROJECT', 'THE_KEY']],
])('what is not set is named by its variables: %j', async (credentials, missing) => {
  const error = await failure(endpointOf(credentials)());
  expect(error).toBeInstanceOf(MissingCredentialsError);
  expect(error).toMatchObject({ missing });
});

describe('a file that holds the secret', () => {
  const endpointWith = (file: string) => endpointOf(KEY, undefined, file);

  test('is read when the secret is needed, and once', async () => {
    const file = join(await temporaryFolder(), 'secret');
    const endpoint = endpointWith(file);
    await writeFile(file, '  in-a-file \r\n', { mode: 0o600 });
    expect((await endpoint()).keySecret).toBe('in-a-file');
    await rm(file);
    expect((await endpoint()).keySecret).toBe('in-a-file');
  });

  test('that is missing is told with its path, until it is there', async () => {
    const file = join(await temporaryFolder(), 'secret');
    const endpoint = endpointWith(file);
    const error = await failure(endpoint());
    expect(error).toBeInstanceOf(SecretError);
    expect(error).toMatchObject({ message: `THE_FILE names a file that is not there: ${file}` });
    await writeFile(file, 'in-a-file', { mode: 0o600 });
    expect((await endpoint()).keySecret).toBe('in-a-file');
  });

  test.runIf(process.platform !== 'win32')('that others can read by now is refused', async () => {
    const file = join(await temporaryFolder(), 'secret');
    await writeFile(file, 'hunter2', { mode: 0o644 });
    const error = await failure(endpointWith(file)());
    expect(error).toBeInstanceOf(SecretError);
    expect(String(error)).toContain(
      `THE_FILE must be a file that nobody else can read: run chmod 600 "${file}"`,
    );
    expect(String(error)).not.toContain('hunter2');
  });

  test('is not read while something else is missing', async () => {
    const error = await failure(endpointOf({ projectId: 'project' }, undefined, '/nowhere')());
    expect(error).toMatchObject({ missing: ['THE_KEY'] });
  });
});

describe('a command that prints the secret', () => {
  test('is run at the first need, and once for all that need it', async () => {
    const { command, runs } = await commandThat(PRINTS);
    const endpoint = endpointOf(KEY, command);
    expect(await runs()).toBe(0);
    const together = await Promise.all([endpoint(), endpoint(), endpoint()]);
    for (const { keySecret } of [...together, await endpoint()]) expect(keySecret).toBe('printed');
    expect(await runs()).toBe(1);
  });

  test('is not run while something else is missing', async () => {
    const { command, runs } = await commandThat(PRINTS);
    const error = await failure(endpointOf({ projectId: 'project' }, command)());
    expect(error).toMatchObject({ missing: ['THE_KEY'] });
    expect(await runs()).toBe(0);
  });

  test('is given its words as they stand: no shell reads them', async () => {
    const words = ['$(id)', ';', '|', '`id`', '$HOME', '*', '>', 'two words', "'", '"'];
    const printWords =
      "process.stdout.write(Buffer.from(JSON.stringify(process.argv.slice(1))).toString('hex'))";
    const { keySecret } = await endpointOf(KEY, [process.execPath, '-e', printWords, '--', ...words])();
    expect(JSON.parse(Buffer.from(keySecret, 'hex').toString())).toEqual(words);
  });

  test('finds no input, so that it cannot wait for any', async () => {
    const does = "process.stdin.resume().on('end', () => console.log('ended'));";
    const { command } = await commandThat(does);
    expect((await endpointOf(KEY, command)()).keySecret).toBe('ended');
  });

  test('may write to stderr', async () => {
    const { command } = await commandThat(`console.error('a warning'); ${PRINTS}`);
    expect((await endpointOf(KEY, command)()).keySecret).toBe('printed');
  });

  const TELLS = "console.log('hunter2'); console.error('hunter3');";

  test.each([
    ['ends with a code', `${TELLS} process.exitCode = 3;`, 'ended with 3'],
    ['is killed', `${TELLS} process.kill(process.pid, 'SIGKILL');`, 'ended with SIGKILL'],
    ['prints nothing', "console.error('hunter3');", 'did not print a secret and nothing else'],
    ['prints a blank', "console.log(' ');", 'did not print a secret and nothing else'],
    ['prints more than a word', `${TELLS} ${TELLS}`, 'did not print a secret and nothing else'],
    ['prints without end', "for (;;) console.log('hunter2'.repeat(1_000));", 'THE_COMMAND'],
  ])('that %s is told by its variable, without what it printed', async (_, does, reason) => {
    const { command } = await commandThat(does);
    const error = await failure(endpointOf(KEY, command)());
    expect(error).toBeInstanceOf(SecretError);
    expect(error).toMatchObject({ message: expect.stringContaining(reason) });
    expect(error).toMatchObject({ message: expect.stringContaining('the command of THE_COMMAND ') });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter');
  });

  test.each(['no-such-command-anywhere', '/not/there', '/'])(
    'that cannot be run is told: %s',
    async (file) => {
      const error = await failure(endpointOf(KEY, [file, 'hunter2'])());
      expect(error).toBeInstanceOf(SecretError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/THE_COMMAND cannot be run \(E[A-Z]+\)$/),
      });
    },
  );

  test('that failed is run again when it is next needed, and not for those who waited together', async () => {
    const flag = join(await temporaryFolder(), 'unlocked');
    const { command, runs } = await commandThat(
      `if (!require('node:fs').existsSync(${JSON.stringify(flag)})) {
         require('node:fs').writeFileSync(${JSON.stringify(flag)}, '');
         process.exit(1);
       }
       ${PRINTS}`,
    );
    const endpoint = endpointOf(KEY, command);
    const failed = await Promise.allSettled([endpoint(), endpoint()]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await runs()).toBe(1);
    expect((await endpoint()).keySecret).toBe('printed');
    expect(await runs()).toBe(2);
  });
});
