/** What is told of a rent or release whose answer was lost, held against what really became of it. */
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import { fastClock, OFFERED } from '../api/support.ts';
import {
  agreeable,
  GATED_CALLS,
  openRentedStage,
  openStage,
  RENTED,
  type Stage,
  type StageOptions,
  tokenOf,
} from '../support/stage.ts';

const [RENT, RENT_ANY, RELEASE] = GATED_CALLS;

/** The requests that a fault of these tests hits: the one that rents or releases. */
const POST = { method: 'POST', path: /:re/ } as const;
const HTML = '<html><body>Bad gateway</body></html>';

/** Rented numbers besides the one that tests release, so that a new one has to be told from others. */
const ACTIVE = 20;

function open(options: StageOptions = {}): Promise<Stage> {
  return openRentedStage({ active: ACTIVE, ...options });
}

/** Whether the simulator has carried out what a tool asks for. */
function isCarriedOut({ simulator: { project } }: Stage, tool: string): boolean {
  const everything = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };
  if (tool === RELEASE.tool) return project.get(RENTED).expireAt !== undefined;
  return project.list(everything, 'phoneNumber', 1, undefined).totalSize > ACTIVE + 1;
}

/** A clock that runs `meanwhile` in the pause before the n-th reading of the state. */
function inPause(n: number, meanwhile: () => unknown): Clock {
  let pauses = 0;
  return {
    now: Date.now,
    async sleep() {
      if (++pauses === n) await meanwhile();
    },
  };
}

describe.each(GATED_CALLS)('the lost answer to $tool', ({ tool, args, request }) => {
  const check =
    tool === RENT_ANY.tool ? 'list_active_numbers' : `get_active_number ${Object.values(args)[0]}`;

  async function callWith(fault: Fault, options: StageOptions = {}) {
    const stage = await open(options);
    stage.simulator.faults.add({ ...POST, ...fault });
    const answer = await stage.ask(tool, args, agreeable());
    return { stage, answer };
  }

  test('is told as completed when the connection broke after the effect', async () => {
    const { stage, answer } = await callWith({ drop: 'after' });
    expect(answer).toMatchObject({
      outcome: 'completed',
      confirmedBy: 'elicitation',
      stakes: { regionCode: 'US' },
      number: { regionCode: 'US', type: 'LOCAL' },
      isError: false,
    });
    expect(answer.message).toMatch(
      /^Done\. The answer was lost \(.+\), but (the number|a matching number) (is|has) /,
    );
    expect(isCarriedOut(stage, tool)).toBe(true);
    expect(stage.sent()).toEqual([request]);
  });

  test.each<[string, Fault]>([
    ['the connection broke before it', { drop: 'before' }],
    ['the answer was 408', { answer: { status: 408 } }],
    ['the answer was 500', { answer: { status: 500 } }],
    ['the answer was 503', { answer: { status: 503 } }],
    ['the answer was 200 in HTML', { answer: { status: 200, body: HTML } }],
    ['the answer was 200 and no number', { answer: { status: 200, body: { capability: 'SMS' } } }],
  ])('is told as not executed when %s, and there was no effect', async (_, fault) => {
    const { stage, answer } = await callWith(fault);
    expect(answer).toMatchObject({ outcome: 'not_executed', confirmedBy: 'elicitation', isError: true });
    expect(answer).not.toHaveProperty('number');
    expect(answer.message).toMatch(/^The answer was lost \(/);
    expect(answer.message).toMatch(/and the state shows no effect of it\. It was not repeated\. /);
    expect(isCarriedOut(stage, tool)).toBe(false);
    expect(stage.sent()).toEqual([request]);
  });

  test.each([502, 504])(
    'is told as unknown after a %i, which may still have an effect, with what to check',
    async (status) => {
      const { stage, answer } = await callWith({ answer: { status, body: HTML } });
      expect(answer).toMatchObject({ outcome: 'unknown', confirmedBy: 'elicitation', isError: true });
      expect(answer.message).toContain('It was not repeated.');
      expect(answer.message).toContain(`Before anything else check ${check}`);
      expect(stage.sent()).toEqual([request]);
    },
  );

  test('is told as completed when the effect shows only at the last reading', async () => {
    const stage = await open({ pauses: inPause(3, () => carryOut()) });
    const carryOut = () =>
      tool === RELEASE.tool
        ? stage.simulator.project.release(RENTED)
        : stage.simulator.project.rent(OFFERED, {});
    stage.simulator.faults.add({ ...POST, answer: { status: 504 } });
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer.outcome).toBe('completed');
    expect(answer.number?.phoneNumber).toBe(tool === RELEASE.tool ? RENTED : OFFERED);
    expect(stage.sent()).toEqual([request]);
  });

  test('is told as unknown when time ran out, and the effect comes later', async () => {
    const { stage, answer } = await callWith({ delayMs: 1_200 }, { budgetMs: 800 });
    expect(isCarriedOut(stage, tool)).toBe(false);
    expect(answer).toMatchObject({ outcome: 'unknown', isError: true });
    expect(answer.message).toContain('no answer within 0.8 s');
    expect(answer.message).toContain(`Before anything else check ${check}`);
    await expect.poll(() => isCarriedOut(stage, tool)).toBe(true);
    expect(stage.sent()).toEqual([request]);
  });

  test('is told as completed when time ran out, and the effect comes while the state is read', async () => {
    const untilCarriedOut = inPause(2, () => expect.poll(() => isCarriedOut(stage, tool)).toBe(true));
    const stage = await open({ budgetMs: 800, pauses: untilCarriedOut });
    stage.simulator.faults.add({ ...POST, delayMs: 1_200 });
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer).toMatchObject({ outcome: 'completed', number: { type: 'LOCAL' } });
    expect(stage.sent()).toEqual([request]);
  });

  test('is told as unknown when the state cannot be read either', async () => {
    const stage = await open({
      pauses: inPause(1, () =>
        stage.simulator.faults.add({ method: 'GET', answer: { status: 500 }, times: 100 }),
      ),
    });
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer).toMatchObject({ outcome: 'unknown', isError: true });
    expect(answer).not.toHaveProperty('number');
    expect(answer.message).toContain(`Before anything else check ${check}`);
    expect(stage.sent()).toEqual([request]);
  });

  test('is told as completed when the state can be read only at the third attempt', async () => {
    const stage = await open({
      pauses: inPause(1, () =>
        stage.simulator.faults.add({ method: 'GET', answer: { status: 500 }, times: 2 }),
      ),
    });
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer.outcome).toBe('completed');
    expect(stage.sent()).toEqual([request]);
  });

  test('is settled in the same way after a yes by token', async () => {
    const stage = await open();
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const confirmationToken = tokenOf(await stage.ask(tool, args));
    const answer = await stage.ask(tool, { ...args, confirmationToken });
    expect(answer).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    const again = await stage.ask(tool, { ...args, confirmationToken });
    expect(again.outcome).toBe('not_executed');
    expect(stage.sent()).toEqual([request]);
  });

  test('that may have had an effect is told as a change of the resources', async () => {
    const stage = await open();
    stage.simulator.faults.add({ ...POST, answer: { status: 504 } });
    const { changed } = await stage.call(tool, args, agreeable());
    expect(changed).toContain('sinch-numbers://active-numbers');
  });

  test('is waited for even if the caller cancels after the request was sent', async () => {
    const caller = new AbortController();
    const stage = await open({ pauses: inPause(1, () => caller.abort()) });
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(tool, args, { ...agreeable(), signal: caller.signal });
    expect(answer.outcome).toBe('completed');
    expect(stage.sent()).toEqual([request]);
  });
});

describe('a request that the API cannot have carried out', () => {
  test('is made again after a 429', async () => {
    const stage = await open();
    stage.simulator.faults.add({ ...POST, answer: { status: 429 } });
    const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
    expect(answer).toMatchObject({ outcome: 'completed', message: 'Done.' });
    expect(stage.sent()).toEqual([RENT_ANY.request, RENT_ANY.request]);
    expect(stage.simulator.requests.at(-1)).toBe(RENT_ANY.request);
  });

  test('is made again with a fresh token after a 401', async () => {
    const stage = await open();
    stage.simulator.faults.add({ ...POST, answer: { status: 401 } });
    const answer = await stage.ask(RENT.tool, RENT.args, agreeable());
    expect(answer.outcome).toBe('completed');
    expect(stage.sent()).toEqual([RENT.request, RENT.request]);
  });
});

describe('a lost rent', () => {
  test('is unknown where the number went to nobody knows whom', async () => {
    const stage = await open({ pauses: inPause(1, () => stage.simulator.project.take(OFFERED)) });
    stage.simulator.faults.add({ ...POST, drop: 'before' });
    const answer = await stage.ask(RENT.tool, RENT.args, agreeable());
    expect(answer.outcome).toBe('unknown');
    expect(stage.sent()).toEqual([RENT.request]);
  });
});

describe('a lost rent of any number', () => {
  test('is unknown where two new numbers are there, and only one can be its own', async () => {
    const stage = await open({
      pauses: inPause(1, () => stage.simulator.project.rent(OFFERED, {})),
    });
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
    expect(answer.outcome).toBe('unknown');
    expect(answer).not.toHaveProperty('number');
    expect(stage.sent()).toEqual([RENT_ANY.request]);
  });

  test('does not take a new number of another kind for its own', async () => {
    const stage = await open({
      pauses: inPause(1, () => stage.simulator.project.rent('+18005550100', {})),
    });
    stage.simulator.faults.add({ ...POST, drop: 'before' });
    const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
    expect(answer.outcome).toBe('not_executed');
  });

  test.each<[string, Fault]>([
    ['could not be read', { answer: { status: 500 } }],
    ['were too many to read', { answer: { status: 200, body: { activeNumbers: [], totalSize: 10_001 } } }],
  ])('is unknown where the numbers before it %s', async (_, fault) => {
    const stage = await openStage();
    stage.simulator.faults.add({ method: 'GET', path: /\/activeNumbers\?/, ...fault });
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
    expect(answer.outcome).toBe('unknown');
    expect(answer.message).toContain('a number that was not there before went through');
    expect(stage.sent()).toEqual([RENT_ANY.request]);
  });

  test('is found on a later page of many rented numbers', async () => {
    const stage = await open({ active: 2_500 });
    const last = '+17185550199';
    const { project, faults } = stage.simulator;
    const offered = { ...RENT_ANY.args, capabilities: [], pattern: '', searchPattern: 'CONTAINS' };
    for (const { phoneNumber } of project.search(offered, 10_000)) {
      if (phoneNumber !== last) project.take(phoneNumber);
    }
    faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
    expect(answer).toMatchObject({ outcome: 'completed', number: { phoneNumber: last } });
  });
});

test('two rents of any number at once, one of them lost before its effect, do not both claim the same number', async () => {
  const stage = await openStage();
  stage.simulator.faults.add({ path: /rentAny/, drop: 'before' });
  const calls = [1, 2].map(() => stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable()));
  const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome).sort();
  expect(outcomes).toEqual(['completed', 'not_executed']);
});

test('a page token that never ends does not keep a rent of any number waiting', async () => {
  const stage = await openStage();
  const body = { activeNumbers: [], nextPageToken: 'again' };
  stage.simulator.faults.add({ path: /\/activeNumbers\?/, times: 1_000, answer: { status: 200, body } });
  const { outcome } = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
  expect(outcome).toBe('completed');
  expect(stage.sent()).toEqual([RENT_ANY.request]);
});

test('the reason of a lost answer stays on one line', async () => {
  const stage = await openStage();
  stage.simulator.faults.add({ ...POST, answer: { status: 200, body: { capability: 'SMS' } } });
  const { message } = await stage.ask(RENT.tool, RENT.args, agreeable());
  expect(message).not.toContain('\n');
});

describe('a lost release', () => {
  test('is completed where the number is gone altogether', async () => {
    const stage = await open({ pauses: inPause(1, () => stage.time.advance(62 * 24 * 3_600_000)) });
    stage.simulator.faults.add({ ...POST, drop: 'after' });
    const answer = await stage.ask(RELEASE.tool, RELEASE.args, agreeable());
    expect(answer).toMatchObject({ outcome: 'completed', isError: false });
    expect(answer).not.toHaveProperty('number');
  });
});

test('between its readings of the state a settlement pauses for 1 and 3 seconds', async () => {
  const pauses = fastClock();
  const stage = await open({ pauses });
  stage.simulator.faults.add({ ...POST, drop: 'before' });
  await stage.ask(RENT.tool, RENT.args, agreeable());
  expect(pauses.sleeps).toEqual([0, 1_000, 3_000]);
});

test('a lost release is unknown where a gateway answers 404 without a word of the number', async () => {
  const gateway = { method: 'GET', times: 100, answer: { status: 404, body: HTML } };
  const stage: Stage = await open({ pauses: inPause(1, () => stage.simulator.faults.add(gateway)) });
  stage.simulator.faults.add({ ...POST, drop: 'before' });
  const { outcome } = await stage.ask(RELEASE.tool, RELEASE.args, agreeable());
  expect(outcome).toBe('unknown');
});
