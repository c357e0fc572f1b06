/** The journal of a folder, as it stands in its files, and time that passes for whoever left something open there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJournalLine } from '../../src/storage/journal-lines.ts';
import { intentOf, withOutcome } from '../../src/storage/journal-state.ts';
import type { JournalEntry } from '../../src/storage/store.ts';

/** The entries of a folder's journal, oldest first, without intents that never began. */
export function readJournal(folder: string): JournalEntry[] {
  const entries = new Map<string, JournalEntry>();
  for (const text of filesOf(folder, 'journal').flatMap(linesOf)) {
    const line = parseJournalLine(JSON.parse(text));
    if (line === undefined) continue;
    const entry = entries.get(line.id);
    if (line.step !== 'outcome') entries.set(line.id, entry ?? { intent: intentOf(line) });
    else if (line.isVoid) entries.delete(line.id);
    else if (entry) entries.set(line.id, withOutcome(entry, line));
  }
  return [...entries.values()];
}

/** What a journal tells in short, an entry a line, e.g. `rent_number completed +12025550134`. */
export function journalOf(folder: string): string[] {
  return readJournal(folder).map(({ intent, outcome }) =>
    [intent.tool, outcome?.outcome ?? 'open', outcome?.phoneNumber].filter(Boolean).join(' '),
  );
}

/**
 * Ends the leases of what processes have left open: intents in the journal, and turns. Nobody touches those before, which takes two
 * minutes; tests rewrite when that is in place of waiting. Only while no process uses the folder.
 */
export function endLeases(folder: string): void {
  const past = new Date(Date.now() - 1);
  for (const path of [...filesOf(folder, 'journal'), ...filesOf(folder, 'approvals')]) {
    const lines = readFileSync(path, 'utf8')
      .replace(/"leaseUntil":"[^"]*"/g, `"leaseUntil":"${past.toISOString()}"`)
      .replace(/^(\{"step":"turn",.*"until":)\d+/gm, `$1${past.getTime()}`);
    writeFileSync(path, lines);
  }
}

/** The segments of a log, oldest first. */
function filesOf(folder: string, name: string): string[] {
  const files = readdirSync(folder).filter((file) => new RegExp(`^${name}(\\.\\d+)?\\.jsonl$`).test(file));
  return files
    .sort((a, b) => Number(a.match(/\d+/)?.[0] ?? 0) - Number(b.match(/\d+/)?.[0] ?? 0))
    .map((file) => join(folder, file));
}

function linesOf(path: string): string[] {
  // What is being written may have no end yet.
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '');
}
