/** The way to a person by a form, and what every gated call answers. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { FormAnswer } from '../../src/approval/channels/channel.ts';
import type { Question } from '../../src/approval/question.ts';
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

type Forms = readonly [why: string, form: (question: Question) => FormAnswer][];
const typed = (value: unknown) => (question: Question) => ({
  action: 'accept',
  content: { [question.field]: value },
});

/** Answers of a person that are not the yes that was asked for. */
const NO: Forms = [
  ['a no with the right answer typed in', (question) => ({ ...yes(question), action: 'decline' })],
  ['closed, with the right answer typed in', (question) => ({ ...yes(question), action: 'cancel' })],
  ['what is no action', (question) => ({ ...yes(question), action: 'ok' })],
  ['accepted, empty', () => ({ action: 'accept' })],
  ['another field', ({ answer }) => ({ action: 'accept', content: { answer, [answer]: answer } })],
  ['yes', typed('yes')],
  ['true', typed(true)],
  ['other digits', typed('9999')],
  ['less', ({ field, answer }) => ({ action: 'accept', content: { [field]: answer.slice(1) } })],
  ['a list', ({ field, answer }) => ({ action: 'accept', content: { [field]: [answer] } })],
  ['a number', ({ field, answer }) => ({ action: 'accept', content: { [field]: Number(answer) } })],
];

/** Answers that nobody can have given, when they come at once. */
const UNSEEN: Forms = [
  ['a no', () => ({ action: 'decline' })],
  ['closed', () => ({ action: 'cancel' })],
  ['failed', () => ({ action: 'error' })],
  ['accepted, empty', () => ({ action: 'accept' })],
  ['nothing typed', typed('')],
];

describe.each(ASKED_CALLS)('$tool', ({ tool, args, field, answer, request }) => {
  test('is carried out once when a person types the answer into the form', async () => {
    const stage = await openGate({ mode: 'human' });
    const person = reader(stage, yes);
    const result = await stage.call(tool, args, person);
    const { outcome, confirmedBy, message, stakes } = documented.parse(result.structured);
    expect({ outcome, confirmedBy }).toEqual({ outcome: 'completed', confirmedBy: 'elicitation' });
    expect(message).toMatch(/^Done\./);
    expect(stakes).toBeDefined();
    expect(person.questions).toMatchObject([{ field, answer }]);
    expect(result).toMatchObject({ isError: false });
    expect(result.changed).toContain('sinch-numbers://journal');
    expect(stage.sent()).toEqual([request]);
  });

  test('sends nothing for any answer but the right one, and says so', async () => {
    const stage = await openGate();
    for (const [why, form] of NO) {
      const told = await stage.ask(tool, args, reader(stage, form));
      expect(told, why).toMatchObject({ outcome: 'declined', isError: false, stakes: expect.any(Object) });
      expect(told.message).toMatch(/Nothing was sent\./);
      expect(told).not.toHaveProperty('confirmation');
      expect(JSON.stringify(told)).not.toMatch(SWITCHES);
    }
    const atOnce = await stage.ask(tool, args, personWho(typed('no')));
    expect(atOnce).toMatchObject({ outcome: 'declined', message: expect.stringContaining('counts as no') });
    expect(stage.sent()).toEqual([]);
  });

  test('goes on to the next way where the form ends before anybody can have read it', async () => {
    const stage = await openGate();
    for (const [why, form] of UNSEEN) {
      const told = await stage.ask(tool, args, personWho(form));
      expect(told, why).toMatchObject({ outcome: 'confirmation_required', confirmation: {} });
    }
    expect(stage.sent()).toEqual([]);
  });

  test('is refused in mode human where nobody can be reached, with what the user can do', async () => {
    const stage = await openGate({ mode: 'human' });
    for (const client of [{}, incapable(), blindClient()]) {
      const { message, ...refused } = await stage.ask(tool, args, client);
      expect(refused).toMatchObject({ outcome: 'not_executed', isError: true, stakes: expect.any(Object) });
      expect(refused).not.toHaveProperty('confirmation');
      expect(message).toContain('no browser can be opened: this is a test');
      expect(message).toContain('use a client that shows forms');
      expect(message).not.toMatch(SWITCHES);
    }
    expect(stage.sent()).toEqual([]);
  });

  test('ends after 50 s without an answer, withdraws the form, and takes no late one', async () => {
    const stage = await openGate();
    const person = slow();
    const call = stage.ask(tool, args, person);
    const question = await person.asked;
    await stage.clock.advance(PATIENCE);
    expect(await call).toMatchObject({ outcome: 'declined', isError: false });
    expect((await call).message).toMatch(/^Nobody answered in time\. Nothing was sent\./);
    expect(person.forms[0]?.aborted).toBe(true);
    person.reply(yes(question));
    expect(await stage.ask(tool, args)).toMatchObject({ outcome: 'confirmation_required' });
    expect(stage.sent()).toEqual([]);
  });

  test.each([
    { answer: { status: 500 } },
    { answer: { status: 504 } },
    { answer: { status: 200, body: '<html>' } },
    { drop: 'before' as const },
  ])('sends nothing where what is at stake cannot be read, before or after the yes: %j', async (fault) => {
    const stage = await openGate();
    const fail = () => stage.simulator.faults.add({ method: 'GET', times: 100, ...fault });
    const person = reader(stage, (question) => {
      fail();
      return yes(question);
    });
    for (const questions of [1, 1]) {
      const told = await stage.ask(tool, args, person);
      expect(told).toMatchObject({ outcome: 'not_executed', isError: true });
      expect(told.message).toMatch(/\nNothing was (changed|sent)/);
      expect(person.questions).toHaveLength(questions);
    }
    expect(stage.sent()).toEqual([]);
  });

  test('tells the answer of the API when it refuses what was agreed to', async () => {
    const stage = await openGate();
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: 'Not enough credit', details: [] };
    const refusal = { path: /Numbers|callback/, answer: { status: 400, body: { error } } };
    stage.simulator.faults.add({ method: request.split(' ')[0] ?? '', ...refusal });
    const result = await stage.call(tool, args, reader(stage, yes));
    const { outcome, message } = documented.parse(result.structured);
    expect(outcome).toBe('not_executed');
    expect(message).toMatch(
      /^\w+ failed: HTTP 400 INVALID_ARGUMENT: Not enough credit\.\n.*Nothing was (rented|changed)\.$/,
    );
    expect(result).toMatchObject({ isError: true, changed: [] });
    expect(stage.sent()).toEqual([request]);
  });
});

const NONE = { regionCode: 'US', type: 'LOCAL', numberPattern: { pattern: '999999' } };

test.each([
  ['what the project rents', 'rent_number', { phoneNumber: RENTED }, 'is already rented by this project'],
  ['what another customer has', 'rent_number', { phoneNumber: OFFERED }, 'is not available'],
  ['what was never offered', 'rent_number', { phoneNumber: UNKNOWN }, 'is not available'],
  ['any of none', 'rent_any_number', NONE, 'No number matches'],
  [
    'a release of what ends already',
    'release_number',
    { phoneNumber: RENTED },
    'is released already: it ends',
  ],
  ['a release of what is not rented', 'release_number', { phoneNumber: UNKNOWN }, 'does not rent it'],
])('%s is refused before anybody is asked', async (what, tool, args, why) => {
  const stage = await openGate();
  stage.simulator.project.take(OFFERED);
  if (what.startsWith('a release')) stage.simulator.project.release(RENTED);
  const person = personWho(yes);
  const answer = await stage.ask(tool, args, person);
  expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
  expect(answer.message).toContain(why);
  expect(person.questions).toEqual([]);
  expect(stage.sent()).toEqual([]);
});

test('a call that can tell its progress waits 5 minutes, and each caller has patience of its own', async () => {
  const stage = await openGate();
  const told: string[] = [];
  const [patient, other] = [slow(), absent()];
  const progress = (message: string) => told.push(message);
  const first = stage.ask(RENT.tool, RENT.args, { id: 'a', ...patient, progress });
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
    expect(await call).toMatchObject({ outcome: 'not_executed', isError: true });
    expect((await call).message).toContain('the call was cancelled');
    expect(person.forms[0]?.aborted).toBe(true);
    person.reply(yes(question));
    expect(await stage.ask(RENT.tool, RENT.args)).toMatchObject({ outcome: 'confirmation_required' });
    expect(stage.sent()).toEqual([]);
  },
);
