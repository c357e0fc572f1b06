/** Nothing is sent that is not in the journal, and nothing twice for one grant, whichever servers race for it. */
import { describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/storage/store.ts';
import {
  ASKED_CALLS,
  brokenStore,
  journalOf,
  leavePage,
  openGate,
  openPaged,
  RENT,
  RENT_ANY,
  REPLACE,
  yes,
} from '../support/gate.ts';
import { decide, openBeside, reader, type Stage } from '../support/stage.ts';

const A = { id: 'a' };

/** A stage of whose store a part can be broken. */
async function openBreakable(part: Parameters<typeof brokenStore>[0]) {
  let isBroken = false;
  const stage = await openGate({ store: brokenStore(part, () => isBroken) });
  const breaks = (now = true) => {
    isBroken = now;
  };
  return { ...stage, breaks };
}

describe.each(ASKED_CALLS)('$tool', ({ tool, args, request }) => {
  test.each([
    ['check', 0],
    ['begin', 1],
  ] as const)('sends nothing where its journal cannot be written, seen by %s', async (part, questions) => {
    const stage = await openBreakable(part);
    stage.breaks();
    const person = reader(stage, yes);
    const refused = await stage.ask(tool, args, { ...A, ...person });
    expect(refused).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(refused.message).toMatch(
      /^Nothing is rented, changed or released without a journal, and it cannot be used: ENOSPC.* Nothing was sent\.$/,
    );
    expect(person.questions).toHaveLength(questions);
    expect(stage.sent()).toEqual([]);
    stage.breaks(false);
    expect(await stage.ask(tool, args, A)).toMatchObject({ outcome: 'confirmation_required' });
    expect(await journalOf(stage)).toEqual([]);
  });

  test('that was sent is told where its outcome cannot be written, and settled by a later start', async () => {
    const stage = await openBreakable('end');
    stage.breaks();
    const done = await stage.ask(tool, args, { ...A, ...reader(stage, yes) });
    expect(done).toMatchObject({ outcome: 'completed', isError: false });
    expect(done.message).toMatch(
      /This outcome could not be written to the journal \(StoreError: ENOSPC[^)]*\)\.$/,
    );
    expect((await journalOf(stage))[0]?.outcome).toBeUndefined();
    stage.breaks(false);
    await stage.clock.advance(LEASE_MS);
    await stage.gate.recover();
    expect((await journalOf(stage))[0]?.outcome).toMatchObject({ outcome: 'completed', settledLater: true });
    expect(stage.sent()).toEqual([request]);
  });

  test('is told to its caller again from the journal, where nothing else is kept of it', async () => {
    const stage = await openBreakable('conclude');
    stage.breaks();
    const first = await stage.ask(tool, args, { ...A, ...reader(stage, yes), isListening: false });
    const again = await stage.ask(tool, args, A);
    expect(again).toMatchObject({ outcome: 'completed', message: expect.stringContaining('made before') });
    expect(again.number?.phoneNumber).toBe(first.number?.phoneNumber);
    expect(stage.sent()).toEqual([request]);
  });

  test('is sent once where servers race with one grant', async () => {
    const stage = await openPaged();
    const beside = await Promise.all([openBeside(stage), openBeside(stage), openBeside(stage)]);
    const servers: Stage[] = [stage, ...beside];
    await leavePage(stage, stage.ask(tool, args, A));
    await decide(await stage.page(), 'approve');
    const calls = [...servers, ...servers].map((at) => at.ask(tool, args, A));
    const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'completed').length).toBeGreaterThan(0);
    // Another server knows that it was sent, and not yet what came of it.
    expect(outcomes.filter((outcome) => !['completed', 'unknown'].includes(outcome))).toEqual([]);
    expect(stage.sent()).toEqual([request]);
  });
});

test('an outcome that cannot be read is not told as if nothing had been sent', async () => {
  const stage = await openBreakable('get');
  await stage.ask(RENT.tool, RENT.args, { ...A, ...reader(stage, yes), isListening: false });
  stage.breaks();
  const told = await stage.ask(RENT.tool, RENT.args, A);
  expect(told).toMatchObject({
    outcome: 'unknown',
    message: expect.stringContaining('nothing was sent again'),
  });
  stage.breaks(false);
  expect(await stage.ask(RENT.tool, RENT.args, A)).toMatchObject({ outcome: 'completed' });
  expect(stage.sent()).toHaveLength(1);
});

test('the journal keeps who asked for what at which terms, and no secret', async () => {
  const stage = await openGate();
  const callbackUrl = 'https://user:password@example.com/path?key=secret';
  await stage.ask(
    RENT_ANY.tool,
    { ...RENT_ANY.args, callbackUrl },
    { ...A, client: 'c', ...reader(stage, yes) },
  );
  await stage.ask(REPLACE.tool, REPLACE.args, reader(stage, yes));
  const [replaced, rented] = await journalOf(stage);
  expect(rented).toMatchObject({
    ...{ caller: 'a', client: 'c', tool: RENT_ANY.tool, confirmedBy: 'elicitation', rents: 1 },
    arguments: { ...RENT_ANY.args, callbackUrl: 'https://example.com' },
    terms: { dueNow: [{ amount: '1.60', currencyCode: 'EUR' }] },
    before: expect.any(Array),
  });
  expect(replaced).toMatchObject({
    arguments: { hmacSecret: '****cdef' },
    terms: { to: '****cdef' },
    rents: 0,
  });
  expect(JSON.stringify([replaced, rented])).not.toMatch(/password|secret"|0123456789abcdef/);
});
