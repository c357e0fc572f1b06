/** A journal of many years in a database, and rents that come in crowds. */
import { expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { importFolder } from '../../src/storage/postgres/import.ts';
import { openPostgresStore } from '../../src/storage/postgres/store.ts';
import { StoreError } from '../../src/storage/store.ts';
import { quantile } from '../bench/figures.ts';
import { ENTRIES, intentOf, PROJECT, writeJournal } from '../bench/store.ts';
import { recorder } from '../callbacks/support.ts';
import { DAY_MS } from '../storage/contract/support.ts';
import { openProxy } from '../support/network.ts';
import { hasPostgres, openPostgres, query } from '../support/postgres.ts';
import { temporaryFolder } from '../support/stage.ts';
import { TIMEOUT_MS, tell } from './support.ts';

const QUESTIONS = 200;
const MIB = 1024 * 1024;

test.skipIf(!hasPostgres)(
  '200,000 entries are copied once, and a question costs as little as without them',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const folder = `${await temporaryFolder()}/full`;
    writeJournal(folder);
    const url = await (await openPostgres()).createDatabase();
    const { log } = recorder();
    const heap = () => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const timed = async <T>(task: () => Promise<T>): Promise<[T, number]> => {
      const startedAt = performance.now();
      return [await task(), performance.now() - startedAt];
    };
    const store = openPostgresStore({ url, clock: systemClock, log });
    async function questionMs(): Promise<number> {
      const taken: number[] = [];
      for (let n = 0; n < QUESTIONS; n++) {
        const [, ms] = await timed(async () => {
          const begun = await store.journal.begin(intentOf(n), { max: 1_000_000, windowMs: DAY_MS });
          await store.journal.countRents(PROJECT, DAY_MS);
          if (begun.status === 'begun') await store.journal.end(begun.intent.id, { outcome: 'completed' });
        });
        taken.push(ms);
      }
      return quantile(taken, 0.5);
    }
    const emptyMs = await questionMs();
    await query(url, 'delete from sinch_numbers.journal');

    const before = heap();
    const copy = () => importFolder({ folder, url, log, onProgress: () => {} });
    const [first, firstMs] = await timed(copy);
    const [second, secondMs] = await timed(copy);
    expect([first, second]).toEqual(Array(2).fill({ entries: ENTRIES, events: 0, orders: 0 }));
    const [row] = await query(url, 'select count(*)::int as count from sinch_numbers.journal');
    expect(row?.count).toBe(ENTRIES);
    await query(url, 'analyze sinch_numbers.journal');

    const fullMs = await questionMs();
    const [, recentMs] = await timed(() => store.journal.recent(PROJECT));
    const [page, historyMs] = await timed(() => store.journal.history(PROJECT, { limit: 50 }));
    expect(page.entries).toHaveLength(50);
    const grownMiB = (heap() - before) / MIB;
    await store.close();
    tell('database', {
      'copied in ms': Math.round(firstMs),
      'copied again in ms': Math.round(secondMs),
      'question ms, empty': emptyMs.toFixed(1),
      'question ms, full': fullMs.toFixed(1),
      'recent ms': recentMs.toFixed(1),
      'history of 50 ms': historyMs.toFixed(1),
      'heap grown MiB': grownMiB.toFixed(1),
    });
    expect(fullMs).toBeLessThan(3 * emptyMs + 5);
  },
);

test.skipIf(!hasPostgres)(
  'a connection that carries nothing any more is given up, and another one made',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const url = new URL(await (await openPostgres()).createDatabase());
    const proxy = await openProxy(Number(url.port));
    const behind = Object.assign(new URL(url), { port: new URL(proxy.origin).port });
    const store = openPostgresStore({ url: behind.href, clock: systemClock, log: recorder().log });
    const other = openPostgresStore({ url: url.href, clock: systemClock, log: recorder().log });
    await Promise.all([store.start(), other.start()]);
    const told: string[] = [];
    store.changes.subscribe((uris) => told.push(...uris));
    expect((await store.journal.begin(intentOf(0))).status).toBe('begun');
    proxy.hold();
    const startedAt = performance.now();
    await expect(store.journal.begin(intentOf(1))).rejects.toThrow(StoreError);
    const givenUpMs = performance.now() - startedAt;
    other.changes.publish(['uri:1']);
    proxy.mend();
    // Whatever was lost with the connection, the next one is another.
    await expect
      .poll(async () => (await store.journal.begin(intentOf(2)).catch(() => undefined))?.status, SLOWLY)
      .toBe('begun');
    const backMs = performance.now() - startedAt;
    await expect.poll(() => told, SLOWLY).toEqual(['uri:1']);
    const toldMs = performance.now() - startedAt;
    tell('held connection', {
      'given up after ms': Math.round(givenUpMs),
      'back after ms': Math.round(backMs),
      'told after ms': Math.round(toldMs),
    });
    await Promise.all([store.close(), other.close()]);
  },
);

const SLOWLY = { timeout: 60_000, interval: 100 };
