import { type ChildProcess, spawn } from 'node:child_process';
import { CannotAskError } from './question.ts';

/** Shows an address to the person at this machine. */
export type OpenBrowser = (url: string) => Promise<void>;

/** A command that fails within this time, in milliseconds, has opened nothing. One that still runs has. */
const FAILS_WITHIN_MS = 2_000;

/**
 * Opens addresses with a command, or with the platform's own way.
 * @param command words, in quotes where they hold spaces; the address is appended
 * @returns a function that throws {@link CannotAskError} where no browser can be opened
 */
export function createBrowserOpener(command: string | undefined): OpenBrowser {
  return async (url) => {
    try {
      if (command === undefined) await openByPlatform(url);
      else await openByCommand(command, url);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replaceAll(url, '(address)') : 'unknown error';
      throw new CannotAskError(`no browser can be opened: ${reason}`);
    }
  };
}

async function openByCommand(command: string, url: string): Promise<void> {
  const words = Array.from(
    command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
    ([, a, b, c]) => a ?? b ?? c ?? '',
  );
  const [file = '', ...args] = words;
  await hasStarted(spawn(file, [...args, url], { stdio: 'ignore', detached: true }));
}

async function openByPlatform(url: string): Promise<void> {
  const { DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME } = process.env;
  if (process.platform === 'linux' && !(DISPLAY || WAYLAND_DISPLAY || WSL_DISTRO_NAME)) {
    throw new Error('there is no display');
  }
  const { default: open } = await import('open');
  await hasStarted(await open(url));
}

/** Waits until a command has ended well, or has run for long enough. */
async function hasStarted(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, FAILS_WITHIN_MS);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(`the command ended with ${code ?? signal}`));
    });
    child.unref();
  });
}
