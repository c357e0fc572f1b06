import { existsSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';
import { CHROMIUM } from './test/browser/chromium.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Pages are tested where there is a browser to show them.
    exclude: [...configDefaults.exclude, ...(existsSync(CHROMIUM) ? [] : ['test/browser/**'])],
    // Most tests wait for processes and sockets, not for the processor.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
