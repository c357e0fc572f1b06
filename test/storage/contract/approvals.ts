import { describe, expect, test } from 'vitest';
import type { Approval, NewApproval, Store } from '../../../src/storage/store.ts';
import { begun, MINUTE_MS, type Open, question, SOON } from './support.ts';

/** What the approvals of every adapter must do. */
export function describeApprovals(name: string, open: Open): void {
  describe(`approvals in ${name}`, () => {
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
      await begun(a, { approval: id });
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
      await begun(a, { approval: id });
      const again = await b.approvals.ask(question(clock));
      expect(again.isNew).toBe(true);
      expect(await a.approvals.find('caller-a', 'call-1')).toEqual(again.approval);
    });

    test('are published to subscribers of every handle as they change', async () => {
      const { a, b, clock } = await open();
      const published: { a: Approval[]; b: Approval[] } = { a: [], b: [] };
      await Promise.all([a.start(), b.start()]);
      const end = a.approvals.subscribe((approval) => published.a.push(approval));
      b.approvals.subscribe((approval) => published.b.push(approval));
      const { id } = await ask(a, question(clock));
      await expect.poll(() => published.b.length, SOON).toBe(1);
      await b.approvals.decide(id, { state: 'granted', expiresAt: clock.now() + MINUTE_MS });
      await expect.poll(() => published.a.length, SOON).toBe(2);
      await begun(a, { approval: id });
      await expect.poll(() => published.b.length, SOON).toBe(3);
      end();
      await b.approvals.delivered(id);
      for (const list of [published.a, published.b]) {
        expect(list.slice(0, 3).map((approval) => [approval.id, approval.state])).toEqual([
          [id, 'asked'],
          [id, 'granted'],
          [id, 'spent'],
        ]);
      }
      expect(published.b).toHaveLength(4);
      expect(published.a).toHaveLength(3);
    });
  });
}
