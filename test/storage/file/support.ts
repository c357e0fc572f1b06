/** What tests of the file store share. */
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/lib/clock.ts';
import { openFileStore } from '../../../src/storage/file/store.ts';
import type { NewApproval, NewIntent, Store } from '../../../src/storage/store.ts';
import { recorder } from '../../callbacks/support.ts';
import { steppedClock } from '../../support/stage.ts';
import { rent } from '../contract.ts';

export const PROJECT = 'project-a';
export const DAY_MS = 24 * 60 * 60_000;

/** A handle on the store of a folder, closed when the test is over. */
export function openStore(folder: string, clock: Clock = steppedClock()): Store {
  const store = openFileStore({ folder, clock, log: recorder().log });
  onTestFinished(() => store.close());
  return store;
}

export async function begun(store: Store, changes: Partial<NewIntent> = {}): Promise<string> {
  const result = await store.journal.begin(rent(changes));
  if (result.status !== 'begun') throw new Error(`not begun: ${result.status}`);
  return result.intent.id;
}

export function questionAt(now: number): NewApproval {
  const expiresAt = now + 5 * 60_000;
  return { caller: 'c', tool: 'rent_number', call: 'call', terms: 'terms', channel: 'page', expiresAt };
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
