import { SinchClient } from '@sinch/sdk-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';

/** Sinch's own Node SDK, unmodified, as a client that was not written with this simulator in mind. */
describe("Sinch's Node SDK against the simulator", () => {
  let simulator: Simulator;
  let sinch: SinchClient['numbers'];

  beforeAll(async () => {
    simulator = await startSimulator({ active: 45 });
    sinch = new SinchClient({
      projectId: simulator.projectId,
      keyId: simulator.keyId,
      keySecret: simulator.keySecret,
      numbersHostname: simulator.url,
      authHostname: simulator.url,
      logger: null,
    }).numbers;
  });

  afterAll(() => simulator.close());

  test('pages through every rented number, once each', async () => {
    const seen: string[] = [];
    for await (const number of sinch.activeNumber.list({ pageSize: 10 })) seen.push(number.phoneNumber ?? '');
    expect(seen).toHaveLength(45);
    expect(new Set(seen).size).toBe(45);
    expect(seen).toEqual([...seen].sort());
  });

  test('searches, checks, rents and watches provisioning finish within seconds', async () => {
    const found = await sinch.availableNumber.list({
      regionCode: 'US',
      type: 'LOCAL',
      capabilities: ['SMS', 'VOICE'],
      size: 3,
    });
    expect(found.availableNumbers).toHaveLength(3);
    const phoneNumber = found.availableNumbers?.[0]?.phoneNumber ?? '';
    const available = await sinch.availableNumber.checkAvailability({ phoneNumber });
    expect(available).toMatchObject({ phoneNumber, regionCode: 'US', type: 'LOCAL' });

    const rented = await sinch.availableNumber.rent({
      phoneNumber,
      rentNumberRequestBody: { smsConfiguration: { servicePlanId: 'SpaceMonkeySquadron' } },
    });
    expect(rented.smsConfiguration).toMatchObject({
      servicePlanId: '',
      scheduledProvisioning: { servicePlanId: 'SpaceMonkeySquadron', status: 'WAITING', errorCodes: [] },
    });
    await expect
      .poll(async () => (await sinch.activeNumber.get({ phoneNumber })).smsConfiguration, { timeout: 10_000 })
      .toMatchObject({ servicePlanId: 'SpaceMonkeySquadron', scheduledProvisioning: null });
  });

  test('rents any number, updates and releases it', async () => {
    const rented = await sinch.availableNumber.rentAny({
      rentAnyNumberRequestBody: {
        regionCode: 'US',
        type: 'LOCAL',
        numberPattern: { pattern: '+1206', searchPattern: 'START' },
      },
    });
    const phoneNumber = rented.phoneNumber ?? '';
    expect(phoneNumber).toMatch(/^\+1206/);
    const updated = await sinch.activeNumber.update({
      phoneNumber,
      updateActiveNumberRequestBody: { displayName: 'Front desk' },
    });
    expect(updated.displayName).toBe('Front desk');
    const released = await sinch.activeNumber.release({ phoneNumber });
    expect(released.expireAt).toBeInstanceOf(Date);
    expect(released.expireAt).toEqual(released.nextChargeDate);
  });

  test('reads regions and the callback configuration, and changes the secret', async () => {
    const { availableRegions } = await sinch.availableRegions.list({ types: ['TOLL_FREE', 'MOBILE'] });
    expect(availableRegions?.map(({ regionCode }) => regionCode)).toEqual(['AU', 'GB', 'US']);
    const hmacSecret = '0123456789abcdef0123456789abcdef';
    await sinch.callbacks.update({ updateCallbackConfigurationRequestBody: { hmacSecret } });
    expect(await sinch.callbacks.get({})).toEqual({ projectId: simulator.projectId, hmacSecret });
  });

  test.each([
    [
      'check',
      'AvailableNumber',
      () => sinch.availableNumber.checkAvailability({ phoneNumber: '+12025550001' }),
    ],
    [
      'rent',
      'AvailableNumber',
      () => sinch.availableNumber.rent({ phoneNumber: '+12025550001', rentNumberRequestBody: {} }),
    ],
    ['get', 'ActiveNumber', () => sinch.activeNumber.get({ phoneNumber: '+12025550001' })],
    ['release', 'ActiveNumber', () => sinch.activeNumber.release({ phoneNumber: '+12025550001' })],
  ])('%s of an unknown number fails with 404 and resource %s', async (_, resourceType, call) => {
    const error = await call().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ statusCode: 404 });
    const { data } = error as { data: string };
    expect(JSON.parse(data)).toEqual({
      error: {
        code: 404,
        message: '',
        status: 'NOT_FOUND',
        details: [
          { type: 'ResourceInfo', resourceType, resourceName: '+12025550001', owner: '', description: '' },
        ],
      },
    });
  });
});
