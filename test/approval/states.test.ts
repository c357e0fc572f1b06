/** A call continues where the same call of the same caller left off, and no other caller finds it. */
import { describe, expect, test } from 'vitest';
import type { GateResult } from '../../src/approval/outcome.ts';
import { createMemoryPlace } from '../../src/storage/memory.ts';
import {
  cancellable,
  LIFETIME,
  leavePage,
  openPaged,
  type Paged,
  paged,
  RENT,
  RENT_ANY,
  settle,
  TIMED_OUT,
  until,
  WITHDRAWN,
  waiting,
  yes,
} from '../support/gate.ts';
import {
  type Caller,
  decide,
  openBeside,
  openStage,
  reader,
  recordingBrowser,
  type Stage,
  tokenOf,
} from '../support/stage.ts';

const A = { id: 'a' };
const B = { id: 'b' };
const NEW = 'asks on a new page';

function rent(stage: Stage, caller: Caller = A, args: object = {}): Promise<GateResult> {
  return stage.ask(RENT_ANY.tool, { ...RENT_ANY.args, ...args }, caller);
}

/** What a call comes to, before anything else happens but that the API answers. */
function becomes(stage: Paged, call: () => Promise<GateResult>): Promise<string> {
  return stands(stage, async () => {
    const made = call();
    await settle();
    stage.release();
    return made;
  });
}

/** How a call stands that cannot go on, or has come to its end. */
async function stands(stage: Paged, call: () => Promise<GateResult>): Promise<string> {
  const [pages, sent, asleep] = [stage.pages.length, stage.sent().length, stage.clock.sleeping()];
  let answer: GateResult | undefined;
  void call().then((it) => {
    answer = it;
  });
  await until(() => answer !== undefined || stage.pages.length > pages || stage.clock.sleeping() > asleep);
  await settle();
  if (stage.pages.length > pages) return NEW;
  if (answer === undefined) return 'waits for the page';
  const { outcome, message } = answer;
  const isReplay = message.startsWith('This is the outcome of the same call made before');
  return `${outcome}${isReplay ? ', told' : ''}, ${stage.sent().length - sent} sent`;
}

function movePrices({ simulator }: Stage): void {
  simulator.project.setPrice('US', 'LOCAL', '9.90');
}

type Step = (stage: Paged) => Promise<unknown>;
const inTurn =
  (...steps: Step[]): Step =>
  async (stage) => {
    for (const step of steps) await step(stage);
  };
const leave: Step = (stage) => leavePage(stage, rent(stage));
const approve: Step = async (stage) => decide(await stage.page(), 'approve');
const decline: Step = async (stage) => decide(await stage.page(), 'decline');
const expire: Step = ({ clock }) => clock.advance(LIFETIME);
/** A call that comes to its end with this. */
const ends =
  (answer: Step, isListening = true): Step =>
  async (stage) => {
    const call = rent(stage, { ...A, isListening });
    await answer(stage);
    await call;
  };
const waits: Step = (stage) => {
  void rent(stage);
  return paged(stage);
};
const underWay: Step = async (stage) => {
  const sent = stage.hold('RentAnyNumber');
  void rent(stage);
  await approve(stage);
  await sent();
};

const TOLD = 'completed, told, 0 sent';
const NO = 'declined, 0 sent';

/** How A's call stands; what the same call comes to, and at other terms. That of B asks for itself. */
const TABLE: readonly [state: string, bring: Step, again: string, moved: string][] = [
  ['asked, a call waits', waits, 'waits for the page', NEW],
  ['asked, nobody waits', leave, 'waits for the page', NEW],
  ['granted, nobody waits', inTurn(leave, approve), 'completed, 1 sent', NEW],
  ['declined, nobody waits', inTurn(leave, decline), NO, NO],
  ['declined, delivered', ends(decline), NEW, NEW],
  ['expired', inTurn(leave, expire), NEW, NEW],
  ['granted, expired', inTurn(leave, approve, expire), NEW, NEW],
  ['under way', underWay, TOLD, TOLD],
  ['spent, undelivered', ends(approve, false), TOLD, TOLD],
  ['spent, delivered', ends(approve), NEW, NEW],
  ['spent, undelivered, forgotten', inTurn(ends(approve, false), expire), NEW, NEW],
];

describe.each(TABLE)('a call that was made before and is %s', (state, bring, again, moved) => {
  async function open(): Promise<Paged> {
    const stage = await openPaged();
    await bring(stage);
    return stage;
  }

  test(`made again, ${again}`, async () => {
    const stage = await open();
    expect(await becomes(stage, () => rent(stage))).toBe(again);
  });

  test(`made again when the terms have moved, ${moved}`, async () => {
    const stage = await open();
    movePrices(stage);
    expect(await becomes(stage, () => rent(stage))).toBe(moved);
  });

  test('asks for itself when another caller makes it, here or at another server, and leaves this one be', async () => {
    const stage = await open();
    const [sent, own] = [stage.sent().length, stage.pages.length];
    expect(await stands(stage, () => rent(stage, B))).toBe(NEW);
    const beside = await openBeside(stage);
    expect(await rent(beside, { id: 'c' })).toMatchObject({ outcome: 'confirmation_required' });
    await decide(await stage.page(own + 1), 'decline');
    expect(stage.sent()).toHaveLength(sent);
    expect(await becomes(stage, () => rent(stage))).toBe(again);
  });

  test('continues in the same way at another server of the same caller, as far as that can know', async () => {
    const stage = await open();
    const sent = stage.sent().length;
    const browser = recordingBrowser();
    const beside = await openBeside(stage, { openBrowser: browser.open });
    const standing = await stands({ ...stage, ...beside, ...browser }, () => rent(beside));
    stage.release();
    const expected = again === 'waits for the page' ? NEW : again;
    expect(standing).toBe(state === 'under way' ? 'unknown, 0 sent' : expected.replace('1 sent', '0 sent'));
    expect(stage.sent()).toHaveLength(sent + (again.endsWith('1 sent') ? 1 : 0));
  });
});

test('a yes for one project is none for another that shares the store', async () => {
  const place = createMemoryPlace();
  const stage = await openStage({ mode: 'token', place });
  const other = await openStage({ mode: 'token', place, seed: 'other' });
  expect(other.simulator.projectId).not.toBe(stage.simulator.projectId);
  const { confirmation } = await rent(stage);
  const confirmed = { confirmationToken: confirmation?.token };
  expect((await rent(other, A, confirmed)).outcome).toBe('not_executed');
  expect(other.sent()).toEqual([]);
  expect((await rent(stage, A, confirmed)).outcome).toBe('completed');
  // Nor is what came of it.
  expect((await rent(other)).outcome).toBe('confirmation_required');
});

describe('a cancelled call', () => {
  test.each([
    ['as a person does closes its page', WITHDRAWN, 410, NEW],
    ['by a client that waited too long leaves its page to be answered', TIMED_OUT, 200, 'completed, 1 sent'],
  ])('that waits for a page, cancelled %s', async (_, why, status, again) => {
    const stage = await openPaged();
    const { caller, cancel } = cancellable(A);
    const call = rent(stage, caller);
    await paged(stage);
    cancel(why);
    expect(await call).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('cancelled'),
    });
    expect((await decide(await stage.page(), 'approve')).status).toBe(status);
    expect(stage.sent()).toEqual([]);
    expect(await becomes(stage, () => rent(stage))).toBe(again);
  });

  test.each([
    ['as a person does', RENT, WITHDRAWN, NEW],
    ['as a person does', RENT_ANY, WITHDRAWN, NEW],
    ['by a client that waited too long', RENT, TIMED_OUT, 'completed, 1 sent'],
    ['by a client that waited too long', RENT_ANY, TIMED_OUT, 'completed, 1 sent'],
  ])('after the yes, while the offer is read again, %s, spends nothing: %j', async (_, of, why, again) => {
    const stage = await openPaged();
    const { caller, cancel } = cancellable(A);
    const call = stage.ask(of.tool, of.args, caller);
    await paged(stage);
    const read = stage.hold(of === RENT ? 'GetAvailableNumber' : 'ListAvailableNumbers');
    await decide(await stage.page(), 'approve');
    await read();
    cancel(why);
    stage.release();
    await call;
    expect(stage.sent()).toEqual([]);
    expect((await stage.history({ limit: 1 })).entries).toEqual([]);
    expect(await becomes(stage, () => stage.ask(of.tool, of.args, A))).toBe(again);
  });

  test('whose grant nobody has read yet is not carried out by the next one', async () => {
    const stage = await openPaged();
    const { caller, cancel } = cancellable(A);
    const unsubscribe = stage.store.approvals.subscribe(
      ({ state }) => state === 'granted' && cancel(WITHDRAWN),
    );
    const call = rent(stage, caller);
    await decide(await stage.page(), 'approve');
    await call;
    unsubscribe();
    expect(stage.sent()).toEqual([]);
    expect(await becomes(stage, () => rent(stage))).toBe(NEW);
  });

  test('that waits behind another rent sends nothing', async () => {
    const stage = await openPaged();
    const { caller, cancel } = cancellable(A);
    const sent = stage.hold('RentAnyNumber');
    const first = rent(stage, { ...B, ...reader(stage, yes) });
    await sent();
    const second = rent(stage, { ...caller, ...reader(stage, yes) });
    await waiting(stage);
    cancel(WITHDRAWN);
    stage.release();
    expect(await second).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('cancelled'),
    });
    expect(await first).toMatchObject({ outcome: 'completed' });
    expect(stage.sent()).toHaveLength(1);
  });

  test.each([WITHDRAWN, TIMED_OUT])('that was sent is carried out, and its outcome kept: %s', async (why) => {
    const stage = await openPaged();
    const { caller, cancel } = cancellable(A);
    const sent = stage.hold('RentAnyNumber');
    const call = rent(stage, caller);
    await decide(await stage.page(), 'approve');
    await sent();
    cancel(why);
    stage.release();
    expect(await call).toMatchObject({ outcome: 'completed' });
    expect(await becomes(stage, () => rent(stage, B))).toBe(NEW);
    expect(await becomes(stage, () => rent(stage))).toBe(TOLD);
    expect(await becomes(stage, () => rent(stage))).toBe(NEW);
  });
});

describe('the same call made twice at once', () => {
  test('is asked about once on one page; one yes rents one number, and both are told', async () => {
    const stage = await openPaged();
    const calls = [rent(stage), rent(stage)];
    await paged(stage, 2);
    await decide(await stage.page(), 'approve');
    const answers = await Promise.all(calls);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(new Set(answers.map(({ number }) => number?.phoneNumber)).size).toBe(1);
    expect(stage.sent()).toEqual([RENT_ANY.request]);
    expect(stage.pages).toHaveLength(1);
  });

  test.each(['a price that moves', 'a last number that is taken'])(
    'is told to the later one with %s as the earlier is carried out',
    async (what) => {
      const stage = await openPaged();
      const numberPattern = { pattern: '+12025550134', searchPattern: 'START' };
      const args = what.startsWith('a last') ? { numberPattern } : {};
      const calls = [rent(stage, A, args), rent(stage, A, args)];
      await paged(stage, 2);
      const sent = stage.hold('RentAnyNumber');
      await decide(await stage.page(), 'approve');
      await sent();
      movePrices(stage);
      stage.release();
      expect((await Promise.all(calls)).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
      expect(stage.sent()).toHaveLength(1);
      expect(stage.pages).toHaveLength(1);
    },
  );

  test('goes on where one of them is cancelled', async () => {
    const stage = await openPaged();
    const { caller, cancel } = cancellable(A);
    const [first, second] = [rent(stage, caller), rent(stage)];
    await paged(stage, 2);
    cancel(WITHDRAWN);
    await first;
    await decide(await stage.page(), 'approve');
    expect(await second).toMatchObject({ outcome: 'completed' });
    expect(stage.sent()).toHaveLength(1);
  });

  test('with one token sends once, and all are told, also where they read the offer in the same moment', async () => {
    const stage = await openPaged({ mode: 'token' });
    const call = (args: object = {}) => stage.ask(RENT.tool, { ...RENT.args, ...args }, A);
    const confirmationToken = tokenOf(await call());
    const read = stage.hold('GetAvailableNumber');
    const calls = Array.from({ length: 5 }, () => call({ confirmationToken }));
    await read(5);
    stage.release();
    const answers = await Promise.all(calls);
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(5).fill('completed'));
    expect(stage.sent()).toEqual([RENT.request]);
  });
});
