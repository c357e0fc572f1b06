import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../src/api/errors.ts';
import { ask, CannotAskError, type FormAnswer, type Question } from '../../src/approval/question.ts';
import { failure } from '../api/support.ts';
import { absent, type Person, personWho, slow, steppedClock } from '../support/stage.ts';

const QUESTION: Question = {
  headline: 'Rent +12025550134?',
  facts: [],
  field: 'lastFourDigits',
  title: 'Last four digits',
  description: 'Type them.',
  answer: '0134',
};
const MINUTE = 60_000;

/** A question that is being put, and time that stands still. */
function put(person: Person, { withProgress = false } = {}) {
  const clock = steppedClock();
  const caller = new AbortController();
  const told: { message: string; at: number }[] = [];
  const began = clock.now();
  const progress = (message: string) => told.push({ message, at: clock.now() - began });
  const verdict = ask(
    QUESTION,
    person.elicit,
    { signal: caller.signal, ...(withProgress && { progress }) },
    clock,
  );
  return { verdict, clock, caller, told };
}

function verdictOn(form: FormAnswer) {
  return put(personWho(() => form)).verdict;
}

describe('an answer', () => {
  test('that is the right one is a yes', async () => {
    expect(await verdictOn({ action: 'accept', content: { lastFourDigits: '0134' } })).toBe('yes');
  });

  test('may have spaces around it', async () => {
    expect(await verdictOn({ action: 'accept', content: { lastFourDigits: ' 0134\n' } })).toBe('yes');
  });

  test.each([
    ['no content', undefined],
    ['empty content', {}],
    ['other digits', { lastFourDigits: '0135' }],
    ['more digits', { lastFourDigits: '+12025550134' }],
    ['an empty text', { lastFourDigits: '' }],
    ['a number', { lastFourDigits: 134 }],
    ['true', { lastFourDigits: true }],
    ['a list', { lastFourDigits: ['0134'] }],
    ['the right digits in another field', { confirm: '0134' }],
    ['the right digits in a field of another case', { lastfourdigits: '0134' }],
  ])('that accepts with %s is no yes', async (_, content) => {
    expect(await verdictOn({ action: 'accept', content })).toBe('wrong answer');
  });

  test.each([
    ['decline', 'declined'],
    ['cancel', 'dismissed'],
    ['', 'not shown'],
    ['ACCEPT', 'not shown'],
    ['submit', 'not shown'],
  ])('with the action %j is %s, whatever was typed', async (action, verdict) => {
    expect(await verdictOn({ action, content: { lastFourDigits: '0134' } })).toBe(verdict);
  });

  test('is never a yes without the action accept and the right text in the right field', async () => {
    const form = fc.record({
      action: fc.oneof(fc.constantFrom('accept', 'decline', 'cancel'), fc.string()),
      content: fc.option(
        fc.dictionary(fc.oneof(fc.constant('lastFourDigits'), fc.string()), fc.jsonValue()),
        { nil: undefined },
      ),
    });
    await fc.assert(
      fc.asyncProperty(form, async ({ action, content }) => {
        const typed = content?.lastFourDigits;
        fc.pre(action !== 'accept' || typeof typed !== 'string' || typed.trim() !== '0134');
        expect(await verdictOn({ action, content })).not.toBe('yes');
      }),
    );
  });

  test('that comes late, but in time, counts', async () => {
    const person = slow();
    const { verdict, clock } = put(person);
    await clock.advance(49_999);
    person.reply({ action: 'accept', content: { lastFourDigits: '0134' } });
    expect(await verdict).toBe('yes');
  });
});

describe('waiting for a person', () => {
  test('ends after 50 s', async () => {
    const { verdict, clock } = put(absent());
    let ended = false;
    void verdict.then(() => {
      ended = true;
    });
    await clock.advance(49_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await verdict).toBe('no answer in time');
  });

  test('goes on for 5 minutes where the call can tell its progress', async () => {
    const { verdict, clock } = put(absent(), { withProgress: true });
    let ended = false;
    void verdict.then(() => {
      ended = true;
    });
    await clock.advance(5 * MINUTE - 1);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await verdict).toBe('no answer in time');
  });

  test('tells every 10 s that it goes on, and for how long it has', async () => {
    const { verdict, clock, told } = put(absent(), { withProgress: true });
    await clock.advance(35_000);
    expect(told.map(({ at }) => at)).toEqual([0, 10_000, 20_000, 30_000]);
    expect(told.at(-1)?.message).toContain('30 s so far');
    await clock.advance(5 * MINUTE);
    await verdict;
    expect(told).toHaveLength(30);
  });

  test('stops telling once there is an answer', async () => {
    const { verdict, clock, told } = put(
      personWho(() => ({ action: 'decline' })),
      { withProgress: true },
    );
    await verdict;
    await clock.advance(5 * MINUTE);
    expect(told).toHaveLength(1);
    expect(clock.sleeping()).toBe(0);
  });

  test('withdraws the form when time is up', async () => {
    const person = absent();
    const { verdict, clock } = put(person);
    await clock.advance(49_999);
    expect(person.forms[0]?.aborted).toBe(false);
    await clock.advance(1);
    await verdict;
    expect(person.forms[0]?.aborted).toBe(true);
  });

  test('takes no notice of an answer that comes after the time is up', async () => {
    const person = slow();
    const { verdict, clock } = put(person);
    await clock.advance(50_000);
    person.reply({ action: 'accept', content: { lastFourDigits: '0134' } });
    expect(await verdict).toBe('no answer in time');
  });

  test('ends when the caller cancels, and withdraws the form', async () => {
    const person = absent();
    const { verdict, clock, caller } = put(person);
    const ended = failure(verdict);
    caller.abort();
    expect(await ended).toBeInstanceOf(CancelledError);
    expect(person.forms[0]?.aborted).toBe(true);
    expect(clock.sleeping()).toBe(0);
  });
});

test('a client that cannot show the form is told apart from one that declines', async () => {
  const error = new CannotAskError('no forms here');
  const { verdict, clock } = put(personWho(() => Promise.reject(error)));
  expect(await failure(verdict)).toBe(error);
  expect(clock.sleeping()).toBe(0);
});

test('the question reaches the client as it was put', async () => {
  const person = personWho(() => ({ action: 'decline' }));
  await put(person).verdict;
  expect(person.questions).toEqual([QUESTION]);
});
