/** Many numbers, one yes: what is asked, what a yes allows, and how a batch goes on. */
import { describe, expect, test } from 'vitest';
import { OFFERED, UNKNOWN } from '../api/support.ts';
import { cancellable, decliner, journalOf, TIMED_OUT, WITHDRAWN, waiting, yes } from '../support/gate.ts';
import {
  absent,
  agreeable,
  type Caller,
  decide,
  openBeside,
  personWho,
  recordingBrowser,
  START,
  steppedClock,
} from '../support/stage.ts';
import { put } from '../tools/audit-support.ts';
import {
  BATCHES,
  CALLBACK,
  CHANGE,
  callBatch,
  counts,
  onAnswer,
  openWith,
  SEATTLE,
  sentOf,
} from './batch-support.ts';

const MINUTE = 60_000;
const UPDATE = 'update_active_numbers';

describe.each(BATCHES)('$tool', ({ tool, verb, many, args, request }) => {
  test('asks once for all, and sends each number once, as one batch in the journal', async () => {
    const stage = await openWith(9);
    const person = agreeable();
    const call = args(stage.rented, 9);
    const result = await callBatch(stage, tool, call, person);
    expect(person.questions).toMatchObject([{ field: 'typed', answer: `${verb} 9` }]);
    expect(person.questions[0]?.items?.map(({ phoneNumber }) => phoneNumber)).toEqual(call.phoneNumbers);
    expect(result).toMatchObject({
      ...{ outcome: 'completed', confirmedBy: 'elicitation', isError: false, results: [] },
      stakes: { count: 9, phoneNumbers: call.phoneNumbers },
    });
    expect(counts(result)).toEqual([9, 0, 0, 0, 0]);
    expect(sentOf(stage)).toEqual(call.phoneNumbers.map(request).sort());
    const journal = await journalOf(stage);
    expect(new Set(journal.map(({ batch }) => batch))).toEqual(new Set([journal[0]?.approval]));
    expect(journal.map(({ part }) => part).sort()).toEqual([...call.phoneNumbers].sort());
    for (const entry of journal)
      expect(entry).toMatchObject({ confirmedBy: 'elicitation', outcome: { outcome: 'completed' } });
  });

  test('sends nothing after a no, or another answer than the one asked for', async () => {
    const stage = await openWith(9);
    const call = args(stage.rented, 9);
    const sloppy = personWho(() => ({ action: 'accept', content: { typed: `${verb} 8` } }));
    for (const person of [decliner(stage), sloppy]) {
      const result = await callBatch(stage, tool, call, person);
      expect(result).toMatchObject({ outcome: 'declined', done: 0, results: [] });
    }
    expect(stage.sent()).toEqual([]);
  });

  test('answers with a token where nobody can be asked, which is spent once', async () => {
    const stage = await openWith(9);
    const call = args(stage.rented, 9);
    const first = await callBatch(stage, tool, call);
    expect(first).toMatchObject({ outcome: 'confirmation_required', stakes: { count: 9 }, isError: false });
    expect(stage.sent()).toEqual([]);
    const token = { ...call, confirmationToken: first.confirmation?.token };
    expect(await callBatch(stage, tool, token)).toMatchObject({ outcome: 'completed', confirmedBy: 'token' });
    expect(await callBatch(stage, tool, token)).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(stage.sent()).toHaveLength(9);
  });

  test('has no more requests under way at once than it may', async () => {
    let [now, most] = [0, 0];
    const stage = await openWith(9, {
      numbers: (own) => ({
        ...own,
        async call(operation, ...rest) {
          if (operation.effect !== 'read') most = Math.max(most, ++now);
          const answer = await own.call(operation, ...rest);
          if (operation.effect !== 'read') now--;
          return answer;
        },
      }),
    });
    await callBatch(stage, tool, args(stage.rented, 9), agreeable());
    expect(most).toBe(verb === 'UPDATE' ? 8 : 4);
  });

  test('tells how far it is after each number', async () => {
    const stage = await openWith(9);
    const told: string[] = [];
    const progress = (message: string) => void told.push(message);
    await callBatch(stage, tool, args(stage.rented, 9), { ...agreeable(), progress });
    expect(told.filter((message) => message.endsWith('of 9 numbers'))).toHaveLength(9);
  });

  test('that is cancelled ends before the next number, and the same call is told how far it came', async () => {
    const { caller, cancel } = cancellable();
    const stage = await openWith(many, { numbers: onAnswer((n) => n === 2 && cancel(WITHDRAWN)) });
    const call = args(stage.rented, many);
    await callBatch(stage, tool, call, { ...agreeable(), ...caller });
    const sent = stage.sent().length;
    expect(sent).toBeLessThan(many);
    const result = await callBatch(stage, tool, call, absent());
    expect(result).toMatchObject({ outcome: 'partly_completed', done: sent, notAttempted: many - sent });
    expect(result.message).toMatch(/^This is the outcome of the same call made before/);
    expect(result.message).toContain('It was cancelled.');
    expect(stage.sent()).toHaveLength(sent);
  });

  test.each(['its time is up', "the client's patience ends"])(
    'goes on with the same call without asking when %s, for its caller alone, as often as it takes',
    async (why) => {
      const clock = steppedClock();
      const { caller, cancel } = cancellable({ id: 'a' });
      const isTime = why.startsWith('its');
      const stage = await openWith(many, {
        clock,
        numbers: onAnswer((n) => {
          if (n % 2 === 0 && isTime) return clock.advance(MINUTE);
          return n === 2 && !isTime && cancel(TIMED_OUT);
        }),
      });
      const call = args(stage.rented, many);
      const first = await callBatch(stage, tool, call, { ...agreeable(), ...caller });
      const sent = stage.sent().length;
      expect(first).toMatchObject({ outcome: 'partly_completed', done: sent, notAttempted: many - sent });
      expect(first.message).toMatch(
        new RegExp(`approved until 2026-01-15T12:30:\\d\\d.* Call ${tool} again`),
      );
      expect(await callBatch(stage, tool, call, { id: 'b' })).toMatchObject({
        outcome: 'confirmation_required',
        stakes: { count: many - sent },
      });
      let last = first;
      for (let calls = 0; last.notAttempted > 0; calls++) {
        expect(calls).toBeLessThan(many);
        last = await callBatch(stage, tool, call, { id: 'a', ...absent() });
      }
      expect(last).toMatchObject({ outcome: 'completed', done: many, confirmedBy: 'elicitation' });
      expect(sentOf(stage)).toEqual(call.phoneNumbers.map(request).sort());
    },
  );
});

describe('what is asked about', () => {
  test('a form names the first twenty, those first that stop working, and how many more; a page all', async () => {
    const stage = await openWith(30, {}, (line) => (line === 27 ? { servicePlanId: 'plan-a' } : {}));
    const browser = recordingBrowser();
    const paging = await openBeside(stage, { openBrowser: browser.open });
    const person = decliner(stage);
    const args = { select: { regionCode: 'US' } };
    await callBatch(stage, 'release_numbers', args, person);
    const [question] = person.questions;
    expect(question?.items?.[0]).toMatchObject({
      phoneNumber: stage.rented[27],
      detail: 'SMS service plan "plan-a"',
    });
    expect(question?.facts).toEqual([
      { label: 'Will stop working', value: 'SMS service plan "plan-a" (1 number)' },
      { label: 'No longer charged', value: '24.00 EUR a month' },
      { label: 'Stay', value: 'each until its paid period ends' },
    ]);
    const waiting = callBatch(paging, 'release_numbers', args, { id: 'b' });
    const page = await (await fetch(await browser.page())).text();
    for (const phoneNumber of stage.rented) expect(page).toContain(`<b>${phoneNumber}</b>`);
    await decide(await browser.page(), 'decline');
    await waiting;
    const token = await callBatch(stage, 'release_numbers', args, { id: 'c' });
    expect(token.message).toContain('\nand 10 more\n');
    expect(token.stakes).toMatchObject({ count: 30, truncated: { shown: 20, total: 30 } });
  });

  test('leaves out what needs nothing and what is not rented, and says so', async () => {
    const stage = await openWith(8, {}, (line) => (line < 6 ? { callbackUrl: CALLBACK } : {}));
    const person = agreeable();
    const phoneNumbers = [...stage.rented, UNKNOWN];
    const result = await callBatch(stage, UPDATE, { phoneNumbers, change: CHANGE }, person);
    const named = stage.rented.slice(0, 5).join(', ');
    expect(person.questions[0]?.facts.at(-1)).toEqual({
      label: 'Left out',
      value: `is so already: ${named} and 1 more; this project does not rent it: ${UNKNOWN}`,
    });
    expect(counts(result)).toEqual([2, 1, 0, 6, 0]);
    expect(result.results).toEqual([
      { phoneNumber: UNKNOWN, outcome: 'not_executed', reason: 'this project does not rent it' },
    ]);
  });

  test('is nothing where all is so already, and an error where no number is meant', async () => {
    const stage = await openWith(2, {}, () => ({ callbackUrl: CALLBACK, expireAt: START + MINUTE }));
    const person = agreeable();
    const { rented: phoneNumbers } = stage;
    const same = await callBatch(stage, UPDATE, { phoneNumbers, change: CHANGE }, person);
    expect(same).toMatchObject({
      outcome: 'completed',
      message: '0 numbers done, 2 left out, since it is so already.',
    });
    const released = await callBatch(stage, 'release_numbers', { phoneNumbers }, person);
    expect(released).toMatchObject({ outcome: 'completed', skipped: 2 });
    const none = await callBatch(stage, 'release_numbers', { select: { servicePlanId: 'plan-x' } }, person);
    expect(none).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(none.message).toBe('No rented number meets select. Nothing was sent.');
    const unknown = await stage.call(UPDATE, { select: { finding: 'CAMPAIN_EXPIRED' }, change: CHANGE });
    expect(unknown.text).toMatch(
      /^update_active_numbers failed: no number has the finding "CAMPAIN_EXPIRED"/,
    );
    expect(person.questions).toEqual([]);
  });

  test.each([
    [
      'more rents than are left today',
      { maxRentsPerDay: 3 },
      /MAX_RENTS allows 3 rents .* 4 more are too many/,
    ],
    [
      'a price over the limit, with the numbers that have it',
      { maxMonthlyPrice: { amount: '1.00' } },
      /this number costs 2\.00 EUR \(1 of 4 numbers: \+18005550100\)/,
    ],
    ['a region that is not allowed', { regions: ['GB'] }, /REGIONS allows .* \(4 of 4 numbers: /],
  ])('is refused as a whole before anybody is asked: %s', async (_, limits, reason) => {
    const stage = await openWith(0, { limits: { maxRentsPerDay: 20, ...limits } });
    const person = agreeable();
    const phoneNumbers = [...SEATTLE.slice(0, 3), '+18005550100'];
    const result = await callBatch(stage, 'rent_numbers', { phoneNumbers }, person);
    expect(result).toMatchObject({ outcome: 'not_executed', stakes: { count: 4 }, isError: true });
    expect(result.message).toMatch(reason);
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test('is asked anew where the members of a selection change between question and yes', async () => {
    const stage = await openWith(3);
    const person = personWho((question) => {
      if (person.questions.length === 1) put(stage, 3);
      return yes(question);
    });
    const args = { select: { linked: false }, change: CHANGE };
    const result = await callBatch(stage, UPDATE, args, person);
    expect(person.questions.map(({ answer }) => answer)).toEqual(['UPDATE 3', 'UPDATE 4']);
    expect(person.questions[1]?.headline).toMatch(/^The terms have changed since the last question\./);
    expect(counts(result)).toEqual([4, 0, 0, 0, 0]);
  });

  test('a page is found again by the same call, though a search would give other numbers now', async () => {
    const browser = recordingBrowser();
    const stage = await openWith(0, { openBrowser: browser.open });
    const args = { select: { regionCode: 'US', type: 'LOCAL', count: 2 } };
    const first = callBatch(stage, 'rent_numbers', args);
    await waiting(stage);
    await stage.clock.advance(MINUTE);
    const [asked] = (await first).stakes?.phoneNumbers ?? [];
    const other = {
      phoneNumber: '+12025550199',
      regionCode: 'US',
      type: 'LOCAL',
      monthlyPrice: { amount: '9' },
    };
    const body = { availableNumbers: [other, { ...other, phoneNumber: '+12025550198' }] };
    stage.simulator.faults.add({ path: /availableNumbers\?/, answer: { status: 200, body }, times: 9 });
    await decide(await browser.page(), 'approve');
    const result = await callBatch(stage, 'rent_numbers', args);
    expect(result).toMatchObject({ outcome: 'completed', done: 2 });
    expect(result.phoneNumbers).toContain(asked);
    expect(browser.pages).toHaveLength(1);
  });
});

describe('the same batch called twice at once', () => {
  test('is asked about once, sends each number once, and both callers are told', async () => {
    const browser = recordingBrowser();
    const stage = await openWith(9, { openBrowser: browser.open });
    const args = { phoneNumbers: stage.rented, change: CHANGE };
    const calls = [callBatch(stage, UPDATE, args), callBatch(stage, UPDATE, args)];
    await waiting(stage, 2);
    await decide(await browser.page(), 'approve');
    expect((await Promise.all(calls)).map(({ done }) => done)).toEqual([9, 9]);
    expect(stage.sent()).toHaveLength(9);
    expect(browser.pages).toHaveLength(1);
  });
});

describe('what is left of a batch', () => {
  /** A batch of nine whose time is up after the first few. */
  async function openPartial(caller: Caller = {}) {
    const clock = steppedClock();
    const numbers = onAnswer((n) => n === 1 && clock.advance(MINUTE));
    const stage = await openWith(9, { clock, numbers });
    const args = { phoneNumbers: stage.rented, change: CHANGE };
    // One number more than are under way at once would be left: the last.
    const first = await callBatch(stage, UPDATE, args, { ...agreeable(), ...caller });
    expect(first.notAttempted).toBe(1);
    return { stage, args, left: first.results[0]?.phoneNumber ?? '' };
  }

  test('is asked about anew after thirty minutes', async () => {
    const { stage, args, left } = await openPartial();
    await stage.clock.advance(30 * MINUTE);
    const person = agreeable();
    const result = await callBatch(stage, UPDATE, args, person);
    expect(person.questions).toMatchObject([{ answer: 'UPDATE 1', items: [{ phoneNumber: left }] }]);
    expect(counts(result)).toEqual([1, 0, 0, 8, 0]);
  });

  test('is not sent where its terms have changed since the yes', async () => {
    const { stage, args, left } = await openPartial();
    const record = stage.simulator.project.get(left);
    record.callbackUrl = 'https://example.com/other';
    const result = await callBatch(stage, UPDATE, args, absent());
    expect(counts(result)).toEqual([8, 1, 0, 0, 0]);
    expect(result.results).toEqual([
      {
        phoneNumber: left,
        outcome: 'not_executed',
        reason: 'its terms have changed since they were agreed to',
      },
    ]);
    expect(record.callbackUrl).toBe('https://example.com/other');
  });

  test('goes on at another server of the same caller, and not for another one', async () => {
    const { stage, args } = await openPartial();
    const beside = await openBeside(stage);
    expect(await callBatch(beside, UPDATE, args, { id: 'b' })).toMatchObject({
      outcome: 'confirmation_required',
    });
    expect(counts(await callBatch(beside, UPDATE, args, absent()))).toEqual([9, 0, 0, 0, 0]);
    expect(stage.sent()).toHaveLength(9);
  });

  test('is not rented by another server whose limits forbid it', async () => {
    const clock = steppedClock();
    const stage = await openWith(0, { clock, numbers: onAnswer((n) => n === 1 && clock.advance(MINUTE)) });
    const args = { phoneNumbers: SEATTLE.slice(0, 5) };
    const first = await callBatch(stage, 'rent_numbers', args, agreeable());
    expect(counts(first)).toEqual([4, 0, 0, 0, 1]);
    const limits = { maxRentsPerDay: 100, maxMonthlyPrice: { amount: '0.50' } };
    const result = await callBatch(await openBeside(stage, { limits }), 'rent_numbers', args, absent());
    expect(counts(result)).toEqual([4, 1, 0, 0, 0]);
    expect(result.results[0]?.reason).toContain('this number costs 0.80 EUR');
    expect(stage.sent()).toHaveLength(4);
  });
});

test('without asking, where updates do not ask, the batch has an ID of its own in the journal', async () => {
  const stage = await openWith(3, { confirmUpdates: false });
  const result = await callBatch(stage, UPDATE, { phoneNumbers: stage.rented, change: CHANGE }, absent());
  expect(result).toMatchObject({ outcome: 'completed', done: 3 });
  expect(result).not.toHaveProperty('confirmedBy');
  const journal = await journalOf(stage);
  expect(new Set(journal.map(({ batch }) => batch)).size).toBe(1);
  expect(journal[0]).not.toHaveProperty('approval');
});

test('resources of the numbers that changed are told of', async () => {
  const stage = await openWith(2);
  const args = { phoneNumbers: [...stage.rented, OFFERED], change: CHANGE };
  const { changed } = await stage.call(UPDATE, args, agreeable());
  const list = 'sinch-numbers://active-numbers';
  expect(changed?.toSorted()).toEqual(
    [list, ...stage.rented.map((it) => `${list}/${it}`), 'sinch-numbers://journal'].sort(),
  );
});
