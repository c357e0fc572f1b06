/** The checks of `doctor` on this machine: when it is well, when it warns, when it fails, and what is to be mended. */
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Environment } from '../../../src/config.ts';
import { answerJson, freePort, serve, simulate } from '../../api/support.ts';
import { keyOf } from '../../support/environment.ts';
import { startProxy } from '../../support/proxy.ts';
import { temporaryFolder } from '../../support/stage.ts';
import { CERTIFICATE, serveTls } from '../../support/tls.ts';
import { checkOf, checksOf, KEY, named } from '../support.ts';

describe('a machine in order', () => {
  test('passes every check, in this order', async () => {
    const api = await simulate({ active: 3 });
    const env = { ...keyOf(api), SINCH_NUMBERS_CALLBACK_PORT: String(await freePort()) };
    const checks = await checksOf(env);
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['Node.js', 'ok'],
      ['configuration', 'ok'],
      ['proxy', 'skip'],
      ['certificates', 'skip'],
      ['credentials', 'ok'],
      ['sign-in', 'ok'],
      ['Numbers API', 'ok'],
      ['numbers', 'ok'],
      ['clock', 'ok'],
      ['buying', 'ok'],
      ['callbacks', 'ok'],
      ['state folder', 'ok'],
      ['confirmation', 'ok'],
    ]);
    for (const { mend } of checks) expect(mend).toBeUndefined();
    expect(named(checks, 'credentials')?.message).toBe(`project ${api.projectId}`);
    expect(named(checks, 'sign-in')?.message).toMatch(new RegExp(`^${api.url}, \\d+ ms$`));
    expect(named(checks, 'Numbers API')?.message).toMatch(new RegExp(`^${api.url}, \\d+ ms$`));
    expect(named(checks, 'numbers')?.message).toBe('the project holds 3');
    // No agent is told.
    expect(named(checks, 'confirmation')?.message).toContain('SINCH_NUMBERS_CONFIRM=token');
  });

  test('is left as it was: no file is written, and the API is only read', async () => {
    const folder = await temporaryFolder();
    const api = await simulate();
    const port = String(await freePort());
    await checksOf({
      ...keyOf(api),
      SINCH_NUMBERS_STATE_DIR: join(folder, 'not', 'there'),
      SINCH_NUMBERS_CALLBACK_PORT: port,
    });
    expect(await readdir(folder, { recursive: true })).toEqual([]);
    expect(api.requests.map((request) => request.replace(/\?.*/, ''))).toEqual([
      'POST /oauth2/token',
      'GET /activeNumbers',
      'POST /numberOrders:lookupNumberRequirements',
      'GET /callbackConfiguration',
    ]);
    expect(await checkOf('callbacks', { SINCH_NUMBERS_CALLBACK_PORT: port })).toMatchObject({ status: 'ok' });
  });

  test('tells the API who asks', async () => {
    const api = await serve((response) => answerJson(response, {}));
    await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url });
    expect(api.requests[0]?.headers['user-agent']).toBe('sinch-numbers-mcp/1.2.3');
  });
});

describe('Node.js', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

  test.each([
    [process.versions.node, 'ok'],
    [`${major - 1}.99.99`, 'ok'],
    ['9.0.0', 'ok'],
    [`${major}.${minor + 1}.0`, 'fail'],
    [`${major + 1}.0.0`, 'fail'],
    ['100.0.0', 'fail'],
  ])('is old enough for %s: %s', async (oldestNode, status) => {
    const [check] = await checksOf({}, { oldestNode });
    expect(check).toMatchObject({ name: 'Node.js', status });
    expect(check?.message).toContain(process.versions.node);
    expect(check?.mend).toBe(status === 'fail' ? `Install ${oldestNode} or later.` : undefined);
  });
});

describe('the configuration', () => {
  test('where it is malformed is told line by line, and nothing that needs it is tried', async () => {
    const checks = await checksOf({}, { config: undefined, problems: ['one thing', 'another'] });
    expect(checks.slice(1)).toEqual([
      { name: 'configuration', status: 'fail', message: 'one thing' },
      { name: 'configuration', status: 'fail', message: 'another' },
    ]);
  });

  test('with a name that is no variable is warned of', async () => {
    const checks = await checksOf({ SINCH_NUMBERS_READONLY: '1' });
    expect(checks.filter(({ name }) => name === 'configuration')).toEqual([
      {
        name: 'configuration',
        status: 'warn',
        message: 'SINCH_NUMBERS_READONLY is set and is no variable of this server.',
        mend: 'Is it misspelt?',
      },
    ]);
  });
});

describe('the way to the API', () => {
  test('by a proxy is shown without its credentials, and taken', async () => {
    const proxy = await startProxy();
    const url = proxy.url.replace('//', '//me:hunter2@');
    const env = {
      HTTP_PROXY: url,
      HTTPS_PROXY: 'https://me:hunter2@other.example.com',
      NO_PROXY: 'localhost',
    };
    const api = await simulate();
    const checks = await checksOf({ ...keyOf(api), ...env });
    expect(named(checks, 'proxy')).toEqual({
      name: 'proxy',
      status: 'ok',
      message: `HTTPS_PROXY https://other.example.com, HTTP_PROXY ${proxy.url}, not for NO_PROXY localhost`,
    });
    expect(named(checks, 'Numbers API')).toMatchObject({ status: 'ok' });
    expect(proxy.tunnels.map(({ to }) => to)).toEqual([new URL(api.url).host]);
    expect(JSON.stringify(checks)).not.toContain('hunter2');
  });

  test('by a proxy that refuses is told with what to do', async () => {
    const proxy = await startProxy(() => 407);
    expect(await checkOf('sign-in', { HTTP_PROXY: proxy.url })).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(`the proxy ${proxy.url} wants a user name and password`),
      mend: expect.stringMatching(/^Put the user name and password of the proxy into HTTPS_PROXY/),
    });
  });

  test('with CAs of its own is shown by the file that holds them', async () => {
    const file = join(await temporaryFolder(), 'ca.pem');
    await writeFile(file, CERTIFICATE);
    expect(await checkOf('certificates', { NODE_EXTRA_CA_CERTS: file })).toEqual({
      name: 'certificates',
      status: 'ok',
      message: `those of Node.js, and ${file} (NODE_EXTRA_CA_CERTS)`,
    });
    await writeFile(file, 'not a certificate');
    for (const path of [file, `${file}.missing`]) {
      expect(await checkOf('certificates', { NODE_EXTRA_CA_CERTS: path })).toMatchObject({
        status: 'fail',
        message: expect.stringContaining(`${path} cannot be used: `),
        mend: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      });
    }
  });

  test('to a certificate of an unknown CA is told by NODE_EXTRA_CA_CERTS', async () => {
    const url = await serveTls(() => {});
    expect(await checkOf('sign-in', { SINCH_AUTH_URL: url })).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(`${url} shows a certificate of a CA that Node.js does not know`),
      mend: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });
});

describe('the state folder', () => {
  const checkFolder = async (folder: string) =>
    named(await checksOf({ SINCH_NUMBERS_STATE_DIR: folder }), 'state folder');

  test('that is there and nobody else can read is well', async () => {
    const folder = await temporaryFolder();
    expect(await checkFolder(folder)).toEqual({ name: 'state folder', status: 'ok', message: folder });
  });

  test('that is missing is well where it can be made, and is not made', async () => {
    const folder = join(await temporaryFolder(), 'a', 'b');
    expect(await checkFolder(folder)).toMatchObject({
      status: 'ok',
      message: `${folder}, made when it is needed`,
    });
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });

  test.each(['', 'below/it'])('that is a file cannot be written: file/%s', async (below) => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '', { mode: 0o600 });
    expect(await checkFolder(join(file, below))).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(`${file} cannot be written`),
      mend: expect.stringContaining('SINCH_NUMBERS_STATE_DIR'),
    });
  });

  test.runIf(process.platform !== 'win32').each([0o750, 0o705, 0o777])(
    'that others can use is warned of: %o',
    async (mode) => {
      const folder = join(await temporaryFolder(), 'state');
      await mkdir(folder);
      await chmod(folder, mode);
      expect(await checkFolder(folder)).toMatchObject({
        status: 'warn',
        message: `others can read ${folder}.`,
        mend: expect.stringContaining('chmod 700'),
      });
      expect((await stat(folder)).mode & 0o777).toBe(mode);
    },
  );
});

describe('confirmation', () => {
  const checkConfirmation = async (env: Environment) => named(await checksOf(env), 'confirmation');

  test('by the token of an agent is warned of', async () => {
    expect(await checkConfirmation({ SINCH_NUMBERS_CONFIRM: 'token' })).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('SINCH_NUMBERS_CONFIRM=token'),
    });
  });

  test.each([
    ['auto', 'the agent is told to ask you'],
    ['human', 'renting and releasing are refused'],
  ])('%s without a browser says what happens then', async (mode, then) => {
    const env = { SINCH_NUMBERS_CONFIRM: mode, SINCH_NUMBERS_OPEN_BROWSER: 'no-such-browser' };
    const check = await checkConfirmation(env);
    expect(check).toMatchObject({
      status: 'warn',
      mend: expect.stringContaining('SINCH_NUMBERS_OPEN_BROWSER'),
    });
    expect(check?.message).toContain(then);
    expect(check?.message).toContain('there is no command no-such-browser');
  });

  test.runIf(process.platform === 'linux')('by the browser of the platform needs a display', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME']) vi.stubEnv(name, '');
    const without = { SINCH_NUMBERS_OPEN_BROWSER: undefined };
    expect(await checkConfirmation(without)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('there is no display'),
      mend: expect.stringMatching(
        /DISPLAY, WAYLAND_DISPLAY and XDG_RUNTIME_DIR .* SINCH_NUMBERS_OPEN_BROWSER/,
      ),
    });
    vi.stubEnv('DISPLAY', ':0');
    expect(await checkConfirmation(without)).toMatchObject({ status: 'ok' });
  });
});
