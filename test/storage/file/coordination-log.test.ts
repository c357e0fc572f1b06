/** Approvals and turns over the hours. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { LEASE_MS } from '../../../src/storage/store.ts';
import { deferred } from '../../e2e/harness.ts';
import { steppedClock, temporaryFolder } from '../../support/stage.ts';
import { PROJECT, question } from '../contract/support.ts';
import { append, linesOf, openStore, segmentsIn } from './support.ts';

const HOUR_MS = 60 * 60_000;

test('what is still good is carried from hour to hour, and old files are deleted', async () => {
  const folder = await temporaryFolder();
  const clock = steppedClock();
  const [store, idle] = [openStore(folder, clock), openStore(folder, clock)];
  const asked = question(clock, { expiresAt: clock.now() + 10 * HOUR_MS });
  const { approval } = await store.approvals.ask(asked);
  expect(await idle.approvals.get(approval.id)).toEqual(approval);
  for (let hour = 0; hour < 6; hour++) {
    await clock.advance(HOUR_MS);
    await store.approvals.ask({ ...asked, call: `hour-${hour}` });
  }
  await store.approvals.decide(approval.id, { state: 'granted', expiresAt: asked.expiresAt });
  expect(await segmentsIn(folder, 'approvals')).toEqual(['approvals.000005.jsonl', 'approvals.000006.jsonl']);
  for (const handle of [store, idle, openStore(folder, clock)]) {
    expect(await handle.approvals.find('caller-a', 'call-1')).toMatchObject({
      id: approval.id,
      state: 'granted',
    });
    expect(await handle.approvals.find('caller-a', 'hour-0')).toMatchObject({ state: 'asked' });
  }
  await idle.approvals.delivered(approval.id);
  expect(await store.approvals.find('caller-a', 'call-1')).toBeUndefined();
});

test('nothing of what is over is carried on', async () => {
  const folder = await temporaryFolder();
  const clock = steppedClock();
  const store = openStore(folder, clock);
  for (let n = 0; n < 20; n++) await store.approvals.ask(question(clock, { call: `old-${n}` }));
  await store.withTurn(PROJECT, async () => {});
  await clock.advance(3 * HOUR_MS);
  await store.approvals.ask(question(clock));
  await clock.advance(HOUR_MS);
  await store.approvals.ask(question(clock, { call: 'new' }));
  const [newest = ''] = (await segmentsIn(folder, 'approvals')).toReversed();
  const steps = (await linesOf(folder, newest)).map((line) => JSON.parse(line).step);
  expect(steps).toEqual(['copy', 'segment', 'question']);
});

test('a turn is held over the change of the hour', async () => {
  const folder = await temporaryFolder();
  const clock = steppedClock();
  const [a, b] = [openStore(folder, clock), openStore(folder, clock)];
  await a.approvals.ask(question(clock));
  await clock.advance(HOUR_MS - LEASE_MS / 2);
  const [taken, held] = [deferred<void>(), deferred<void>()];
  const order: string[] = [];
  const first = a.withTurn(PROJECT, async () => {
    taken.resolve();
    await held.promise;
    order.push('first');
  });
  await taken.promise;
  await clock.advance(LEASE_MS / 2 + 1);
  const second = b.withTurn(PROJECT, async () => void order.push('second'));
  await expect.poll(() => clock.sleeping()).toBeGreaterThan(0);
  expect(await segmentsIn(folder, 'approvals')).toHaveLength(2);
  held.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['first', 'second']);
});

test('a turn that ended is not held again by the copies of a slower process', async () => {
  const folder = await temporaryFolder();
  const clock = steppedClock();
  const at = clock.now();
  const turn = { step: 'turn', at, projectId: PROJECT, claim: 'gone', until: at + LEASE_MS };
  const beginning = () => [
    { ...turn, line: randomUUID(), isCopy: true },
    { step: 'segment', at },
  ];
  const ended = { step: 'turn-ended', line: randomUUID(), at, projectId: PROJECT, claim: 'gone' };
  const lines = [...beginning(), ended, ...beginning()].map((line) => `${JSON.stringify(line)}\n`);
  await append(folder, lines.join(''), 'approvals.jsonl');
  expect(await openStore(folder, clock).withTurn(PROJECT, async () => 'free')).toBe('free');
});
