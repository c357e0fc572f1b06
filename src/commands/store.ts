import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { openFileStore } from '../storage/file/store.ts';
import type { Store } from '../storage/store.ts';

export interface StoreOptions {
  readonly product: { readonly name: string; readonly version: string };
  /** Serve a simulated API instead of the real one. */
  readonly simulator: boolean;
  /** Where state is kept, and where it is kept unless that is said. */
  readonly stateDir: string | undefined;
  readonly defaultStateDir: string;
  /** The database that takes the place of that folder; undefined where none does. */
  readonly databaseUrl: string | undefined;
}

/** The store of a server. A database need not be there yet. */
export async function openStore(
  { product, simulator, stateDir, defaultStateDir, databaseUrl }: StoreOptions,
  log: Logger,
): Promise<{ readonly store: Store; closeStore(): Promise<void> }> {
  if (databaseUrl !== undefined) {
    const { openPostgresStore } = await import('../storage/postgres/store.ts');
    const store = openPostgresStore({ url: databaseUrl, clock: systemClock, log });
    return { store, closeStore: store.close };
  }
  // Simulated numbers are forgotten when the server ends, and so is what is kept of them.
  const passing =
    stateDir === undefined && simulator ? mkdtempSync(join(tmpdir(), `${product.name}-`)) : undefined;
  const folder = passing ?? stateDir ?? defaultStateDir;
  const store = openFileStore({ folder, clock: systemClock, log });
  return {
    store,
    async closeStore() {
      await store.close();
      if (passing !== undefined) rmSync(passing, { recursive: true, force: true });
    },
  };
}
