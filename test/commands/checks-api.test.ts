/** The checks of `doctor` against the API: when it is well, when it warns, when it fails, and what is to be mended. */

import { resolve } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Check } from '../../src/commands/doctor/check.ts';
import type { Environment } from '../../src/config.ts';
import { answerJson, freePort, type Received, serve, simulate } from '../api/support.ts';
import { keyOf } from '../support/environment.ts';
import { checkOf, checksOf, KEY, named } from './support.ts';

/** As real accounts are answered. */
const notFound = {
  status: 404,
  body: { error: { code: 404, status: 'NOT_FOUND', message: 'Number requirements not found' } },
};

describe('credentials', () => {
  test('that are missing are named, and neither token endpoint nor API is asked', async () => {
    const checks = await checksOf({ SINCH_PROJECT_ID: 'project' });
    expect(named(checks, 'credentials')).toMatchObject({
      status: 'fail',
      message: 'SINCH_KEY_ID, SINCH_KEY_SECRET not set.',
      mend: expect.stringMatching(/^Set SINCH_KEY_ID, SINCH_KEY_SECRET in the env/),
    });
    expect(checks.map(({ name }) => name)).toEqual([
      'Node.js',
      'configuration',
      'proxy',
      'certificates',
      'credentials',
      'state folder',
      'confirmation',
    ]);
  });

  test('whose command fails are told with what to do', async () => {
    const command = `"${process.execPath}" -e "console.log('hunter2'); process.exitCode = 4"`;
    const env = { SINCH_PROJECT_ID: 'p', SINCH_KEY_ID: 'k', SINCH_KEY_SECRET_COMMAND: command };
    expect(named(await checksOf(env), 'credentials')).toEqual({
      name: 'credentials',
      status: 'fail',
      message: 'the command of SINCH_KEY_SECRET_COMMAND ended with 4.',
      mend: expect.stringMatching(/^Run that command by hand/),
    });
  });
});

test('credentials whose file is missing are told by its path', async () => {
  const file = resolve('/nowhere/secret');
  const env = { SINCH_PROJECT_ID: 'p', SINCH_KEY_ID: 'k', SINCH_KEY_SECRET_FILE: file };
  expect(named(await checksOf(env), 'credentials')).toEqual({
    name: 'credentials',
    status: 'fail',
    message: `SINCH_KEY_SECRET_FILE names a file that is not there: ${file}.`,
    mend: expect.stringMatching(/^Put the access key secret into that file/),
  });
});

describe('signing in', () => {
  test('with a wrong secret fails, and shows neither', async () => {
    const api = await simulate();
    const checks = await checksOf({ ...keyOf(api), SINCH_KEY_SECRET: 'hunter2' });
    expect(named(checks, 'sign-in')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('HTTP 401'),
      mend: expect.stringMatching(/^SINCH_KEY_ID and SINCH_KEY_SECRET are not a valid access key/),
    });
    expect(named(checks, 'Numbers API')).toBeUndefined();
    expect(JSON.stringify(checks)).not.toContain('hunter2');
  });

  test('where nothing answers is told by address and reason', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    // Each pause before another attempt is drawn: here none lasts.
    const draw = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => draw.mockRestore());
    expect(await checkOf('sign-in', { SINCH_AUTH_URL: url })).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(new RegExp(`${url}.*ECONNREFUSED`)),
      mend: expect.stringContaining('SINCH_AUTH_URL'),
    });
  });

  test('needs no token endpoint with basic authentication', async () => {
    expect(await checkOf('sign-in', { SINCH_NUMBERS_AUTH: 'basic' })).toEqual({
      name: 'sign-in',
      status: 'ok',
      message: 'basic authentication, rate limited',
    });
  });
});

describe('the Numbers API', () => {
  test('that may not be asked for this project is told with the variable to compare', async () => {
    expect(await checkOf('Numbers API', { SINCH_PROJECT_ID: 'another-project' })).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('HTTP 403'),
      mend: expect.stringMatching(/^Check that the access key belongs to SINCH_PROJECT_ID/),
    });
  });

  test('that does not answer is told by address and reason', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await checkOf('Numbers API', { SINCH_NUMBERS_URL: url })).toMatchObject({
      status: 'fail',
      message: `no connection to ${url} (ECONNREFUSED).`,
    });
  });

  test('that echoes key and header does not bring them into the report', async () => {
    const api = await serve((response, { headers }) => {
      const message = `key-secret, ${headers.authorization}`;
      answerJson(response, { error: { code: 403, message, status: 'PERMISSION_DENIED' } }, 403);
    });
    const checks = await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url });
    expect(named(checks, 'Numbers API')?.message).toContain('PERMISSION_DENIED');
    expect(JSON.stringify(checks)).not.toMatch(/key-secret|a2V5LWlkOmtleS1zZWNyZXQ/);
  });

  test('that does not count is not taken for an empty project', async () => {
    const api = await serve((response) => answerJson(response, { activeNumbers: [] }));
    const checks = await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url });
    expect(named(checks, 'numbers')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('does not say how many'),
    });
  });

  test('is asked for one number, however many there are', async () => {
    const api = await simulate({ active: 500 });
    expect(named(await checksOf(keyOf(api)), 'numbers')?.message).toBe('the project holds 500');
    expect(api.requests).toContain('GET /activeNumbers?pageSize=1');
  });
});

describe('buying', () => {
  test.each<[string, object, string, string]>([
    ['requirements', { status: 200, body: { fields: {} } }, 'ok', 'numbers of every country can be ordered'],
    ['that none are on file', notFound, 'ok', 'numbers of every country can be ordered'],
    ['that there is no such path', { status: 404 }, 'skip', 'number orders do not answer'],
    ['that this key may not', { status: 403 }, 'skip', 'maybe US LOCAL only'],
  ])('is told by an API that answers %s', async (_, answer, status, words) => {
    const api = await simulate();
    api.faults.add({ path: /lookupNumberRequirements/, answer: { status: 200, ...answer } });
    expect(named(await checksOf(keyOf(api)), 'buying')).toMatchObject({
      status,
      message: expect.stringContaining(words),
    });
  });
});

describe('the clock', () => {
  /** The check where the API's time differs from this machine's. */
  async function checkAt(date: string | undefined): Promise<Check | undefined> {
    const api = await serve((response) => {
      response.sendDate = false;
      answerJson(response, { totalSize: 1 }, 200, date === undefined ? {} : { date });
    });
    return named(await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url }), 'clock');
  }
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toUTCString();

  test.each([
    [-120, 'ahead of'],
    [120, 'behind'],
    [-90_000, 'ahead of'],
  ])('is off where the API is %d s from it', async (seconds, direction) => {
    const check = await checkAt(inSeconds(seconds));
    expect(check).toMatchObject({ status: 'fail', mend: 'Set the clock of this machine by the network.' });
    expect(check?.message).toContain(` s ${direction} the API.`);
    expect(Math.abs(Number.parseInt(check?.message ?? '', 10) - Math.abs(seconds))).toBeLessThan(10);
  });

  test.each([-45, 0, 45])('is right where the API is %d s from it', async (seconds) => {
    expect(await checkAt(inSeconds(seconds))).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/^within \d+ s of the API$/),
    });
  });

  test.each([undefined, 'yesterday'])('is not judged by %s', async (date) => {
    expect(await checkAt(date)).toMatchObject({ status: 'skip' });
  });
});

describe('callbacks', () => {
  const SECRET = 'the-callback-secret';

  /** The check against a project whose secret is this. */
  async function checkWith(hmacSecret: string | undefined, env: Environment) {
    const answer = ({ target }: Received) => (target.includes('callback') ? { hmacSecret } : {});
    const api = await serve((response, received) => answerJson(response, answer(received)));
    const check = named(await checksOf({ ...KEY, SINCH_NUMBERS_URL: api.url, ...env }), 'callbacks');
    expect(JSON.stringify(check)).not.toContain(SECRET);
    return { check, api };
  }

  test('that are off are not checked, and the API is not asked', async () => {
    const { check, api } = await checkWith(SECRET, {});
    expect(check).toMatchObject({ status: 'skip', message: expect.stringContaining('off') });
    expect(api.requests.filter(({ target }) => target.includes('callback'))).toEqual([]);
  });

  test.each([undefined, ''])('fail where the project has no secret: %j', async (secret) => {
    const { check } = await checkWith(secret, { SINCH_NUMBERS_CALLBACK_PORT: '0' });
    expect(check).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('has no secret'),
      mend: 'Set one with update_callback_configuration.',
    });
  });

  test('fail where the configured secret is another', async () => {
    const { check } = await checkWith(SECRET, {
      SINCH_NUMBERS_CALLBACK_PORT: '0',
      SINCH_NUMBERS_CALLBACK_SECRET: `${SECRET}-of-old`,
    });
    expect(check).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('SINCH_NUMBERS_CALLBACK_SECRET is not the secret of the project'),
      mend: expect.stringContaining('Remove it'),
    });
  });

  test.each([undefined, SECRET])('are well with the secret configured as %s', async (secret) => {
    const port = String(await freePort());
    const { check } = await checkWith(SECRET, {
      SINCH_NUMBERS_CALLBACK_PORT: port,
      SINCH_NUMBERS_CALLBACK_SECRET: secret,
    });
    expect(check).toMatchObject({ status: 'ok', message: expect.stringContaining(`port ${port} is free`) });
  });

  test('are warned of where the port is taken, maybe by a server of theirs', async () => {
    const { port } = new URL((await serve(() => {})).url);
    const { check } = await checkWith(SECRET, { SINCH_NUMBERS_CALLBACK_PORT: port });
    expect(check).toMatchObject({
      status: 'warn',
      message: `port ${port} cannot be used now: EADDRINUSE.`,
      mend: expect.stringContaining('choose another SINCH_NUMBERS_CALLBACK_PORT'),
    });
  });

  test('whose configuration cannot be read fail', async () => {
    const api = await simulate();
    api.faults.add({ path: /callbackConfiguration/, answer: { status: 403 } });
    const checks = await checksOf({ ...keyOf(api), SINCH_NUMBERS_CALLBACK_PORT: '0' });
    expect(named(checks, 'callbacks')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('403'),
    });
    expect(named(checks, 'Numbers API')).toMatchObject({ status: 'ok' });
  });
});
