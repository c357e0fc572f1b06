import { existsSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';
import { CHROMIUM } from './test/browser/chromium.ts';

/** The tests that start processes. All others stay inside the process of the runner. */
const E2E = ['test/browser/**', 'test/e2e/**', 'test/soak/**'];
/** Pages are tested where there is a browser to show them. */
const WITHOUT = existsSync(CHROMIUM) ? [] : ['test/browser/**'];

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
      {
        extends: true,
        mode,
        test: {
          name: 'e2e',
          include: E2E.map((folder) => `${folder}/*.test.ts`),
          exclude: [...configDefaults.exclude, ...WITHOUT],
        },
      },
      {
        extends: true,
        mode,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...E2E] },
      },
    ],
  },
}));
