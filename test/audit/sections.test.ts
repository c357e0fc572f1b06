/** What an audit tells beside its findings: what is rented by kind, what will be charged, what is linked to. */
import { describe, expect, test } from 'vitest';
import type { ActiveNumber } from '../../src/api/schemas/numbers.ts';
import { addCharges, type Charges, listCharges } from '../../src/audit/charges.ts';
import { addToKinds, type Kinds, listKinds } from '../../src/audit/kinds.ts';
import { addLinks, type Links, linksOf, listLinks } from '../../src/audit/links.ts';

const eur = (amount: string) => ({ currencyCode: 'EUR', amount });

describe('the kinds of numbers', () => {
  function kindsOf(...numbers: ActiveNumber[]) {
    const kinds: Kinds = new Map();
    for (const number of numbers) addToKinds(kinds, number);
    return listKinds(kinds);
  }

  test('are counted by region and type, most first, with their cost and what of it ends', () => {
    const local = { regionCode: 'US', type: 'LOCAL', money: eur('0.80') };
    const quarterly = { regionCode: 'SE', type: 'LOCAL', money: eur('2.50'), paymentIntervalMonths: 3 };
    expect(kindsOf(quarterly, local, { ...local, expireAt: '2026-02-01T00:00:00Z' })).toEqual([
      { regionCode: 'US', type: 'LOCAL', count: 2, monthlyCost: [eur('1.60')], endingCost: [eur('0.80')] },
      { regionCode: 'SE', type: 'LOCAL', count: 1, monthlyCost: [eur('0.833333')], endingCost: [] },
    ]);
  });

  test('may lack a region and a type', () => {
    expect(kindsOf({})).toEqual([{ count: 1, monthlyCost: [], endingCost: [] }]);
  });
});

describe('the charges of the next 30 days', () => {
  const NOW = Date.UTC(2026, 0, 15, 12);

  function chargesOf(now: number, ...numbers: ActiveNumber[]) {
    const charges: Charges = new Map();
    for (const number of numbers) addCharges(charges, { money: eur('0.80'), ...number }, now);
    return listCharges(charges).map(({ date, amounts }) => [
      date,
      ...amounts.map(({ amount, currencyCode }) => `${amount} ${currencyCode}`),
    ]);
  }

  test.each([
    ['from the first moment of today', '2026-01-15T00:00:00Z', ['2026-01-15']],
    ['not of yesterday', '2026-01-14T23:59:59Z', []],
    ['to the last moment of the 30th day', '2026-02-13T23:59:59Z', ['2026-02-13']],
    ['not after it', '2026-02-14T00:00:00Z', []],
    ['that recur from a date long past', '2020-05-20T08:00:00Z', ['2026-01-20']],
    ['not of a date that is none', 'soon', []],
  ])('are told %s', (_, nextChargeDate, expected) => {
    expect(chargesOf(NOW, { nextChargeDate }).map(([date]) => date)).toEqual(expected);
  });

  test('hold every recurrence: twice within 30 days of a short month', () => {
    const february = Date.UTC(2026, 1, 1);
    expect(chargesOf(february, { nextChargeDate: '2026-02-01T00:00:00Z' }).map(([date]) => date)).toEqual([
      '2026-02-01',
      '2026-03-01',
    ]);
  });

  test('fall on the last day of a month that is shorter', () => {
    const nextChargeDate = '2026-01-31T00:00:00Z';
    expect(chargesOf(Date.UTC(2026, 1, 20), { nextChargeDate })).toEqual([['2026-02-28', '0.80 EUR']]);
  });

  test('recur by the payment interval', () => {
    const quarterly = { nextChargeDate: '2025-11-01T00:00:00Z', paymentIntervalMonths: 3 };
    expect(chargesOf(NOW, quarterly)).toEqual([['2026-02-01', '0.80 EUR']]);
    expect(chargesOf(NOW, { ...quarterly, paymentIntervalMonths: 2 ** 40 })).toEqual([]);
  });

  test('are added up exactly, by day and currency; a released number and one without a price have none', () => {
    const nextChargeDate = '2026-01-20T08:00:00Z';
    const numbers = ['0.1', '0.2', '0.005'].map((amount) => ({ nextChargeDate, money: eur(amount) }));
    expect(
      chargesOf(
        NOW,
        ...numbers,
        { nextChargeDate, money: { currencyCode: 'CHF', amount: '1' } },
        { nextChargeDate, expireAt: '2026-01-20T08:00:00Z' },
        { nextChargeDate, money: { currencyCode: 'EUR', amount: 'much' } },
      ),
    ).toEqual([['2026-01-20', '1.00 CHF', '0.305 EUR']]);
  });
});

describe('the links', () => {
  const onPlan = (servicePlanId: string): ActiveNumber => ({ smsConfiguration: { servicePlanId } });

  function listed(...numbers: ActiveNumber[]) {
    const links: Links = new Map();
    for (const number of numbers) addLinks(links, number);
    return listLinks(links).map(({ kind, id, numbers: count, failed }) => [kind, id, count, failed]);
  }

  test('of a number are what it is linked to and what its jobs link it to, each once', () => {
    const number: ActiveNumber = {
      smsConfiguration: {
        servicePlanId: 'plan-a',
        scheduledProvisioning: { status: 'FAILED', servicePlanId: 'plan-a', campaignId: 'C1' },
      },
      voiceConfiguration: { appId: 'app-a', scheduledVoiceProvisioning: { status: 'WAITING', trunkId: 't' } },
    };
    expect(linksOf(number)).toEqual([
      { kind: 'servicePlan', id: 'plan-a', isFailed: true },
      { kind: 'campaign', id: 'C1', isFailed: true },
      { kind: 'app', id: 'app-a', isFailed: false },
      { kind: 'trunk', id: 't', isFailed: false },
    ]);
    expect(linksOf({ voiceConfiguration: { type: 'FAX', serviceId: 's' } })).toEqual([
      { kind: 'faxService', id: 's', isFailed: false },
    ]);
  });

  test('are the ten most used, with how many numbers they carry and how many of these failed', () => {
    const plans = Array.from({ length: 12 }, (_, index) =>
      Array.from({ length: index + 1 }, () => onPlan(`p${index}`)),
    );
    const scheduledProvisioning = { status: 'FAILED', servicePlanId: 'p11' };
    const all = listed(...plans.flat(), { smsConfiguration: { scheduledProvisioning } });
    expect(all).toHaveLength(10);
    expect(all[0]).toEqual(['servicePlan', 'p11', 13, 1]);
    expect(all.at(-1)).toEqual(['servicePlan', 'p2', 3, 0]);
  });

  test('of the same ID and different kinds are kept apart', () => {
    const number = { ...onPlan('x'), voiceConfiguration: { appId: 'x' } };
    expect(listed(number)).toEqual([
      ['app', 'x', 1, 0],
      ['servicePlan', 'x', 1, 0],
    ]);
  });
});
