/** What the next start finds out about a batch whose process was killed. */
import { expect, test } from 'vitest';
import { LEASE_MS } from '../../src/storage/store.ts';
import { recorder } from '../callbacks/support.ts';
import { journalOf, watchApprovals } from '../support/gate.ts';
import { absent, openBeside, type Stage } from '../support/stage.ts';
import { CALLBACK, CHANGE, callBatch, counts, openWith, SEATTLE, sentOf } from './batch-support.ts';

const UPDATE = 'update_active_numbers';
const MINUTE = 60_000;

/**
 * Leaves what a process has left that was killed in the middle of a batch of nine: three done, two of which nobody
 * wrote down what came (one was carried out), four to go.
 */
async function leaveKilled(stage: Stage & { readonly rented: readonly string[] }, args: object) {
  const approvals = watchApprovals(stage);
  expect(await callBatch(stage, UPDATE, args)).toMatchObject({ outcome: 'confirmation_required' });
  const id = approvals.at(-1)?.id ?? '';
  await stage.store.approvals.decide(id, {
    ...{ state: 'granted', channel: 'page' },
    expiresAt: stage.clock.now() + 5 * MINUTE,
  });
  for (const [index, phoneNumber] of stage.rented.slice(0, 5).entries()) {
    const begun = await stage.store.journal.begin({
      ...{ projectId: stage.simulator.projectId, caller: 'caller', confirmedBy: 'page', rents: 0 },
      ...{ tool: 'update_active_number', operationId: 'NumberService_UpdateActiveNumber' },
      ...{ arguments: { phoneNumber, ...CHANGE }, approval: id, part: phoneNumber, batch: id, phoneNumber },
      terms: { changes: { 'callback URL': { to: 'https://example.com' } } },
    });
    if (begun.status !== 'begun') throw new Error(begun.status);
    if (index < 4) stage.simulator.project.get(phoneNumber).callbackUrl = CALLBACK;
    if (index < 3) await stage.store.journal.end(begun.intent.id, { outcome: 'completed' });
  }
}

async function openKilled() {
  const stage = await openWith(9);
  const args = { phoneNumbers: stage.rented, change: CHANGE };
  await leaveKilled(stage, args);
  const { log, lines } = recorder();
  const next = await openBeside(stage, { log });
  return { stage, args, next, lines };
}

const TOLD = `${UPDATE} of 9 numbers at 2026-01-15T12:00:00.000Z was under way when the server ended: 4 done, 1 failed, 0 unknown, 4 not attempted. Nothing more of it is sent by itself: call ${UPDATE} again for the rest.`;

test('each open intent is settled, how far the batch came is told once, and nothing of it is sent', async () => {
  const { stage, next, lines } = await openKilled();
  await stage.clock.advance(LEASE_MS);
  await next.gate.recover();
  const outcomes = (await journalOf(stage)).map(({ outcome }) => outcome?.outcome);
  expect(outcomes.toSorted()).toEqual(['completed', 'completed', 'completed', 'completed', 'not_executed']);
  expect(lines.filter((line) => line.includes('when the server ended'))).toEqual([
    expect.stringContaining(TOLD),
  ]);
  const { message } = await next.ask('rent_number', { phoneNumber: SEATTLE[0] });
  expect(message).toContain(`Tell the user also: ${TOLD}`);
  expect(stage.sent()).toEqual([]);
  await (await openBeside(stage, { log: recorder().log })).gate.recover();
  expect(lines.filter((line) => line.includes('when the server ended'))).toHaveLength(1);
});

test('the same call of its caller goes on without asking, and nobody else goes on with it', async () => {
  const { stage, args, next } = await openKilled();
  await stage.clock.advance(LEASE_MS);
  await next.gate.recover();
  expect(await callBatch(next, UPDATE, args, { id: 'b' })).toMatchObject({
    ...{ outcome: 'confirmation_required', stakes: { count: 5 } },
  });
  const result = await callBatch(next, UPDATE, args, absent());
  expect(counts(result)).toEqual([8, 1, 0, 0, 0]);
  expect(result.results).toMatchObject([{ phoneNumber: stage.rented[4], outcome: 'not_executed' }]);
  expect(sentOf(stage)).toEqual(stage.rented.slice(5).map((it) => `PATCH /activeNumbers/${it}`));
});

test('before the leases end nobody touches what is open: the same call does the rest, and is told the others later', async () => {
  const { stage, args, next } = await openKilled();
  await next.gate.recover();
  const first = await callBatch(next, UPDATE, args, absent());
  expect(counts(first)).toEqual([7, 0, 2, 0, 0]);
  expect(first.results[0]?.reason).toBe('under way until 2026-01-15T12:02:00.000Z at the latest');
  await stage.clock.advance(LEASE_MS);
  const second = await callBatch(next, UPDATE, args, absent());
  expect(counts(second)).toEqual([8, 1, 0, 0, 0]);
  expect(stage.sent()).toHaveLength(4);
});

test('after thirty minutes its caller is told how far it came, and asked anew for the rest', async () => {
  const { stage, args, next } = await openKilled();
  await stage.clock.advance(31 * MINUTE);
  await next.gate.recover();
  const told = await callBatch(next, UPDATE, args);
  expect(counts(told)).toEqual([4, 1, 0, 0, 4]);
  const asked = await callBatch(next, UPDATE, args);
  expect(asked).toMatchObject({ outcome: 'confirmation_required', stakes: { count: 5 } });
  expect(stage.sent()).toEqual([]);
  await callBatch(next, UPDATE, { ...args, confirmationToken: asked.confirmation?.token });
  expect(stage.sent()).toHaveLength(5);
});
