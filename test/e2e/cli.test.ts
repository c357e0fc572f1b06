import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { documentedVariables } from '../../src/environment.ts';
import { handshake, run } from './harness.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')));

test.each(['--version', '-v'])('%s prints the version of the package and nothing else', async (flag) => {
  const command = run([flag]);
  expect(await command.exit).toEqual({ code: 0, signal: null });
  expect(command.stdout()).toBe(`${version}\n`);
  expect(command.stderr()).toBe('');
});

test.each([['--help'], ['-h'], ['simulator', '--help']])(
  '%j explains commands and variables',
  async (...args) => {
    const command = run(args);
    expect(await command.exit).toEqual({ code: 0, signal: null });
    for (const word of [
      '--simulator',
      'simulator',
      '--port',
      '--active',
      '--seed',
      '--rent-us-local',
      'demo',
      '--version',
    ]) {
      expect(command.stdout()).toContain(word);
    }
    for (const { name } of documentedVariables) expect(command.stdout()).toContain(name);
    expect(command.stderr()).toBe('');
  },
);

describe('a command line that makes no sense ends with 1, one line why, and nothing on stdout', () => {
  test.each<[string[], string, Record<string, string>?]>([
    [['frobnicate'], 'unknown command: frobnicate'],
    [['--frobnicate'], '--frobnicate'],
    [['serve', 'now'], 'unexpected argument: now'],
    [['--port', '80'], '--port goes with http and simulator, not with serve'],
    [['--simulator', '--active', '5'], '--active goes with simulator, not with serve'],
    [['--rent-us-local'], '--rent-us-local is about the simulator: it goes with --simulator'],
    [
      ['doctor', '--rent-us-local'],
      '--rent-us-local goes with serve and http and simulator, not with doctor',
    ],
    [['simulator', '--port', '65536'], '--port must be a whole number from 0 to 65535'],
    [['simulator', '--port', 'http'], '--port must be a whole number'],
    [['simulator', '--port='], '--port must be a whole number'],
    [['simulator', '--active', '-1'], '--active'],
    [['simulator', '--active', '1.5'], '--active must be a whole number'],
    [['--simulator=yes'], '--simulator'],
    [['http', '--host', '0.0.0.0'], 'set SINCH_NUMBERS_HTTP_TOKEN'],
    [
      ['http'],
      'SINCH_NUMBERS_HTTP_ISSUER needs SINCH_NUMBERS_HTTP_PUBLIC_URL, or SINCH_NUMBERS_HTTP_AUDIENCE',
      { SINCH_NUMBERS_HTTP_ISSUER: 'https://login.example.com' },
    ],
  ])('%j', async (args, reason, env = {}) => {
    const command = run(args, env);
    expect(await command.exit).toEqual({ code: 1, signal: null });
    expect(command.stdout()).toBe('');
    expect(command.stderr()).toContain(reason);
    expect(command.stderr()).toContain('--help');
    expect(command.stderr()).not.toContain('    at ');
  });
});

test('a simulated server says so to client and agent, a real one does not', async () => {
  const simulated = run(['--simulator']);
  simulated.send(...handshake());
  const { result } = await simulated.answer('initialize');
  expect(result).toMatchObject({
    serverInfo: { title: 'Sinch Numbers (simulator)' },
    instructions: expect.stringContaining('Simulated: no real numbers'),
  });
  const real = run();
  real.send(...handshake());
  expect(JSON.stringify((await real.answer('initialize')).result)).not.toMatch(/simulat/i);
});
