/**
 * The file store in a process of its own. Argument: its folder. Prints how long it took to open it, then, for each
 * line on stdin, how long that took, in milliseconds: `question` is what the gate asks the journal before it sends
 * a request, `history` is the newest page of it.
 */
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/log.ts';
import { openFileStore } from '../../src/storage/file/store.ts';
import { eachLine } from './lines.ts';
import { intentOf, PROJECT } from './store.ts';

const WINDOW_MS = 24 * 60 * 60_000;

const [, , folder = ''] = process.argv;
const log = createLogger('warn', (line) => process.stderr.write(line));
const { journal } = openFileStore({ folder, clock: systemClock, log });

async function question(): Promise<void> {
  const begun = await journal.begin(intentOf(0), { max: 1_000_000, windowMs: WINDOW_MS });
  if (begun.status !== 'begun') throw new Error(begun.status);
  await journal.countRents(PROJECT, WINDOW_MS);
  await journal.recent(PROJECT);
  await journal.end(begun.intent.id, { outcome: 'completed' });
}

const TASKS: Readonly<Record<string, () => Promise<unknown>>> = {
  open: () => journal.recent(PROJECT),
  question,
  history: () => journal.history(PROJECT, { limit: 50 }),
};

async function measure(task: string): Promise<void> {
  const startedAt = performance.now();
  await TASKS[task]?.();
  process.stdout.write(`${performance.now() - startedAt}\n`);
}

eachLine(process.stdin, (task) => void measure(task));
void measure('open');
