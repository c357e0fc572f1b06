/** A server that ends while an order is being submitted: the next one finds out, and submits nothing twice. */
import { expect, onTestFinished, test } from 'vitest';
import type { NumbersClient } from '../../../src/api/client.ts';
import { orderOperations } from '../../../src/api/operations/orders.ts';
import { LEASE_MS } from '../../../src/storage/store.ts';
import { fastClock } from '../../api/support.ts';
import { agreeable, openBeside, START, steppedClock } from '../../support/stage.ts';
import { openOrders, prepare, submit } from './support.ts';

/** A client whose process is killed before or after its submit arrives: nobody hears of the answer. */
function killedAt(moment: 'before' | 'after', tell: () => void, end: Promise<never>) {
  return (own: NumbersClient): NumbersClient => ({
    ...own,
    async call(operation, input, signal) {
      const { operationId } = operation;
      if (operationId !== orderOperations.submitNumberOrder.operationId) {
        return own.call(operation, input, signal);
      }
      if (moment === 'after') await own.call(operation, input, signal);
      tell();
      return end;
    },
  });
}

test.each([
  ['before', 'not_executed', 'CREATED'],
  ['after', 'completed', 'IN_REVIEW'],
] as const)('killed %s the request arrives: %s', async (moment, outcome, state) => {
  const clock = steppedClock();
  let tell = () => {};
  const sent = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let stop = (_: Error) => {};
  const end = new Promise<never>((_, reject) => {
    stop = reject;
  });
  const first = await openOrders({ clock });
  const id = await prepare(first, 'DE');
  const killed = await openBeside(first, {
    pauses: fastClock(START),
    numbers: killedAt(moment, () => tell(), end),
  });
  void submit(killed, id).catch(() => {});
  onTestFinished(() => stop(new Error('the test is over')));
  await sent;

  const next = await openBeside(first, { pauses: fastClock(START) });
  const person = agreeable();
  const early = await submit(next, id, { ...person, id: 'another' } as typeof person);
  expect(early.text).toContain('nobody knows yet what came of it');
  expect(person.questions).toEqual([]);

  await clock.advance(LEASE_MS + 1);
  await next.gate.recover();
  const { entries } = await next.history({ limit: 5 });
  expect(entries.map((entry) => entry.outcome?.outcome)).toEqual([outcome]);
  expect(first.simulator.orders.get(id).state).toBe(state);
  await submit(next, id, { ...person, id: 'third' } as typeof person);
  expect(first.simulator.orders.get(id).state).toBe('IN_REVIEW');
  expect(first.simulator.requests.filter((request) => request.endsWith('/submit'))).toHaveLength(1);
});
