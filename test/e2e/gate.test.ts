import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { forEachCase } from '../support/cases.ts';
import { shared } from '../support/lifetime.ts';
import {
  agreeable,
  deferred,
  handshake,
  type Person,
  READING_MS,
  reads,
  tellingBrowser,
  tokenIn,
  toolCall,
  types,
} from './harness.ts';
import { run, start } from './inside.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const RENT = { phoneNumber: OFFERED };
const RENTED = `POST /availableNumbers/${OFFERED}:rent`;

function fill(value: string | number) {
  return ({ field }: { field: string }) => ({ action: 'accept' as const, content: { [field]: value } });
}

const WRONG = expect.stringContaining('not the one asked for');
const DECLINED = expect.stringContaining('declined');
const CLOSED = expect.stringContaining('closed the question');
const NOT_SHOWN = expect.stringContaining('failed to show the question');

/** What is no yes, each about a number whose last four digits are these. */
const NOT_A_YES: readonly [string, (digits: string) => Person, unknown][] = [
  ['wrong digits', () => types('0000'), WRONG],
  ['the whole number', (digits) => types(`+1202555${digits}`), WRONG],
  ['yes', () => types('yes'), WRONG],
  ['a form accepted unfilled', () => () => ({ action: 'accept', content: {} }), WRONG],
  ['an accept without a form', () => () => ({ action: 'accept' }), WRONG],
  ['a number in place of text', (digits) => fill(Number(digits)), WRONG],
  ['the digits in another field', (digits) => () => fill(digits)({ field: 'answer' }), WRONG],
  [
    'the digits with a decline',
    (digits) => (form) => ({ ...fill(digits)(form), action: 'decline' }),
    DECLINED,
  ],
  ['a decline', () => () => ({ action: 'decline' }), DECLINED],
  ['a cancel', () => () => ({ action: 'cancel' }), CLOSED],
  ['a form that breaks', () => () => Promise.reject(new Error('no window')), NOT_SHOWN],
];

/** What a client answers by itself, before anybody can have read the form. */
const AT_ONCE: readonly [string, Person][] = [
  ['accepts it unfilled', () => ({ action: 'accept', content: {} })],
  ['accepts it with an empty field', types('')],
  ['declines it', () => ({ action: 'decline' })],
  ['cancels it', () => ({ action: 'cancel' })],
  ['fails', () => Promise.reject(new Error('no window'))],
];

describe('a client that shows forms', () => {
  test('asks for the last four digits, with the price and what will be configured', async () => {
    const { call, questions, writes } = await start({ person: types(' 0134 ') });
    const { structured } = await call('rent_number', {
      ...RENT,
      smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C1234567' },
      callbackUrl: 'https://example.com/callbacks',
    });
    expect(structured).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
    expect(questions).toHaveLength(1);
    expect(questions[0]?.field).toBe('lastFourDigits');
    for (const fact of [OFFERED, '0.80 EUR', 'plan-1', 'C1234567', 'https://example.com/callbacks']) {
      expect(questions[0]?.message).toContain(fact);
    }
    expect(writes()).toEqual([RENTED]);
  });

  test('is told before a release what stops working', async () => {
    const { call, api, questions } = await start({ simulator: { active: 0 }, person: types('0134') });
    api.project.rent(OFFERED, { callbackUrl: 'https://example.com/callbacks' });
    api.project.update(OFFERED, 'Front desk', { sms: { servicePlanId: 'plan-1', campaignId: 'C1234567' } });
    await call('release_number', RENT);
    for (const fact of [OFFERED, '"Front desk"', 'plan-1', 'C1234567', 'https://example.com/callbacks']) {
      expect(questions[0]?.message).toContain(fact);
    }
  });

  test('takes anything but the right answer for a no, and sends nothing', async () => {
    const cases = NOT_A_YES.map(([name, person, reason], index) => {
      const phoneNumber = `+120255501${String(index).padStart(2, '0')}`;
      return { name, phoneNumber, person: person(phoneNumber.slice(-4)), reason };
    });
    const { call, writes, questions } = await start({
      person: reads((question) => {
        const asked = cases.find(({ phoneNumber }) => question.message.includes(phoneNumber));
        return asked?.person(question) ?? { action: 'cancel' };
      }),
    });
    await forEachCase(
      cases,
      ({ name }) => name,
      async ({ phoneNumber, reason }) => {
        const { structured, isError } = await call('rent_number', { phoneNumber });
        expect(structured).toMatchObject({ outcome: 'declined', message: reason });
        expect(structured.message).toContain('Nothing was sent.');
        expect(isError).toBe(false);
      },
    );
    expect(questions).toHaveLength(NOT_A_YES.length);
    expect(writes()).toEqual([]);
  });

  test('of the older protocol, which declares elicitation without a mode, is asked as well', async () => {
    const { call, questions } = await start({
      person: types('0134'),
      capabilities: { elicitation: {} },
    });
    expect((await call('rent_number', RENT)).structured.outcome).toBe('completed');
    expect(questions).toHaveLength(1);
  });

  test('is asked again, with the new price, when the price moved while the person thought', async () => {
    const { call, api, questions, writes } = await start({
      person: (question) => {
        if (questions.length === 1) api.project.setPrice('US', 'LOCAL', '9.99');
        return types('0134')(question);
      },
    });
    const { structured } = await call('rent_number', RENT);
    expect(questions).toHaveLength(2);
    expect(questions[1]?.message).toMatch(/terms have changed.*9\.99 EUR/s);
    expect(structured).toMatchObject({ outcome: 'completed', stakes: { monthlyPrice: { amount: '9.99' } } });
    expect(writes()).toEqual([RENTED]);
  });

  test('hears that the number went to somebody else while the person thought', async () => {
    const { call, api, writes } = await start({
      person: (question) => {
        api.project.take(OFFERED);
        return types('0134')(question);
      },
    });
    const { structured, isError } = await call('rent_number', RENT);
    expect(structured).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('not available'),
    });
    expect(isError).toBe(true);
    expect(writes()).toEqual([]);
  });

  test('can do other things while a person is asked', async () => {
    const asked = deferred<void>();
    const thought = deferred<void>();
    const { call } = await start({
      person: async (question) => {
        asked.resolve();
        await thought.promise;
        return types('0134')(question);
      },
    });
    const rent = call('rent_number', RENT);
    await asked.promise;
    expect((await call('list_available_regions')).isError).toBe(false);
    thought.resolve();
    expect((await rent).structured.outcome).toBe('completed');
  });

  test('can be asked about two numbers at once, each with its own answer', async () => {
    const both = deferred<void>();
    const { call, questions, writes } = await start({
      person: reads(async (question) => {
        if (questions.length === 2) both.resolve();
        await both.promise;
        return types('0134')(question);
      }),
    });
    const [right, wrong] = await Promise.all([
      call('rent_number', RENT),
      call('rent_number', { phoneNumber: OFFERED_TOO }),
    ]);
    expect([right.structured.outcome, wrong.structured.outcome]).toEqual(['completed', 'declined']);
    expect(writes()).toEqual([RENTED]);
  });
});

describe('a client that ends a form at once, without an answer, has shown it to nobody', () => {
  test('so a page asks', async () => {
    const browser = await tellingBrowser();
    const { call, questions, writes } = await start({
      env: browser.env,
      person: () => ({ action: 'decline' }),
    });
    const rent = call('rent_number', RENT);
    await fetch(await browser.address(), { method: 'POST', body: 'decision=approve', headers: FORM });
    expect((await rent).structured).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
    expect(questions).toHaveLength(1);
    expect(writes()).toEqual([RENTED]);
  });

  test('and the agent is given a token where no page can be opened', async () => {
    let person: Person = types('');
    const { call, writes } = await start({ person: (question) => person(question) });
    for (const [name, answer] of AT_ONCE) {
      person = answer;
      const { structured } = await call('rent_number', RENT);
      expect(structured, name).toMatchObject({
        outcome: 'confirmation_required',
        confirmation: { token: expect.any(String) },
      });
    }
    // What was typed is an answer, however soon.
    person = types('0135');
    const { structured } = await call('rent_number', RENT);
    expect(structured).toMatchObject({ outcome: 'declined', message: WRONG });
    expect(writes()).toEqual([]);
  });
});

describe('a client without forms', () => {
  const serving = shared(() => start({ simulator: { active: 0 } }));

  /** One more number on offer, or rented; its name is in every request about it. */
  function aNumber(line: number) {
    const { writes } = serving();
    const phoneNumber = `+120255501${line}`;
    return { phoneNumber, sent: () => writes().filter((request) => request.includes(phoneNumber)) };
  }

  test('gets a token and what is at stake; the second call spends it', async () => {
    const { call } = serving();
    const { phoneNumber, sent } = aNumber(40);
    const first = await call('rent_number', { phoneNumber });
    expect(first.isError).toBe(false);
    expect(first.structured).toMatchObject({
      outcome: 'confirmation_required',
      stakes: { phoneNumber, monthlyPrice: { currencyCode: 'EUR', amount: '0.80' } },
    });
    expect(first.text).toMatch(/Nothing has been sent.*Rent \+12025550140.*0\.80 EUR/s);
    expect(sent()).toEqual([]);

    const confirmationToken = tokenIn(first);
    const second = await call('rent_number', { phoneNumber, confirmationToken });
    expect(second.structured).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(sent()).toEqual([`POST /availableNumbers/${phoneNumber}:rent`]);
  });

  test('cannot spend a token twice', async () => {
    const { call, api } = serving();
    const { phoneNumber, sent } = aNumber(41);
    api.project.rent(phoneNumber, {});
    const confirmationToken = tokenIn(await call('release_number', { phoneNumber }));
    await call('release_number', { phoneNumber, confirmationToken });
    const again = await call('release_number', { phoneNumber, confirmationToken });
    expect(again.structured).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('already used'),
    });
    expect(sent()).toHaveLength(1);
  });

  test('cannot spend a token on another number, and has not used it up by trying', async () => {
    const { call } = serving();
    const [{ phoneNumber }, other] = [aNumber(42), aNumber(43)];
    const confirmationToken = tokenIn(await call('rent_number', { phoneNumber }));
    const wrong = await call('rent_number', { phoneNumber: other.phoneNumber, confirmationToken });
    expect(wrong.structured).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('another call'),
    });
    expect(other.sent()).toEqual([]);
    const right = await call('rent_number', { phoneNumber, confirmationToken });
    expect(right.structured.outcome).toBe('completed');
  });

  test('cannot invent a token', async () => {
    const { call } = serving();
    const { phoneNumber, sent } = aNumber(44);
    const { structured } = await call('rent_number', { phoneNumber, confirmationToken: 'yes' });
    expect(structured).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('unknown'),
    });
    expect(sent()).toEqual([]);
  });

  test('is asked again when the price moved between the two calls', async () => {
    const { call, api, writes } = serving();
    const rent = { phoneNumber: '+14035550100' };
    const before = writes().length;
    const confirmationToken = tokenIn(await call('rent_number', rent));
    api.project.setPrice('CA', 'LOCAL', '9.99');
    const second = await call('rent_number', { ...rent, confirmationToken });
    expect(second.structured.outcome).toBe('confirmation_required');
    expect(second.text).toMatch(/terms have changed.*9\.99 EUR/s);
    expect(writes()).toHaveLength(before);
    const third = await call('rent_number', { ...rent, confirmationToken: tokenIn(second) });
    expect(third.structured.outcome).toBe('completed');
  });

  test('is refused where only a person will do, and told what would help', async () => {
    const { call, writes } = await start({ env: { SINCH_NUMBERS_CONFIRM: 'human' } });
    const { structured, isError } = await call('rent_number', RENT);
    expect(structured).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('start this server where it can open a browser'),
    });
    expect(structured.message).not.toContain('SINCH_NUMBERS_');
    expect(structured).not.toHaveProperty('confirmation');
    expect(isError).toBe(true);
    expect(writes()).toEqual([]);
  });
});

describe('a client that declares forms and then cannot show them', () => {
  const capabilities = { elicitation: { form: {} } };

  test('gets a token', async () => {
    const { call, writes } = await start({ capabilities });
    const first = await call('rent_number', RENT);
    expect(first.structured.outcome).toBe('confirmation_required');
    expect(writes()).toEqual([]);
    const second = await call('rent_number', { ...RENT, confirmationToken: tokenIn(first) });
    expect(second.structured.outcome).toBe('completed');
  });

  test('is refused where only a person will do', async () => {
    const { call, writes } = await start({ capabilities, env: { SINCH_NUMBERS_CONFIRM: 'human' } });
    expect((await call('rent_number', RENT)).structured.outcome).toBe('not_executed');
    expect(writes()).toEqual([]);
  });
});

test('a client that can only open pages is not asked by form, and gets a token', async () => {
  const { call, questions } = await start({
    person: types('0134'),
    capabilities: { elicitation: { url: {} } },
  });
  expect((await call('rent_number', RENT)).structured.outcome).toBe('confirmation_required');
  expect(questions).toEqual([]);
});

test('where tokens are wanted, a client that shows forms gets one too', async () => {
  const { call, questions } = await start({
    person: types('0134'),
    env: { SINCH_NUMBERS_CONFIRM: 'token' },
  });
  expect((await call('rent_number', RENT)).structured.outcome).toBe('confirmation_required');
  expect(questions).toEqual([]);
});

describe('progress', () => {
  test('is told at once while a person is asked, to a call that wants it', { timeout: 8_000 }, async () => {
    const told = deferred<Progress>();
    const { call } = await start({
      person: async (question) => {
        await told.promise;
        return types('0134')(question);
      },
    });
    const { structured } = await call('rent_number', RENT, { onprogress: told.resolve });
    expect(await told.promise).toMatchObject({ progress: 0, message: expect.stringContaining('waiting') });
    expect(structured.outcome).toBe('completed');
  });

  test('is not told to a call that does not want it', async () => {
    const server = run(['--simulator']);
    server.send(...handshake({ elicitation: {} }), toolCall(1, 'rent_number', RENT));
    const { id } = await server.message('elicitation/create');
    await sleep(READING_MS);
    server.send({ jsonrpc: '2.0', id, result: { action: 'decline' } });
    await server.answer(1);
    expect(server.stdout()).not.toContain('notifications/progress');
  });
});

test('a rent whose answer got lost is not repeated, and found to be done', async () => {
  const { call, api, writes } = await start({ person: types('0134') });
  api.faults.add({ method: 'POST', path: /:rent/, drop: 'after' });
  const { structured, isError } = await call('rent_number', RENT);
  expect(structured).toMatchObject({ outcome: 'completed', number: { phoneNumber: OFFERED } });
  expect(structured.message).toContain('answer was lost');
  expect(isError).toBe(false);
  expect(writes()).toEqual([RENTED]);
});

test('a rent in a region that is not allowed, or beyond the rents of a day, is refused before anybody is asked', async () => {
  const { call, questions, writes } = await start({
    env: { SINCH_NUMBERS_REGIONS: 'GB,SE', SINCH_NUMBERS_MAX_RENTS_PER_DAY: '0' },
    person: agreeable,
  });
  for (const [phoneNumber, variable] of [
    [OFFERED, 'SINCH_NUMBERS_REGIONS'],
    ['+447700900123', 'SINCH_NUMBERS_MAX_RENTS_PER_DAY'],
  ] as const) {
    const { structured, isError } = await call('rent_number', { phoneNumber });
    expect(structured.outcome).toBe('not_executed');
    expect(structured.message).toContain(variable);
    expect(isError).toBe(true);
  }
  expect(questions).toEqual([]);
  expect(writes()).toEqual([]);
});

test('two rents at once do not slip through a limit of one', async () => {
  const both = deferred<void>();
  const { call, questions, writes } = await start({
    env: { SINCH_NUMBERS_MAX_RENTS_PER_DAY: '1' },
    person: async (question) => {
      if (questions.length === 2) both.resolve();
      await both.promise;
      return agreeable(question);
    },
  });
  const results = await Promise.all([
    call('rent_number', RENT),
    call('rent_number', { phoneNumber: OFFERED_TOO }),
  ]);
  expect(results.map(({ structured }) => structured.outcome).sort()).toEqual(['completed', 'not_executed']);
  expect(writes()).toHaveLength(1);
});
