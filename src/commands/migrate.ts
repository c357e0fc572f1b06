import { stat } from 'node:fs/promises';
import { createLogger } from '../lib/log.ts';
import { type Imported, importFolder } from '../storage/postgres/import.ts';

export interface MigrateOptions {
  /** A folder as `SINCH_NUMBERS_STATE_DIR` names it. */
  readonly from: string;
  /** `postgres://…` */
  readonly to: string;
}

const TELL_EVERY_MS = 1_000;

/**
 * Copies a state folder into a database, and prints as one line of JSON what the folder holds.
 * @throws {StoreError} and the system's error where there is no such folder
 */
export async function migrate({ from, to }: MigrateOptions): Promise<void> {
  await stat(from);
  const log = createLogger('warn', (line) => process.stderr.write(line));
  let toldAt = performance.now();
  const imported: Imported = await importFolder({
    ...{ folder: from, url: to, log },
    onProgress(entries) {
      if (performance.now() - toldAt < TELL_EVERY_MS) return;
      toldAt = performance.now();
      process.stderr.write(`${entries} entries of the journal\n`);
    },
  });
  process.stdout.write(`${JSON.stringify(imported)}\n`);
}
