import { describe, expect, test } from 'vitest';
import { VOICE_FAILURE } from '../../src/simulator/invented.ts';
import { type Api, basic, JOB_MS, notFound, read, rent, request, startApi, violation } from './api.ts';

/** A number that is linked to a service plan, a campaign and a voice app. */
async function linked(api: Api): Promise<string> {
  const { phoneNumber } = await rent(api, {
    smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' },
    voiceConfiguration: { appId: 'app-1' },
  });
  api.clock.advance(JOB_MS);
  return phoneNumber;
}

const patch = (api: Api, phoneNumber: string, body: object) =>
  api.patch(`/activeNumbers/${phoneNumber}`, body);

describe('an update', () => {
  test('changes name and callback URL at once and nothing else', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    const before = await read(api, phoneNumber);
    const changes = { displayName: 'Front desk', callbackUrl: 'https://example.com/callbacks' };
    const { status, body } = await patch(api, phoneNumber, changes);
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, ...changes });
    expect(await read(api, phoneNumber)).toEqual(body);
  });

  test('clears name and callback URL by empty text', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { callbackUrl: 'https://example.com/callbacks' });
    await patch(api, phoneNumber, { displayName: 'Front desk' });
    const { body } = await patch(api, phoneNumber, { displayName: '', callbackUrl: '' });
    expect(body).toMatchObject({ displayName: '', callbackUrl: '' });
  });

  test('of a number that is not ours finds none', async () => {
    const { status, body } = await patch(await startApi(), '+12025550134', { displayName: 'x' });
    expect(status).toBe(404);
    expect(body).toEqual(notFound('ActiveNumber', '+12025550134'));
  });

  test.each(['+', '%2B'])('takes the number with %s in its path', async (plus) => {
    const api = await startApi();
    const { phoneNumber } = await rent(api);
    const { body } = await patch(api, phoneNumber.replace('+', plus), { displayName: 'Front desk' });
    expect(body).toMatchObject({ phoneNumber, displayName: 'Front desk' });
  });
});

describe('a link', () => {
  test('to another service plan is refused while one is linked, and nothing is changed', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    const before = await read(api, phoneNumber);
    const { status, body } = await patch(api, phoneNumber, {
      smsConfiguration: { servicePlanId: 'plan-2' },
      displayName: 'Front desk',
    });
    expect(status).toBe(400);
    expect(body).toEqual(violation('smsConfiguration.servicePlanId', expect.stringContaining('plan-1')));
    expect(await read(api, phoneNumber)).toEqual(before);
  });

  test('to another campaign is refused while one is linked', async () => {
    const api = await startApi();
    const { status, body } = await patch(api, await linked(api), {
      smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'CDCQLGJ' },
    });
    expect(status).toBe(400);
    expect(body).toEqual(violation('smsConfiguration.campaignId', expect.stringContaining('C3O84GA')));
  });

  test('to another service plan is scheduled where the policy says so, the old one serving until then', async () => {
    const api = await startApi({ policies: { relink: 'schedule' } });
    const phoneNumber = await linked(api);
    const { status, body } = await patch(api, phoneNumber, {
      smsConfiguration: { servicePlanId: 'plan-2', campaignId: '' },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      smsConfiguration: {
        servicePlanId: 'plan-1',
        campaignId: 'C3O84GA',
        scheduledProvisioning: { servicePlanId: 'plan-2', campaignId: '', status: 'WAITING' },
      },
    });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toEqual({
      servicePlanId: 'plan-2',
      campaignId: '',
      scheduledProvisioning: null,
    });
  });

  test('that fails under that policy leaves the old service plan linked', async () => {
    const api = await startApi({ policies: { relink: 'schedule' } });
    const phoneNumber = await linked(api);
    await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: 'SMS_PROVISIONING_FAILED' } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({
      servicePlanId: 'plan-1',
      scheduledProvisioning: { status: 'FAILED', errorCodes: ['SMS_PROVISIONING_FAILED'] },
    });
  });

  test('to the service plan and campaign that are linked already changes nothing', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    const before = await read(api, phoneNumber);
    const { body } = await patch(api, phoneNumber, {
      smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' },
      voiceConfiguration: { appId: 'app-1' },
    });
    expect(body).toEqual(before);
  });

  test('to a campaign can be added to a service plan', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1' } });
    api.clock.advance(JOB_MS);
    const { body } = await patch(api, phoneNumber, { smsConfiguration: { campaignId: 'C3O84GA' } });
    expect(body).toMatchObject({
      smsConfiguration: {
        servicePlanId: 'plan-1',
        campaignId: '',
        scheduledProvisioning: { servicePlanId: 'plan-1', campaignId: 'C3O84GA', status: 'WAITING' },
      },
    });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration.campaignId).toBe('C3O84GA');
  });

  test('to another voice product switches directly, the old one serving until then', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    const voiceConfiguration = { type: 'FAX', serviceId: 'fax-1' };
    expect((await patch(api, phoneNumber, { voiceConfiguration })).body).toMatchObject({
      voiceConfiguration: {
        type: 'RTC',
        appId: 'app-1',
        scheduledVoiceProvisioning: { type: 'FAX', appId: '', serviceId: 'fax-1', status: 'WAITING' },
      },
    });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).voiceConfiguration).toMatchObject({
      type: 'FAX',
      appId: '',
      serviceId: 'fax-1',
      scheduledVoiceProvisioning: null,
    });
  });

  test('to a voice app that fails leaves the old one in place', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    await patch(api, phoneNumber, { voiceConfiguration: { appId: VOICE_FAILURE } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).voiceConfiguration).toMatchObject({
      appId: 'app-1',
      scheduledVoiceProvisioning: { status: 'FAILED' },
    });
  });

  test('that is asked for while another one waits takes its place', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1' } });
    await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: 'plan-2' } });
    api.clock.advance(10 * JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({
      servicePlanId: 'plan-2',
      scheduledProvisioning: null,
    });
  });
});

describe('unlinking', () => {
  test('a service plan takes the campaign along, and another one can be linked then', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    const unlinked = await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: '' } });
    expect(unlinked.status).toBe(200);
    expect(unlinked.body).toMatchObject({
      smsConfiguration: { servicePlanId: '', campaignId: '', scheduledProvisioning: null },
      voiceConfiguration: { appId: 'app-1' },
    });
    const { status } = await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: 'plan-2' } });
    expect(status).toBe(200);
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({ servicePlanId: 'plan-2' });
  });

  test.each([{ campaignId: '' }, { servicePlanId: 'plan-1', campaignId: '' }])(
    'the campaign by %o keeps the service plan',
    async (smsConfiguration) => {
      const api = await startApi();
      const phoneNumber = await linked(api);
      expect((await patch(api, phoneNumber, { smsConfiguration })).body).toMatchObject({
        smsConfiguration: { servicePlanId: 'plan-1', campaignId: '', scheduledProvisioning: null },
      });
    },
  );

  test('a voice app leaves SMS as it is', async () => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    expect((await patch(api, phoneNumber, { voiceConfiguration: { appId: '' } })).body).toMatchObject({
      smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' },
      voiceConfiguration: { type: 'RTC', appId: '', scheduledVoiceProvisioning: null },
    });
  });

  test('calls off a link that is still waiting', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1' } });
    await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: '' } });
    api.clock.advance(10 * JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toEqual({
      servicePlanId: '',
      campaignId: '',
      scheduledProvisioning: null,
    });
  });
});

describe('a request is refused, and nothing is done,', () => {
  const configurations: [object, string][] = [
    [{ smsConfiguration: {} }, 'smsConfiguration'],
    [{ voiceConfiguration: {} }, 'voiceConfiguration'],
    [{ voiceConfiguration: { type: 'EST', appId: 'app-1' } }, 'voiceConfiguration.trunkId'],
    [{ voiceConfiguration: { type: 'FAX' } }, 'voiceConfiguration.serviceId'],
    [{ smsConfiguration: 'plan-1' }, 'smsConfiguration'],
    [{ smsConfiguration: { servicePlanId: 7 } }, 'smsConfiguration.servicePlanId'],
    [{ callbackUrl: 7 }, 'callbackUrl'],
  ];

  test.each(configurations)('over %o in a rent', async (configuration, field) => {
    const api = await startApi();
    const { status, body } = await api.post('/availableNumbers/+12025550134:rent', configuration);
    expect(status).toBe(400);
    expect(body).toEqual(violation(expect.stringContaining(field), expect.any(String)));
    expect((await api.get('/availableNumbers/+12025550134')).status).toBe(200);
  });

  test.each(configurations)('over %o in an update', async (configuration, field) => {
    const api = await startApi();
    const phoneNumber = await linked(api);
    const before = await read(api, phoneNumber);
    const { status, body } = await patch(api, phoneNumber, { displayName: 'Front desk', ...configuration });
    expect(status).toBe(400);
    expect(body).toEqual(violation(expect.stringContaining(field), expect.any(String)));
    expect(await read(api, phoneNumber)).toEqual(before);
  });

  test.each([
    { smsConfiguration: { servicePlanId: '' } },
    { smsConfiguration: { campaignId: 'C3O84GA' } },
    { voiceConfiguration: { appId: '' } },
  ])('over %o in a rent, which has nothing to unlink', async (configuration) => {
    const api = await startApi();
    expect((await api.post('/availableNumbers/+12025550134:rent', configuration)).status).toBe(400);
  });

  test.each(['{', 'null', '[]', '"text"'])('over the body %s', async (body) => {
    const api = await startApi();
    const { phoneNumber } = await rent(api);
    const { simulator } = api;
    for (const [method, path] of [
      ['POST', '/availableNumbers/+12025550134:rent'],
      ['POST', '/availableNumbers:rentAny'],
      ['PATCH', `/activeNumbers/${phoneNumber}`],
      ['PATCH', '/callbackConfiguration'],
    ] as const) {
      const answer = await request(`${simulator.url}/v1/projects/${simulator.projectId}${path}`, {
        method,
        headers: { authorization: basic(simulator) },
        body,
      });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ error: { status: 'INVALID_ARGUMENT' } });
    }
  });

  test('over a voice type that does not exist', async () => {
    const api = await startApi();
    const voiceConfiguration = { type: 'SIP', appId: 'app-1' };
    const { status, body } = await api.post('/availableNumbers/+12025550134:rent', { voiceConfiguration });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { message: 'parsing field "type": "SIP" is not a valid value' } });
  });
});

describe('a campaign', () => {
  test('alone, without a plan that it could go with, is refused, and nothing is changed', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api);
    const { status, body } = await patch(api, phoneNumber, { smsConfiguration: { campaignId: 'C3O84GA' } });
    expect(status).toBe(400);
    expect(body).toEqual(violation('smsConfiguration.servicePlanId', expect.any(String)));
  });

  test('alone joins the plan that is being linked', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1' } });
    await patch(api, phoneNumber, { smsConfiguration: { campaignId: 'C3O84GA' } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration).toMatchObject({
      servicePlanId: 'plan-1',
      campaignId: 'C3O84GA',
    });
  });

  test('that is being linked goes on when the plan is named again', async () => {
    const api = await startApi();
    const { phoneNumber } = await rent(api, { smsConfiguration: { servicePlanId: 'plan-1' } });
    api.clock.advance(JOB_MS);
    await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' } });
    await patch(api, phoneNumber, { smsConfiguration: { servicePlanId: 'plan-1' } });
    api.clock.advance(JOB_MS);
    expect((await read(api, phoneNumber)).smsConfiguration.campaignId).toBe('C3O84GA');
  });
});

test('SMS cannot be linked to a number without it', async () => {
  const api = await startApi();
  await api.post('/availableNumbers/+46846500400:rent', { smsConfiguration: { servicePlanId: 'plan-1' } });
  api.clock.advance(JOB_MS);
  const { smsConfiguration } = await read(api, '+46846500400');
  expect(smsConfiguration.scheduledProvisioning?.errorCodes).toEqual(['SMS_PROVISIONING_FAILED']);
});

test.each([
  { capabilities: 'FOO' },
  { numberPattern: '+1206' },
  { numberPattern: { pattern: 7 } },
  { regionCode: 7 },
])('rentAny with %o is refused, and rents nothing', async (mistake) => {
  const api = await startApi();
  const criteria = { regionCode: 'US', type: 'LOCAL', ...mistake };
  expect((await api.post('/availableNumbers:rentAny', criteria)).status).toBe(400);
  expect((await api.get('/activeNumbers')).body).toMatchObject({ totalSize: 0 });
});

test('rentAny takes null for absent', async () => {
  const api = await startApi();
  const { status } = await api.post('/availableNumbers:rentAny', {
    regionCode: 'US',
    type: 'LOCAL',
    numberPattern: null,
    capabilities: null,
  });
  expect(status).toBe(200);
});
