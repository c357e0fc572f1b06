import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CannotAskError } from './channel.ts';

/** Shows an address to the person at this machine. */
export type OpenBrowser = (url: string) => Promise<void>;

/** A command that fails within this time, in milliseconds, has opened nothing. One that still runs has. */
const FAILS_WITHIN_MS = 2_000;

/**
 * Opens addresses with a command, or with the platform's own way.
 * @param command a program and its arguments; the address is appended
 * @returns a function that throws {@link CannotAskError} where no browser can be opened
 */
export function createBrowserOpener(command: readonly string[] | undefined): OpenBrowser {
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

async function openByCommand([file = '', ...args]: readonly string[], url: string): Promise<void> {
  await hasStarted(spawn(file, [...args, url], { stdio: 'ignore', detached: true }));
}

/** Why {@link createBrowserOpener} will open nothing, as far as can be told without trying; undefined where nothing is known. */
export async function browserProblem(command: readonly string[] | undefined): Promise<string | undefined> {
  if (command === undefined) return hasDisplay() ? undefined : 'there is no display';
  // Windows finds commands in ways of its own.
  if (process.platform === 'win32') return undefined;
  const [file = ''] = command;
  const folders = file.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  const found = await Promise.allSettled(folders.map((folder) => access(join(folder, file), constants.X_OK)));
  return found.some(({ status }) => status === 'fulfilled') ? undefined : `there is no command ${file}`;
}

function hasDisplay(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME } = process.env;
  return process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY || WSL_DISTRO_NAME);
}

async function openByPlatform(url: string): Promise<void> {
  if (!hasDisplay()) throw new Error('there is no display');
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
