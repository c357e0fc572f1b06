/** What is told of a request whose answer was lost, held against what really became of it. Nothing is repeated. */
import { describe, expect, test } from 'vitest';
import { operations } from '../../src/api/operations/numbers.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import { fastClock, OFFERED } from '../api/support.ts';
import { ASKED_CALLS, HOUR, openGate, RELEASE, RENT, RENT_ANY, UNLINK, yes } from '../support/gate.ts';
import { RENTED, reader, type Stage, type StageOptions, tokenOf } from '../support/stage.ts';

const HTML = '<html><body>Bad gateway</body></html>';

/** The request that carries a call out. */
const SENT = { path: /:re|activeNumbers\/[^:]*$|callbackConfiguration/ };

/** Everything that a gated call can change. */
async function stateOf({ simulator: { project, faults }, numbers }: Stage): Promise<string> {
  faults.clear();
  const all = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };
  const { records } = project.list(all, 'phoneNumber', 1_000, undefined);
  const numbered = records.map(({ pool: _, ...record }) => record);
  return JSON.stringify([numbered, await numbers.call(operations.getCallbackConfiguration, {})]);
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

const gone = { method: 'GET', answer: { status: 500 }, times: 100 } as const;

describe.each(ASKED_CALLS)('the lost answer to $tool', ({ tool, args, request, check }) => {
  const method = request.split(' ')[0] ?? '';

  async function callWith(fault: Fault, options: StageOptions = {}) {
    const stage = await openGate(options);
    const before = await stateOf(stage);
    stage.simulator.faults.add({ ...SENT, method, ...fault });
    const answer = await stage.ask(tool, args, reader(stage, yes));
    expect(stage.sent()).toEqual([request]);
    return { stage, answer, hasActed: (await stateOf(stage)) !== before };
  }

  test('is told as completed when the connection broke after the effect', async () => {
    const { answer, hasActed } = await callWith({ drop: 'after' });
    expect(answer).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation', isError: false });
    expect(answer).toHaveProperty(tool.includes('callback') ? 'callbackConfiguration' : 'number');
    expect(answer.message).toMatch(/^Done\. The answer was lost \([^\n]+\), but (the|a matching) [a-z ]+\./);
    expect(hasActed).toBe(true);
  });

  test.each<Fault>([
    { drop: 'before' },
    ...[408, 500, 503].map((status) => ({ answer: { status } })),
    { answer: { status: 200, body: HTML } },
  ])('is told as not executed when there was no effect: %j', async (fault) => {
    const { answer, hasActed } = await callWith(fault);
    expect(answer).toMatchObject({ outcome: 'not_executed', confirmedBy: 'elicitation', isError: true });
    expect(answer.message).toMatch(
      /^The answer was lost \(.*and the state shows no effect of it\. It was not repeated\. /,
    );
    expect(hasActed).toBe(false);
  });

  test.each([502, 504])(
    'is told as unknown after a %i, which may still have an effect, with what to check',
    async (status) => {
      const { answer } = await callWith({ answer: { status, body: HTML } });
      expect(answer).toMatchObject({ outcome: 'unknown', confirmedBy: 'elicitation', isError: true });
      expect(answer.message).toContain(`It was not repeated. Before anything else check ${check}`);
    },
  );

  test('is told as unknown when the state cannot be read either, and kept for its caller alone', async () => {
    const stage: Stage = await openGate({ pauses: inPause(1, () => stage.simulator.faults.add(gone)) });
    stage.simulator.faults.add({ ...SENT, method, drop: 'after' });
    const a = { id: 'a', ...reader(stage, yes) };
    const answer = await stage.ask(tool, args, { ...a, isListening: false });
    expect(answer).toMatchObject({ outcome: 'unknown', isError: true });
    stage.simulator.faults.clear();
    const told = await stage.ask(tool, args, a);
    expect(told).toMatchObject({ outcome: 'unknown', message: expect.stringContaining(answer.message) });
    expect(a.questions).toHaveLength(1);
    expect(stage.sent()).toEqual([request]);
    const other = await stage.ask(tool, args, { id: 'b' });
    expect(JSON.stringify(other)).not.toContain('made before');
  });

  test('is told as completed when the state can be read only at the third attempt, after a yes by token', async () => {
    const stage: Stage = await openGate({
      pauses: inPause(1, () => stage.simulator.faults.add({ ...gone, times: 2 })),
    });
    stage.simulator.faults.add({ ...SENT, method, drop: 'after' });
    const confirmationToken = tokenOf(await stage.ask(tool, args));
    const answer = await stage.ask(tool, { ...args, confirmationToken });
    expect(answer).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(stage.sent()).toEqual([request]);
  });
});

type Meanwhile = (stage: Stage) => unknown;
const BEFORE: Fault = { drop: 'before' };
const AFTER: Fault = { drop: 'after' };
const GATEWAY: Fault = { answer: { status: 504 } };
const rents = (phoneNumber: string) => (stage: Stage) => stage.simulator.project.rent(phoneNumber, {});
const takes: Meanwhile = ({ simulator }) => simulator.project.take(OFFERED);
const releases: Meanwhile = ({ simulator }) => simulator.project.release(RENTED);
const expires: Meanwhile = ({ time }) => time.advance(62 * 24 * HOUR);
const breaks: Meanwhile = ({ simulator }) =>
  simulator.faults.add({ method: 'GET', times: 100, answer: { status: 404, body: HTML } });

test.each<[typeof RENT | typeof RENT_ANY | typeof RELEASE, Fault, number, string, Meanwhile, string]>([
  [RENT, GATEWAY, 3, 'the effect shows', rents(OFFERED), 'completed'],
  [RENT_ANY, GATEWAY, 3, 'the effect shows', rents(OFFERED), 'completed'],
  [RELEASE, GATEWAY, 3, 'the effect shows', releases, 'completed'],
  [RELEASE, AFTER, 1, 'the number goes altogether', expires, 'completed'],
  [RELEASE, BEFORE, 1, 'a gateway says 404', breaks, 'unknown'],
  [RENT, BEFORE, 1, 'the number goes to nobody knows whom', takes, 'unknown'],
  [RENT_ANY, AFTER, 1, 'a second new number comes', rents(OFFERED), 'unknown'],
  [RENT_ANY, BEFORE, 1, 'a number of another kind comes', rents('+18005550100'), 'not_executed'],
])(
  'the lost answer to %j (%j), where before reading %i %s, is told as such',
  async (call, fault, ...rest) => {
    const [reading, , meanwhile, outcome] = rest;
    const stage: Stage = await openGate({ pauses: inPause(reading, () => meanwhile(stage)) });
    stage.simulator.faults.add({ ...SENT, method: 'POST', ...fault });
    const answer = await stage.ask(call.tool, call.args, reader(stage, yes));
    expect(answer.outcome).toBe(outcome);
    if (outcome !== 'completed') expect(answer).not.toHaveProperty('number');
    expect(stage.sent()).toEqual([call.request]);
  },
);

test('a rent whose time ran out is unknown: it may still be under way', async () => {
  const stage = await openGate({ budgetMs: 600 });
  stage.simulator.faults.add({ ...SENT, method: 'POST', delayMs: 10_000 });
  const answer = await stage.ask(RENT.tool, RENT.args, reader(stage, yes));
  expect(answer).toMatchObject({ outcome: 'unknown' });
  expect(answer.message).toContain('no answer within 0.6 s');
});

describe('a lost rent', () => {
  test.each<Fault>([
    { answer: { status: 500 } },
    { answer: { status: 200, body: { activeNumbers: [], totalSize: 10_001 } } },
    { answer: { status: 200, body: { activeNumbers: [], nextPageToken: 'again' } }, times: 1_000 },
  ])('of any number is unknown where those before it cannot be known: %j', async (fault) => {
    const stage = await openGate();
    stage.simulator.faults.add({ method: 'GET', path: /\/activeNumbers\?/, ...fault });
    stage.simulator.faults.add({ ...SENT, method: 'POST', drop: 'after' });
    const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, reader(stage, yes));
    expect(answer).toMatchObject({ outcome: 'unknown' });
    expect(answer.message).toContain('a number that was not there before went through');
    expect(stage.sent()).toEqual([RENT_ANY.request]);
  });

  test('of any number does not claim what the one of another caller brought at the same time', async () => {
    const stage = await openGate();
    stage.simulator.faults.add({ path: /rentAny/, drop: 'before' });
    const calls = ['a', 'b'].map((id) =>
      stage.ask(RENT_ANY.tool, RENT_ANY.args, { id, ...reader(stage, yes) }),
    );
    const answers = await Promise.all(calls);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'not_executed']);
  });

  test('is looked for at once, then after 1 and 3 seconds', async () => {
    const pauses = fastClock();
    const stage = await openGate({ pauses });
    stage.simulator.faults.add({ ...SENT, method: 'POST', drop: 'before' });
    await stage.ask(RENT.tool, RENT.args, reader(stage, yes));
    expect(pauses.sleeps).toEqual([0, 1_000, 3_000]);
  });
});

test.each([
  ['another service plan', { smsConfiguration: { servicePlanId: 'plan-b' } }],
  ['a new campaign', { smsConfiguration: { servicePlanId: 'plan-a', campaignId: 'C1' } }],
  ['a voice app', { voiceConfiguration: { appId: 'app-a' } }],
  ['a name', { displayName: 'Sales' }],
  ['a callback URL of the same host', { callbackUrl: 'https://example.com/b' }],
  ['a callback URL without its path', { callbackUrl: 'https://example.com' }],
])('a lost update that sets %s is told by what the number is', async (_, change) => {
  for (const [fault, told] of [
    [BEFORE, 'not_executed'],
    [AFTER, 'completed'],
  ] as const) {
    const stage = await openGate({ policies: { relink: 'schedule' } });
    stage.simulator.project.update(RENTED, 'Support', { callbackUrl: 'https://example.com/a' });
    stage.simulator.faults.add({ ...SENT, method: 'PATCH', ...fault });
    const { outcome } = await stage.ask(UNLINK.tool, { phoneNumber: RENTED, ...change }, reader(stage, yes));
    expect(outcome).toBe(told);
  }
});

test('a lost update is not taken for done by a job that has failed before', async () => {
  const stage = await openGate({ policies: { relink: 'schedule' } });
  const failing = { sms: { servicePlanId: 'CAMPAIGN_EXPIRED' } };
  stage.simulator.project.update(RENTED, undefined, failing);
  stage.time.advance(10_000);
  stage.simulator.faults.add({ ...SENT, method: 'PATCH', drop: 'before' });
  const args = { phoneNumber: RENTED, smsConfiguration: { servicePlanId: 'CAMPAIGN_EXPIRED' } };
  const { outcome } = await stage.ask(UNLINK.tool, args, reader(stage, yes));
  expect(outcome).toBe('not_executed');
});
