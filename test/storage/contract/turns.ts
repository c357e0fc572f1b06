import { describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../../src/storage/store.ts';
import { deferred } from '../../e2e/harness.ts';
import { type Open, PROJECT, SOON } from './support.ts';

/** What the turns of every adapter must do. */
export function describeTurns(name: string, open: Open): void {
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
      await expect.poll(() => clock.sleeping(), SOON).toBeGreaterThan(0);
      await clock.advance(LEASE_MS - 1);
      await expect.poll(() => clock.sleeping(), SOON).toBeGreaterThan(0);
      expect(isTaken).toBe(false);
      await clock.advance(1);
      await next;
      expect(await a.withTurn(PROJECT, async () => 'free')).toBe('free');
    });
  });
}
