/** The way by token: what a token opens, and what it does not. */
import { describe, expect, test } from 'vitest';
import { OFFERED } from '../api/support.ts';
import { ASKED_CALLS, LIFETIME, openGate, openPaged, RELEASE, RENT, RENT_ANY, yes } from '../support/gate.ts';
import { openBeside, personWho, START, type Stage, tokenOf } from '../support/stage.ts';

const A = { id: 'a' };
const B = { id: 'b' };

async function refusal(stage: Stage, tool: string, args: object, caller = A): Promise<string> {
  const { outcome, message, isError } = await stage.ask(tool, args, caller);
  expect({ outcome, isError }).toEqual({ outcome: 'not_executed', isError: true });
  expect(message).toMatch(
    /If the user wants this call, make it without a token to be asked anew\. Nothing was sent\.$/,
  );
  return /^The confirmationToken is (.*?)\. If/.exec(message)?.[1] ?? message;
}

describe.each(ASKED_CALLS)('$tool', ({ tool, args, other, request }) => {
  test('is carried out once with the token that its question came with, by the same caller alone', async () => {
    const stage = await openGate();
    const person = personWho(yes);
    const waiting = await stage.ask(tool, args, A);
    const { message, confirmation, stakes } = waiting;
    expect(waiting).toMatchObject({ outcome: 'confirmation_required', isError: false });
    expect(confirmation?.expiresAt).toBe(new Date(START + LIFETIME).toISOString());
    expect(message).toMatch(/^Nothing has been sent\. Put this to the user and wait for their answer:\n/);
    expect(message).toContain(`with the same arguments and confirmationToken "${confirmation?.token}".`);
    const spend = { ...args, confirmationToken: tokenOf(waiting) };
    expect(await refusal(stage, tool, spend, B)).toBe('unknown or already used');
    expect(await refusal(await openBeside(stage), tool, spend, B)).toBe('unknown or already used');
    expect(stage.sent()).toEqual([]);
    await stage.clock.advance(LIFETIME - 1);
    const done = await stage.ask(tool, spend, { ...A, ...person });
    expect(done).toMatchObject({ outcome: 'completed', confirmedBy: 'token', stakes });
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([request]);
    expect(await refusal(stage, tool, spend)).toMatch(/^already used \(completed/);
    expect(await refusal(stage, tool, spend, B)).toBe('unknown or already used');
    expect(stage.sent()).toEqual([request]);
  });

  test('is not carried out with any other token', async () => {
    const stage = await openGate();
    const own = tokenOf(await stage.ask(tool, args, A));
    const { confirmation } = await stage.ask(tool, other, A);
    for (const made of ['yes', '0'.repeat(32), 'constructor']) {
      expect(await refusal(stage, tool, { ...args, confirmationToken: made })).toBe(
        'unknown or already used',
      );
    }
    expect(await refusal(stage, tool, { ...args, confirmationToken: confirmation?.token })).toBe(
      'issued for another call',
    );
    for (const call of ASKED_CALLS.filter((it) => it.tool !== tool)) {
      const reason = await refusal(stage, call.tool, { ...call.args, confirmationToken: own });
      expect(reason).toBe('issued for another call');
    }
    const first = own;
    const second = tokenOf(await stage.ask(tool, args, A));
    expect(await refusal(stage, tool, { ...args, confirmationToken: first })).toBe('expired');
    await stage.clock.advance(LIFETIME);
    expect(await refusal(stage, tool, { ...args, confirmationToken: second })).toBe('expired');
    expect(stage.sent()).toEqual([]);
  });

  test('takes no token in mode human, and asks nobody in mode token', async () => {
    const human = await openGate({ mode: 'human' });
    expect(await refusal(human, tool, { ...args, confirmationToken: 'any' })).toBe(
      'not accepted: this server wants the answer of a person',
    );
    const stage = await openPaged({ mode: 'token' });
    const person = personWho(yes);
    const confirmationToken = tokenOf(await stage.ask(tool, args, person));
    expect(await stage.ask(tool, { ...args, confirmationToken }, person)).toMatchObject({
      confirmedBy: 'token',
    });
    expect([person.questions, stage.pages]).toEqual([[], []]);
  });
});

describe('a token', () => {
  test('is spent by the same arguments, however they are written, at whichever server of its caller', async () => {
    const stage = await openGate();
    const smsConfiguration = { servicePlanId: 'plan', campaignId: 'C1' };
    const waiting = await stage.ask('rent_number', { phoneNumber: OFFERED, smsConfiguration }, A);
    const beside = await openBeside(stage);
    const spend = {
      confirmationToken: tokenOf(waiting),
      smsConfiguration: '{"campaignId":"C1","servicePlanId":"plan"}',
      phoneNumber: OFFERED,
    };
    expect(await beside.ask('rent_number', spend, A)).toMatchObject({ outcome: 'completed' });
    expect(stage.sent()).toHaveLength(1);
  });

  test('that was tried on another call is still good for its own', async () => {
    const stage = await openGate();
    const confirmationToken = tokenOf(await stage.ask(RELEASE.tool, RELEASE.args));
    await stage.ask(RENT.tool, { ...RENT.args, confirmationToken });
    expect(await stage.ask(RELEASE.tool, { ...RELEASE.args, confirmationToken })).toMatchObject({
      outcome: 'completed',
    });
  });

  test('must not be empty', async () => {
    const stage = await openGate();
    const result = await stage.call(RENT.tool, { ...RENT.args, confirmationToken: '' });
    expect(result).toMatchObject({ isError: true, text: expect.stringContaining('confirmationToken') });
  });

  test.each([
    ['without it', {}],
    ['with it', { confirmationToken: '' }],
  ])('that was spent while the API could not be read is not lost: the call goes on %s', async (_, again) => {
    const stage = await openGate({ mode: 'token' });
    const confirmationToken = tokenOf(await stage.ask(RENT_ANY.tool, RENT_ANY.args));
    const call = { ...RENT_ANY.args, confirmationToken };
    stage.simulator.faults.add({ method: 'GET', times: 4, answer: { status: 500 } });
    expect(await stage.ask(RENT_ANY.tool, call)).toMatchObject({ outcome: 'not_executed', isError: true });
    stage.simulator.faults.clear();
    const next = { ...RENT_ANY.args, ...('confirmationToken' in again && { confirmationToken }) };
    expect(await stage.ask(RENT_ANY.tool, next)).toMatchObject({
      outcome: 'completed',
      confirmedBy: 'token',
    });
    expect(stage.sent()).toHaveLength(1);
  });

  test('that is shown again tells what became of it', async () => {
    const stage = await openPaged({ mode: 'token' });
    const call = {
      ...RENT_ANY.args,
      confirmationToken: tokenOf(await stage.ask(RENT_ANY.tool, RENT_ANY.args, A)),
    };
    const sent = stage.hold('RentAnyNumber');
    const first = stage.ask(RENT_ANY.tool, call, { ...A, isListening: false });
    await sent();
    expect(await refusal(stage, RENT_ANY.tool, call, B)).toBe('unknown or already used');
    stage.release();
    expect(await first).toMatchObject({ outcome: 'completed' });
    const told = await stage.ask(RENT_ANY.tool, call, A);
    expect(told).toMatchObject({ outcome: 'completed', number: (await first).number, confirmedBy: 'token' });
    expect(told.message).toMatch(
      /^This is the outcome of the same call made before; nothing was sent again\. Done\./,
    );
    expect(await refusal(stage, RENT_ANY.tool, call)).toMatch(/^already used \(completed, \+1\d+\)$/);
    expect(stage.sent()).toHaveLength(1);
  });
});
