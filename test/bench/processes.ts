/** Processes that speak in lines: the server, the bare ones beside it, and the API behind them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { eachLine } from './lines.ts';

const KIB_PER_MIB = 1024;

export type Env = Readonly<Record<string, string>>;

export interface LineProcess {
  send(line: string): void;
  /** Is told every line that comes from now on. */
  onLine(listener: (line: string) => void): void;
  /** The next line. */
  nextLine(): Promise<string>;
  /** The most memory that was resident at once, in MiB; NaN where the system does not tell. */
  peakMemory(): Promise<number>;
  /** The memory that is resident now, in MiB; NaN where the system does not tell. */
  memory(): Promise<number>;
  /** Tells it to end, and waits until it is gone. To end by itself is a failure of the run. */
  end(): Promise<void>;
}

/** Starts a script with Node. What it writes to stderr is shown. */
export function startProcess(file: string, args: readonly string[] = [], env: Env = {}): LineProcess {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let isEnding = false;
  child.once('exit', (code) => {
    if (!isEnding) throw new Error(`${file} has ended with ${code}`);
  });
  const listeners = new Set<(line: string) => void>();
  eachLine(child.stdout, (line) => {
    for (const listener of listeners) listener(line);
  });

  async function told(field: string): Promise<number> {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const line = status.split('\n').find((it) => it.startsWith(`${field}:`));
    return Number.parseInt(line?.slice(field.length + 1) ?? '', 10) / KIB_PER_MIB;
  }

  return {
    send: (line) => void child.stdin.write(`${line}\n`),
    onLine: (listener) => void listeners.add(listener),
    nextLine: () =>
      new Promise((resolve) => {
        const listener = (line: string) => {
          listeners.delete(listener);
          resolve(line);
        };
        listeners.add(listener);
      }),
    peakMemory: () => told('VmHWM'),
    memory: () => told('VmRSS'),
    async end() {
      isEnding = true;
      child.kill();
      await gone;
    },
  };
}
