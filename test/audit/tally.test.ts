import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ActiveNumber } from '../../src/api/schemas/numbers.ts';
import { listCharges } from '../../src/audit/charges.ts';
import { VOICE_FAILURE } from '../../src/audit/diagnosis.ts';
import { listKinds } from '../../src/audit/kinds.ts';
import { listLinks } from '../../src/audit/links.ts';
import {
  addNumber,
  type Criteria,
  createTally,
  mergeTally,
  SECTIONS,
  type Tally,
} from '../../src/audit/tally.ts';
import { either } from '../support/length.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const CRITERIA: Criteria = { now: NOW, stuckBefore: NOW, sections: SECTIONS };
const OLD = '2026-01-15T11:59:59.000000Z';

const US_LOCAL = { regionCode: 'US', type: 'LOCAL' };

const phone = (line: number) => `+1202555${String(line).padStart(4, '0')}`;

function failed(line: number, codes: string[], plan = 'plan-a', campaign?: string): ActiveNumber {
  const target = { servicePlanId: plan, ...(campaign && { campaignId: campaign }) };
  return {
    phoneNumber: phone(line),
    money: { currencyCode: 'EUR', amount: '0.80' },
    smsConfiguration: { scheduledProvisioning: { status: 'FAILED', errorCodes: codes, ...target } },
  };
}

function tallyOf(numbers: readonly ActiveNumber[], criteria = CRITERIA): Tally {
  const tally = createTally();
  for (const number of numbers) addNumber(tally, number, criteria);
  return tally;
}

/** Everything that a tally tells, as plain data. */
function told({ scanned, summary, cost, counts, kinds, charges, links, listed }: Tally) {
  const found = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    scanned,
    summary,
    cost: cost.perMonth(),
    unpriced: cost.unpriced,
    found,
    kinds: listKinds(kinds),
    charges: listCharges(charges),
    links: listLinks(links),
    listed,
  };
}

describe('counting', () => {
  test('each number counts once in the summary, and once for each of its codes', () => {
    const tally = tallyOf([
      failed(1, ['INTERNAL_ERROR', 'CAMPAIGN_EXPIRED']),
      failed(2, ['INTERNAL_ERROR']),
      { phoneNumber: phone(3), voiceConfiguration: { scheduledVoiceProvisioning: { status: 'WAITING' } } },
      { phoneNumber: phone(4), expireAt: OLD },
      { phoneNumber: phone(5) },
      { phoneNumber: phone(6), smsConfiguration: { servicePlanId: 'plan-a' } },
      { phoneNumber: phone(8), ...US_LOCAL, smsConfiguration: { servicePlanId: 'plan-a' } },
      {
        phoneNumber: phone(7),
        voiceConfiguration: { scheduledVoiceProvisioning: { status: 'WAITING', lastUpdatedTime: OLD } },
      },
    ]);
    expect(tally.scanned).toBe(8);
    expect(tally.summary).toEqual({
      failed: 2,
      stuck: 1,
      inProgress: 1,
      releasing: 1,
      unlinked: 1,
      healthy: 2,
    });
    expect([...tally.counts].map(([code, { numbers, state }]) => [code, numbers, state]).sort()).toEqual([
      ['CAMPAIGN_EXPIRED', 1, 'failed'],
      ['INTERNAL_ERROR', 2, 'failed'],
      ['IN_PROGRESS', 1, 'inProgress'],
      ['NO_CAMPAIGN', 1, 'healthy'],
      ['RELEASING', 1, 'releasing'],
      ['STUCK', 1, 'stuck'],
      ['UNLINKED', 1, 'unlinked'],
    ]);
  });

  test('a finding names the plans and campaigns of the jobs that failed, not those that work', () => {
    const { counts } = tallyOf([
      {
        ...failed(1, ['CAMPAIGN_EXPIRED'], 'plan-b', 'C3O84GA'),
        smsConfiguration: {
          servicePlanId: 'plan-works',
          scheduledProvisioning: {
            status: 'FAILED',
            errorCodes: ['CAMPAIGN_EXPIRED'],
            servicePlanId: 'plan-b',
            campaignId: 'C3O84GA',
          },
        },
      },
    ]);
    expect(counts.get('CAMPAIGN_EXPIRED')).toMatchObject({
      servicePlanIds: ['plan-b'],
      campaignIds: ['C3O84GA'],
    });
  });

  test('a failed link to voice is not blamed on the service plan of another job', () => {
    const { counts } = tallyOf([
      {
        ...failed(1, ['INTERNAL_ERROR']),
        voiceConfiguration: { scheduledVoiceProvisioning: { status: 'FAILED' } },
      },
    ]);
    expect(counts.get(VOICE_FAILURE)).toMatchObject({ numbers: 1, servicePlanIds: [] });
    expect(counts.get('INTERNAL_ERROR')).toMatchObject({ numbers: 1, servicePlanIds: ['plan-a'] });
  });
});

describe('examples', () => {
  test('are the first five numbers, plans and campaigns in order, each once, in whatever order they come', () => {
    const lines = [7, 3, 9, 1, 8, 3, 2, 6, 5, 4];
    const { counts } = tallyOf(
      lines.map((line) => failed(line, ['INTERNAL_ERROR'], `plan-${line}`, `C${line}`)),
    );
    expect(counts.get('INTERNAL_ERROR')).toEqual({
      state: 'failed',
      numbers: 10,
      phoneNumbers: [1, 2, 3, 4, 5].map(phone),
      servicePlanIds: [1, 2, 3, 4, 5].map((line) => `plan-${line}`),
      campaignIds: [1, 2, 3, 4, 5].map((line) => `C${line}`),
    });
  });

  test('of 20,000 numbers in all, a tally holds fifteen texts for a code', () => {
    const codes = ['INTERNAL_ERROR', 'CAMPAIGN_EXPIRED', 'INVALID_NNID'];
    const tally = createTally();
    for (let index = 0; index < 20_000; index++) {
      const number = failed(20_000 - index, codes.slice(index % 3), `plan-${index}`, `C${index}`);
      addNumber(tally, number, CRITERIA);
    }
    expect(tally.counts.size).toBe(3);
    const held = [...tally.counts.values()].flatMap((count) => [
      ...count.phoneNumbers,
      ...count.servicePlanIds,
      ...count.campaignIds,
    ]);
    expect(held).toHaveLength(3 * 15);
    expect([...tally.cost.sums.values()].map(({ size }) => size)).toEqual([1]);
  });
});

describe('listing the numbers of one finding', () => {
  const listing = (limit: number, after = '') => ({
    ...CRITERIA,
    listing: { code: 'INTERNAL_ERROR', limit, after },
  });
  const numbers = [4, 2, 9, 7, 1, 8, 3].map((line) => failed(line, ['INTERNAL_ERROR', 'INVALID_NNID']));
  const listed = (criteria: Criteria) =>
    tallyOf(numbers, criteria).listed.map(({ phoneNumber }) => phoneNumber);

  test('keeps one more than the page holds, which tells that there is another', () => {
    expect(listed(listing(6))).toEqual([1, 2, 3, 4, 7, 8, 9].map(phone));
    expect(listed(listing(3))).toEqual([1, 2, 3, 4].map(phone));
  });

  test('begins after the last number of the page before', () => {
    expect(listed(listing(2, phone(3)))).toEqual([4, 7, 8].map(phone));
    expect(listed(listing(2, phone(9)))).toEqual([]);
  });

  test('counts all the same, and leaves every finding at its five examples', () => {
    const { counts } = tallyOf(numbers, listing(1, phone(3)));
    expect(counts.get('INTERNAL_ERROR')).toMatchObject({ numbers: 7, phoneNumbers: { length: 5 } });
  });
});

describe('merging', () => {
  const code = fc.constantFrom('INTERNAL_ERROR', 'CAMPAIGN_EXPIRED', 'INVALID_NNID', 'ON_THE_MOON');
  const job = fc.record(
    {
      status: fc.constantFrom('FAILED', 'FAILED', 'WAITING', 'IN_PROGRESS'),
      lastUpdatedTime: fc.constantFrom(OLD, '2026-01-15T12:00:01Z', 'odd'),
      errorCodes: fc.array(code, { maxLength: 3 }),
      servicePlanId: fc.constantFrom(...'abcdefgh').map((letter) => `plan-${letter}`),
      campaignId: fc.constantFrom(...'ABCDEFGH').map((letter) => `C${letter}`),
    },
    { requiredKeys: ['status'] },
  );
  const number = fc.record(
    {
      expireAt: fc.constant(OLD),
      regionCode: fc.constantFrom('US', 'GB'),
      type: fc.constantFrom('LOCAL', 'MOBILE'),
      nextChargeDate: fc.constantFrom(OLD, '2026-02-01T00:00:00Z', 'odd'),
      money: fc.record({
        currencyCode: fc.constantFrom('EUR', 'USD'),
        amount: fc.constantFrom('0.80', '1', 'x'),
      }),
      paymentIntervalMonths: fc.constantFrom(0, 1, 3, 12),
      smsConfiguration: fc.record(
        { servicePlanId: fc.constant('plan-z'), scheduledProvisioning: job },
        { requiredKeys: [] },
      ),
      voiceConfiguration: fc.record(
        {
          appId: fc.constant('app'),
          scheduledVoiceProvisioning: fc.record({ status: fc.constantFrom('FAILED', 'WAITING') }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  const inventory = fc
    .array(fc.tuple(number, fc.integer({ min: 0, max: 3 })), { maxLength: 60 })
    .map((drawn) =>
      drawn.map(([it, part], index) => ({ number: { ...it, phoneNumber: phone((index * 37) % 101) }, part })),
    );
  const criteria = fc.constantFrom<Criteria>(
    CRITERIA,
    { ...CRITERIA, listing: { code: 'INTERNAL_ERROR', limit: 3, after: '' } },
    { ...CRITERIA, listing: { code: VOICE_FAILURE, limit: 2, after: phone(30) } },
    { ...CRITERIA, listing: { code: 'UNLINKED', limit: 100, after: phone(50) } },
  );

  test('the tallies of any parts, merged, tell what one tally of all numbers tells', () => {
    fc.assert(
      fc.property(inventory, criteria, (numbers, how) => {
        const merged = createTally();
        for (const part of [2, 0, 3, 1]) {
          const own = numbers.filter((it) => it.part === part).map((it) => it.number);
          mergeTally(merged, tallyOf(own, how), how);
        }
        const whole = tallyOf(
          numbers.map((it) => it.number),
          how,
        );
        expect(told(merged)).toEqual(told(whole));
        const { failed: _, ...states } = merged.summary;
        expect(Object.values(states).reduce((sum, count) => sum + count, merged.summary.failed)).toBe(
          numbers.length,
        );
      }),
      { numRuns: either(500, 100) },
    );
  });

  test('with an empty tally changes nothing', () => {
    const tally = tallyOf([failed(1, ['INTERNAL_ERROR'])]);
    const before = structuredClone(told(tally));
    mergeTally(tally, createTally(), CRITERIA);
    expect(told(tally)).toEqual(before);
  });
});
