/** The processes that measurements need, as they are built. */
import { join } from 'node:path';
import type { Counts } from './api.ts';
import type { ApiAddress } from './direct.ts';
import { type Env, type LineProcess, startProcess } from './processes.ts';

const SERVER = 'dist/cli.js';

export interface Api {
  readonly address: ApiAddress;
  /** What arrived since the last time this was asked. */
  counts(): Promise<Counts>;
}

export interface Stage {
  /** For files that are gone after the run. */
  readonly folder: string;
  /** The server under measurement. */
  server(api: ApiAddress): LineProcess;
  /** The same over HTTP. It prints its address. */
  httpServer(api: ApiAddress): LineProcess;
  /** A script of this folder. */
  script(
    name: 'echo' | 'relay' | 'reader' | 'http-relay' | 'store-process',
    ...args: readonly string[]
  ): LineProcess;
  /** An API of so many numbers that answers after so many milliseconds. */
  api(options: { readonly active: number; readonly delayMs: number }): Promise<Api>;
  /** The simulator, as anyone can run it. */
  simulator(): Promise<ApiAddress>;
  /** Ends every process that is left. */
  close(): void;
}

/** @param scripts where the scripts of this folder are built */
export function openStage(folder: string, scripts: string): Stage {
  const processes = new Set<LineProcess>();

  function start(file: string, args: readonly string[], env?: Env): LineProcess {
    const started = startProcess(file, args, env);
    processes.add(started);
    return started;
  }
  const script = (name: string, args: readonly string[]) => start(join(scripts, `${name}.cjs`), args);

  const serverOf = (args: readonly string[], { url, projectId, keyId, keySecret }: ApiAddress) =>
    start(SERVER, args, {
      SINCH_NUMBERS_URL: url,
      SINCH_AUTH_URL: url,
      SINCH_PROJECT_ID: projectId,
      SINCH_KEY_ID: keyId,
      SINCH_KEY_SECRET: keySecret,
      SINCH_NUMBERS_STATE_DIR: join(folder, 'state'),
    });

  return {
    folder,
    server: (api) => serverOf([], api),
    httpServer: (api) => serverOf(['http'], api),
    script: (name, ...args) => script(name, args),
    async api({ active, delayMs }) {
      const api = script('api', [String(active), String(delayMs)]);
      const address: ApiAddress = JSON.parse(await api.nextLine());
      return {
        address,
        async counts() {
          api.send('counts');
          return JSON.parse(await api.nextLine());
        },
      };
    },
    simulator: async () => JSON.parse(await start(SERVER, ['simulator']).nextLine()),
    close() {
      for (const running of processes) void running.end();
    },
  };
}
