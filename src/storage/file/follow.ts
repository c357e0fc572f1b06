import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from '../../lib/log.ts';

/** How often to look where the folder cannot be watched, in milliseconds. */
const POLL_MS = 1_000;
/** How often to look where it can: not every file system reports what others write. */
const WATCHED_POLL_MS = 5_000;

/** Notices what other processes write to a folder. */
export interface Follower {
  /** Watches from now on. */
  start(): void;
  /** Watches, and looks now and then, as long as somebody needs it. @returns what ends that */
  hold(): () => void;
  close(): void;
}

/**
 * @param readAgain is called whenever something may have been written, one call at a time: with the names of the files
 * that were, or with nothing where it may be any
 */
export function createFollower(
  folder: string,
  readAgain: (files?: readonly string[]) => Promise<void>,
  log: Logger,
): Follower {
  let watcher: FSWatcher | undefined;
  let poll: NodeJS.Timeout | undefined;
  let holds = 0;
  let isStarted = false;
  let isReading = false;
  /** Files that may have been written to since they were read. */
  const due = new Set<string>();
  let isAnyDue = false;
  let lastProblem = '';

  function warn(problem: string): void {
    if (problem !== lastProblem) log.warn(`store: ${problem}`);
    lastProblem = problem;
  }

  function notice(file: string | null): void {
    if (file === null) isAnyDue = true;
    else due.add(file);
    if (!isReading) void read();
  }

  async function read(): Promise<void> {
    isReading = true;
    while (isAnyDue || due.size > 0) {
      const files = isAnyDue ? undefined : [...due];
      isAnyDue = false;
      due.clear();
      await readAgain(files).catch((error: unknown) => warn(String(error)));
    }
    isReading = false;
  }

  /** The folder may not be there yet. */
  function attach(): void {
    if (watcher !== undefined || (!isStarted && holds === 0)) return;
    try {
      watcher = watch(folder, { persistent: false }, (_, file) => notice(file));
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

  function schedule(): void {
    clearTimeout(poll);
    const ms = watcher === undefined ? POLL_MS : WATCHED_POLL_MS;
    poll = setTimeout(() => {
      attach();
      notice(null);
      schedule();
    }, ms).unref();
  }

  function release(): void {
    if (--holds > 0) return;
    clearTimeout(poll);
    if (!isStarted) detach();
  }

  return {
    start() {
      isStarted = true;
      attach();
    },
    hold() {
      holds++;
      attach();
      notice(null);
      schedule();
      let isHeld = true;
      return () => {
        if (isHeld) release();
        isHeld = false;
      };
    },
    close() {
      isStarted = false;
      clearTimeout(poll);
      detach();
    },
  };
}
