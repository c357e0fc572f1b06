import { describe, expect, test } from 'vitest';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { JOB_RUNNING_MS, JOB_WAITING_MS, VOICE_FAILURE } from '../../src/simulator/invented.ts';
import {
  activeNumber,
  badRequest,
  DAY,
  JOB_MS,
  list,
  notFound,
  read,
  rent,
  startApi,
  violation,
} from './api.ts';

const NUMBER = '+12025550134';
const RENT = `/availableNumbers/${NUMBER}:rent`;

describe('renting', () => {
  test('answers the number with its jobs waiting and its IDs still empty', async () => {
    const api = await startApi();
    const { status, body } = await api.post(RENT, {
      smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' },
      voiceConfiguration: { appId: 'app-1' },
      callbackUrl: 'https://example.com/callbacks',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      phoneNumber: NUMBER,
      projectId: api.simulator.projectId,
      displayName: '',
      regionCode: 'US',
      type: 'LOCAL',
      capability: ['SMS', 'VOICE'],
      money: { currencyCode: 'EUR', amount: '0.80' },
      paymentIntervalMonths: 1,
      nextChargeDate: '2026-02-15T12:00:00.000000Z',
      expireAt: null,
      smsConfiguration: {
        servicePlanId: '',
        campaignId: '',
        scheduledProvisioning: {
          servicePlanId: 'plan-1',
          campaignId: 'C3O84GA',
          status: 'WAITING',
          lastUpdatedTime: '2026-01-15T12:00:00.000000Z',
          errorCodes: [],
        },
      },
      voiceConfiguration: {
        type: 'RTC',
        appId: '',
        trunkId: '',
        serviceId: '',
        lastUpdatedTime: null,
        scheduledVoiceProvisioning: {
          type: 'RTC',
          appId: 'app-1',
          trunkId: '',
          serviceId: '',
          status: 'WAITING',
          lastUpdatedTime: '2026-01-15T12:00:00.000000Z',
        },
      },
      callbackUrl: 'https://example.com/callbacks',
    });
  });

  test('asks for no configuration: a body of {} or none will do', async () => {
    const api = await startApi();
    for (const body of [{}, undefined]) {
      const answer = await api.post(`/availableNumbers/+1202555010${body ? 1 : 2}:rent`, body);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        smsConfiguration: { servicePlanId: '', scheduledProvisioning: null },
        voiceConfiguration: { appId: '', scheduledVoiceProvisioning: null },
      });
    }
  });

  test('a second time finds the number no longer available, and changes nothing', async () => {
    const api = await startApi();
    await api.post(RENT, {});
    const { status, body } = await api.post(RENT, {});
    expect(status).toBe(404);
    expect(body).toEqual(notFound('AvailableNumber', NUMBER));
    expect((await list(api)).totalSize).toBe(1);
  });

  test('makes a rented number unavailable', async () => {
    const api = await startApi();
    await api.post(RENT, {});
    const { status, body } = await api.get(`/availableNumbers/${NUMBER}`);
    expect(status).toBe(404);
    expect(body).toEqual(notFound('AvailableNumber', NUMBER));
  });

  test('is charged at once: the next charge is one interval ahead, and then every interval', async () => {
    const api = await startApi();
    const { body } = await api.post(RENT, {});
    expect(body).toMatchObject({ nextChargeDate: '2026-02-15T12:00:00.000000Z' });
    api.clock.advance(31 * DAY - 1);
    expect((await read(api, NUMBER)).nextChargeDate).toBe('2026-02-15T12:00:00.000000Z');
    api.clock.advance(1);
    expect((await read(api, NUMBER)).nextChargeDate).toBe('2026-03-15T12:00:00.000000Z');
  });

  test('of a number that is paid for every three months is charged then', async () => {
    const api = await startApi();
    const swedish = '+46846500420';
    await api.post(`/availableNumbers/${swedish}:rent`, {});
    expect((await read(api, swedish)).nextChargeDate).toBe('2026-04-15T12:00:00.000000Z');
    api.clock.advance(90 * DAY);
    expect((await read(api, swedish)).nextChargeDate).toBe('2026-07-15T12:00:00.000000Z');
  });

  test('on the 31st is charged on the last day of shorter months', async () => {
    const api = await startApi();
    api.clock.advance(16 * DAY);
    await api.post(RENT, {});
    expect((await read(api, NUMBER)).nextChargeDate).toBe('2026-02-28T12:00:00.000000Z');
    api.clock.advance(29 * DAY);
    expect((await read(api, NUMBER)).nextChargeDate).toBe('2026-03-31T12:00:00.000000Z');
  });

  test('by number can be limited to US LOCAL', async () => {
    const api = await startApi({ policies: { rent: 'us-local' } });
    const refused = await api.post('/availableNumbers/+447700900123:rent', {});
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: { status: 'INVALID_ARGUMENT' } });
    expect((await api.post(RENT, {})).status).toBe(200);
    const unlimited = await startApi();
    expect((await unlimited.post('/availableNumbers/+447700900123:rent', {})).status).toBe(200);
  });
});

describe('renting any number', () => {
  test('takes another one each time, within the pattern', async () => {
    const api = await startApi();
    const numberPattern = { pattern: '+1208', searchPattern: 'START' };
    const [first, second] = [await rent(api, { numberPattern }), await rent(api, { numberPattern })];
    expect(first.phoneNumber).toMatch(/^\+1208/);
    expect(second.phoneNumber).toMatch(/^\+1208/);
    expect(second.phoneNumber).not.toBe(first.phoneNumber);
  });

  test.each([
    ['US', 'TOLL_FREE'],
    ['CA', 'LOCAL'],
    ['US', 'MOBILE'],
  ])('is refused for %s %s', async (regionCode, type) => {
    const api = await startApi();
    const { status, body } = await api.post('/availableNumbers:rentAny', { regionCode, type });
    expect(status).toBe(400);
    expect(body).toEqual(badRequest(expect.any(String)));
    expect((await list(api)).totalSize).toBe(0);
  });

  test.each([
    [{ type: 'LOCAL' }, 'region_code'],
    [{ regionCode: 'US' }, 'type'],
  ])('from %o is refused over %s', async (body, field) => {
    const answer = await (await startApi()).post('/availableNumbers:rentAny', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(violation(field, expect.any(String)));
  });

  test('finds none where no number fits', async () => {
    const { status, body } = await (await startApi()).post('/availableNumbers:rentAny', {
      regionCode: 'US',
      type: 'LOCAL',
      numberPattern: { pattern: '+1999', searchPattern: 'START' },
    });
    expect(status).toBe(404);
    expect(body).toEqual(notFound('AvailableNumber', ''));
  });
});

describe('provisioning', () => {
  const sms = { smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' } };
  const voice = { voiceConfiguration: { type: 'EST', trunkId: 'trunk-1' } };

  test('waits, runs, and ends with the plan and campaign in place', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, sms);
    api.clock.advance(JOB_WAITING_MS - 1);
    const job = async () => (await read(api, phoneNumber)).smsConfiguration;
    expect(await job()).toMatchObject({ servicePlanId: '', scheduledProvisioning: { status: 'WAITING' } });
    api.clock.advance(1);
    expect(await job()).toMatchObject({
      servicePlanId: '',
      campaignId: '',
      scheduledProvisioning: { status: 'IN_PROGRESS', lastUpdatedTime: '2026-01-15T12:00:00.800000Z' },
    });
    api.clock.advance(JOB_RUNNING_MS);
    expect(await job()).toEqual({
      servicePlanId: 'plan-1',
      campaignId: 'C3O84GA',
      scheduledProvisioning: null,
    });
  });

  test('of voice waits, runs, and ends with the ID in place', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, voice);
    const job = async () => (await read(api, phoneNumber)).voiceConfiguration;
    api.clock.advance(JOB_WAITING_MS);
    expect(await job()).toMatchObject({
      type: 'RTC',
      trunkId: '',
      scheduledVoiceProvisioning: { type: 'EST', trunkId: 'trunk-1', status: 'IN_PROGRESS' },
    });
    api.clock.advance(JOB_RUNNING_MS);
    expect(await job()).toEqual({
      type: 'EST',
      appId: '',
      trunkId: 'trunk-1',
      serviceId: '',
      lastUpdatedTime: '2026-01-15T12:00:02.000000Z',
      scheduledVoiceProvisioning: null,
    });
  });

  test.each(SMS_ERROR_CODES)('fails with %s for a service plan that names it', async (code) => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: `plan-${code}` } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({
      servicePlanId: '',
      scheduledProvisioning: { servicePlanId: `plan-${code}`, status: 'FAILED', errorCodes: [code] },
    });
  });

  test.each(SMS_ERROR_CODES)('fails with %s for a campaign that names it', async (code) => {
    const api = await startApi();
    const campaignId = code.toLowerCase().replaceAll('_', '-');
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1', campaignId } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({
      servicePlanId: '',
      campaignId: '',
      scheduledProvisioning: { campaignId, status: 'FAILED', errorCodes: [code] },
    });
  });

  test('of a toll-free number fails on any campaign, and works without', async () => {
    const api = await startApi();
    const [plain, onCampaign] = ['+18005550134', '+18335550134'];
    await api.post(`/availableNumbers/${plain}:rent`, { smsConfiguration: { servicePlanId: 'plan-1' } });
    await api.post(`/availableNumbers/${onCampaign}:rent`, sms);
    api.clock.advance(JOB_MS);
    expect((await read(api, plain)).smsConfiguration.servicePlanId).toBe('plan-1');
    expect((await read(api, onCampaign)).smsConfiguration.scheduledProvisioning).toMatchObject({
      status: 'FAILED',
      errorCodes: ['TFN_NOT_ALLOWED'],
    });
  });

  test('of voice fails for an ID that says so, without error codes', async () => {
    const api = await startApi();
    const appId = `app-${VOICE_FAILURE}`;
    const { phoneNumber } = await rent(api, { voiceConfiguration: { appId } });
    api.clock.advance(JOB_MS);
    const { voiceConfiguration } = await read(api, phoneNumber);
    expect(voiceConfiguration).toMatchObject({
      appId: '',
      scheduledVoiceProvisioning: { appId, status: 'FAILED' },
    });
    expect(voiceConfiguration.scheduledVoiceProvisioning).not.toHaveProperty('errorCodes');
  });

  test('that fails for voice leaves SMS linked', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { ...sms, voiceConfiguration: { appId: VOICE_FAILURE } });
    api.clock.advance(JOB_MS);
    expect(await read(api, phoneNumber)).toMatchObject({
      smsConfiguration: { servicePlanId: 'plan-1', scheduledProvisioning: null },
      voiceConfiguration: { scheduledVoiceProvisioning: { status: 'FAILED' } },
    });
  });

  test('stays in progress for good where an ID says that it is stuck', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, {
      smsConfiguration: { servicePlanId: 'stuck-plan' },
      voiceConfiguration: { appId: 'stuck-app' },
    });
    api.clock.advance(10 * DAY);
    const stuck = { status: 'IN_PROGRESS', lastUpdatedTime: '2026-01-15T12:00:00.800000Z' };
    expect(await read(api, phoneNumber)).toMatchObject({
      smsConfiguration: { servicePlanId: '', scheduledProvisioning: stuck },
      voiceConfiguration: { appId: '', scheduledVoiceProvisioning: stuck },
    });
  });

  test('that failed can be asked for again', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'INTERNAL_ERROR' } });
    api.clock.advance(JOB_MS);
    const { status } = await api.patch(`/activeNumbers/${phoneNumber}`, sms);
    expect(status).toBe(200);
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({
      servicePlanId: 'plan-1',
      scheduledProvisioning: null,
    });
  });
});

describe('releasing', () => {
  test('sets the expiry to the next charge, and keeps the number and its configuration until then', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1' } });
    api.clock.advance(10 * DAY);
    const { status, body } = await api.post(`/activeNumbers/${phoneNumber}:release`);
    expect(status).toBe(200);
    const released = activeNumber.parse(body);
    expect(released.expireAt).toBe('2026-02-15T12:00:00.000000Z');
    expect(released.nextChargeDate).toBe(released.expireAt);
    expect(released.smsConfiguration.servicePlanId).toBe('plan-1');

    api.clock.advance(21 * DAY - 1);
    expect(await read(api, phoneNumber)).toEqual(released);
    expect((await list(api)).activeNumbers).toEqual([released]);
  });

  test('ends at the expiry: the number is gone, and not on offer again', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api);
    await api.post(`/activeNumbers/${phoneNumber}:release`);
    api.clock.advance(31 * DAY);
    const { status, body } = await api.get(`/activeNumbers/${phoneNumber}`);
    expect(status).toBe(404);
    expect(body).toEqual(notFound('ActiveNumber', phoneNumber));
    expect(await list(api)).toMatchObject({ activeNumbers: [], totalSize: 0 });
    expect((await api.get(`/availableNumbers/${phoneNumber}`)).status).toBe(404);
  });

  test('drops a voice job that is under way at once', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { voiceConfiguration: { appId: 'app-1' } });
    const { body } = await api.post(`/activeNumbers/${phoneNumber}:release`);
    expect(body).toMatchObject({ voiceConfiguration: { appId: '', scheduledVoiceProvisioning: null } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).voiceConfiguration.appId).toBe('');
  });

  test('a second time changes nothing', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api);
    api.clock.advance(10 * DAY);
    const first = await api.post(`/activeNumbers/${phoneNumber}:release`);
    api.clock.advance(5 * DAY);
    const second = await api.post(`/activeNumbers/${phoneNumber}:release`);
    expect(second.status).toBe(200);
    expect(second.body).toEqual(first.body);
  });

  test('a number that is not ours finds none', async () => {
    const { status, body } = await (await startApi()).post(`/activeNumbers/${NUMBER}:release`);
    expect(status).toBe(404);
    expect(body).toEqual(notFound('ActiveNumber', NUMBER));
  });
});
