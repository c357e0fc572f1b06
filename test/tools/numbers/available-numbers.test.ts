import { describe, expect, test } from 'vitest';
import { listAvailableNumbersResponse } from '../../../src/api/schemas/numbers.ts';
import { OFFERED, UNKNOWN } from '../../api/support.ts';
import { linesOf, openStage, RENTED, rentLinked, structuredAs } from '../../support/stage.ts';

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
      '3 found. There may be more: raise size, or narrow numberPattern.',
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
    expect(stage.simulator.requests.filter((request) => request.startsWith('GET'))).toEqual([
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
      `CUT: this text shows the first ${shown.length}. For the others narrow numberPattern. structuredContent holds all 1000.`,
      '1000 found.',
    ]);
    expect(result.structured).toEqual({ availableNumbers });
  });

  test('does not speak of more where there are fewer than asked for', async () => {
    const stage = await openStage();
    const numberPattern = { pattern: OFFERED, searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const result = await stage.call('search_available_numbers', args);
    expect(linesOf(result).at(-1)).toBe('1 found.');
  });

  test('hints at the + that START wants, where nothing matches digits without it', async () => {
    const stage = await openStage();
    const numberPattern = { pattern: '1206', searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const result = await stage.call('search_available_numbers', args);
    expect(result.text).toBe(
      'No numbers match. With START the pattern begins with + and the country code, e.g. +1206.',
    );
    expect(result.structured).toEqual({ availableNumbers: [] });
    expect(result).not.toHaveProperty('isError');
  });

  test.each([
    [{ pattern: '+1999', searchPattern: 'START' }],
    [{ pattern: '999999999', searchPattern: 'CONTAINS' }],
    [{ pattern: '999999999' }],
  ])('says what to loosen where nothing matches %j', async (numberPattern) => {
    const stage = await openStage();
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const result = await stage.call('search_available_numbers', args);
    expect(result.text).toMatch(/^No numbers match\. Loosen numberPattern or capabilities/);
    expect(result.text).toContain('list_available_regions');
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
