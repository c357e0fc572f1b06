/** The way to a person by a form, and what every gated call answers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { FormAnswer } from '../../src/approval/channels/channel.ts';
import { OFFERED, UNKNOWN } from '../api/support.ts';
import {
  ASKED_CALLS,
  blindClient,
  cancellable,
  LIFETIME,
  openGate,
  PATIENCE,
  RENT,
  TIMED_OUT,
  yes,
} from '../support/gate.ts';
import { absent, incapable, personWho, RENTED, reader, slow } from '../support/stage.ts';

/** The structured answer as it is documented, and nothing else. */
const documented = z.strictObject({
  outcome: z.enum(['completed', 'confirmation_required', 'declined', 'not_executed', 'unknown']),
  message: z.string().min(1),
  confirmedBy: z.enum(['elicitation', 'page', 'token']).optional(),
  confirmation: z.strictObject({ token: z.string().min(32), expiresAt: z.iso.datetime() }).optional(),
  stakes: z.looseObject({}).optional(),
  number: z.looseObject({ phoneNumber: z.string() }).optional(),
  callbackConfiguration: z.looseObject({}).optional(),
});

/** What sets a way of asking: no agent is ever told of it. */
const SWITCHES = /CONFIRM|OPEN_BROWSER|--|env\b/;

describe.each(ASKED_CALLS)('$tool', ({ tool, args, field, answer, request }) => {
  test('is carried out once when a person types the answer into the form', async () => {
    const stage = await openGate({ mode: 'human' });
    const person = reader(stage, yes);
    const result = await stage.call(tool, args, person);
    expect(documented.parse(result.structured)).toMatchObject({
      outcome: 'completed',
      confirmedBy: 'elicitation',
      stakes: expect.any(Object),
      message: expect.stringMatching(/^Done\./),
    });
    expect(person.questions).toMatchObject([{ field, answer }]);
    expect(result).toMatchObject({ isError: false });
    expect(result.changed).toContain('sinch-numbers://journal');
    expect(stage.sent()).toEqual([request]);
  });

  test('sends nothing for any answer but the right one, and says so', async () => {
    const typed = [
      undefined,
      true,
      'yes',
      '9999',
      answer.toLowerCase().slice(1),
      Number.parseInt(answer, 10),
      [answer],
    ];
    const forms: FormAnswer[] = [
      { action: 'decline', content: { [field]: answer } },
      { action: 'cancel', content: { [field]: answer } },
      { action: 'ok', content: { [field]: answer } },
      { action: 'accept' },
      { action: 'accept', content: { answer, [`${field}s`]: answer } },
      ...typed.map((value) => ({ action: 'accept', content: { [field]: value } })),
    ];
    const stage = await openGate();
    for (const form of forms) {
      const told = await stage.ask(
        tool,
        args,
        reader(stage, () => form),
      );
      expect(told, JSON.stringify(form)).toMatchObject({ outcome: 'declined', isError: false });
      expect(told.message).toMatch(/Nothing was sent\./);
      expect(told).not.toHaveProperty('confirmation');
      expect(JSON.stringify(told)).not.toMatch(SWITCHES);
    }
    expect(stage.sent()).toEqual([]);
  });

  test('goes on to the next way where the form ends before anybody can have read it', async () => {
    const stage = await openGate();
    for (const form of [
      { action: 'decline' },
      { action: 'cancel' },
      { action: 'error' },
      yesTo({}),
      yesTo({ [field]: '' }),
    ]) {
      const told = await stage.ask(
        tool,
        args,
        personWho(() => form),
      );
      expect(told, JSON.stringify(form)).toMatchObject({
        outcome: 'confirmation_required',
        confirmation: {},
      });
    }
    const wrong = await stage.ask(
      tool,
      args,
      personWho(() => yesTo({ [field]: 'no' })),
    );
    expect(wrong).toMatchObject({ outcome: 'declined', message: expect.stringContaining('counts as no') });
    expect(stage.sent()).toEqual([]);
  });

  test('is refused in mode human where nobody can be reached, with what the user can do', async () => {
    const stage = await openGate({ mode: 'human' });
    for (const client of [{}, incapable(), blindClient()]) {
      const refused = await stage.ask(tool, args, client);
      expect(refused).toMatchObject({ outcome: 'not_executed', isError: true, stakes: expect.any(Object) });
      expect(refused).not.toHaveProperty('confirmation');
      expect(refused.message).toContain('no browser can be opened: this is a test');
      expect(refused.message).toContain('use a client that shows forms');
      expect(refused.message).not.toMatch(SWITCHES);
    }
    expect(stage.sent()).toEqual([]);
  });

  test('ends after 50 s without an answer, withdraws the form, and takes no late one', async () => {
    const stage = await openGate();
    const person = slow();
    const call = stage.ask(tool, args, person);
    const question = await person.asked;
    await stage.clock.advance(PATIENCE);
    expect(await call).toMatchObject({
      outcome: 'declined',
      message: expect.stringMatching(/^Nobody answered in time\./),
    });
    expect(person.forms[0]?.aborted).toBe(true);
    person.reply(yes(question));
    expect(await stage.ask(tool, args)).toMatchObject({ outcome: 'confirmation_required' });
    expect(stage.sent()).toEqual([]);
  });

  test('says that nothing was sent where what is at stake cannot be read, before or after the yes', async () => {
    const stage = await openGate();
    for (const fault of [
      { answer: { status: 500 } },
      { answer: { status: 200, body: '<html>' } },
      { drop: 'before' as const },
    ]) {
      stage.simulator.faults.add({ method: 'GET', times: 100, ...fault });
      const person = personWho(() => ({ action: 'decline' }));
      const told = await stage.ask(tool, args, person);
      expect(told).toMatchObject({
        outcome: 'not_executed',
        isError: true,
        message: expect.stringMatching(/\nNothing was/),
      });
      expect(person.questions).toEqual([]);
      stage.simulator.faults.clear();
    }
    const late = reader(stage, (question) => {
      stage.simulator.faults.add({ method: 'GET', times: 100, answer: { status: 500 } });
      return yes(question);
    });
    expect(await stage.ask(tool, args, late)).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(stage.sent()).toEqual([]);
  });

  test('tells the answer of the API when it refuses what was agreed to', async () => {
    const stage = await openGate();
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: 'Not enough credit', details: [] };
    stage.simulator.faults.add({
      path: /Numbers|callback/,
      method: request.split(' ')[0] ?? '',
      answer: { status: 400, body: { error } },
    });
    const result = await stage.call(tool, args, reader(stage, yes));
    const refused = documented.parse(result.structured);
    expect(refused).toMatchObject({ outcome: 'not_executed', confirmedBy: 'elicitation' });
    expect(refused.message.split('\n')[0]).toBe(
      `${tool} failed: HTTP 400 INVALID_ARGUMENT: Not enough credit.`,
    );
    expect(refused.message).toMatch(/Nothing was (rented|changed)\.$/);
    expect(result).toMatchObject({ isError: true, changed: [] });
    expect(stage.sent()).toEqual([request]);
  });
});

function yesTo(content: Record<string, unknown>): FormAnswer {
  return { action: 'accept', content };
}

test.each([
  ['what the project rents', 'rent_number', { phoneNumber: RENTED }, 'is already rented by this project'],
  ['what another customer has', 'rent_number', { phoneNumber: OFFERED }, 'is not available'],
  ['what was never offered', 'rent_number', { phoneNumber: UNKNOWN }, 'is not available'],
  [
    'any of none',
    'rent_any_number',
    { regionCode: 'US', type: 'LOCAL', numberPattern: { pattern: '999999' } },
    'No number matches',
  ],
  [
    'the release of what ends already',
    'release_number',
    { phoneNumber: RENTED },
    'is released already: it ends',
  ],
  ['the release of what is not rented', 'release_number', { phoneNumber: UNKNOWN }, 'does not rent it'],
])('%s is refused before anybody is asked', async (what, tool, args, why) => {
  const stage = await openGate();
  stage.simulator.project.take(OFFERED);
  if (what.startsWith('the release')) stage.simulator.project.release(RENTED);
  const person = personWho(yes);
  const answer = await stage.ask(tool, args, person);
  expect(answer).toMatchObject({
    outcome: 'not_executed',
    isError: true,
    message: expect.stringContaining(why),
  });
  expect(person.questions).toEqual([]);
  expect(stage.sent()).toEqual([]);
});

test('a call that can tell its progress waits 5 minutes, and each caller has patience of its own', async () => {
  const stage = await openGate();
  const told: string[] = [];
  const [patient, other] = [slow(), absent()];
  const first = stage.ask(RENT.tool, RENT.args, {
    id: 'a',
    ...patient,
    progress: (message) => told.push(message),
  });
  const second = stage.ask(RENT.tool, RENT.args, { id: 'b', ...other });
  const question = await patient.asked;
  await other.asked;
  await stage.clock.advance(LIFETIME - 10_000);
  expect(told.at(-1)).toBe("waiting for a person's answer, 290 s so far");
  expect(await second).toMatchObject({ outcome: 'declined' });
  patient.reply(yes(question));
  expect(await first).toMatchObject({ outcome: 'completed' });
  expect(stage.sent()).toEqual([RENT.request]);
});

test.each([['not needed any more'], [TIMED_OUT]])(
  'a form goes with its call: cancelled by %s',
  async (why) => {
    const stage = await openGate();
    const person = slow();
    const { caller, cancel } = cancellable(person);
    const call = stage.ask(RENT.tool, RENT.args, caller);
    const question = await person.asked;
    cancel(why);
    expect(await call).toMatchObject({
      outcome: 'not_executed',
      isError: true,
      message: expect.stringContaining('cancelled'),
    });
    expect(person.forms[0]?.aborted).toBe(true);
    person.reply(yes(question));
    expect(await stage.ask(RENT.tool, RENT.args)).toMatchObject({ outcome: 'confirmation_required' });
    expect(stage.sent()).toEqual([]);
  },
);

test('no form that a client makes up is a yes', async () => {
  const stage = await openGate();
  const { tool, args, answer } = RENT;
  const content = fc.dictionary(fc.oneof(fc.constant('lastFourDigits'), fc.string()), fc.jsonValue());
  const form = fc.record({
    action: fc.constantFrom('accept', 'decline', 'cancel', 'yes', ''),
    content: fc.option(content, { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(form, fc.boolean(), async (made, isRead) => {
      const typed = made.content?.lastFourDigits;
      fc.pre(made.action !== 'accept' || typeof typed !== 'string' || typed.trim() !== answer);
      await stage.ask(tool, args, isRead ? reader(stage, () => made) : personWho(() => made));
      expect(stage.sent()).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
