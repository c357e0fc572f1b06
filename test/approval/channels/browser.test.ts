/** Opening addresses with the user's own command. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { browserProblem, createBrowserOpener } from '../../../src/approval/channels/browser.ts';
import { CannotAskError } from '../../../src/approval/channels/channel.ts';
import { failure } from '../../api/support.ts';
import { temporaryFolder } from '../../support/stage.ts';

const ADDRESS = 'http://127.0.0.1:1234/approve/a-secret?a=b&c=$(d)';

const report = z.object({
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  pid: z.int(),
});

/** A command that reports how it was called, and then does something. The path of its script holds a space. */
async function commandThat(does = '') {
  const folder = await temporaryFolder();
  const [script, out] = [join(folder, 'my browser.mjs'), join(folder, 'report.json')];
  await writeFile(
    script,
    `import { renameSync, writeFileSync } from 'node:fs';
const { argv, env, pid } = process;
writeFileSync(${JSON.stringify(`${out}.new`)}, JSON.stringify({ args: argv.slice(2), env, pid }));
renameSync(${JSON.stringify(`${out}.new`)}, ${JSON.stringify(out)});
${does}`,
  );
  const read = async () => report.parse(JSON.parse(await readFile(out, 'utf8')));
  return { command: [process.execPath, script], read };
}

describe('a command that opens a browser', () => {
  test('is given the address last, after its own words, each as it stands', async () => {
    const { command, read } = await commandThat();
    const words = ['--new-window', 'two words', 'it says "so"', '', '$(id)', '; id'];
    await createBrowserOpener([...command, ...words])(ADDRESS);
    expect((await read()).args).toEqual([...words, ADDRESS]);
  });

  test('that runs on is left to run, as a browser does', async () => {
    const { command, read } = await commandThat('setTimeout(() => {}, 60_000);');
    await createBrowserOpener(command)(ADDRESS);
    const { pid } = await read();
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(process.kill(pid, 0)).toBe(true);
  });

  // A shell, which starts long before the time is over in which a command can fail.
  test.each([
    ['with a code', 'exit 3', 'the command ended with 3'],
    ['by a signal', 'kill -TERM $$; sleep 9', 'ended with SIGTERM'],
  ])('that fails %s has opened nothing', async (_, does, reason) => {
    const error = await failure(createBrowserOpener(['sh', '-c', does])(ADDRESS));
    expect(error).toBeInstanceOf(CannotAskError);
    expect(error).toMatchObject({ message: expect.stringContaining(`no browser can be opened: `) });
    expect(error).toMatchObject({ message: expect.stringContaining(reason) });
  });

  test.each([[['/not/there/browser']], [['/']], [[' ']], [['']], [[]]])(
    'that cannot be run has opened nothing: %j',
    async (command) => {
      const error = await failure(createBrowserOpener(command)(ADDRESS));
      expect(error).toBeInstanceOf(CannotAskError);
      expect(String(error)).not.toContain(ADDRESS);
    },
  );
});

test.runIf(process.platform === 'linux')(
  'without a command and a display nothing can be opened',
  async () => {
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME']) vi.stubEnv(name, '');
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = await failure(createBrowserOpener(undefined)(ADDRESS));
    expect(error).toBeInstanceOf(CannotAskError);
    expect(error).toMatchObject({ message: 'no browser can be opened: there is no display' });
  },
);

describe('what is told before a browser is needed', () => {
  test('nothing, where there is such a command', async () => {
    const { command } = await commandThat();
    expect(await browserProblem(command)).toBeUndefined();
    expect(await browserProblem(['node', '--version'])).toBeUndefined();
  });

  test.each(['no-such-browser', '/not/there/browser', './not/there'])(
    'there is no command %s',
    async (file) => {
      expect(await browserProblem([file, '--new-window'])).toBe(`there is no command ${file}`);
    },
  );

  test('a file that cannot be run is no command', async () => {
    const file = join(await temporaryFolder(), 'browser');
    await writeFile(file, '#!/bin/sh\n', { mode: 0o644 });
    expect(await browserProblem([file])).toBe(`there is no command ${file}`);
  });

  test.runIf(process.platform === 'linux')('whether there is a display', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME']) vi.stubEnv(name, '');
    expect(await browserProblem(undefined)).toBe('there is no display');
    vi.stubEnv('WAYLAND_DISPLAY', 'wayland-0');
    expect(await browserProblem(undefined)).toBeUndefined();
  });
});
