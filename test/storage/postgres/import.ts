import { expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { openFileStore } from '../../../src/storage/file/store.ts';
import { importFolder } from '../../../src/storage/postgres/import.ts';
import { openPostgresStore } from '../../../src/storage/postgres/store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { eventOf, idsFrom, idsOf, recorder } from '../../callbacks/support.ts';
import { steppedClock, temporaryFolder } from '../../support/stage.ts';
import { begun, DAY_MS, PROJECT, rent } from '../contract/support.ts';
import { append } from '../file/support.ts';

/** @param emptied gives the URL of an empty database */
export function describeImport(emptied: () => Promise<string>): void {
  test('a folder is copied into a database, as often as one likes, and what happened since stays', async () => {
    const folder = await temporaryFolder();
    const clock = steppedClock();
    const { log } = recorder();
    const files = openFileStore({ folder, clock, log });
    await fill(files, clock);
    // One that lost a race, and one of a line that is torn.
    const lost = { step: 'intent', id: 'lost', line: 'x', at: new Date(clock.now()).toISOString() };
    const leased = { server: 's', leaseUntil: lost.at, limit: { max: 1, windowMs: DAY_MS } };
    await append(
      folder,
      `${JSON.stringify({ ...lost, ...rent(), ...leased })}\n{"step":"intent","id":"torn"\n`,
    );
    // A late outcome of an entry that nobody remembers, a thousand lines on.
    const [oldest] = (await files.journal.history(PROJECT, { limit: 100 })).entries.toReversed().slice(2);
    const filler = Array.from(
      { length: 2_000 },
      () => `${JSON.stringify({ ...lost, step: 'outcome', id: 'none', server: 's', outcome: 'unknown' })}\n`,
    );
    const late = {
      step: 'outcome',
      id: oldest?.intent.id,
      line: 'late',
      at: lost.at,
      server: 's',
      outcome: 'completed',
    };
    await append(folder, `${filler.join('')}${JSON.stringify(late)}\n`);
    const url = await emptied();
    const told: number[] = [];
    const options = { folder, url, log, onProgress: (entries: number) => told.push(entries) };
    const imported = { entries: 41, events: 3, orders: 1 };
    expect(await importFolder(options)).toEqual(imported);
    expect(told.at(-1)).toBe(41);

    const database = openPostgresStore({ url, clock, log, now: clock.now });
    const expectSame = async (count: number) => {
      const [from, to] = await Promise.all(
        [files, database].map(({ journal }) => journal.history(PROJECT, { limit: 100 })),
      );
      expect(to?.entries).toEqual(from?.entries);
      expect(to?.entries).toHaveLength(count);
    };
    await expectSame(41);
    expect(await database.journal.recent(PROJECT)).toEqual(await files.journal.recent(PROJECT));
    expect(idsOf(await database.events.read())).toEqual(idsFrom(0, 3));
    expect(await database.orders.list(PROJECT)).toEqual(await files.orders.list(PROJECT));

    // The folder was in use all the same.
    const [open] = (await files.journal.recent(PROJECT)).filter(({ outcome }) => outcome === undefined);
    for (const store of [files, database]) {
      await clock.advance(DAY_MS);
      await store.journal.end(open?.intent.id ?? '', { outcome: 'completed', settledLater: true });
    }
    await begun(files);
    expect(await importFolder(options)).toEqual({ ...imported, entries: 42 });
    const { entries } = await database.journal.history(PROJECT, { limit: 100 });
    expect(entries).toHaveLength(42);
    const found = entries.find(({ intent }) => intent.id === open?.intent.id);
    expect(found?.outcome).toMatchObject({ outcome: 'completed', settledLater: true });
    await Promise.all([files.close(), database.close()]);
  });
}

async function fill(
  { journal, events, orders }: Store,
  clock: ReturnType<typeof steppedClock>,
): Promise<void> {
  const outcomes = ['completed', 'not_executed', 'unknown', undefined] as const;
  for (let n = 0; n < 40; n++) {
    await clock.advance(DAY_MS / 8);
    const part = { approval: `approval-${n >> 1}`, part: String(n), batch: 'batch' };
    const begun = await journal.begin(rent({ ...part, arguments: { text: '\u0000 \ud83d' } }));
    const outcome = outcomes[n % outcomes.length];
    if (begun.status === 'begun' && outcome) await journal.end(begun.intent.id, { outcome });
  }
  await journal.begin(rent({ phoneNumber: '+12025550134', before: [] }));
  for (let n = 0; n < 3; n++) await events.append(eventOf(n));
  const at = new Date(systemClock.now()).toISOString();
  await orders.keep({
    ...{ id: 'order', projectId: PROJECT, state: 'CREATED', count: 2, caller: 'caller-a' },
    ...{ createTime: at, updateTime: at },
  });
}
