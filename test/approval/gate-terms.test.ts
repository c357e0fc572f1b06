/** What was agreed to and is no longer so when it is to be carried out. */
import { describe, expect, test } from 'vitest';
import { questionText } from '../../src/approval/question.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import {
  agreeable,
  GATED_CALLS,
  incapable,
  openRentedStage,
  type Person,
  personWho,
  RENTED,
  type Stage,
  tokenOf,
} from '../support/stage.ts';

const [RENT, RENT_ANY, RELEASE] = GATED_CALLS;

/** Makes the terms of a call move, to something that contains `told`. */
const MOVES = [
  {
    ...RENT,
    what: 'the price',
    told: '9.90 EUR a month',
    move: ({ simulator }: Stage) => simulator.project.setPrice('US', 'LOCAL', '9.90'),
  },
  {
    ...RENT,
    what: 'the setup price',
    told: '7.70 EUR setup',
    move: ({ simulator }: Stage) => simulator.project.setPrice('US', 'LOCAL', '0.80', '7.70'),
  },
  {
    ...RENT,
    what: 'the need of documents',
    told: 'needs supporting documents',
    move: requireDocuments,
  },
  {
    ...RENT_ANY,
    what: 'the setup price',
    told: '7.70 EUR setup',
    move: ({ simulator }: Stage) => simulator.project.setPrice('US', 'LOCAL', '0.80', '7.70'),
  },
  {
    ...RENT_ANY,
    what: 'the price',
    told: '9.90 EUR a month',
    move: ({ simulator }: Stage) => simulator.project.setPrice('US', 'LOCAL', '9.90'),
  },
  {
    ...RELEASE,
    what: 'the linked service plan',
    told: 'SMS service plan "plan-b"',
    move: (stage: Stage) => relink(stage, 'plan-b'),
  },
  {
    ...RELEASE,
    what: 'the callback URL',
    told: 'callbacks to "https://example.com/new"',
    move: ({ simulator }: Stage) =>
      simulator.project.update(RENTED, undefined, { callbackUrl: 'https://example.com/new' }),
  },
] as const;

function relink({ simulator, time }: Stage, servicePlanId: string): void {
  simulator.project.update(RENTED, undefined, { sms: { servicePlanId: '' } });
  simulator.project.update(RENTED, undefined, { sms: { servicePlanId } });
  time.advance(10_000);
}

function requireDocuments({ simulator }: Stage): void {
  const price = { amount: '0.80', currencyCode: 'EUR' };
  const body = {
    phoneNumber: OFFERED,
    regionCode: 'US',
    type: 'LOCAL',
    capability: ['SMS', 'VOICE'],
    setupPrice: price,
    monthlyPrice: price,
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: true,
  };
  simulator.faults.add({ path: /availableNumbers\/[^:]+$/, answer: { status: 200, body }, times: 100 });
}

/** Says yes to the questions with these indexes, and no to the others; runs `meanwhile` before each answer. */
function yesTo(indexes: readonly number[], meanwhile: (index: number) => void): Person {
  let index = 0;
  return personWho(({ field, answer }) => {
    const current = index++;
    meanwhile(current);
    return indexes.includes(current)
      ? { action: 'accept', content: { [field]: answer } }
      : { action: 'decline' };
  });
}

describe.each(MOVES)('$what of $tool, moved after the question,', ({ tool, args, told, move, request }) => {
  test('is put to the person again, and a no to it sends nothing', async () => {
    const stage = await openRentedStage();
    const person = yesTo([0], (index) => index === 0 && move(stage));
    const answer = await stage.ask(tool, args, person);
    expect(answer.outcome).toBe('declined');
    const [first, second] = person.questions.map(questionText);
    expect(first).not.toContain(told);
    expect(second).toMatch(/^The terms have changed since the last question\.\n/);
    expect(second).toContain(told);
    expect(stage.sent()).toEqual([]);
  });

  test('is carried out after a yes to the new terms', async () => {
    const stage = await openRentedStage();
    const person = yesTo([0, 1], (index) => index === 0 && move(stage));
    const answer = await stage.ask(tool, args, person);
    expect(answer).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
    expect(person.questions).toHaveLength(2);
    expect(stage.sent()).toEqual([request]);
  });

  test('uses the token up, and gives another one for the new terms', async () => {
    const stage = await openRentedStage();
    const old = tokenOf(await stage.ask(tool, args));
    move(stage);
    const again = await stage.ask(tool, { ...args, confirmationToken: old });
    expect(again).toMatchObject({ outcome: 'confirmation_required', isError: false });
    expect(again.message).toContain('The terms have changed since the last question.');
    expect(again.message).toContain(told);
    expect(stage.sent()).toEqual([]);

    const spent = await stage.ask(tool, { ...args, confirmationToken: old });
    expect(spent.message).toContain('unknown or already used');
    expect(stage.sent()).toEqual([]);

    const done = await stage.ask(tool, { ...args, confirmationToken: tokenOf(again) });
    expect(done).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(stage.sent()).toEqual([request]);
  });
});

test('the stakes in the answer are those that the last yes was about', async () => {
  const stage = await openRentedStage();
  const person = yesTo([0, 1], () => stage.simulator.project.setPrice('US', 'LOCAL', '9.90'));
  const answer = await stage.ask(RENT.tool, RENT.args, person);
  expect(answer.stakes).toMatchObject({ monthlyPrice: { amount: '9.90', currencyCode: 'EUR' } });
});

test('terms that move each time they are agreed to are given up on, and nothing is sent', async () => {
  const stage = await openRentedStage();
  const person = yesTo([0, 1, 2, 3, 4], (index) =>
    stage.simulator.project.setPrice('US', 'LOCAL', `${index + 2}.00`),
  );
  const answer = await stage.ask(RENT.tool, RENT.args, person);
  expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
  expect(answer.message).toBe('The terms moved each time somebody agreed to them. Nothing was sent.');
  expect(person.questions).toHaveLength(3);
  expect(stage.sent()).toEqual([]);
});

test('terms that moved out of a limit are refused, whatever the person said', async () => {
  const stage = await openRentedStage({ limits: { maxMonthlyPrice: { amount: '5.00' } } });
  const person = yesTo([0, 1], () => stage.simulator.project.setPrice('US', 'LOCAL', '5.01'));
  const answer = await stage.ask(RENT.tool, RENT.args, person);
  expect(answer.outcome).toBe('not_executed');
  expect(answer.message).toContain('MAX_PRICE');
  expect(person.questions).toHaveLength(1);
  expect(stage.sent()).toEqual([]);
});

describe('what is gone after the yes', () => {
  const GONE = [
    {
      ...RENT,
      what: 'a number that another customer took',
      why: `${OFFERED} is not available`,
      vanish: ({ simulator }: Stage) => simulator.project.take(OFFERED),
    },
    {
      ...RENT,
      what: 'a number that this project rented by other means',
      why: `${OFFERED} is already rented by this project`,
      vanish: ({ simulator }: Stage) => simulator.project.rent(OFFERED, {}),
    },
    {
      ...RENT_ANY,
      args: {
        regionCode: 'US',
        type: 'LOCAL',
        numberPattern: { pattern: OFFERED, searchPattern: 'START' },
      },
      what: 'the last number that matched',
      why: 'No number matches',
      vanish: ({ simulator }: Stage) => simulator.project.take(OFFERED),
    },
    {
      ...RELEASE,
      what: 'a number that was released by other means',
      why: `${RENTED} is released already`,
      vanish: ({ simulator }: Stage) => simulator.project.release(RENTED),
    },
  ] as const;

  test.each(GONE)('is not asked for: $what, by form', async ({ tool, args, why, vanish }) => {
    const stage = await openRentedStage();
    const person = yesTo([0, 1], () => vanish(stage));
    const answer = await stage.ask(tool, args, person);
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toContain(why);
    expect(person.questions).toHaveLength(1);
    expect(stage.sent()).toEqual([]);
  });

  test.each(GONE)('is not asked for: $what, by token', async ({ tool, args, why, vanish }) => {
    const stage = await openRentedStage();
    const confirmationToken = tokenOf(await stage.ask(tool, args));
    vanish(stage);
    const answer = await stage.ask(tool, { ...args, confirmationToken });
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toContain(why);
    expect(stage.sent()).toEqual([]);
  });

  test('is refused by the API where it goes in the very last moment, and is said so', async () => {
    const stage = await openRentedStage();
    const details = [{ type: 'ResourceInfo', resourceType: 'AvailableNumber', resourceName: OFFERED }];
    const body = { error: { code: 404, message: '', status: 'NOT_FOUND', details } };
    stage.simulator.faults.add({ method: 'POST', path: /:rent$/, answer: { status: 404, body } });
    const answer = await stage.ask(RENT.tool, RENT.args, agreeable());
    expect(answer).toMatchObject({ outcome: 'not_executed', confirmedBy: 'elicitation', isError: true });
    expect(answer.message).toContain(
      `rent_number failed: HTTP 404 NOT_FOUND: no AvailableNumber ${OFFERED}.`,
    );
    expect(answer.message).toContain('Choose another with search_available_numbers');
    expect(stage.sent()).toEqual([RENT.request]);
  });
});

test('a client that loses its forms between two questions is asked by token, for the new terms', async () => {
  const stage = await openRentedStage();
  const people = [agreeable(), incapable()];
  const answer = await stage.ask(RENT.tool, RENT.args, {
    elicit: (question, form) => {
      stage.simulator.project.setPrice('US', 'LOCAL', '9.90');
      return (people.shift() ?? incapable()).elicit(question, form);
    },
  });
  expect(answer.outcome).toBe('confirmation_required');
  expect(answer.message).toContain('The terms have changed');
  expect(answer.message).toContain('9.90 EUR a month');
});

test('a release whose last day moved after the question is asked about again', async () => {
  const stage = await openRentedStage();
  const waiting = await stage.ask(RELEASE.tool, RELEASE.args);
  stage.time.advance(31 * 24 * 3_600_000);
  const again = await stage.ask(RELEASE.tool, { ...RELEASE.args, confirmationToken: tokenOf(waiting) });
  expect(again.outcome).toBe('confirmation_required');
  expect(stage.sent()).toEqual([]);
});

test('a rent that waits behind another is read again before it is sent', async () => {
  const stage = await openRentedStage();
  const second = { phoneNumber: OFFERED_TOO };
  const tokens = [
    tokenOf(await stage.ask(RENT.tool, RENT.args)),
    tokenOf(await stage.ask(RENT.tool, second)),
  ];
  stage.simulator.faults.add({ path: /:rent/, delayMs: 300 });
  const first = stage.ask(RENT.tool, { ...RENT.args, confirmationToken: tokens[0] });
  const waiting = stage.ask(RENT.tool, { ...second, confirmationToken: tokens[1] });
  await expect.poll(() => stage.sent()).toHaveLength(1);
  stage.simulator.project.setPrice('US', 'LOCAL', '99.00');
  expect((await first).outcome).toBe('completed');
  expect((await waiting).outcome).toBe('confirmation_required');
  expect((await waiting).message).toContain('99.00 EUR a month');
  expect(stage.sent()).toHaveLength(1);
});
