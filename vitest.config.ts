import { existsSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';
import { CHROMIUM } from './test/browser/chromium.ts';

/** Tests that start real processes, by folder. All others stay inside the process of the runner. */
const FOLDERS_WITH_PROCESSES = ['browser', 'e2e', 'soak'];

/** Pages are tested where there is a browser to show them. */
const folders = FOLDERS_WITH_PROCESSES.filter((folder) => folder !== 'browser' || existsSync(CHROMIUM));

export default defineConfig(({ mode }) => ({
  test: {
    // Files share their worker's modules: loading these anew for each file costs as much as all tests. A test
    // that changes the process it runs in puts it back.
    isolate: false,
    pool: 'forks',
    // Many tests wait for processes and sockets, not for the processor.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      ...folders.map((name) => ({
        extends: true as const,
        mode,
        test: { name, include: [`test/${name}/**/*.test.ts`] },
      })),
      {
        extends: true as const,
        mode,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, `test/{${FOLDERS_WITH_PROCESSES.join()}}/**`],
        },
      },
    ],
  },
}));
