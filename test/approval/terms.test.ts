/** What was agreed to and is no longer so when it is to be carried out. */
import { describe, expect, test } from 'vitest';
import { questionText } from '../../src/approval/question.ts';
import { OFFERED } from '../api/support.ts';
import { HOUR, openGate, openPaged, RELEASE, RENT, RENT_ANY, REPLACE, UNLINK, yes } from '../support/gate.ts';
import { type Person, RENTED, reader, type Stage, tokenOf } from '../support/stage.ts';

const price = (amount: string, currencyCode = 'EUR') => ({ amount, currencyCode });
const OFFER = {
  ...{ phoneNumber: OFFERED, regionCode: 'US', type: 'LOCAL', capability: ['SMS', 'VOICE'] },
  ...{ setupPrice: price('0.80'), monthlyPrice: price('0.80'), paymentIntervalMonths: 1 },
  supportingDocumentationRequired: false,
};

/** From now on the API offers this. */
function offers(change: Partial<typeof OFFER>) {
  return ({ simulator: { faults } }: Stage) => {
    const body = { ...OFFER, ...change };
    const list = { availableNumbers: [body] };
    faults.add({ path: /availableNumbers\/[^:]+$/, answer: { status: 200, body }, times: 100 });
    faults.add({ path: /availableNumbers\?/, answer: { status: 200, body: list }, times: 100 });
  };
}

/** From now on the number is configured so. */
function update(...configurations: Parameters<Stage['simulator']['project']['update']>[2][]) {
  return ({ simulator: { project }, time }: Stage) => {
    for (const configuration of configurations) project.update(RENTED, undefined, configuration);
    time.advance(10_000);
  };
}

function oldSecret({ simulator: { faults } }: Stage): void {
  const answer = { status: 200, body: { hmacSecret: 'a-secret-that-is-old' } };
  faults.add({ path: /callback/, method: 'GET', times: 100, answer });
}

const free = { sms: { servicePlanId: '' } };
const planB = { sms: { servicePlanId: 'plan-b' } };

/** What moves of the terms of a call, how, and what the new question tells of it. */
const MOVES: [what: string, of: { tool: string; args: object; request: string }, move: Move, told: string][] =
  [
    ['the price', RENT, offers({ monthlyPrice: price('9.90') }), '9.90 EUR a month'],
    ['the setup price', RENT, offers({ setupPrice: price('7.70') }), '8.50 EUR, setup'],
    ['the interval', RENT, offers({ paymentIntervalMonths: 3 }), 'every 3 months'],
    ['the currency', RENT, offers({ monthlyPrice: price('0.80', 'USD') }), '0.80 USD a month'],
    [
      'the need of documents',
      RENT,
      offers({ supportingDocumentationRequired: true }),
      'supporting documents',
    ],
    ['the region', RENT, offers({ regionCode: 'GB' }), '(GB LOCAL'],
    ['the type', RENT, offers({ type: 'TOLL_FREE' }), '(US TOLL_FREE'],
    ['the capability', RENT, offers({ capability: ['VOICE'] }), 'LOCAL VOICE)'],
    ['the price', RENT_ANY, offers({ monthlyPrice: price('9.90') }), '9.90 EUR a month'],
    ['the setup price', RENT_ANY, offers({ setupPrice: price('7.70') }), '8.50 EUR, setup'],
    ['the capability', RENT_ANY, offers({ capability: ['VOICE'] }), 'All offers have: VOICE'],
    ['the service plan', RELEASE, update(free), 'no service is linked'],
    ['the callback URL', RELEASE, update({ callbackUrl: 'https://example.com/b' }), 'https://example.com/b'],
    ['the last day', RELEASE, ({ time }) => time.advance(31 * 24 * HOUR), '2026-03-15'],
    ['what it changes', UNLINK, update(free, planB), '"plan-b" now, is removed'],
    ['the secret that it replaces', REPLACE, oldSecret, '****-old'],
  ];
type Move = (stage: Stage) => unknown;

/** Says yes to the first so many questions, and no to the others; runs `meanwhile` before each answer. */
function yesTo(stage: Stage, count: number, meanwhile: (index: number) => unknown): Person {
  let index = 0;
  return reader(stage, async (question) => {
    await meanwhile(index);
    return index++ < count ? yes(question) : { action: 'decline' };
  });
}

describe.each(MOVES)('%s of %j, moved after the question,', (_, { tool, args, request }, move, told) => {
  test('is put to the person again, and it takes their yes to that', async () => {
    const stage = await openGate();
    const person = yesTo(stage, 1, (index) => index === 0 && move(stage));
    expect(await stage.ask(tool, args, person)).toMatchObject({ outcome: 'declined' });
    const [first = '', second = ''] = person.questions.map(questionText);
    expect(second).toMatch(/^The terms have changed since the last question\.\n/);
    expect(second).toContain(told);
    expect(first).not.toContain(told);
    expect(stage.sent()).toEqual([]);
    expect(
      await stage.ask(
        tool,
        args,
        yesTo(stage, 1, () => {}),
      ),
    ).toMatchObject({ outcome: 'completed' });
    expect(stage.sent()).toEqual([request]);
  });

  test('uses the token up, and gives another one for the new terms', async () => {
    const stage = await openGate();
    const old = tokenOf(await stage.ask(tool, args));
    move(stage);
    const again = await stage.ask(tool, { ...args, confirmationToken: old });
    expect(again).toMatchObject({ outcome: 'confirmation_required', isError: false });
    expect(again.message).toContain('The terms have changed since the last question.');
    const used = await stage.ask(tool, { ...args, confirmationToken: old });
    expect(used.message).toContain('The confirmationToken is expired');
    expect(stage.sent()).toEqual([]);
    const done = await stage.ask(tool, { ...args, confirmationToken: tokenOf(again) });
    expect(done).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(stage.sent()).toEqual([request]);
  });
});

describe('terms that move', () => {
  const to = (stage: Stage, amount: string) => stage.simulator.project.setPrice('US', 'LOCAL', amount);

  test('each time they are agreed to are given up on', async () => {
    const stage = await openGate();
    const person = yesTo(stage, 9, (index) => to(stage, `${index + 2}.00`));
    const answer = await stage.ask(RENT.tool, RENT.args, person);
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toBe('The terms moved each time somebody agreed to them. Nothing was sent.');
    expect(person.questions).toHaveLength(3);
    expect(stage.sent()).toEqual([]);
  });

  test('out of a limit are refused, whatever the person said', async () => {
    const stage = await openGate({ limits: { maxMonthlyPrice: { amount: '5.00' } } });
    const answer = await stage.ask(
      RENT.tool,
      RENT.args,
      yesTo(stage, 9, () => to(stage, '5.01')),
    );
    expect(answer).toMatchObject({ outcome: 'not_executed', message: expect.stringContaining('MAX_PRICE') });
    expect(stage.sent()).toEqual([]);
  });

  test('for one caller leave the question of another as it is', async () => {
    const stage = await openGate();
    const move = update({ callbackUrl: 'https://example.com/b' });
    const tokens: string[] = [];
    for (const id of ['a', 'b']) tokens.push(tokenOf(await stage.ask(RELEASE.tool, RELEASE.args, { id })));
    move(stage);
    const again = await stage.ask(
      RELEASE.tool,
      { ...RELEASE.args, confirmationToken: tokens[0] },
      { id: 'a' },
    );
    expect(again).toMatchObject({ outcome: 'confirmation_required' });
    update({ callbackUrl: '' })(stage);
    const other = await stage.ask(
      RELEASE.tool,
      { ...RELEASE.args, confirmationToken: tokens[1] },
      { id: 'b' },
    );
    expect(other).toMatchObject({ outcome: 'completed' });
  });

  test('are those that the answer tells, after a yes to them', async () => {
    const stage = await openGate();
    const person = yesTo(stage, 2, (index) => index === 0 && to(stage, '9.90'));
    const { stakes, message } = await stage.ask(RENT.tool, RENT.args, person);
    expect(stakes).toMatchObject({ monthlyPrice: { amount: '9.90' }, dueNow: [{ amount: '10.70' }] });
    expect(message).toBe('Done. 10.70 EUR is due now.');
  });

  test('while a rent of any number waits behind another are read again before it is sent', async () => {
    const stage = await openPaged();
    const sent = stage.hold('RentAnyNumber');
    const first = stage.ask(RENT_ANY.tool, RENT_ANY.args, { id: 'a', ...reader(stage, yes) });
    await sent();
    const person = yesTo(stage, 1, () => {});
    const second = stage.ask(RENT_ANY.tool, RENT_ANY.args, { id: 'b', ...person });
    await person.asked;
    to(stage, '99.00');
    stage.release();
    expect(await first).toMatchObject({ outcome: 'completed' });
    expect(await second).toMatchObject({ outcome: 'declined' });
    expect(person.questions.map(questionText)[1]).toContain('99.00 EUR a month');
    expect(stage.sent()).toHaveLength(1);
  });
});

test.each([
  [
    RENT.tool,
    RENT.args,
    `${OFFERED} is not available`,
    ({ simulator }: Stage) => simulator.project.take(OFFERED),
  ],
  [
    RENT.tool,
    RENT.args,
    'is already rented by this project',
    ({ simulator }: Stage) => simulator.project.rent(OFFERED, {}),
  ],
  [
    RENT_ANY.tool,
    { ...RENT_ANY.args, numberPattern: { pattern: OFFERED, searchPattern: 'START' } },
    'No number matches',
    ({ simulator }: Stage) => simulator.project.take(OFFERED),
  ],
  [
    RELEASE.tool,
    RELEASE.args,
    'is released already',
    ({ simulator }: Stage) => simulator.project.release(RENTED),
  ],
])('%s of what is gone after the yes is not sent', async (tool, args, why, vanish) => {
  const stage = await openGate();
  const confirmationToken = tokenOf(await stage.ask(tool, args));
  const refused = { outcome: 'not_executed', isError: true, message: expect.stringContaining(why) };
  const person = reader(stage, (question) => {
    vanish(stage);
    return yes(question);
  });
  expect(await stage.ask(tool, args, { id: 'b', ...person })).toMatchObject(refused);
  expect(await stage.ask(tool, { ...args, confirmationToken })).toMatchObject(refused);
  expect(person.questions).toHaveLength(1);
  expect(stage.sent()).toEqual([]);
});
