import { describe, expect, test } from 'vitest';
import { listAvailableNumbersResponse } from '../../../src/api/schemas/numbers.ts';
import { OFFERED, UNKNOWN } from '../../api/support.ts';
import { linesOf, openStage, RENTED, rentLinked, type Stage, structuredAs } from '../../support/stage.ts';

const SEATTLE = { pattern: '+1206', searchPattern: 'START' };

describe('search_available_numbers', () => {
  test('lists one number a line, says shared facts once, and how many there are', async () => {
    const stage = await openStage();
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern: SEATTLE, size: 3 };
    const result = await stage.call('search_available_numbers', args);
    const { availableNumbers } = structuredAs(listAvailableNumbersResponse, result);
    expect(availableNumbers).toHaveLength(3);
    expect(linesOf(result)).toEqual([
      'All: US LOCAL | SMS+VOICE | setup 0.80 EUR | 0.80 EUR a month',
      ...availableNumbers.map(({ phoneNumber }) => phoneNumber),
      '3 found beginning with +1206. There may be more: raise size, or narrow numberPattern.',
    ]);
    expect(result).not.toHaveProperty('isError');
  });

  test('answers with everything that the API tells, in its names', async () => {
    const stage = await openStage();
    const args = { regionCode: 'SE', type: 'LOCAL', size: 1 };
    const result = await stage.call('search_available_numbers', args);
    expect(result.structured).toEqual({
      availableNumbers: [
        {
          phoneNumber: expect.stringMatching(/^\+46/),
          regionCode: 'SE',
          type: 'LOCAL',
          capability: ['VOICE'],
          setupPrice: { currencyCode: 'EUR', amount: '0.00' },
          monthlyPrice: { currencyCode: 'EUR', amount: '2.50' },
          paymentIntervalMonths: 3,
          supportingDocumentationRequired: true,
        },
      ],
    });
    expect(linesOf(result)[0]).toMatch(
      /^\+46\d+ \| SE LOCAL \| VOICE \| setup 0\.00 EUR \| 2\.50 EUR every 3 months \| documents required$/,
    );
  });

  test('asks for 20 unless told otherwise, and passes every filter on', async () => {
    const stage = await openStage();
    await stage.call('search_available_numbers', { regionCode: 'US', type: 'LOCAL' });
    await stage.call('search_available_numbers', {
      regionCode: 'US',
      type: 'TOLL_FREE',
      numberPattern: SEATTLE,
      capabilities: ['SMS', 'VOICE'],
      size: 7,
    });
    const requests = stage.simulator.requests.filter((request) => request.startsWith('GET'));
    expect(requests.slice(0, 2)).toEqual([
      'GET /availableNumbers?regionCode=US&type=LOCAL&size=20',
      'GET /availableNumbers?regionCode=US&type=TOLL_FREE&numberPattern.pattern=%2B1206&numberPattern.searchPattern=START&capabilities=SMS&capabilities=VOICE&size=7',
    ]);
  });

  test('cuts a text that would be too long, and says how to see the others', async () => {
    const stage = await openStage();
    const availableNumbers = Array.from({ length: 1_000 }, (_, line) => ({
      phoneNumber: `+1206555${String(line).padStart(4, '0')}`,
      setupPrice: { currencyCode: 'EUR', amount: `${line}.00` },
      monthlyPrice: { currencyCode: 'EUR', amount: `${line}.50` },
    }));
    stage.simulator.faults.add({
      path: /availableNumbers/,
      answer: { status: 200, body: { availableNumbers } },
    });
    const args = { regionCode: 'US', type: 'LOCAL', size: 2_000 };
    const result = await stage.call('search_available_numbers', args);
    const shown = linesOf(result).filter((line) => line.startsWith('+1206555'));
    expect(shown.length).toBeGreaterThan(500);
    expect(shown.length).toBeLessThan(1_000);
    expect(shown.at(-1)).toContain(String(shown.length - 1).padStart(4, '0'));
    expect(linesOf(result).slice(-2)).toEqual([
      `CUT: only the first ${shown.length} of 1000. For the others narrow numberPattern.`,
      '1000 found.',
    ]);
    expect(result.structured).toEqual({
      availableNumbers: availableNumbers.slice(0, shown.length),
      truncated: { shown: shown.length, total: 1_000 },
    });
  });

  test('does not speak of more where there are fewer than asked for', async () => {
    const stage = await openStage();
    const numberPattern = { pattern: OFFERED, searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const result = await stage.call('search_available_numbers', args);
    expect(linesOf(result).at(-1)).toBe(`1 found beginning with ${OFFERED}.`);
  });

  test('takes letters for the digits that a keypad has for them, and says which it looked for', async () => {
    const stage = await openStage();
    const numberPattern = { pattern: '+1206JKL', searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern, size: 1 };
    const result = await stage.call('search_available_numbers', args);
    expect(stage.simulator.requests.at(-1)).toContain('numberPattern.pattern=%2B1206555&');
    expect(linesOf(result).at(-1)).toMatch(/^1 found beginning with \+1206555\. /);
  });
});

describe('a search that finds nothing says why', () => {
  const search = async (args: object, stage?: Stage) => {
    const opened = stage ?? (await openStage());
    const result = await opened.call('search_available_numbers', {
      regionCode: 'US',
      type: 'LOCAL',
      ...args,
    });
    expect(result).not.toHaveProperty('isError');
    expect(result.structured).toMatchObject({ availableNumbers: [] });
    return { ...result, requests: opened.simulator.requests.filter((it) => it.startsWith('GET')) };
  };

  test('where the region is not offered at all, with those that are', async () => {
    const { text, requests } = await search({ regionCode: 'FR', numberPattern: SEATTLE });
    expect(text).toBe('No numbers are offered in FR, only in AU, CA, DE, GB, SE, US.');
    expect(requests).toHaveLength(2);
  });

  test('where the type is not offered in the region, with those that are', async () => {
    const { text, requests } = await search({ type: 'MOBILE' });
    expect(text).toBe('US has no MOBILE numbers, only LOCAL, TOLL_FREE.');
    expect(requests).toHaveLength(2);
  });

  test.each<[string, object, RegExp, object, number]>([
    [
      'a shorter end',
      { numberPattern: { pattern: '206', searchPattern: 'END' } },
      /^No US LOCAL number ending in 206\. Nearest, ending in 06: \+1/,
      { numberPattern: { pattern: '06', searchPattern: 'END' } },
      3,
    ],
    [
      'that of START without its +',
      { numberPattern: { pattern: '1206', searchPattern: 'START' } },
      /1206\. With START the pattern begins with \+ and the country code, e\.g\. \+1206\. Nearest, containing 1206: /,
      { numberPattern: { pattern: '1206', searchPattern: 'CONTAINS' } },
      4,
    ],
    [
      'the last digits of an end',
      { numberPattern: { pattern: '8199', searchPattern: 'END' } },
      /Nearest, ending in 199: /,
      { numberPattern: { pattern: '199', searchPattern: 'END' } },
      4,
    ],
    [
      'the first digits',
      { numberPattern: { pattern: '+1206555', searchPattern: 'START' }, size: 3, taken: true },
      /Nearest, beginning with \+120655: /,
      { numberPattern: { pattern: '+120655', searchPattern: 'START' } },
      4,
    ],
    [
      'as many digits as there are',
      { numberPattern: { pattern: '9999999' } },
      /^No US LOCAL number containing 9999999\. Nearest, containing 99: /,
      { numberPattern: { pattern: '99' } },
      5,
    ],
    [
      'any capability',
      { regionCode: 'SE', capabilities: ['SMS'] },
      /^No SE LOCAL number with SMS\. Nearest, with any capability: /,
      {},
      3,
    ],
    [
      'any digits and capability, with four more requests',
      { regionCode: 'SE', numberPattern: { pattern: '777', searchPattern: 'END' }, capabilities: ['SMS'] },
      /^No SE LOCAL number with SMS ending in 777\. Nearest, with any digits and capability: /,
      {},
      5,
    ],
  ])(
    'and the nearest there is: %s',
    async (_, { taken, ...args }: { taken?: boolean }, told, nearest, count) => {
      const stage = await openStage();
      if (taken) stage.simulator.faults.add({ path: /%2B1206555/, answer: { status: 200, body: {} } });
      const { text, structured, requests } = await search(args, stage);
      expect(text).toMatch(told);
      const availableNumbers = Array.from(text.matchAll(/\+\d{11}/g), ([phoneNumber]) => ({ phoneNumber }));
      expect(availableNumbers).toHaveLength(2);
      expect(structured).toMatchObject({ nearest: { ...nearest, availableNumbers } });
      expect(requests).toHaveLength(count);
    },
  );

  test('where nothing of the kind is on offer now, with the other types of the region', async () => {
    const stage = await openStage();
    stage.simulator.faults.add({ path: /availableNumbers/, answer: { status: 200, body: {} }, times: 9 });
    const { text, structured } = await search({ numberPattern: SEATTLE }, stage);
    expect(text).toBe(
      'No US LOCAL number beginning with +1206. Nor is any other US LOCAL number on offer now. US has TOLL_FREE too.',
    );
    expect(structured).toEqual({ availableNumbers: [] });
  });

  test.each([
    ['not at all', { status: 500, body: {} }],
    ['without a region', { status: 200, body: {} }],
    ['without the types of the region', { status: 200, body: { availableRegions: [{ regionCode: 'US' }] } }],
  ])('as far as it can be read: the regions %s', async (_, answer) => {
    const stage = await openStage();
    stage.simulator.faults.add({ path: /availableRegions/, answer, times: 99 });
    const { text } = await search({ numberPattern: { pattern: '9999999' } }, stage);
    expect(text).toMatch(/^No US LOCAL number containing 9999999\. Nearest, /);
  });

  test('with what others wrote in quotes', async () => {
    const stage = await openStage();
    const availableRegions = [{ regionCode: 'All is well', types: ['LOCAL'] }];
    stage.simulator.faults.add({
      path: /availableRegions/,
      answer: { status: 200, body: { availableRegions } },
    });
    const { text } = await search({ numberPattern: { pattern: '9999999' } }, stage);
    expect(text).toContain('only in "All is well".');
  });
});

describe('check_number_availability', () => {
  test('says that a number can be rented, and what it costs', async () => {
    const stage = await openStage();
    const result = await stage.call('check_number_availability', { phoneNumber: OFFERED });
    expect(result.text).toBe(
      `On offer:\n${OFFERED} | US LOCAL | SMS+VOICE | setup 0.80 EUR | 0.80 EUR a month`,
    );
    expect(result.structured).toMatchObject({
      phoneNumber: OFFERED,
      monthlyPrice: { currencyCode: 'EUR', amount: '0.80' },
      supportingDocumentationRequired: false,
    });
  });

  test.each(['rented by this project', 'never offered'])('is an error for a number %s', async (why) => {
    const stage = await openStage();
    rentLinked(stage, RENTED);
    const phoneNumber = why === 'never offered' ? UNKNOWN : RENTED;
    const result = await stage.call('check_number_availability', { phoneNumber });
    expect(linesOf(result)).toEqual([
      `check_number_availability failed: HTTP 404 NOT_FOUND: no AvailableNumber ${phoneNumber}.`,
      'It is rented already, maybe by this project (get_active_number), or not offered. Choose another with search_available_numbers.',
    ]);
    expect(result.isError).toBe(true);
    expect(result).not.toHaveProperty('structured');
  });
});
