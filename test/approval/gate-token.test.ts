/** The way by token: what a token does not open. */
import { describe, expect, test } from 'vitest';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import {
  agreeable,
  GATED_CALLS,
  openRentedStage,
  openStage,
  RENTED,
  rentLinked,
  type Stage,
  tokenOf,
} from '../support/stage.ts';

const OTHER_RENTED = '+12025550137';

/** A second call of each tool, for another number or other conditions. */
const OTHER_ARGUMENTS: Readonly<Record<string, readonly object[]>> = {
  rent_number: [
    { phoneNumber: OFFERED_TOO },
    { phoneNumber: OFFERED, smsConfiguration: { servicePlanId: 'plan' } },
    { phoneNumber: OFFERED, callbackUrl: 'https://example.com/callbacks' },
  ],
  rent_any_number: [
    { regionCode: 'US', type: 'TOLL_FREE' },
    { regionCode: 'US', type: 'LOCAL', capabilities: ['SMS'] },
    { regionCode: 'US', type: 'LOCAL', numberPattern: { pattern: '202' } },
    { regionCode: 'US', type: 'LOCAL', smsConfiguration: { servicePlanId: 'plan' } },
    { regionCode: 'US', type: 'LOCAL', voiceConfiguration: { appId: 'app' } },
  ],
  release_number: [{ phoneNumber: OTHER_RENTED }],
};

async function tokenFor(stage: Stage, tool: string, args: object): Promise<string> {
  return tokenOf(await stage.ask(tool, args));
}

describe.each(GATED_CALLS)('$tool sends nothing', ({ tool, args, request }) => {
  /** Asserts that a call with this token is refused, and that it asks for nothing else instead. */
  async function expectRefusal(stage: Stage, call: object, reason: string): Promise<void> {
    const answer = await stage.ask(tool, call);
    expect(answer).toMatchObject({
      outcome: 'not_executed',
      message: `The confirmationToken is ${reason}. If the user wants this call, make it without a token to be asked anew. Nothing was sent.`,
      isError: true,
    });
    expect(answer).not.toHaveProperty('confirmation');
    expect(stage.sent()).toEqual([]);
  }

  test('for a token that was issued in another conversation, and the token stays good in its own', async () => {
    const stage = await openRentedStage();
    const confirmationToken = tokenOf(await stage.ask(tool, args, { id: 'one' }));
    const elsewhere = await stage.ask(tool, { ...args, confirmationToken }, { id: 'two' });
    expect(elsewhere).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(stage.sent()).toEqual([]);
    const here = await stage.ask(tool, { ...args, confirmationToken }, { id: 'one' });
    expect(here).toMatchObject({ outcome: 'completed' });
    expect(stage.sent()).toEqual([request]);
  });

  test.each(['yes', 'token', '0'.repeat(32), 'constructor'])('for the made-up token %j', async (made) => {
    const stage = await openRentedStage();
    await tokenFor(stage, tool, args);
    await expectRefusal(stage, { ...args, confirmationToken: made }, 'unknown or already used');
  });

  test.each(OTHER_ARGUMENTS[tool] ?? [])('for %j with the token of another call', async (other) => {
    const stage = await openRentedStage();
    rentLinked(stage, OTHER_RENTED);
    const confirmationToken = await tokenFor(stage, tool, args);
    await expectRefusal(stage, { ...other, confirmationToken }, 'issued for another call');
  });

  test.each(GATED_CALLS.filter((other) => other.tool !== tool))('for a token of $tool', async (other) => {
    const stage = await openRentedStage();
    const confirmationToken = await tokenFor(stage, other.tool, other.args);
    await expectRefusal(stage, { ...args, confirmationToken }, 'issued for another call');
  });

  test('for a token that is five minutes old', async () => {
    const stage = await openRentedStage();
    const confirmationToken = await tokenFor(stage, tool, args);
    await stage.clock.advance(5 * 60_000);
    await expectRefusal(stage, { ...args, confirmationToken }, 'expired');
  });

  test('for any token in mode human', async () => {
    const stage = await openRentedStage({ mode: 'human' });
    await expectRefusal(stage, { ...args, confirmationToken: 'any' }, reason);
  });

  test('for a token of another process', async () => {
    const confirmationToken = await tokenFor(await openRentedStage(), tool, args);
    const stage = await openRentedStage();
    await expectRefusal(stage, { ...args, confirmationToken }, 'unknown or already used');
  });

  test('for a made-up token even where a person would say yes to a form', async () => {
    const stage = await openRentedStage();
    const person = agreeable();
    const answer = await stage.ask(tool, { ...args, confirmationToken: 'yes' }, person);
    expect(answer.outcome).toBe('not_executed');
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test('a second time for a token that was used', async () => {
    const stage = await openRentedStage();
    const confirmationToken = await tokenFor(stage, tool, args);
    const first = await stage.ask(tool, { ...args, confirmationToken });
    expect(first.outcome).toBe('completed');
    const second = await stage.ask(tool, { ...args, confirmationToken });
    expect(second).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(second.message).toContain('already used (completed, +1');
    expect(stage.sent()).toEqual([request]);
  });

  test('a second time for two calls with the same token at the same time', async () => {
    const stage = await openRentedStage();
    const confirmationToken = await tokenFor(stage, tool, args);
    const calls = Array.from({ length: 5 }, () => stage.ask(tool, { ...args, confirmationToken }));
    const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'completed')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'not_executed')).toHaveLength(4);
    expect(stage.sent()).toEqual([request]);
  });
});

describe('a token', () => {
  test('is spent by the same arguments, however they are written', async () => {
    const stage = await openRentedStage();
    const smsConfiguration = { servicePlanId: 'plan', campaignId: 'C1' };
    const confirmationToken = await tokenFor(stage, 'rent_number', {
      phoneNumber: OFFERED,
      smsConfiguration,
    });
    const answer = await stage.ask('rent_number', {
      confirmationToken,
      smsConfiguration: '{"campaignId":"C1","servicePlanId":"plan"}',
      phoneNumber: OFFERED,
    });
    expect(answer.outcome).toBe('completed');
  });

  test('that was tried on another call is still good for its own', async () => {
    const stage = await openRentedStage();
    const confirmationToken = await tokenFor(stage, 'release_number', { phoneNumber: RENTED });
    await stage.ask('rent_number', { phoneNumber: OFFERED, confirmationToken });
    const answer = await stage.ask('release_number', { phoneNumber: RENTED, confirmationToken });
    expect(answer.outcome).toBe('completed');
    expect(stage.sent()).toEqual([`POST /activeNumbers/${RENTED}:release`]);
  });

  test('is good until its last moment', async () => {
    const stage = await openRentedStage();
    const confirmationToken = await tokenFor(stage, 'rent_number', { phoneNumber: OFFERED });
    await stage.clock.advance(5 * 60_000 - 1);
    const answer = await stage.ask('rent_number', { phoneNumber: OFFERED, confirmationToken });
    expect(answer.outcome).toBe('completed');
  });

  test('must not be empty', async () => {
    const stage = await openRentedStage();
    const result = await stage.call('rent_number', { phoneNumber: OFFERED, confirmationToken: '' });
    expect(result.text).toContain('confirmationToken');
    expect(result).toMatchObject({ isError: true, structured: { outcome: 'not_executed' } });
    expect(stage.sent()).toEqual([]);
  });
});

test('a token that is shown again tells what became of it, also while that is under way', async () => {
  const stage = await openStage();
  const call = {
    phoneNumber: OFFERED,
    confirmationToken: tokenOf(await stage.ask('rent_number', { phoneNumber: OFFERED })),
  };
  stage.simulator.faults.add({ path: /:rent/, delayMs: 300 });
  const first = stage.ask('rent_number', call);
  await expect.poll(() => stage.sent()).toHaveLength(1);
  const meanwhile = await stage.ask('rent_number', call);
  expect(meanwhile).toMatchObject({ outcome: 'not_executed' });
  expect(meanwhile.message).toContain('already used (that call is still under way)');
  expect(await first).toMatchObject({ outcome: 'completed' });
  const afterwards = await stage.ask('rent_number', call);
  expect(afterwards.message).toContain(`already used (completed, ${OFFERED})`);
  expect(stage.sent()).toHaveLength(1);
});

const US_LOCAL = { regionCode: 'US', type: 'LOCAL' };

test('two tokens for one question do not rent twice', async () => {
  const stage = await openStage();
  const [first, second] = [
    await stage.ask('rent_any_number', US_LOCAL),
    await stage.ask('rent_any_number', US_LOCAL),
  ];
  const spend = (answer: typeof first) =>
    stage.ask('rent_any_number', { ...US_LOCAL, confirmationToken: tokenOf(answer) });
  expect((await spend(first)).outcome).toBe('not_executed');
  expect((await spend(second)).outcome).toBe('completed');
  expect(stage.sent()).toHaveLength(1);
});
