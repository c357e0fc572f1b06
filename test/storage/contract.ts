/** What every adapter of the store must do. Most cases open two handles on one store, as two processes would. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { InvalidRequestError } from '../../src/api/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import {
  type Approval,
  type JournalEntry,
  LEASE_MS,
  type NewApproval,
  type NewIntent,
  type Store,
} from '../../src/storage/store.ts';
import { eventOf, idsFrom, idsOf } from '../callbacks/support.ts';
import { deferred } from '../e2e/harness.ts';
import { type SteppedClock, steppedClock } from '../support/stage.ts';

/** Opens another handle on the store of this place. */
export type OpenHandle = (clock: Clock) => Promise<Store>;

const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;
const PROJECT = 'project-a';
const LIMIT = { max: 5, windowMs: DAY_MS };

export function rent(changes: Partial<NewIntent> = {}): NewIntent {
  return {
    projectId: PROJECT,
    caller: 'caller-a',
    tool: 'rent_number',
    operationId: 'NumberService_RentNumber',
    arguments: { phoneNumber: '+12025550134' },
    terms: { monthlyPrice: { amount: '0.80' } },
    rents: 1,
    ...changes,
  };
}

/** @param place opens a place that is empty, for one test */
export function describeStore(name: string, place: () => Promise<OpenHandle>): void {
  async function open(): Promise<{ a: Store; b: Store; clock: SteppedClock; another: () => Promise<Store> }> {
    const clock = steppedClock();
    const openHandle = await place();
    const another = async () => {
      const store = await openHandle(clock);
      onTestFinished(() => store.close());
      return store;
    };
    return { a: await another(), b: await another(), clock, another };
  }

  async function begun(store: Store, intent: NewIntent = rent()): Promise<string> {
    const result = await store.journal.begin(intent);
    if (result.status !== 'begun') throw new Error(`not begun: ${result.status}`);
    return result.intent.id;
  }

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
      await begun(a, rent({ projectId: 'project-b' }));
      await begun(a, rent({ rents: 0 }));
      await begun(a, rent({ rents: 3 }));
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

    test('tells its history newest first, page by page, while others append', async () => {
      const { a, b } = await open();
      const ids: string[] = [];
      for (let n = 0; n < 25; n++) {
        const id = await begun(n % 2 ? a : b, rent({ tool: n % 3 ? 'rent_number' : 'other' }));
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

    test('tells its history from a time on, and refuses a cursor that is none', async () => {
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

  describe(`approvals in ${name}`, () => {
    const question = (clock: Clock, changes: Partial<NewApproval> = {}): NewApproval => ({
      caller: 'caller-a',
      tool: 'rent_number',
      call: 'call-1',
      terms: 'terms-1',
      channel: 'page',
      expiresAt: clock.now() + 5 * MINUTE_MS,
      ...changes,
    });
    const ask = async (store: Store, asked: NewApproval) => (await store.approvals.ask(asked)).approval;

    test('are one for the same call at the same terms, even where two ask at once', async () => {
      const { a, b, clock } = await open();
      const asked = await Promise.all([a, b, a, b].map((store) => store.approvals.ask(question(clock))));
      expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(asked.map(({ approval }) => approval.id)).size).toBe(1);
      const id = asked[0]?.approval.id ?? '';
      expect(await b.approvals.get(id)).toEqual({ ...question(clock), id, state: 'asked' });
      await a.approvals.decide(id, { state: 'granted', expiresAt: clock.now() + MINUTE_MS });
      const again = await b.approvals.ask(question(clock));
      expect(again).toMatchObject({ isNew: false, approval: { id, state: 'granted' } });
    });

    test.each([
      ['at other terms', { terms: 'terms-2' }],
      ['with another token', { tokenHash: 'hash-2' }],
    ])('are superseded by a question about the same call %s', async (_, changes) => {
      const { a, b, clock } = await open();
      const first = await ask(a, question(clock, { tokenHash: 'hash-1' }));
      const second = await b.approvals.ask(question(clock, { tokenHash: 'hash-1', ...changes }));
      expect(second.isNew).toBe(true);
      expect(await a.approvals.get(first.id)).toMatchObject({ state: 'expired', reason: expect.any(String) });
      expect(await a.approvals.find('caller-a', 'call-1')).toEqual(second.approval);
      expect(await a.approvals.findByToken(second.approval.tokenHash ?? '')).toEqual(second.approval);
      expect(await a.approvals.decide(first.id, { state: 'granted', expiresAt: clock.now() + 1 })).toBe(
        false,
      );
    });

    test('belong to their caller', async () => {
      const { a, b, clock } = await open();
      const own = await ask(a, question(clock));
      const other = await b.approvals.ask(question(clock, { caller: 'caller-b', terms: 'terms-2' }));
      expect(other.isNew).toBe(true);
      expect(await b.approvals.find('caller-a', 'call-1')).toEqual(own);
      expect(await a.approvals.find('caller-b', 'call-1')).toEqual(other.approval);
      expect(await a.approvals.find('caller-c', 'call-1')).toBeUndefined();
      expect(await a.approvals.find('caller-a', 'call-2')).toBeUndefined();
    });

    test('are decided by the first decision', async () => {
      const { a, b, clock } = await open();
      const { id } = await ask(a, question(clock));
      const expiresAt = clock.now() + MINUTE_MS;
      const states = ['granted', 'declined', 'declined', 'granted'] as const;
      const results = await Promise.all(
        states.map((state, n) =>
          (n % 2 ? a : b).approvals.decide(id, { state, reason: String(n), expiresAt }),
        ),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      const winner = results.indexOf(true);
      const decided = { state: states[winner], reason: String(winner), expiresAt };
      for (const { approvals } of [a, b]) expect(await approvals.get(id)).toMatchObject(decided);
    });

    test('that are granted can expire, and nothing else', async () => {
      const { a, b, clock } = await open();
      const { id } = await ask(a, question(clock));
      const expiresAt = clock.now() + MINUTE_MS;
      await a.approvals.decide(id, { state: 'granted', channel: 'elicitation', expiresAt });
      expect(await b.approvals.get(id)).toMatchObject({ state: 'granted', channel: 'elicitation' });
      expect(await b.approvals.decide(id, { state: 'declined', expiresAt })).toBe(false);
      expect(await b.approvals.decide(id, { state: 'expired', reason: 'moved', expiresAt })).toBe(true);
      expect(await a.approvals.decide(id, { state: 'granted', expiresAt })).toBe(false);
      expect(await a.approvals.get(id)).toMatchObject({ state: 'expired', reason: 'moved' });
      expect((await a.approvals.ask(question(clock))).isNew).toBe(true);
    });

    test('move to another channel and expiry while they are open only', async () => {
      const { a, b, clock } = await open();
      const { id } = await ask(a, question(clock));
      const expiresAt = clock.now() + 10 * MINUTE_MS;
      await b.approvals.update(id, { channel: 'link', expiresAt });
      expect(await a.approvals.get(id)).toMatchObject({ state: 'asked', channel: 'link', expiresAt });
      await b.approvals.decide(id, { state: 'declined', expiresAt });
      await a.approvals.update(id, { channel: 'token', expiresAt: 1 });
      expect(await b.approvals.get(id)).toMatchObject({ state: 'declined', channel: 'link', expiresAt });
    });

    test.each(['asked', 'granted'] as const)('that are %s expire by the clock', async (state) => {
      const { a, b, clock } = await open();
      const asked = await ask(a, question(clock));
      const { id, expiresAt } = asked;
      if (state === 'granted') await a.approvals.decide(id, { state, expiresAt });
      await clock.advance(expiresAt - clock.now() - 1);
      expect(await b.approvals.get(id)).toMatchObject({ state });
      await clock.advance(1);
      expect(await b.approvals.get(id)).toMatchObject({ state: 'expired' });
      expect(await b.approvals.decide(id, { state: 'granted', expiresAt: clock.now() + 1 })).toBe(false);
      expect((await b.approvals.ask(question(clock))).isNew).toBe(true);
    });

    test('that were declined are forgotten by the clock', async () => {
      const { a, b, clock } = await open();
      const { id } = await ask(a, question(clock, { tokenHash: 'hash' }));
      await a.approvals.decide(id, { state: 'declined', expiresAt: clock.now() + MINUTE_MS });
      await clock.advance(MINUTE_MS);
      expect(await b.approvals.get(id)).toBeUndefined();
      expect(await b.approvals.find('caller-a', 'call-1')).toBeUndefined();
      expect(await b.approvals.findByToken('hash')).toBeUndefined();
    });

    test('are spent by an intent, keep what came of it, and are found until it is delivered', async () => {
      const { a, b, clock } = await open();
      const { id } = await ask(a, question(clock));
      await a.approvals.decide(id, { state: 'granted', expiresAt: clock.now() + MINUTE_MS });
      await begun(a, rent({ approval: id }));
      expect(await b.approvals.find('caller-a', 'call-1')).toMatchObject({ id, state: 'spent' });
      expect(await b.approvals.decide(id, { state: 'expired', expiresAt: clock.now() + 1 })).toBe(false);
      await clock.advance(2 * MINUTE_MS);
      expect(await b.approvals.find('caller-a', 'call-1')).toMatchObject({ id, state: 'spent' });
      const outcome = { outcome: 'completed', message: 'Done.' };
      await a.approvals.conclude(id, outcome, clock.now() + MINUTE_MS);
      expect(await b.approvals.find('caller-a', 'call-1')).toMatchObject({ id, state: 'spent', outcome });
      await b.approvals.delivered(id);
      expect(await a.approvals.find('caller-a', 'call-1')).toBeUndefined();
      expect(await a.approvals.get(id)).toMatchObject({ state: 'spent', outcome, isDelivered: true });
      await clock.advance(MINUTE_MS);
      expect(await b.approvals.get(id)).toBeUndefined();
    });

    test('that are spent do not keep the same call from being asked about anew', async () => {
      const { a, b, clock } = await open();
      const { id } = await ask(a, question(clock));
      await a.approvals.decide(id, { state: 'granted', expiresAt: clock.now() + MINUTE_MS });
      await begun(a, rent({ approval: id }));
      const again = await b.approvals.ask(question(clock));
      expect(again.isNew).toBe(true);
      expect(await a.approvals.find('caller-a', 'call-1')).toEqual(again.approval);
    });

    test('are told to subscribers of every handle as they change', async () => {
      const { a, b, clock } = await open();
      const told: { a: Approval[]; b: Approval[] } = { a: [], b: [] };
      await Promise.all([a.start(), b.start()]);
      const end = a.approvals.subscribe((approval) => told.a.push(approval));
      b.approvals.subscribe((approval) => told.b.push(approval));
      const { id } = await ask(a, question(clock));
      await expect.poll(() => told.b.length).toBe(1);
      await b.approvals.decide(id, { state: 'granted', expiresAt: clock.now() + MINUTE_MS });
      await expect.poll(() => told.a.length).toBe(2);
      await begun(a, rent({ approval: id }));
      await expect.poll(() => told.b.length).toBe(3);
      end();
      await b.approvals.delivered(id);
      for (const list of [told.a, told.b]) {
        expect(list.slice(0, 3).map((approval) => [approval.id, approval.state])).toEqual([
          [id, 'asked'],
          [id, 'granted'],
          [id, 'spent'],
        ]);
      }
      expect(told.b).toHaveLength(4);
      expect(told.a).toHaveLength(3);
    });
  });

  describe(`turns in ${name}`, () => {
    test('are taken one at a time for a project, whichever handle asks', async () => {
      const { a, b } = await open();
      let running = 0;
      let most = 0;
      const turns = Array.from({ length: 12 }, (_, n) =>
        (n % 2 ? a : b).withTurn(PROJECT, async () => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          return n;
        }),
      );
      expect(await Promise.all(turns)).toEqual(turns.map((_, n) => n));
      expect(most).toBe(1);
    });

    test('of another project do not wait', async () => {
      const { a, b } = await open();
      const held = deferred<void>();
      const first = a.withTurn(PROJECT, () => held.promise);
      expect(await b.withTurn('project-b', async () => 'done')).toBe('done');
      held.resolve();
      await first;
    });

    test('end with a task that fails', async () => {
      const { a, b } = await open();
      const failed = a.withTurn(PROJECT, async () => Promise.reject(new Error('task')));
      await expect(failed).rejects.toThrow('task');
      expect(await b.withTurn(PROJECT, async () => 'next')).toBe('next');
    });

    test('are not waited for after the signal', async () => {
      const { a, b } = await open();
      const [taken, held] = [deferred<void>(), deferred<void>()];
      const first = a.withTurn(PROJECT, () => {
        taken.resolve();
        return held.promise;
      });
      await taken.promise;
      const controller = new AbortController();
      const waiting = b.withTurn(PROJECT, async () => 'never', controller.signal);
      const last = a.withTurn(PROJECT, async () => 'last');
      controller.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      held.resolve();
      await first;
      expect(await last).toBe('last');
    });

    test('of a holder that died are taken over when its lease has ended, and not before', async () => {
      const { a, b, clock } = await open();
      const taken = deferred<void>();
      void a.withTurn(PROJECT, () => {
        taken.resolve();
        return new Promise(() => {});
      });
      await taken.promise;
      let isTaken = false;
      const next = b.withTurn(PROJECT, async () => {
        isTaken = true;
      });
      await expect.poll(() => clock.sleeping()).toBeGreaterThan(0);
      await clock.advance(LEASE_MS - 1);
      await expect.poll(() => clock.sleeping()).toBeGreaterThan(0);
      expect(isTaken).toBe(false);
      await clock.advance(1);
      await next;
      expect(await a.withTurn(PROJECT, async () => 'free')).toBe('free');
    });
  });

  describe(`events and changes in ${name}`, () => {
    test('events are kept once, in the order of their arrival, and told to every handle', async () => {
      const { a, b } = await open();
      await a.events.append(eventOf(0));
      await Promise.all([a.start(), b.start()]);
      const told: string[] = [];
      b.events.subscribe((events) => told.push(...idsOf(events)));
      await a.events.append(eventOf(1));
      await Promise.all([a.events.append(eventOf(1)), b.events.append(eventOf(1))]);
      await b.events.append(eventOf(2));
      for (const { events } of [a, b]) expect(idsOf(await events.read())).toEqual(idsFrom(0, 3));
      expect(told).toEqual(idsFrom(1, 3));
      expect(a.events.dropped()).toBe(0);
    });

    test('changes are told to every handle once', async () => {
      const { a, b } = await open();
      await Promise.all([a.start(), b.start()]);
      const told: string[] = [];
      a.changes.subscribe((uris) => told.push(`a ${uris}`));
      b.changes.subscribe((uris) => told.push(`b ${uris}`));
      a.changes.publish(['uri:1', 'uri:2']);
      await expect.poll(() => [...told].sort()).toEqual(['a uri:1,uri:2', 'b uri:1,uri:2']);
    });
  });
}
