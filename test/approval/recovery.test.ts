/** What is found out about requests whose process did not live to see an answer, once their lease has ended. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { NumbersClient } from '../../src/api/client.ts';
import { CancelledError } from '../../src/api/errors.ts';
import { LEASE_MS } from '../../src/storage/store.ts';
import { OFFERED } from '../api/support.ts';
import { recorder } from '../callbacks/support.ts';
import { deferred } from '../e2e/harness.ts';
import {
  ASKED_CALLS,
  HOUR,
  journalOf,
  openGate,
  RELEASE,
  RENT,
  RENT_ANY,
  settle,
  until,
  yes,
} from '../support/gate.ts';
import { openBeside, reader, type Stage, type StageOptions } from '../support/stage.ts';

const A = { id: 'a' };

async function openLogged(options: StageOptions = {}) {
  const { log, lines } = recorder();
  return { ...(await openGate({ log, ...options })), log: lines };
}

/** A server beside this one makes a call of A, and dies when it has sent it, or is about to. */
async function dies(
  stage: Stage,
  { tool, args }: { tool: string; args: object },
  hasActed: boolean,
  options = {},
) {
  const [sending, end] = [deferred<void>(), deferred<void>()];
  const numbers = (own: NumbersClient): NumbersClient => ({
    ...own,
    async call(operation, ...rest) {
      if (operation.effect === 'read') return own.call(operation, ...rest);
      if (hasActed) await own.call(operation, ...rest);
      sending.resolve();
      await end.promise;
      throw new CancelledError();
    },
  });
  const dying = await openBeside(stage, { numbers, ...options });
  const call = dying.ask(tool, args, { ...A, ...reader(dying, yes) });
  await sending.promise;
  onTestFinished(async () => {
    end.resolve();
    await call;
  });
}

/** The sentences that the next gated call of anybody brings along. */
async function news(stage: Stage, id = 'z'): Promise<string[]> {
  const { message } = await stage.ask(RELEASE.tool, { phoneNumber: '+12025550137' }, { id });
  return message.split('\nTell the user also: ')[1]?.split(/(?<=[a-z]\.) /) ?? [];
}

describe.each(ASKED_CALLS)('$tool without an outcome', ({ tool, args }) => {
  const OUTCOMES = { completed: true, not_executed: false };

  test.each(Object.entries(OUTCOMES))(
    'is settled as %s when its lease has ended',
    async (outcome, hasActed) => {
      const stage = await openLogged();
      await dies(stage, { tool, args }, hasActed);
      const sent = stage.sent();
      await stage.gate.recover();
      await stage.clock.advance(LEASE_MS - 2_001);
      await settle();
      expect((await journalOf(stage))[0]?.outcome).toBeUndefined();
      expect((await stage.ask(tool, args, A)).message).toContain('nothing was sent again');
      await stage.clock.advance(2_001);
      await until(() => stage.log.some((line) => line.includes('when the server ended')));
      const [entry] = await journalOf(stage);
      expect(entry?.outcome).toMatchObject({ outcome, settledLater: true });
      expect(stage.sent()).toEqual(sent);
      const number = entry?.phoneNumber ?? entry?.outcome?.phoneNumber;
      const what = `${tool}${number ? ` of ${number}` : ''} at ${entry?.at}`;
      const told = `${what} was about to be sent, or was sent, when the server ended: ${outcome}.`;
      expect(stage.log.filter((line) => line.includes(told))).toEqual([expect.stringContaining(' warn ')]);
      // Whoever asks next is to tell the user, once. The outcome itself is its caller's.
      expect(await news(stage)).toEqual([told]);
      expect(await news(stage)).toEqual([]);
      expect((await stage.ask(tool, args, { id: 'b' })).message).not.toContain('made before');
      const replayed = await stage.ask(tool, args, A);
      expect(replayed).toMatchObject({ outcome, message: expect.stringContaining('made before') });
    },
  );

  test('stays open where the API cannot be reached, is told with what to check, and settled by a later start', async () => {
    const stage = await openLogged();
    await dies(stage, { tool, args }, true);
    await stage.clock.advance(LEASE_MS);
    stage.simulator.faults.add({ method: 'GET', drop: 'before', times: 1_000 });
    await stage.gate.recover();
    stage.simulator.faults.clear();
    expect((await journalOf(stage))[0]?.outcome).toBeUndefined();
    expect((await news(stage)).join(' ')).toMatch(/: unknown\. Check (get_|list_)/);
    await stage.gate.recover();
    expect((await journalOf(stage))[0]?.outcome).toMatchObject({ outcome: 'completed' });
    expect((await news(stage)).join(' ')).toContain(': completed.');
  });
});

test('a server that runs on settles it too, when its caller asks again after the lease', async () => {
  const stage = await openGate();
  await dies(stage, RENT_ANY, true);
  expect(await stage.ask(RENT_ANY.tool, RENT_ANY.args, A)).toMatchObject({ outcome: 'unknown' });
  await stage.clock.advance(LEASE_MS);
  const told = await stage.ask(RENT_ANY.tool, RENT_ANY.args, A);
  expect(told).toMatchObject({ outcome: 'completed', number: { phoneNumber: expect.any(String) } });
  expect(stage.sent()).toHaveLength(1);
});

test('two servers that start at once tell it once', async () => {
  const stage = await openLogged();
  await dies(stage, RENT, false);
  await stage.clock.advance(LEASE_MS);
  const { log, lines } = recorder();
  const other = await openBeside(stage, { log });
  await Promise.all([stage.gate.recover(), other.gate.recover()]);
  expect([...stage.log, ...lines].filter((line) => line.includes('when the server ended'))).toHaveLength(1);
});

test('what cannot be settled within a day is given up as unknown', async () => {
  const stage = await openLogged();
  stage.simulator.faults.add({ method: 'GET', path: /\/activeNumbers\?/, answer: { status: 500 } });
  await dies(stage, RENT_ANY, true);
  await stage.clock.advance(24 * HOUR);
  await stage.gate.recover();
  expect((await journalOf(stage))[0]?.outcome).toBeUndefined();
  await stage.clock.advance(1);
  await stage.gate.recover();
  expect((await journalOf(stage))[0]?.outcome).toMatchObject({ outcome: 'unknown', settledLater: true });
});

test('a rent of any number does not claim what a later rent of the journal brought', async () => {
  const stage = await openLogged();
  await dies(stage, RENT_ANY, false);
  expect(await stage.ask(RENT.tool, RENT.args, { id: 'b', ...reader(stage, yes) })).toMatchObject({
    outcome: 'completed',
  });
  await stage.clock.advance(LEASE_MS);
  await stage.gate.recover();
  const outcomes = (await journalOf(stage)).map(({ tool, outcome }) => [
    tool,
    outcome?.outcome,
    outcome?.phoneNumber,
  ]);
  expect(outcomes).toEqual([
    [RENT.tool, 'completed', OFFERED],
    [RENT_ANY.tool, 'not_executed', undefined],
  ]);
});

test('what this server carries out itself is not settled while it is under way', async () => {
  const stage = await openLogged();
  stage.simulator.faults.add({ method: 'POST', path: /:rent$/, delayMs: 60 });
  const call = stage.ask(RENT.tool, RENT.args, reader(stage, yes));
  await until(() => stage.sent().length === 1);
  await stage.gate.recover();
  expect(await call).toMatchObject({ outcome: 'completed' });
  expect((await journalOf(stage))[0]?.outcome).not.toHaveProperty('settledLater');
});

test('a gated call waits for what the start finds out', async () => {
  const stage = await openLogged();
  await dies(stage, RENT, true);
  await stage.clock.advance(LEASE_MS);
  void stage.gate.recover();
  expect(await news(stage)).toHaveLength(1);
});

/** An intent of a server that died at once. */
function leaveIntent({ store }: Stage, projectId: string) {
  return store.journal.begin({
    ...{ projectId, caller: 'a', tool: RENT.tool, operationId: 'NumberService_RentNumber' },
    ...{ arguments: RENT.args, terms: {}, phoneNumber: OFFERED, rents: 1 },
  });
}

test('what is of another project is left to its own servers', async () => {
  const stage = await openLogged();
  await leaveIntent(stage, 'another');
  await stage.clock.advance(LEASE_MS);
  await stage.gate.recover();
  const { entries } = await stage.store.journal.history('another', { limit: 9 });
  expect(entries[0]?.outcome).toBeUndefined();
  expect(await news(stage)).toEqual([]);
});

test('many of them are told in five sentences, and where the others stand', async () => {
  const stage = await openLogged();
  for (let n = 0; n < 40; n++) await leaveIntent(stage, stage.simulator.projectId);
  const body = { error: { code: 404, status: 'NOT_FOUND' } };
  stage.simulator.faults.add({ method: 'GET', times: 1_000, answer: { status: 404, body } });
  await stage.clock.advance(LEASE_MS);
  await stage.gate.recover();
  stage.simulator.faults.clear();
  const told = (await news(stage)).join(' ');
  expect(told.match(/when the server ended/g)).toHaveLength(5);
  expect(told).toMatch(/ And 35 more: sinch-numbers:\/\/journal has them all\.$/);
  expect(told.length).toBeLessThan(2_000);
});

test('what a server left open that ended while this one ran is settled by a later look, while calls go on', async () => {
  const stage = await openLogged();
  await stage.gate.recover();
  await dies(stage, RENT, true);
  await stage.clock.advance(LEASE_MS);
  await stage.gate.recover();
  expect((await journalOf(stage))[0]?.outcome).toMatchObject({ outcome: 'completed', settledLater: true });
});
