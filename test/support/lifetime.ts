/** How long it lasts what a test opens: to the end of the test, or of all the tests that share it. */
import { beforeAll, onTestFinished } from 'vitest';

type Cleanup = () => unknown;

/** Where cleanups go while something is being opened that tests share. */
let shareds: Cleanup[] | undefined;

/** Does this when the test is over; inside of {@link shared}, when the last test is that shares what is opened. */
export function onEnd(cleanup: Cleanup): void {
  if (shareds) shareds.push(cleanup);
  else onTestFinished(async () => void (await cleanup()));
}

/**
 * Opens something once for all tests of the describe, or the file, that calls this. It must not matter to one
 * of them what another one does with it.
 * @returns what was opened, to be asked for inside of a test
 */
export function shared<T>(open: () => Promise<T>): () => T {
  let opened: { readonly it: T } | undefined;
  beforeAll(async () => {
    const cleanups: Cleanup[] = [];
    const end = async () => {
      for (const cleanup of cleanups.reverse()) await cleanup();
    };
    shareds = cleanups;
    try {
      opened = { it: await open() };
    } catch (error) {
      await end();
      throw error;
    } finally {
      shareds = undefined;
    }
    return end;
  });
  return () => {
    if (opened === undefined) throw new Error('it is opened before the first test, not before that');
    return opened.it;
  };
}
