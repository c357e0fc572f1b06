import { describe, expect, test } from 'vitest';
import type { ActiveNumber } from '../../src/api/schemas/numbers.ts';
import { createPredicate, selection } from '../../src/audit/select.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

const NUMBER: ActiveNumber = {
  phoneNumber: '+12065550134',
  displayName: 'Support line',
  regionCode: 'US',
  type: 'LOCAL',
  capability: ['SMS', 'VOICE'],
  nextChargeDate: '2026-02-01T08:00:00.000000Z',
  smsConfiguration: {
    servicePlanId: 'plan-a',
    scheduledProvisioning: {
      status: 'FAILED',
      errorCodes: ['CAMPAIGN_EXPIRED', 'ON_THE_MOON'],
      servicePlanId: 'plan-b',
      campaignId: 'C1',
    },
  },
  voiceConfiguration: { type: 'EST', trunkId: 'trunk-a' },
  callbackUrl: 'https://example.com/callbacks',
};
const BARE: ActiveNumber = {
  phoneNumber: '+46846500401',
  capability: ['VOICE'],
  // Released: it is charged no more.
  expireAt: '2026-02-01T00:00:00Z',
  nextChargeDate: '2026-01-20T00:00:00Z',
};

function isSelected(number: ActiveNumber, select: object): boolean {
  return createPredicate(selection.parse(select), NOW)(number);
}

/** What holds of the first number and not of the second, and what holds of the second and not of the first. */
const OF_NUMBER: readonly object[] = [
  { regionCode: 'us' },
  { type: 'LOCAL' },
  { capability: ['SMS'] },
  { numberPattern: { pattern: '+1206', searchPattern: 'START' } },
  { numberPattern: { pattern: '1206', searchPattern: 'START' } },
  { numberPattern: { pattern: '0134', searchPattern: 'END' } },
  { numberPattern: { pattern: '5550' } },
  { displayName: { equals: 'Support line' } },
  { displayName: { contains: 'support' } },
  { displayName: { equals: 'Support line', contains: 'LINE' } },
  { hasDisplayName: true },
  { hasCallbackUrl: true },
  { linked: true },
  { releasing: false },
  { servicePlanId: 'plan-a' },
  { servicePlanId: 'plan-b' },
  { campaignId: 'C1' },
  { voiceTargetId: 'trunk-a' },
  { finding: 'campaign_expired' },
  { finding: 'ON_THE_MOON' },
  { chargedBefore: '2026-02-02' },
  { chargedBefore: '2026-02-01T08:00:01Z' },
  {},
];
const OF_BARE: readonly object[] = [
  { numberPattern: { pattern: '401', searchPattern: 'END' } },
  { displayName: { equals: '' } },
  { hasDisplayName: false },
  { hasCallbackUrl: false },
  { linked: false },
  { releasing: true },
  { finding: 'RELEASING' },
];
const OF_NEITHER: readonly object[] = [
  { regionCode: 'SE' },
  { type: 'MOBILE' },
  { numberPattern: { pattern: '5550', searchPattern: 'START' } },
  { displayName: { equals: 'support line' } },
  { servicePlanId: 'C1' },
  { campaignId: 'plan-a' },
  { voiceTargetId: 'plan-a' },
  { finding: 'STUCK' },
  { chargedBefore: '2026-02-01' },
  { regionCode: 'US', hasDisplayName: false },
];

describe('a selection', () => {
  test.each(OF_NUMBER)('%j holds of the number in question', (select) => {
    expect(isSelected(NUMBER, select)).toBe(true);
    expect(isSelected(BARE, select)).toBe(Object.keys(select).length === 0);
  });

  test.each(OF_BARE)('%j holds of a number without anything', (select) => {
    expect([isSelected(BARE, select), isSelected(NUMBER, select)]).toEqual([true, false]);
  });

  test.each(OF_NEITHER)('%j holds of neither', (select) => {
    expect([isSelected(NUMBER, select), isSelected(BARE, select)]).toEqual([false, false]);
  });

  test('needs every condition to hold', () => {
    const all = Object.assign({}, ...OF_NUMBER);
    expect(isSelected(NUMBER, all)).toBe(true);
    for (const [key, other] of Object.entries({ type: 'MOBILE', linked: false, campaignId: 'C2' })) {
      expect(isSelected(NUMBER, { ...all, [key]: other })).toBe(false);
    }
  });

  test('compares names as they are shown', () => {
    expect(isSelected({ displayName: 'Desk\u200b 1 ' }, { displayName: { equals: 'Desk  1' } })).toBe(true);
  });

  test.each([
    { displayName: {} },
    { displayName: { startsWith: 'a' } },
    { name: 'a' },
    { chargedBefore: 'soon' },
    { chargedBefore: '2026-02-30' },
    { servicePlanId: '' },
  ])('%j is refused', (select) => {
    expect(selection.safeParse(select).success).toBe(false);
  });
});
