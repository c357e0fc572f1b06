/** What tests of the file store share. */
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/lib/clock.ts';
import { openFileStore } from '../../../src/storage/file/store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { recorder } from '../../callbacks/support.ts';
import { steppedClock } from '../../support/stage.ts';
import { PROJECT } from '../contract/support.ts';

/** A handle on the store of a folder, closed when the test is over. */
export function openStore(folder: string, clock: Clock = steppedClock()): Store {
  const store = openFileStore({ folder, clock, log: recorder().log });
  onTestFinished(() => store.close());
  return store;
}

/** IDs of a project's history, newest first, read in pages of this size. */
export async function historyOf(store: Store, limit = 1_000): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.journal.history(PROJECT, { limit, ...(cursor && { cursor }) });
    ids.push(...page.entries.map(({ intent }) => intent.id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return ids;
}

/** The names of the journal's segments, oldest first. */
export async function segmentsIn(folder: string, name = 'journal'): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.startsWith(`${name}.`)).sort(byNumber);
}

const byNumber = (a: string, b: string) => a.length - b.length || (a < b ? -1 : 1);

export async function linesOf(folder: string, file: string): Promise<string[]> {
  return (await readFile(join(folder, file), 'utf8')).split('\n').filter(Boolean);
}

export function append(folder: string, text: string, file = 'journal.jsonl'): Promise<void> {
  return appendFile(join(folder, file), text, { mode: 0o600 });
}
