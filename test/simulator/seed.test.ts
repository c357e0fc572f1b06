import { expect, test } from 'vitest';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { either } from '../support/length.ts';
import { type Active, type Api, list, notFound, SECOND, START, search, startApi } from './api.ts';

async function all(api: Api): Promise<Active[]> {
  const numbers: Active[] = [];
  for (let token = ''; ; ) {
    const page = await list(api, `pageSize=1000&pageToken=${encodeURIComponent(token)}`);
    numbers.push(...page.activeNumbers);
    token = page.nextPageToken;
    if (token === '') return numbers;
  }
}

const credentials = ({ simulator: { projectId, keyId, keySecret } }: Api) => [projectId, keyId, keySecret];

test('the same seed gives the same credentials, numbers and callback secret', async () => {
  const [first, second] = [
    await startApi({ seed: 'one', active: 50 }),
    await startApi({ seed: 'one', active: 50 }),
  ];
  expect(credentials(second)).toEqual(credentials(first));
  expect(await all(second)).toEqual(await all(first));
  const secret = async (api: Api) => (await api.get('/callbackConfiguration')).body;
  expect(await secret(second)).toEqual(await secret(first));
});

test('another seed gives other credentials, and other numbers with other dates and IDs', async () => {
  const one = await startApi({ seed: 'one', active: 50 });
  const other = await startApi({ seed: 'other', active: 50 });
  const before = credentials(one);
  for (const credential of credentials(other)) expect(before).not.toContain(credential);
  const phoneNumbers = new Set((await all(one)).map(({ phoneNumber }) => phoneNumber));
  expect(
    (await all(other)).filter(({ phoneNumber }) => !phoneNumbers.has(phoneNumber)).length,
  ).toBeGreaterThan(25);
  const linked = (numbers: Active[]) =>
    new Set(numbers.map((it) => it.smsConfiguration.servicePlanId).filter((id) => id !== ''));
  const plans = linked(await all(one));
  expect(plans.size).toBeGreaterThan(1);
  expect([...linked(await all(other))].filter((id) => plans.has(id))).toEqual([]);
  const charged = async (api: Api) => (await all(api)).map(({ nextChargeDate }) => nextChargeDate);
  expect(await charged(other)).not.toEqual(await charged(one));
});

test.each([0, 1, 12, 333])('so many as %i numbers are rented to start with', async (active) => {
  const api = await startApi({ active });
  expect((await list(api)).totalSize).toBe(active);
  expect(await all(api)).toHaveLength(active);
});

test('none of the seeded numbers is on offer', async () => {
  const api = await startApi({ active: 300 });
  const rented = await all(api);
  const offers = await Promise.all(
    [
      ['US', 'LOCAL'],
      ['US', 'TOLL_FREE'],
      ['CA', 'LOCAL'],
      ['GB', 'MOBILE'],
      ['GB', 'TOLL_FREE'],
      ['SE', 'LOCAL'],
      ['AU', 'MOBILE'],
    ].map(([region, type]) => search(api, `regionCode=${region}&type=${type}&size=1000`)),
  );
  const offered = new Set(offers.flat());
  expect(offered.size).toBeGreaterThan(1_000);
  expect(rented.filter(({ phoneNumber }) => offered.has(phoneNumber))).toEqual([]);
  for (const { phoneNumber } of rented.slice(0, 20)) {
    const { status, body } = await api.get(`/availableNumbers/${phoneNumber}`);
    expect(status).toBe(404);
    expect(body).toEqual(notFound('AvailableNumber', phoneNumber));
  }
});

test('400 seeded numbers show each of the eighteen error codes', async () => {
  const numbers = await all(await startApi({ active: 400 }));
  const failed = numbers.filter((it) => it.smsConfiguration.scheduledProvisioning?.status === 'FAILED');
  const codes = failed.flatMap((it) => it.smsConfiguration.scheduledProvisioning?.errorCodes ?? []);
  expect(codes).toHaveLength(failed.length);
  expect(new Set(codes)).toEqual(new Set(SMS_ERROR_CODES));
  for (const { type, smsConfiguration } of failed) {
    const { campaignId, errorCodes } = smsConfiguration.scheduledProvisioning ?? {};
    expect(campaignId).toMatch(/^C\w{6}$/);
    expect(type).toBe(errorCodes?.includes('TFN_NOT_ALLOWED') ? 'TOLL_FREE' : 'LOCAL');
  }
});

test('seeded numbers are in every situation that a client has to tell apart', async () => {
  const numbers = await all(await startApi({ active: 60 }));
  const some = (predicate: (number: Active) => boolean) => numbers.some(predicate);
  expect(new Set(numbers.map(({ regionCode }) => regionCode))).toEqual(
    new Set(['AU', 'CA', 'GB', 'SE', 'US']),
  );
  expect(some((it) => it.expireAt !== null)).toBe(true);
  expect(some((it) => it.smsConfiguration.servicePlanId !== '')).toBe(true);
  expect(some((it) => it.smsConfiguration.campaignId !== '')).toBe(true);
  expect(some((it) => it.voiceConfiguration.appId !== '')).toBe(true);
  expect(some((it) => it.smsConfiguration.scheduledProvisioning?.status === 'IN_PROGRESS')).toBe(true);
  expect(some((it) => it.voiceConfiguration.scheduledVoiceProvisioning?.status === 'FAILED')).toBe(true);
});

test('the next charge of every seeded number lies ahead, and is its expiry where it was released', async () => {
  for (const { nextChargeDate, expireAt } of await all(await startApi({ active: 300 }))) {
    expect(Date.parse(nextChargeDate)).toBeGreaterThan(START - SECOND);
    if (expireAt !== null) expect(expireAt).toBe(nextChargeDate);
  }
});

test('thousands of seeded numbers list fine, each once', async () => {
  const active = either(20_000, 3_000);
  const api = await startApi({ active });
  expect((await list(api, 'pageSize=1')).totalSize).toBe(active);
  const numbers = (await all(api)).map(({ phoneNumber }) => phoneNumber);
  expect(numbers).toHaveLength(active);
  expect(new Set(numbers).size).toBe(active);
  for (const phoneNumber of numbers) expect(phoneNumber).toMatch(/^\+[1-9]\d{6,14}$/);
});
