/** The time in which jobs move, numbers expire and callbacks are sent. Milliseconds since the epoch. */
export interface SimulatorClock {
  now(): number;
  /** Runs a task once, `ms` from now. */
  after(ms: number, task: () => void): void;
  /** Drops all tasks, and those that are still to come. */
  stop(): void;
}

/** Real time. Its timers do not keep the process alive. */
export function realClock(): SimulatorClock {
  /** The longest delay that setTimeout can take. */
  const MAX_DELAY = 2 ** 31 - 1;
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;

  function after(ms: number, task: () => void): void {
    if (isStopped) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (ms > MAX_DELAY) after(ms - MAX_DELAY, task);
        else task();
      },
      Math.min(ms, MAX_DELAY),
    ).unref();
    timers.add(timer);
  }

  return {
    now: Date.now,
    after,
    stop: () => {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Time that stands still until it is advanced. */
export interface ManualClock extends SimulatorClock {
  /** Moves on by `ms` and runs what falls due, in order. */
  advance(ms: number): void;
}

export function manualClock(start: number): ManualClock {
  let now = start;
  let tasks: { at: number; task: () => void }[] = [];
  let isStopped = false;

  return {
    now: () => now,
    after: (ms, task) => {
      if (!isStopped) tasks.push({ at: now + ms, task });
    },
    stop: () => {
      isStopped = true;
      tasks = [];
    },
    advance: (ms) => {
      const until = now + ms;
      for (;;) {
        const due = tasks.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        tasks = tasks.filter((task) => task !== due);
        now = Math.max(now, due.at);
        due.task();
      }
      now = until;
    },
  };
}
