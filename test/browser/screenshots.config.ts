/** `npm run screenshots`: pictures, and no tests. */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/browser/screenshots.ts'], testTimeout: 60_000 } });
