import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/tools/arguments.ts';
import { findActiveNumbers } from '../../src/tools/insight/find-active-numbers.ts';
import { updateActiveNumber } from '../../src/tools/numbers/update-active-number.ts';
import { OFFERED } from '../api/support.ts';
import { either } from '../support/length.ts';
import { linesOf, openStage, RENTED, toolNamed } from '../support/stage.ts';

/** What is wrong with these arguments; empty where nothing is. */
function problemsOf(tool: string, args: unknown): readonly string[] {
  const parsed = parseArguments(toolNamed(tool), args);
  return 'problems' in parsed ? parsed.problems : [];
}

/** What the tool gets to see of these arguments. */
function inputOf(tool: string, args: unknown): unknown {
  const parsed = parseArguments(toolNamed(tool), args);
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed.input;
}

const US_LOCAL = { regionCode: 'US', type: 'LOCAL' };

describe('an unknown key of a tool that changes something', () => {
  test('is named, with the keys that are known', () => {
    expect(problemsOf('release_number', { phoneNumber: OFFERED, number: OFFERED })).toEqual([
      'unknown: number; known here: phoneNumber, confirmationToken',
    ]);
  });

  test('is named with its place deep inside, and with the keys that are known there', () => {
    const smsConfiguration = { servicePlanId: 'plan', servicePlan: 'plan' };
    expect(problemsOf('rent_number', { phoneNumber: OFFERED, smsConfiguration })).toEqual([
      'unknown: smsConfiguration.servicePlan; known here: servicePlanId, campaignId',
    ]);
  });

  test('is told even where everything else is right, or it says nothing, and nothing is sent', async () => {
    const stage = await openStage();
    const result = await stage.call('rent_number', { phoneNumber: OFFERED, toolCallId: null });
    expect(linesOf(result)).toEqual([
      'rent_number: invalid arguments: unknown: toolCallId; known here: phoneNumber, smsConfiguration, voiceConfiguration, callbackUrl, confirmationToken.',
      'Correct the arguments and call again. Nothing was sent.',
    ]);
    expect(result.isError).toBe(true);
    expect(stage.simulator.requests).toEqual([]);
  });

  test.each(['__proto__', 'constructor', 'toString'])('may be called %s', (key) => {
    const args: unknown = JSON.parse(`{"phoneNumber": "${OFFERED}", "${key}": {"a": 1}}`);
    expect(problemsOf('rent_number', args)).toEqual([expect.stringContaining(`unknown: ${key};`)]);
  });

  test('is shown on one line, without hidden characters, and cut', () => {
    const [problem = ''] = problemsOf('release_number', { [`a\n\u202eb${'c'.repeat(1_000)}`]: 1 }).slice(-1);
    expect(problem).toMatch(/^unknown: a bc+…; known here: /);
    expect(problem.length).toBeLessThan(250);
  });
});

describe('an unknown key of a tool that reads', () => {
  test('is dropped, deep inside too, and the text says so in one sentence', async () => {
    const stage = await openStage();
    const numberPattern = { pattern: OFFERED, digits: 4 };
    const args = { ...US_LOCAL, numberPattern, random_string: '', sessionId: null };
    const result = await stage.call('search_available_numbers', args);
    expect(result.isError ?? false).toBe(false);
    expect(linesOf(result).at(-1)).toBe(
      'Ignored, since unknown here: numberPattern.digits, random_string, sessionId.',
    );
  });

  test('is refused where nothing else is in its object: a condition would become none', () => {
    const args = { select: { name: 'support' } };
    expect(parseArguments(findActiveNumbers, args)).toMatchObject({
      problems: ['unknown: select.name, and nothing else is in select'],
    });
    expect(parseArguments(findActiveNumbers, { select: {} })).toHaveProperty('input');
  });

  test('is named beside what is wrong, since it may be what was meant', async () => {
    const result = await (await openStage()).call('check_number_availability', { number: OFFERED });
    expect(linesOf(result)).toEqual([
      'check_number_availability: invalid arguments: phoneNumber: is missing.',
      'Correct the arguments and call again. Nothing was sent.',
      'Ignored, since unknown here: number.',
    ]);
  });

  test('is shown on one line, without hidden characters, and cut; more than eight are counted', async () => {
    const keys = [
      `a\n\u202eb${'c'.repeat(1_000)}`,
      ...Array.from({ length: 19 }, (_, index) => `key${index}`),
    ];
    const args = Object.fromEntries(keys.map((key) => [key, 1]));
    const last = linesOf(await (await openStage()).call('list_active_numbers', args)).at(-1);
    expect(last).toMatch(/^Ignored, since unknown here: a bc+…, key0, .*key6 and 12 more\.$/);
    expect(last?.length).toBeLessThan(200);
  });
});

describe('an object or array that arrives as JSON text', () => {
  test('is held to the same rules', () => {
    const args = { phoneNumber: OFFERED, smsConfiguration: '{"servicePlan": "plan"}' };
    expect(problemsOf('rent_number', args)).toEqual([
      expect.stringMatching(/^smsConfiguration\.servicePlanId: /),
      expect.stringMatching(/^unknown: smsConfiguration\.servicePlan;/),
    ]);
  });

  test.each(['{', '', 'US', '"SMS"', '3', 'null', 'true'])('is a mistake where it is %j', (text) => {
    for (const name of ['capabilities', 'numberPattern']) {
      const problems = problemsOf('search_available_numbers', { ...US_LOCAL, [name]: text });
      expect(problems).not.toEqual([]);
      for (const problem of problems) expect(problem).toMatch(new RegExp(`^${name}(\\.0)?: `));
    }
  });

  test('is left alone where a text is wanted', () => {
    const args = { phoneNumber: OFFERED, displayName: '{"a": 1}' };
    expect(inputOf('update_active_number', args)).toEqual(args);
  });
});

describe('a region', () => {
  test.each([
    ['us', 'US'],
    ['Gb', 'GB'],
    ['UK', 'GB'],
    ['uk', 'GB'],
  ])('written %s is put right to %s', async (written, right) => {
    const stage = await openStage();
    const result = await stage.call('search_available_numbers', { regionCode: written, type: 'TOLL_FREE' });
    expect(result.text).toContain(`${right} TOLL_FREE`);
    expect(stage.simulator.requests.at(-1)).toContain(`regionCode=${right}&`);
  });

  test.each(['USA', 'U', '', '1A', ' US', 'U$'])('written %j is refused with an example', (regionCode) => {
    expect(problemsOf('list_active_numbers', { regionCode })).toEqual([
      'regionCode: must be a two-letter ISO 3166-1 country code, e.g. US',
    ]);
  });
});

describe('a phone number', () => {
  const E164 = 'phoneNumber: must be E.164: + and 7 to 15 digits, without spaces, e.g. +12025550134';

  test.each(['+1 202 555 0134', '+1-202-555-0134', '+0123456789', '0123456789', '+123456', '', '+'])(
    'written %j is refused with an example',
    (phoneNumber) => {
      expect(problemsOf('get_active_number', { phoneNumber })).toEqual([E164]);
    },
  );

  test.each([12025550134, '12025550134'])(
    'without a +, as %j, is refused with what to write',
    (phoneNumber) => {
      expect(problemsOf('rent_number', { phoneNumber })).toEqual([
        `${E164}; write "+12025550134" if it begins with the country code`,
      ]);
    },
  );

  test.each(['+12025550134/../x', '+12025550134:release', '+12025550134?x=1', '..', '+12025550134\n'])(
    'cannot lead the request elsewhere: %j',
    async (phoneNumber) => {
      const stage = await openStage();
      const result = await stage.call('get_active_number', { phoneNumber });
      expect(result.isError).toBe(true);
      expect(stage.simulator.requests).toEqual([]);
    },
  );
});

describe('an update', () => {
  test('without a change is refused with what can be changed', () => {
    expect(problemsOf('update_active_number', { phoneNumber: RENTED })).toEqual([
      'nothing to change: give at least one of displayName, smsConfiguration, voiceConfiguration, callbackUrl',
    ]);
  });

  test.each([{ smsConfiguration: {} }, { voiceConfiguration: {} }])('to %j is refused', (change) => {
    expect(problemsOf('update_active_number', { phoneNumber: RENTED, ...change })).toHaveLength(1);
  });

  test.each(['ftp://example.com', 'example.com', 'javascript:alert(1)', 'http://'])(
    'of the callback URL to %j is refused',
    (callbackUrl) => {
      expect(problemsOf('update_active_number', { phoneNumber: RENTED, callbackUrl })).toEqual([
        'callbackUrl: must be an http:// or https:// URL, e.g. https://example.com/callbacks',
      ]);
    },
  );
});

describe('a voice configuration', () => {
  test.each([
    [
      { type: 'EST', appId: 'a' },
      ['voiceConfiguration: type EST needs trunkId', 'voiceConfiguration.appId: does not go with type EST'],
    ],
    [
      { trunkId: 't' },
      ['voiceConfiguration: type RTC needs appId', 'voiceConfiguration.trunkId: does not go with type RTC'],
    ],
  ])('%j is refused with what its type needs', (voiceConfiguration, problems) => {
    expect(problemsOf('rent_number', { phoneNumber: OFFERED, voiceConfiguration })).toEqual(problems);
  });
});

describe('several problems', () => {
  test('are told at once, a line each', () => {
    const args = { regionCode: 'USA', type: 'local', callbackUrl: 'x', colour: 'red' };
    expect(problemsOf('rent_any_number', args)).toEqual([
      expect.stringMatching(/^regionCode: /),
      expect.stringMatching(/^type: .*"MOBILE"\|"LOCAL"\|"TOLL_FREE"/),
      expect.stringMatching(/^callbackUrl: /),
      expect.stringMatching(/^unknown: colour;/),
    ]);
  });

  test('beyond eight are counted', () => {
    const capabilities = Array.from({ length: 100 }, () => 'FAX');
    const problems = problemsOf('search_available_numbers', { ...US_LOCAL, capabilities });
    expect(problems).toHaveLength(9);
    expect(problems.at(-1)).toBe('and 92 more');
  });

  test('with unknown keys name eight of them, and count the others', () => {
    const args = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key${index}`, index]));
    const problem = problemsOf('release_number', args).at(-1);
    expect(problem).toMatch(/^unknown: key0, .*key7 and 12 more; known here: /);
  });

  test('say what is missing', () => {
    expect(problemsOf('search_available_numbers', {})).toEqual([
      'regionCode: is missing',
      expect.stringMatching(/^type: .*MOBILE/),
    ]);
  });
});

describe('arguments', () => {
  test('may be left out where none is needed', () => {
    expect(inputOf('list_available_regions', undefined)).toEqual({});
    expect(inputOf('list_available_regions', null)).toEqual({});
  });

  test.each([[['a']], ['text'], [1], [true]])('that are no object but %j are refused', (args) => {
    expect(problemsOf('list_available_regions', args)).toHaveLength(1);
  });

  test('of monstrous size are answered shortly, and nothing is sent', async () => {
    const stage = await openStage();
    const long = 'x'.repeat(1_000_000);
    const junk: readonly object[] = [
      Object.fromEntries(
        Array.from({ length: either(50_000, 5_000) }, (_, index) => [`${index}${'k'.repeat(200)}`, index]),
      ),
      { phoneNumber: long, smsConfiguration: long, voiceConfiguration: { [long]: long }, callbackUrl: long },
      { phoneNumber: OFFERED, smsConfiguration: '['.repeat(1_000_000) },
      { ...US_LOCAL, capabilities: Array.from({ length: either(100_000, 10_000) }, () => long) },
      { [long]: { [long]: [long] } },
    ];
    for (const args of junk) {
      for (const tool of ['rent_number', 'search_available_numbers', 'update_active_number']) {
        const result = await stage.call(tool, args);
        expect(result.isError).toBe(true);
        expect(JSON.stringify(result).length).toBeLessThan(6_000);
      }
    }
    expect(stage.simulator.requests).toEqual([]);
  });

  test('that are too long to be shown to a person whole are refused in an answer of bounded size', async () => {
    const stage = await openStage();
    const servicePlanId = 'x'.repeat(100_000);
    const callbackUrl = `https://example.com/${'y'.repeat(100_000)}`;
    const args = { phoneNumber: OFFERED, smsConfiguration: { servicePlanId }, callbackUrl };
    const result = await stage.call('rent_number', args);
    expect(result.structured).toMatchObject({ outcome: 'not_executed' });
    expect(result.text).toMatch(
      /^rent_number: invalid arguments: smsConfiguration\.servicePlanId: must be at most 128 characters/,
    );
    expect(stage.sent()).toEqual([]);
    expect(result.text.length).toBeLessThan(2_000);
    expect(JSON.stringify(result.structured).length).toBeLessThan(10_000);
  });
});

test.each(['<servicePlanId>', '…', '...', 'YOUR_PLAN'])(
  'an ID is not %s: advice writes so where one belongs',
  (id) => {
    const args = { phoneNumber: '+12025550134', smsConfiguration: { servicePlanId: id } };
    expect(parseArguments(updateActiveNumber, args)).toMatchObject({
      problems: [expect.stringContaining('this is a placeholder')],
    });
  },
);
