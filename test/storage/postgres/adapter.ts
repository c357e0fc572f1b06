import { describe, expect, test } from 'vitest';
import { checkDatabase } from '../../../src/commands/doctor/database-check.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { openPostgresStore } from '../../../src/storage/postgres/store.ts';
import { type Store, StoreError } from '../../../src/storage/store.ts';
import { eventOf, idsFrom, idsOf, recorder } from '../../callbacks/support.ts';
import { onEnd } from '../../support/lifetime.ts';
import { openProxy } from '../../support/network.ts';
import { query } from '../../support/postgres.ts';
import { steppedClock } from '../../support/stage.ts';
import { begun, DAY_MS, MINUTE_MS, PROJECT, question, rent, SOON } from '../contract/support.ts';

function open(url: string, clock = systemClock, keepEvents = 10_000): Store {
  const store = openPostgresStore({ url, clock, log: recorder().log, keepEvents });
  onEnd(() => store.close());
  return store;
}

function through(url: string, changes: Partial<URL>): string {
  return Object.assign(new URL(url), changes).href;
}

/** What is special about PostgreSQL. @param emptied gives the URL of an empty database */
export function describeAdapter(emptied: () => Promise<string>): void {
  describe('PostgreSQL', () => {
    test('gets its tables once, however many servers start at once', async () => {
      const url = await emptied();
      await query(url, 'drop schema if exists sinch_numbers cascade');
      await Promise.all(Array.from({ length: 5 }, () => open(url).ping()));
      expect(await query(url, 'select version from sinch_numbers.version')).toHaveLength(1);
    });

    test('is left alone where its tables belong to a newer version', async () => {
      const url = await emptied();
      await open(url).ping();
      const set = (version: string) => query(url, `update sinch_numbers.version set version = ${version}`);
      await set('version + 1');
      await expect(open(url).journal.begin(rent())).rejects.toThrow(/newer version/);
      await set('version - 1');
    });

    test('decides by its own clock, whatever those of servers say', async () => {
      const url = await emptied();
      const [a, b] = [open(url, steppedClock(Date.now() + DAY_MS)), open(url, steppedClock(0))];
      const id = await begun(a);
      expect(await b.journal.end(id, { outcome: 'unknown' })).toBe(false);
      const { at = '' } = (await b.journal.entry(id))?.intent ?? {};
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(MINUTE_MS);
      expect(await a.journal.countRents(PROJECT, DAY_MS)).toBe(1);
      await expect(b.approvals.ask(question(steppedClock(0)))).rejects.toThrow(/clock is behind/);
    });

    test('keeps neither intent nor spent approval where the connection is cut before the commit', async () => {
      const url = await emptied();
      const direct = open(url);
      const { approval } = await direct.approvals.ask(question(systemClock));
      await direct.approvals.decide(approval.id, { state: 'granted', expiresAt: Date.now() + MINUTE_MS });
      await query(
        url,
        `create function wait_a_moment() returns trigger as
          'begin perform pg_sleep(0.2); return new; end' language plpgsql;
        create trigger wait before insert on sinch_numbers.journal execute function wait_a_moment()`,
      );
      const proxy = await openProxy(Number(new URL(url).port));
      const store = open(through(url, { port: new URL(proxy.origin).port }));
      proxy.cut();
      await expect(store.ping()).rejects.toThrow(StoreError);
      proxy.mend();
      await store.ping();
      const lost = store.journal.begin(rent({ approval: approval.id }));
      const isInserting = `select 1 from pg_stat_activity where query like 'insert into sinch_numbers.journal%' and wait_event = 'PgSleep'`;
      await expect.poll(() => query(url, isInserting), SOON).toHaveLength(1);
      proxy.cut();
      await expect(lost).rejects.toThrow(StoreError);
      await query(url, 'drop trigger wait on sinch_numbers.journal; drop function wait_a_moment');
      expect(await direct.approvals.get(approval.id)).toMatchObject({ state: 'granted' });
      expect(await direct.journal.recent(PROJECT)).toEqual([]);

      await expect(store.ping()).rejects.toThrow(StoreError);
      proxy.mend();
      expect(await store.journal.begin(rent({ approval: approval.id }))).toMatchObject({ status: 'begun' });
    });

    test('tells what changed while its connections were cut', async () => {
      const url = await emptied();
      const [a, b] = [open(url), open(url)];
      await Promise.all([a.start(), b.start()]);
      const told: string[] = [];
      a.approvals.subscribe(({ state }) => told.push(state));
      a.changes.subscribe((uris) => told.push(...uris));
      a.events.subscribe((events) => told.push(...idsOf(events)));
      const { approval } = await b.approvals.ask(question(systemClock));
      await expect.poll(() => told, SOON).toEqual(['asked']);
      await query(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
      );
      await expect
        .poll(async () => {
          // The decision may be made and its answer lost.
          await b.approvals
            .decide(approval.id, { state: 'declined', expiresAt: Date.now() + MINUTE_MS })
            .catch(() => false);
          return b.approvals.get(approval.id).catch(() => undefined);
        }, SOON)
        .toMatchObject({ state: 'declined' });
      b.changes.publish(['uri:1']);
      await b.events.append(eventOf(1));
      await expect
        .poll(() => told.toSorted(), SOON)
        .toEqual([...idsFrom(1, 2), 'asked', 'declined', 'uri:1']);
    });

    test('takes what many ask and deliver at once one after the other', async () => {
      const url = await emptied();
      const stores = Array.from({ length: 6 }, () => open(url));
      await Promise.all(stores.map((store) => store.ping()));
      for (let round = 0; round < 5; round++) {
        const asked = question(systemClock, { call: `call-${round}` });
        const answers = await Promise.all(stores.map(({ approvals }) => approvals.ask(asked)));
        expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
        // What rents nothing waits for no lock; the last rent that the limit allows is not refused to who repeats it.
        for (const rents of [0, 1]) {
          const intent = rent({ approval: `approval-${round}-${rents}`, rents });
          const limit = { max: round + 1, windowMs: DAY_MS };
          const begins = await Promise.all(stores.map(({ journal }) => journal.begin(intent, limit)));
          expect(begins.map(({ status }) => status).sort()).toEqual(['begun', ...Array(5).fill('spent')]);
        }
        await Promise.all(
          stores.map(({ events }, n) =>
            Promise.all([eventOf(round), eventOf(100 + 10 * round + n)].map(events.append)),
          ),
        );
      }
      const read = await Promise.all(stores.map(({ events }) => events.read()));
      expect(new Set(read.map((events) => String(idsOf(events)))).size).toBe(1);
      expect(read[0]).toHaveLength(5 + 5 * stores.length);
    });

    test('keeps so many events, and counts those that it does not', async () => {
      const url = await emptied();
      const [a, b] = [open(url, systemClock, 5), open(url, systemClock, 5)];
      for (let n = 0; n < 12; n++) await (n % 2 ? a : b).events.append(eventOf(n));
      for (const { events } of [a, b, open(url, systemClock, 5)]) {
        expect(idsOf(await events.read())).toEqual(idsFrom(7, 12));
        expect(events.dropped()).toBe(7);
      }
    });

    test('is looked at by doctor, which names what to mend and no password', async () => {
      const url = await emptied();
      await open(url).ping();
      expect(await checkDatabase(url)).toMatchObject({
        status: 'ok',
        message: expect.stringContaining('PostgreSQL 1'),
      });
      await query(url, `create role poor login password 'hunter2'`);
      onEnd(() => query(url, 'drop role poor'));
      const poor = through(url, { username: 'poor', password: 'hunter2' });
      expect(await checkDatabase(poor)).toMatchObject({
        status: 'fail',
        mend: expect.stringContaining('to poor'),
      });
      const readOnly = `${poor}?options=-c%20default_transaction_read_only=on`;
      expect(await checkDatabase(readOnly)).toMatchObject({
        message: expect.stringContaining('cannot be written'),
      });
      const gone = through(poor, { port: '1' });
      const check = await checkDatabase(gone);
      expect(check).toMatchObject({ status: 'fail', message: expect.stringContaining('ECONNREFUSED') });
      const error = await open(gone).ping().catch(String);
      expect(`${JSON.stringify(check)} ${error}`).not.toContain('hunter2');
    });
  });
}
