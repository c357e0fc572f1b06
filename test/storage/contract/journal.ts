import { describe, expect, test } from 'vitest';
import { InvalidRequestError } from '../../../src/api/errors.ts';
import { type JournalEntry, LEASE_MS } from '../../../src/storage/store.ts';
import { begun, DAY_MS, type Open, PROJECT, rent } from './support.ts';

const LIMIT = { max: 5, windowMs: DAY_MS };

/** What the journal of every adapter must do. */
export function describeJournal(name: string, open: Open): void {
  describe(`the journal in ${name}`, () => {
    test('keeps what an intent says, with its lease and who wrote it', async () => {
      const { a, b, clock } = await open();
      const intent = rent({
        client: 'c',
        confirmedBy: 'page',
        before: ['+12025550136'],
        part: '1',
        approval: 'x',
      });
      const id = await begun(a, intent);
      const entry = await b.journal.entry(id);
      expect(entry).toEqual({
        intent: {
          ...intent,
          id,
          at: new Date(clock.now()).toISOString(),
          leaseUntil: new Date(clock.now() + LEASE_MS).toISOString(),
          server: expect.any(String),
        },
      });
      expect(entry?.intent.server).not.toBe((await b.journal.entry(await begun(b)))?.intent.server);
    });

    test('can be written, and says so', async () => {
      const { a } = await open();
      await a.ping();
      await a.journal.check();
    });

    test('never passes the limit, however many begin at once', async () => {
      const { a, b } = await open();
      const begins = Array.from({ length: 60 }, (_, n) => (n % 2 ? a : b).journal.begin(rent(), LIMIT));
      const results = await Promise.all(begins);
      expect(results.filter(({ status }) => status === 'begun')).toHaveLength(LIMIT.max);
      const refused = results.filter((result) => result.status === 'limit');
      expect(refused.map(({ made }) => made)).toEqual(Array(55).fill(LIMIT.max));
      for (const { journal } of [a, b]) {
        expect(await journal.countRents(PROJECT, DAY_MS)).toBe(LIMIT.max);
        expect(await journal.recent(PROJECT)).toHaveLength(LIMIT.max);
        expect((await journal.history(PROJECT, { limit: 100 })).entries).toHaveLength(LIMIT.max);
      }
    });

    test('counts what was rented, of one project, in the window that slides', async () => {
      const { a, b, clock } = await open();
      await begun(a, { projectId: 'project-b' });
      await begun(a, { rents: 0 });
      await begun(a, { rents: 3 });
      const failed = await begun(a);
      await b.journal.end(await begun(b), { outcome: 'unknown' });
      expect(await b.journal.countRents(PROJECT, DAY_MS)).toBe(5);
      expect(await b.journal.begin(rent(), LIMIT)).toEqual({ status: 'limit', made: 5 });
      await a.journal.end(failed, { outcome: 'not_executed' });
      expect(await b.journal.begin(rent({ rents: 2 }), LIMIT)).toEqual({ status: 'limit', made: 4 });
      await clock.advance(DAY_MS);
      expect(await b.journal.countRents(PROJECT, DAY_MS)).toBe(0);
      expect(await b.journal.begin(rent({ rents: 5 }), LIMIT)).toMatchObject({ status: 'begun' });
    });

    test('lets each part of an approval be spent once, by whoever is first', async () => {
      const { a, b } = await open();
      const intents = Array.from({ length: 20 }, (_, n) => rent({ approval: 'x', part: String(n >> 2) }));
      const results = await Promise.all(
        intents.map((intent, n) => (n % 2 ? a : b).journal.begin(intent, { ...LIMIT, max: 6 })),
      );
      const winners = results.flatMap((result) => (result.status === 'begun' ? [result.intent] : []));
      expect(winners.map(({ part }) => part).sort()).toEqual(['0', '1', '2', '3', '4']);
      for (const result of results) {
        if (result.status !== 'begun')
          expect(result).toMatchObject({ status: 'spent', entry: { intent: { approval: 'x' } } });
      }
      expect(await a.journal.countRents(PROJECT, DAY_MS)).toBe(5);
    });

    test('leaves an approval unspent where the limit refuses its rent', async () => {
      const { a, b, clock } = await open();
      for (let n = 0; n < LIMIT.max; n++) await begun(a);
      expect(await b.journal.begin(rent({ approval: 'x' }), LIMIT)).toMatchObject({ status: 'limit' });
      await clock.advance(DAY_MS);
      expect(await a.journal.begin(rent({ approval: 'x' }), LIMIT)).toMatchObject({ status: 'begun' });
    });

    test('takes one outcome of an intent, and completed in place of any other', async () => {
      const { a, b } = await open();
      const id = await begun(a);
      expect(await a.journal.end(id, { outcome: 'unknown' })).toBe(true);
      expect(await a.journal.end(id, { outcome: 'not_executed' })).toBe(false);
      const late = { outcome: 'completed', phoneNumber: '+12025550134', settledLater: true } as const;
      const results = await Promise.all([a, b, a, b].map((store) => store.journal.end(id, late)));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await b.journal.entry(id))?.outcome).toMatchObject(late);
      expect(await a.journal.end('no-such-id', late)).toBe(false);
    });

    test('leaves an intent to who wrote it until its lease has ended', async () => {
      const { a, b, clock } = await open();
      const id = await begun(a);
      expect(await b.journal.end(id, { outcome: 'not_executed' })).toBe(false);
      expect(await b.journal.entry(id)).not.toHaveProperty('outcome');
      await clock.advance(LEASE_MS);
      expect(await b.journal.end(id, { outcome: 'not_executed', settledLater: true })).toBe(true);
      expect(await a.journal.end(id, { outcome: 'unknown' })).toBe(false);
    });

    test('has recent entries oldest first, and older ones while they are open', async () => {
      const { a, b, clock, another } = await open();
      const [open1, closed] = [await begun(a), await begun(b)];
      await b.journal.end(closed, { outcome: 'completed' });
      await clock.advance(DAY_MS);
      const [late, ended] = [await begun(b), await begun(a)];
      await a.journal.end(ended, { outcome: 'unknown' });
      for (const { journal } of [a, b, await another()]) {
        expect((await journal.recent(PROJECT)).map(({ intent }) => intent.id)).toEqual([open1, late, ended]);
        expect(await journal.entry(closed)).toMatchObject({ outcome: { outcome: 'completed' } });
        expect(await journal.recent('project-b')).toEqual([]);
      }
    });

    test('has a history that is read newest first, page by page, while others append', async () => {
      const { a, b } = await open();
      const ids: string[] = [];
      for (let n = 0; n < 25; n++) {
        const id = await begun(n % 2 ? a : b, { tool: n % 3 ? 'rent_number' : 'other' });
        ids.push(id);
        if (n % 5) await (n % 2 ? a : b).journal.end(id, { outcome: 'completed' });
      }
      const seen: JournalEntry[] = [];
      const matches = ({ intent }: JournalEntry) => intent.tool === 'rent_number';
      let cursor: string | undefined;
      do {
        const page = await b.journal.history(PROJECT, { limit: 6, matches, ...(cursor && { cursor }) });
        seen.push(...page.entries);
        cursor = page.nextCursor;
        await begun(a);
      } while (cursor !== undefined);
      expect(seen.map(({ intent }) => intent.id)).toEqual(ids.filter((_, n) => n % 3).toReversed());
      const unfinished = ids.filter((_, n) => n % 3 && n % 5 === 0).toReversed();
      expect(seen.filter(({ outcome }) => !outcome).map(({ intent }) => intent.id)).toEqual(unfinished);
    });

    test('has a history that is read from a time on, and refuses a cursor that is none', async () => {
      const { a, clock } = await open();
      await begun(a);
      await clock.advance(30 * DAY_MS);
      const since = new Date(clock.now()).toISOString();
      const id = await begun(a);
      const { entries } = await a.journal.history(PROJECT, { limit: 10, since });
      expect(entries.map(({ intent }) => intent.id)).toEqual([id]);
      for (const cursor of ['', 'x', '====']) {
        await expect(a.journal.history(PROJECT, { limit: 1, cursor })).rejects.toThrow(InvalidRequestError);
      }
    });
  });
}
