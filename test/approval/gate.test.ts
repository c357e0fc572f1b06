import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { OFFERED, UNKNOWN } from '../api/support.ts';
import {
  agreeable,
  GATED_CALLS,
  incapable,
  openRentedStage,
  openStage,
  RENTED,
  START,
  tokenOf,
} from '../support/stage.ts';

/** The structured answer as it is documented, and nothing else. */
const documented = z.strictObject({
  outcome: z.enum(['completed', 'confirmation_required', 'declined', 'not_executed', 'unknown']),
  message: z.string().min(1),
  confirmedBy: z.enum(['elicitation', 'token']).optional(),
  confirmation: z.strictObject({ token: z.string().min(1), expiresAt: z.iso.datetime() }).optional(),
  stakes: z.looseObject({}).optional(),
  number: z.looseObject({ phoneNumber: z.string() }).optional(),
});

describe.each(GATED_CALLS)('$tool', ({ tool, args, field, answer, request }) => {
  test('is carried out once when a person types the answer into the form', async () => {
    const stage = await openRentedStage();
    const person = agreeable();
    const result = await stage.call(tool, args, person);
    const { stakes, number, ...told } = documented.parse(result.structured);
    expect(told).toEqual({ outcome: 'completed', message: 'Done.', confirmedBy: 'elicitation' });
    expect(stakes).toMatchObject({ regionCode: 'US', type: 'LOCAL' });
    expect(person.questions).toMatchObject([{ field, answer }]);
    expect(result).toMatchObject({ isError: false });
    expect(result.text).toMatch(new RegExp(`^completed: Done\\.\n\\${number?.phoneNumber} \\| US LOCAL`));
    expect(stage.sent()).toEqual([request]);
  });

  test('answers with a token where no form can be shown, and is carried out once when it is spent', async () => {
    const stage = await openRentedStage();
    const first = await stage.call(tool, args);
    const { outcome, message, confirmation, stakes, ...rest } = documented.parse(first.structured);
    expect(outcome).toBe('confirmation_required');
    expect(rest).toEqual({});
    expect(stakes).toMatchObject({ regionCode: 'US', type: 'LOCAL' });
    expect(confirmation?.expiresAt).toBe(new Date(START + 5 * 60_000).toISOString());
    expect(message).toMatch(/^Nothing has been sent\. Put this to the user and wait for their answer:\n/);
    expect(message).toContain(
      `Only if they agree, call ${tool} again before ${confirmation?.expiresAt} with the same arguments and confirmationToken "${confirmation?.token}"`,
    );
    expect(first).toMatchObject({ isError: false, text: `confirmation_required: ${message}`, changed: [] });
    expect(stage.sent()).toEqual([]);

    const second = await stage.call(tool, { ...args, confirmationToken: confirmation?.token });
    const { number, ...told } = documented.parse(second.structured);
    expect(told).toEqual({ outcome: 'completed', message: 'Done.', confirmedBy: 'token', stakes });
    expect(number).toMatchObject({ regionCode: 'US', type: 'LOCAL' });
    expect(stage.sent()).toEqual([request]);
  });

  test('names the resources that it changed, once it has', async () => {
    const stage = await openRentedStage();
    const { structured, changed } = await stage.call(tool, args, agreeable());
    const { number } = documented.parse(structured);
    const uri = 'sinch-numbers://active-numbers';
    expect(changed).toEqual(['sinch-numbers://journal', uri, `${uri}/${number?.phoneNumber}`]);
  });

  test('asks nobody in mode token, even where a form could be shown', async () => {
    const stage = await openRentedStage({ mode: 'token' });
    const person = agreeable();
    const waiting = await stage.ask(tool, args, person);
    expect(waiting.outcome).toBe('confirmation_required');
    expect(stage.sent()).toEqual([]);
    const done = await stage.ask(tool, { ...args, confirmationToken: tokenOf(waiting) }, person);
    expect(done).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(person.questions).toEqual([]);
  });

  test('shows the form in mode human', async () => {
    const stage = await openRentedStage({ mode: 'human' });
    const done = await stage.ask(tool, args, agreeable());
    expect(done).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
    expect(stage.sent()).toEqual([request]);
  });

  test.each([
    ['that has no forms', {}],
    ['that turns out to have none', incapable()],
  ])('is refused in mode human for a client %s, with what the user can do', async (_, client) => {
    const stage = await openRentedStage({ mode: 'human' });
    const result = await stage.call(tool, args, client);
    const refused = documented.parse(result.structured);
    expect(refused).toMatchObject({ outcome: 'not_executed', stakes: { regionCode: 'US' } });
    expect(refused).not.toHaveProperty('confirmation');
    expect(refused.message).toContain('use a client that can show forms');
    expect(refused.message).toMatch(/Nothing was sent\.$/);
    expect(result.isError).toBe(true);
    expect(stage.sent()).toEqual([]);
  });

  test('falls back to a token in mode auto for a client that turns out to have no forms', async () => {
    const stage = await openRentedStage();
    const waiting = await stage.ask(tool, args, incapable());
    expect(waiting.outcome).toBe('confirmation_required');
    expect(stage.sent()).toEqual([]);
    const done = await stage.ask(tool, { ...args, confirmationToken: tokenOf(waiting) }, incapable());
    expect(done).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(stage.sent()).toEqual([request]);
  });

  test('sends nothing when the API cannot tell what is at stake', async () => {
    const stage = await openRentedStage();
    stage.simulator.faults.add({ method: 'GET', answer: { status: 500 }, times: 100 });
    const person = agreeable();
    const answer = await stage.ask(tool, args, person);
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toContain('HTTP 500');
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test('sends nothing when the API no longer tells, after the yes, what is at stake', async () => {
    const stage = await openRentedStage();
    const { faults } = stage.simulator;
    const waiting = await stage.ask(tool, args);
    faults.add({ method: 'GET', answer: { status: 500 } });
    const answer = await stage.ask(tool, { ...args, confirmationToken: tokenOf(waiting) });
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(stage.sent()).toEqual([]);
  });

  test('tells the answer of the API when it refuses what was agreed to', async () => {
    const stage = await openRentedStage();
    const body = {
      error: { code: 400, status: 'INVALID_ARGUMENT', message: 'Not enough credit', details: [] },
    };
    stage.simulator.faults.add({ method: 'POST', path: /:re/, answer: { status: 400, body } });
    const result = await stage.call(tool, args, agreeable());
    const refused = documented.parse(result.structured);
    expect(refused).toMatchObject({ outcome: 'not_executed', confirmedBy: 'elicitation' });
    const [first, last] = refused.message.split('\n');
    expect(first).toBe(`${tool} failed: HTTP 400 INVALID_ARGUMENT: Not enough credit.`);
    expect(last).toMatch(/^Correct the arguments.* Nothing was (rented|changed)\.$/);
    expect(result).toMatchObject({ isError: true, changed: [] });
    expect(stage.sent()).toEqual([request]);
  });
});

describe('what cannot be done', () => {
  test('is refused before anybody is asked: renting what the project rents', async () => {
    const stage = await openRentedStage();
    const person = agreeable();
    const answer = await stage.ask('rent_number', { phoneNumber: RENTED }, person);
    expect(answer).toMatchObject({
      outcome: 'not_executed',
      message: `${RENTED} is already rented by this project: there is nothing to rent. Nothing was sent.`,
      isError: true,
    });
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test.each(['taken by another customer', 'never offered'])(
    'is refused before anybody is asked: renting a number %s',
    async (why) => {
      const stage = await openStage();
      const phoneNumber = why === 'never offered' ? UNKNOWN : OFFERED;
      stage.simulator.project.take(phoneNumber);
      const person = agreeable();
      const answer = await stage.ask('rent_number', { phoneNumber }, person);
      expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
      expect(answer.message).toContain(`${phoneNumber} is not available`);
      expect(answer.message).toContain('search_available_numbers');
      expect(person.questions).toEqual([]);
      expect(stage.sent()).toEqual([]);
    },
  );

  test('is refused before anybody is asked: renting any of none', async () => {
    const stage = await openStage();
    const person = agreeable();
    const numberPattern = { pattern: '+1999', searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const answer = await stage.ask('rent_any_number', args, person);
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toContain('No number matches');
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test('is refused before anybody is asked: releasing what is being released', async () => {
    const stage = await openRentedStage();
    const { expireAt = 0 } = stage.simulator.project.release(RENTED);
    const ends = new Date(expireAt).toISOString().slice(0, 10);
    const person = agreeable();
    const answer = await stage.ask('release_number', { phoneNumber: RENTED }, person);
    expect(answer).toMatchObject({
      outcome: 'not_executed',
      message: `${RENTED} is released already: it ends ${ends}. Nothing was sent.`,
      isError: true,
    });
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test('is refused before anybody is asked: releasing what the project does not rent', async () => {
    const stage = await openStage();
    const person = agreeable();
    const answer = await stage.ask('release_number', { phoneNumber: OFFERED }, person);
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toContain(`HTTP 404 NOT_FOUND: no ActiveNumber ${OFFERED}.`);
    expect(answer.message).toContain('This project does not rent it');
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });
});
