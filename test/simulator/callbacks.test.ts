import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { CALLBACK_DELAYS_MS, VOICE_FAILURE } from '../../src/simulator/invented.ts';
import { DAY, JOB_MS, rent, SECOND, START, startApi } from './api.ts';
import { type Delivery, received, sign, startReceiver } from './receiver.ts';

const HMAC_SECRET = '0123456789abcdef0123456789abcdef';
const EVERYTHING = {
  smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' },
  voiceConfiguration: { appId: 'app-1' },
};

/** Rents a number, lets its jobs end, and gives the events by their type. */
async function eventsOf(configuration: object, count: number): Promise<Record<string, Delivery['event']>> {
  const api = await startApi();
  const receiver = await startReceiver();
  await rent(api, { ...configuration, callbackUrl: receiver.url });
  api.clock.advance(JOB_MS);
  const deliveries = await received(api, receiver, count);
  return Object.fromEntries(deliveries.map(({ event }) => [event.eventType, event]));
}

describe('the signature', () => {
  /** From the tests of Sinch's SDKs for Node and Java. */
  test.each([
    [
      'dcf80daac2f232f4b23d5f719db3aa0fdca6af43',
      'callback-secret',
      '{"eventId":"01hpa0mww4m79q8j2dwn3ggbgz","timestamp":"2024-02-10T17:22:09.412722588","projectId":"37b62a7b-0177-abcd-efgh-e10f848de123","resourceId":"+17818510001","resourceType":"ACTIVE_NUMBER","eventType":"DEPROVISIONING_FROM_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null}',
    ],
    [
      'e289b8fac44491417aeceee28d2715840b5f1aca',
      'secret value',
      '{"eventId":"01j3fycq0fyqq3gkgxb0g5ekbz","timestamp":"2024-07-23T14:02:14.415637289","projectId":"b8bae3c6-e7df-422b-9401-8ae3ee3e0aff","resourceId":"+12053017799","resourceType":"ACTIVE_NUMBER","eventType":"PROVISIONING_TO_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null}',
    ],
  ])('%s is what the known formula gives', (signature, secret, raw) => {
    expect(sign(secret, raw)).toBe(signature);
  });

  test('of every delivery is that of its raw body, with the configured secret', async () => {
    const api = await startApi();
    const receiver = await startReceiver();
    await api.patch('/callbackConfiguration', { hmacSecret: HMAC_SECRET });
    await rent(api, { ...EVERYTHING, callbackUrl: receiver.url });
    api.clock.advance(JOB_MS);
    for (const { headers, raw } of await received(api, receiver, 3)) {
      expect(headers['x-sinch-signature']).toBe(sign(HMAC_SECRET, raw));
    }
  });

  test('is made with the secret that the callback configuration shows, before one is set', async () => {
    const api = await startApi();
    const receiver = await startReceiver();
    const { hmacSecret } = z
      .object({ projectId: z.literal(api.simulator.projectId), hmacSecret: z.string() })
      .parse((await api.get('/callbackConfiguration')).body);
    await rent(api, { voiceConfiguration: { appId: 'app-1' }, callbackUrl: receiver.url });
    api.clock.advance(JOB_MS);
    const [delivery] = await received(api, receiver, 1);
    expect(delivery?.headers['x-sinch-signature']).toBe(sign(hmacSecret, delivery?.raw ?? ''));
  });

  test.each(['short', 'strongPa$$PhraseWith36CharactersMaximum', 'a'.repeat(65), ''])(
    'cannot be made with the secret %o, which is refused',
    async (hmacSecret) => {
      const api = await startApi();
      const before = (await api.get('/callbackConfiguration')).body;
      expect((await api.patch('/callbackConfiguration', { hmacSecret })).status).toBe(400);
      expect((await api.get('/callbackConfiguration')).body).toEqual(before);
    },
  );
});

describe('an event', () => {
  test('tells separately of SMS, campaign and voice, in the fields and order of the API', async () => {
    const api = await startApi();
    const receiver = await startReceiver();
    const { phoneNumber } = await rent(api, { ...EVERYTHING, callbackUrl: `${receiver.url}/numbers` });
    api.clock.advance(JOB_MS);
    const deliveries = await received(api, receiver, 3);
    expect(deliveries.map(({ event }) => event.eventType).sort()).toEqual([
      'PROVISIONING_TO_CAMPAIGN',
      'PROVISIONING_TO_SMS_PLATFORM',
      'PROVISIONING_TO_VOICE_PLATFORM',
    ]);
    for (const { path, headers, raw } of deliveries) {
      expect(path).toBe('/numbers');
      expect(headers['content-type']).toBe('application/json');
      expect(Object.entries(JSON.parse(raw))).toEqual([
        ['eventId', expect.any(String)],
        ['timestamp', expect.any(String)],
        ['projectId', api.simulator.projectId],
        ['resourceId', phoneNumber],
        ['resourceType', 'ACTIVE_NUMBER'],
        ['eventType', expect.any(String)],
        ['status', 'SUCCEEDED'],
        ['failureCode', null],
        ['internalFailureCode', null],
      ]);
    }
  });

  test('carries the time it was queued in UTC, without a zone, with a fraction of 6 to 9 digits', async () => {
    const { PROVISIONING_TO_VOICE_PLATFORM } = await eventsOf({ voiceConfiguration: { appId: 'app-1' } }, 1);
    expect(PROVISIONING_TO_VOICE_PLATFORM?.timestamp).toMatch(/^2026-01-15T12:00:02\.000\d{3,6}$/);
  });

  test('has a lower-case ULID of its own', async () => {
    const events = Object.values(await eventsOf(EVERYTHING, 3));
    const ids = events.map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(3);
    for (const eventId of ids) {
      expect(eventId).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{25}$/);
      const time = [...eventId.slice(0, 10)].reduce(
        (sum, char) => sum * 32 + '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(char),
        0,
      );
      expect(time).toBe(START + JOB_MS);
    }
  });

  test('of a failed SMS link has no failure code, and no campaign event comes with it', async () => {
    for (const servicePlanId of ['SMS_PROVISIONING_FAILED', 'CAMPAIGN_EXPIRED']) {
      expect(await eventsOf({ smsConfiguration: { servicePlanId } }, 1)).toEqual({
        PROVISIONING_TO_SMS_PLATFORM: expect.objectContaining({ status: 'FAILED', failureCode: null }),
      });
    }
  });

  const unnamed = ['ERROR_CODE_UNSPECIFIED', 'INTERNAL_ERROR', 'SMS_PROVISIONING_FAILED'];
  test.each(SMS_ERROR_CODES)('of a campaign that fails with %s goes beside SMS success', async (code) => {
    const smsConfiguration = { servicePlanId: 'plan-1', campaignId: code };
    expect(await eventsOf({ smsConfiguration }, 2)).toMatchObject({
      PROVISIONING_TO_SMS_PLATFORM: { status: 'SUCCEEDED', failureCode: null },
      PROVISIONING_TO_CAMPAIGN: { status: 'FAILED', failureCode: unnamed.includes(code) ? null : code },
    });
  });

  test.each([
    ['CAMPAIGN_NOT_AVAILABLE', '501'],
    ['EXCEEDED_10DLC_LIMIT', 'CRS0001'],
    ['CAMPAIGN_EXPIRED', null],
  ])('of %s has the internal failure code %s', async (campaignId, internalFailureCode) => {
    const smsConfiguration = { servicePlanId: 'plan-1', campaignId };
    const { PROVISIONING_TO_CAMPAIGN } = await eventsOf({ smsConfiguration }, 2);
    expect(PROVISIONING_TO_CAMPAIGN).toMatchObject({ internalFailureCode });
  });

  test('of a failed voice link names it', async () => {
    expect(await eventsOf({ voiceConfiguration: { appId: VOICE_FAILURE } }, 1)).toMatchObject({
      PROVISIONING_TO_VOICE_PLATFORM: {
        status: 'FAILED',
        failureCode: 'PROVISIONING_TO_VOICE_PLATFORM_FAILED',
      },
    });
  });

  const DEPROVISIONED = [
    'DEPROVISIONING_FROM_CAMPAIGN',
    'DEPROVISIONING_FROM_SMS_PLATFORM',
    'DEPROVISIONING_FROM_VOICE_PLATFORM',
  ];

  test('tells of each service that is unlinked, to the URL set with it', async () => {
    const api = await startApi();
    const receiver = await startReceiver();
    const { phoneNumber } = await rent(api, EVERYTHING);
    api.clock.advance(JOB_MS);
    await api.patch(`/activeNumbers/${phoneNumber}`, {
      callbackUrl: receiver.url,
      smsConfiguration: { servicePlanId: '' },
      voiceConfiguration: { appId: '' },
    });
    const deliveries = await received(api, receiver, 3);
    expect(deliveries.map(({ event }) => event.eventType).sort()).toEqual(DEPROVISIONED);
  });

  test('tells of each service that a released number loses at its expiry', async () => {
    const api = await startApi();
    const receiver = await startReceiver();
    const { phoneNumber } = await rent(api, { ...EVERYTHING, callbackUrl: receiver.url });
    api.clock.advance(JOB_MS);
    await received(api, receiver, 3);
    await api.post(`/activeNumbers/${phoneNumber}:release`);
    api.clock.advance(31 * DAY);
    const deliveries = await received(api, receiver, 6);
    expect(
      deliveries
        .slice(3)
        .map(({ event }) => event.eventType)
        .sort(),
    ).toEqual(DEPROVISIONED);
  });
});

describe('delivery', () => {
  const voice = { voiceConfiguration: { appId: 'app-1' } };

  test('is repeated with the same body until the receiver accepts it', async () => {
    const api = await startApi();
    const receiver = await startReceiver((_, count) => (count < 3 ? 500 : 200));
    await rent(api, { ...voice, callbackUrl: receiver.url });
    api.clock.advance(JOB_MS);
    const deliveries = await received(api, receiver, 3);
    expect(new Set(deliveries.map(({ raw }) => raw)).size).toBe(1);

    await rent(api, { ...voice, callbackUrl: receiver.url });
    api.clock.advance(DAY);
    expect((await received(api, receiver, 4))[3]?.raw).not.toBe(deliveries[0]?.raw);
  });

  test('is given up in the end', async () => {
    const api = await startApi();
    const receiver = await startReceiver((path) => (path === '/down' ? 500 : 200));
    await rent(api, { ...voice, callbackUrl: `${receiver.url}/down` });
    api.clock.advance(JOB_MS);
    await received(api, receiver, CALLBACK_DELAYS_MS.length);
    await rent(api, { ...voice, callbackUrl: `${receiver.url}/up` });
    api.clock.advance(DAY);
    const deliveries = await received(api, receiver, CALLBACK_DELAYS_MS.length + 1);
    expect(deliveries.at(-1)?.path).toBe('/up');
  });

  test('to one URL is not held up by another that does not accept', async () => {
    const api = await startApi();
    const receiver = await startReceiver((path) => (path === '/down' ? 500 : 200));
    await rent(api, { ...voice, callbackUrl: `${receiver.url}/down` });
    await rent(api, { ...voice, callbackUrl: `${receiver.url}/up` });
    api.clock.advance(JOB_MS + SECOND);
    await expect.poll(() => receiver.deliveries.map(({ path }) => path).sort()).toEqual(['/down', '/up']);
  });

  test('does not follow a redirect', async () => {
    const api = await startApi();
    const receiver = await startReceiver((_, count) => (count === 1 ? 307 : 200));
    await rent(api, { ...voice, callbackUrl: `${receiver.url}/numbers` });
    api.clock.advance(JOB_MS);
    const deliveries = await received(api, receiver, 2);
    expect(deliveries.map(({ path }) => path)).toEqual(['/numbers', '/numbers']);
  });

  test('never leaves the machine: other addresses get nothing', async () => {
    const origins = new Set<string>();
    const onRequest = (message: unknown) => {
      const { request } = z.object({ request: z.object({ origin: z.coerce.string() }) }).parse(message);
      origins.add(request.origin);
    };
    subscribe('undici:request:create', onRequest);
    onTestFinished(() => {
      unsubscribe('undici:request:create', onRequest);
    });

    const api = await startApi();
    const receiver = await startReceiver();
    const { port } = new URL(receiver.url);
    for (const callbackUrl of [
      `http://0.0.0.0:${port}/`,
      'http://192.0.2.1/',
      'https://callbacks.example.com/',
      'http://127.0.0.1.example.com/',
      'http://localhost.example.com/',
      'http://127.0.0.1@example.com/',
      'http://[2001:db8::1]/',
      'no URL',
      receiver.url,
    ]) {
      await rent(api, { ...voice, callbackUrl });
    }
    api.clock.advance(JOB_MS);
    await received(api, receiver, 1);
    api.clock.advance(DAY);
    expect([...origins].sort()).toEqual([api.simulator.url, receiver.url].sort());
  });
});
