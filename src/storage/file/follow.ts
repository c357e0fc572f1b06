import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from '../../lib/log.ts';

/** Where files cannot be watched, or a change was missed, it is seen after so many milliseconds. */
const POLL_MS = 1_000;

/** Notices what other processes write to a folder. */
export interface Follower {
  /** Watches from now on. */
  start(): void;
  /** Watches, and looks now and then, as long as somebody needs it. @returns what ends that */
  hold(): () => void;
  close(): void;
}

/** @param readAgain is called whenever something may have been written; one call at a time */
export function createFollower(folder: string, readAgain: () => Promise<void>, log: Logger): Follower {
  let watcher: FSWatcher | undefined;
  let poll: NodeJS.Timeout | undefined;
  let holds = 0;
  let isStarted = false;
  let isReading = false;
  let isDue = false;
  let lastProblem = '';

  function warn(problem: string): void {
    if (problem !== lastProblem) log.warn(`store: ${problem}`);
    lastProblem = problem;
  }

  async function read(): Promise<void> {
    isDue = true;
    if (isReading) return;
    isReading = true;
    while (isDue) {
      isDue = false;
      await readAgain().catch((error: unknown) => warn(String(error)));
    }
    isReading = false;
  }

  /** The folder may not be there yet. */
  function attach(): void {
    if (watcher !== undefined || (!isStarted && holds === 0)) return;
    try {
      watcher = watch(folder, { persistent: false }, () => void read());
      watcher.on('error', (error) => {
        warn(`${folder} cannot be watched: ${String(error)}`);
        detach();
      });
    } catch {
      // It is tried again, and polled meanwhile.
    }
  }

  function detach(): void {
    watcher?.close();
    watcher = undefined;
  }

  function release(): void {
    if (--holds > 0) return;
    clearInterval(poll);
    if (!isStarted) detach();
  }

  return {
    start() {
      isStarted = true;
      attach();
    },
    hold() {
      if (holds++ === 0) {
        poll = setInterval(() => {
          attach();
          void read();
        }, POLL_MS).unref();
      }
      attach();
      void read();
      let isHeld = true;
      return () => {
        if (isHeld) release();
        isHeld = false;
      };
    },
    close() {
      isStarted = false;
      clearInterval(poll);
      detach();
    },
  };
}
