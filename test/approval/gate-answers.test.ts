/** Answers of a person, or of a client in their place, that are not the yes that was asked for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FormAnswer } from '../../src/approval/channels/channel.ts';
import { absent, agreeable, GATED_CALLS, openRentedStage, personWho, slow } from '../support/stage.ts';

describe.each(GATED_CALLS)('$tool sends nothing', ({ tool, args, field, answer }) => {
  /** What the call says when the form is answered so, after it was seen that nothing was sent. */
  async function answered(form: FormAnswer): Promise<string> {
    const stage = await openRentedStage();
    const person = personWho(() => form);
    const result = await stage.ask(tool, args, person);
    expect(result).toMatchObject({ outcome: 'declined', isError: false, stakes: { regionCode: 'US' } });
    expect(result).not.toHaveProperty('confirmation');
    expect(result).not.toHaveProperty('confirmedBy');
    expect(result.message).toContain('Nothing was sent.');
    expect(person.questions).toHaveLength(1);
    expect(stage.sent()).toEqual([]);
    return result.message;
  }

  test('when the person declines, and tells the agent to leave it', async () => {
    const message = await answered({ action: 'decline' });
    expect(message).toMatch(/^The user declined\. .*Do not ask again unless they bring it up\./);
    expect(message).toContain(
      'If they saw no question, their client answered it by itself; CONFIRM=token shows no form',
    );
  });

  test('when the person declines with the right answer typed in', async () => {
    await answered({ action: 'decline', content: { [field]: answer } });
  });

  test('when the form is closed', async () => {
    expect(await answered({ action: 'cancel' })).toContain('without an answer');
  });

  test('when the client answers something that is no action', async () => {
    await answered({ action: 'ok', content: { [field]: answer } });
  });

  test.each([
    ['with no content', undefined],
    ['with empty content', {}],
    ['with true', { [field]: true }],
    ['with yes', { [field]: 'yes' }],
    ['with an empty text', { [field]: '' }],
    ['with other digits', { [field]: '9999' }],
    ['with RENT in small letters', { [field]: 'rent' }],
    ['with the answer as a number', { [field]: Number.parseInt(answer, 10) }],
    ['with the answer in a list', { [field]: [answer] }],
    ['with the answer in another field', { answer, confirmed: answer, [`${field}s`]: answer }],
  ])('when the form comes back accepted %s', async (_, content) => {
    expect(await answered({ action: 'accept', content })).toContain('counts as no');
  });

  test('when nobody answers within 50 s, and withdraws the form', async () => {
    const stage = await openRentedStage();
    const person = absent();
    const call = stage.ask(tool, args, person);
    await person.asked;
    await stage.clock.advance(50_000);
    expect(await call).toMatchObject({ outcome: 'declined', isError: false });
    expect((await call).message).toMatch(/^Nobody answered in time\. Nothing was sent\./);
    expect(person.forms[0]?.aborted).toBe(true);
    expect(stage.sent()).toEqual([]);
  });

  test('when the right answer comes too late', async () => {
    const stage = await openRentedStage();
    const person = slow();
    const call = stage.ask(tool, args, person);
    await person.asked;
    await stage.clock.advance(50_000);
    person.reply({ action: 'accept', content: { [field]: answer } });
    expect((await call).outcome).toBe('declined');
    expect(stage.sent()).toEqual([]);
  });

  test('when the caller cancels while the form is open', async () => {
    const stage = await openRentedStage();
    const person = absent();
    const caller = new AbortController();
    const call = stage.call(tool, args, { ...person, signal: caller.signal });
    await person.asked;
    caller.abort();
    expect(await call).toMatchObject({ isError: true, text: expect.stringContaining('Nothing was sent.') });
    expect(person.forms[0]?.aborted).toBe(true);
    expect(stage.sent()).toEqual([]);
  });

  test('when the caller cancels in the moment of the yes', async () => {
    const stage = await openRentedStage();
    const caller = new AbortController();
    const person = personWho(() => {
      caller.abort();
      return { action: 'accept', content: { [field]: answer } };
    });
    const [call] = await Promise.allSettled([stage.ask(tool, args, { ...person, signal: caller.signal })]);
    expect(call.status === 'fulfilled' ? call.value.outcome : 'rejected').not.toBe('completed');
    expect(person.questions).toHaveLength(1);
    expect(stage.sent()).toEqual([]);
  });

  test('when the caller has cancelled before it began', async () => {
    const stage = await openRentedStage();
    const person = agreeable();
    const result = await stage.ask(tool, args, { ...person, signal: AbortSignal.abort() });
    expect(result).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(result.message).toContain('the call was cancelled');
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test('whatever JSON a client makes up for an answer', async () => {
    const stage = await openRentedStage();
    const form = fc.record({
      action: fc.constantFrom('accept', 'decline', 'cancel', 'yes', ''),
      content: fc.option(fc.dictionary(fc.oneof(fc.constant(field), fc.string()), fc.jsonValue()), {
        nil: undefined,
      }),
    });
    await fc.assert(
      fc.asyncProperty(form, async (made) => {
        const typed = made.content?.[field];
        fc.pre(typeof typed !== 'string' || typed.trim() !== answer);
        await stage.ask(
          tool,
          args,
          personWho(() => made),
        );
        expect(stage.sent()).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

test('a call that can tell its progress does so, and waits for an answer longer than 50 s', async () => {
  const [{ tool, args, request }] = GATED_CALLS;
  const stage = await openRentedStage();
  const person = slow();
  const told: string[] = [];
  const call = stage.ask(tool, args, { ...person, progress: (message) => told.push(message) });
  await person.asked;
  await stage.clock.advance(4 * 60_000);
  expect(told).toHaveLength(25);
  expect(stage.sent()).toEqual([]);
  person.reply({ action: 'accept', content: { lastFourDigits: '0134' } });
  expect((await call).outcome).toBe('completed');
  expect(stage.sent()).toEqual([request]);
});
