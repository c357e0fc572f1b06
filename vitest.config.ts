import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { CHROMIUM } from './test/browser/chromium.ts';
import { viewsForVite } from './views.js';

/** Tests that start processes: `--mode unit` leaves them out. */
const E2E = ['test/browser/**', 'test/e2e/**'];
/** Tests that take long: no part of `npm test`. */
const SOAK = ['test/soak/**'];
/** Pages are tested where there is a browser to show them. */
const WITHOUT = existsSync(CHROMIUM) ? [] : ['test/browser/**'];

/** What has no long form, by the modules that know of two forms: `npm run test:soak` leaves it out. */
const shortOnly = () =>
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/soak/'))
    .filter((path) => !/\/(support\/length|inside)\.ts'/.test(readFileSync(path, 'utf8')));

/**
 * Files that start processes, which mostly wait, in turn with those that compute; what is left of the latter comes last,
 * since it is short.
 */
class InTurn extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isWaiting = ({ moduleId }: TestSpecification) => /[\\/]test[\\/](browser|e2e)[\\/]/.test(moduleId);
    const computing = sorted.filter((file) => !isWaiting(file));
    return [...sorted.filter(isWaiting).flatMap((file) => [file, ...computing.splice(0, 1)]), ...computing];
  }
}

export default defineConfig(({ mode }) => {
  const isLong = mode === 'soak';
  const left = isLong ? shortOnly() : [];
  const project = (name: string, folders: readonly string[], without: readonly string[] = []) => ({
    extends: true as const,
    mode,
    test: {
      name,
      include: folders.map((folder) => `${folder}/*.test.ts`),
      exclude: [...configDefaults.exclude, ...without, ...left],
      // Their figures are told without other tests at their side.
      sequence: { groupOrder: name === 'soak' ? 1 : 0 },
    },
  });

  return {
    plugins: [viewsForVite],
    test: {
      // Files share their worker's modules: loading these anew for each file costs as much as all tests. A test
      // that changes the process it runs in puts it back.
      isolate: false,
      pool: 'forks',
      sequence: { sequencer: InTurn },
      // Many tests wait for processes and sockets, not for the processor.
      maxWorkers: 4,
      testTimeout: isLong ? 120_000 : 20_000,
      hookTimeout: 20_000,
      projects: [
        // One project: what the tests load is loaded once a worker.
        project('tests', ['test/**'], [...SOAK, ...WITHOUT, ...(mode === 'unit' ? E2E : [])]),
        project('soak', SOAK),
      ],
    },
  };
});
