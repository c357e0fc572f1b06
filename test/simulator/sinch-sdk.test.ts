import { SinchClient } from '@sinch/sdk-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { manualClock } from '../../src/simulator/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { JOB_MS } from './api.ts';

/** Sinch's own Node SDK, unmodified, as a client that was not written with this simulator in mind. */
describe("Sinch's Node SDK against the simulator", () => {
  let simulator: Simulator;
  let sinch: SinchClient['numbers'];

  beforeAll(async () => {
    simulator = await startSimulator({ active: 45 });
    sinch = connect(simulator);
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

/** The same SDK against a clock that is moved by hand, so that provisioning ends when the test says so. */
describe("Sinch's Node SDK through provisioning and refusals", () => {
  const NUMBER = '+12025550134';
  const clock = manualClock(Date.now());
  let simulator: Simulator;
  let sinch: SinchClient['numbers'];

  beforeAll(async () => {
    simulator = await startSimulator({ active: 0, clock });
    sinch = connect(simulator);
    await sinch.availableNumber.rent({
      phoneNumber: NUMBER,
      rentNumberRequestBody: { smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C3O84GA' } },
    });
    clock.advance(JOB_MS);
  });

  afterAll(() => simulator.close());

  const update = (servicePlanId: string) =>
    sinch.activeNumber.update({
      phoneNumber: NUMBER,
      updateActiveNumberRequestBody: { smsConfiguration: { servicePlanId } },
    });

  test('is refused another service plan while one is linked', async () => {
    expect(await failure(update('plan-2'))).toMatchObject({
      statusCode: 400,
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        details: [{ type: 'BadRequest', fieldViolations: [{ field: 'smsConfiguration.servicePlanId' }] }],
      },
    });
  });

  test('unlinks, then links another service plan', async () => {
    const unlinked = await update('');
    expect(unlinked.smsConfiguration).toMatchObject({ servicePlanId: '', campaignId: '' });
    const linking = await update('plan-2');
    expect(linking.smsConfiguration).toMatchObject({
      servicePlanId: '',
      scheduledProvisioning: { servicePlanId: 'plan-2', status: 'WAITING' },
    });
    clock.advance(JOB_MS);
    const { smsConfiguration } = await sinch.activeNumber.get({ phoneNumber: NUMBER });
    expect(smsConfiguration).toMatchObject({ servicePlanId: 'plan-2', scheduledProvisioning: null });
  });

  test('sees why provisioning failed', async () => {
    await update('');
    await update('plan-INSUFFICIENT_BALANCE');
    clock.advance(JOB_MS);
    const { smsConfiguration } = await sinch.activeNumber.get({ phoneNumber: NUMBER });
    expect(smsConfiguration?.scheduledProvisioning).toMatchObject({
      status: 'FAILED',
      errorCodes: ['INSUFFICIENT_BALANCE'],
    });
  });

  test('sees 404 and the resource when it updates a number that is not there', async () => {
    const call = sinch.activeNumber.update({
      phoneNumber: '+12025550001',
      updateActiveNumberRequestBody: { displayName: 'Front desk' },
    });
    expect(await failure(call)).toMatchObject({
      statusCode: 404,
      error: { details: [{ resourceType: 'ActiveNumber', resourceName: '+12025550001' }] },
    });
  });

  test('sees 400 when it rents any number elsewhere than US LOCAL', async () => {
    const call = sinch.availableNumber.rentAny({
      rentAnyNumberRequestBody: { regionCode: 'GB', type: 'MOBILE' },
    });
    expect(await failure(call)).toMatchObject({
      statusCode: 400,
      error: { code: 400, status: 'INVALID_ARGUMENT' },
    });
  });

  test('sees 400 when the callback secret breaks the rule', async () => {
    const call = sinch.callbacks.update({ updateCallbackConfigurationRequestBody: { hmacSecret: 'short' } });
    expect(await failure(call)).toMatchObject({ statusCode: 400, error: { status: 'INVALID_ARGUMENT' } });
  });

  test('sees 403 for a project that is not its own', async () => {
    const stranger = connect({ ...simulator, projectId: '12c0ffee-dada-beef-cafe-baadc0de5678' });
    expect(await failure(stranger.availableRegions.list({}))).toMatchObject({
      statusCode: 403,
      error: { code: 403, message: '', status: 'PERMISSION_DENIED', details: [] },
    });
  });

  test('sees 404 for the callback configuration of a project that is not there', async () => {
    const stranger = connect({ ...simulator, projectId: '12c0ffee-dada-beef-cafe-baadc0de5678' });
    expect(await failure(stranger.callbacks.get({}))).toMatchObject({
      statusCode: 404,
      error: { details: [{ resourceType: 'CallbackConfiguration' }] },
    });
  });

  test('fetches a new token by itself when the old one is expired', async () => {
    simulator.expireTokens();
    await expect(sinch.availableRegions.list({})).resolves.toHaveProperty('availableRegions');
  });
});

/** What the SDK has of the newer operations; number orders are in no SDK yet. */
describe("Sinch's Node SDK with emergency addresses", () => {
  const phoneNumber = '+12025550134';
  const address = {
    streetNumber: '3500',
    streetInfo: 'Lenox Rd NE',
    city: 'Atlanta',
    state: 'GA',
    postalCode: '30326',
  };
  const stored = { ...address, location: '', postalCodePlusFour: '' };
  const clock = manualClock(Date.now());
  let simulator: Simulator;
  let numbers: SinchClient['numbers']['activeNumber'];

  beforeAll(async () => {
    simulator = await startSimulator({ active: 0, clock });
    const sinch = connect(simulator);
    numbers = sinch.activeNumber;
    await sinch.availableNumber.rent({
      phoneNumber,
      rentNumberRequestBody: { voiceConfiguration: { type: 'EST', trunkId: 'trunk-1' } },
    });
  });

  afterAll(() => simulator.close());

  const validate = (streetInfo: string) =>
    numbers.validateEmergencyAddress({
      phoneNumber,
      emergencyAddressRequestBody: {
        displayName: 'Validate emergency address',
        address: { ...address, streetInfo },
      },
    });

  test('sees 404 as long as the number is on no trunk', async () => {
    expect(await failure(numbers.getEmergencyAddress({ phoneNumber }))).toMatchObject({
      statusCode: 404,
      error: { message: 'Missing E911 feature', details: [{ resourceType: 'EmergencyAddress' }] },
    });
    clock.advance(JOB_MS);
  });

  test('validates an exact, a near and no match', async () => {
    expect(await validate('Lenox Rd NE')).toMatchObject({ validationResult: 'EXACT_MATCH' });
    expect(await validate('Lenox Road NE')).toMatchObject({
      validationResult: 'NEAR_MATCH',
      correctedAddress: stored,
      candidateAddresses: [],
    });
    expect(await validate('Lenox Road')).toMatchObject({
      validationResult: 'NO_MATCH',
      candidateAddresses: [stored],
    });
  });

  test('provisions, reads and deprovisions', async () => {
    const emergencyAddressRequestBody = { displayName: 'Shop', address };
    const provisioned = numbers.provisionEmergencyAddress({ phoneNumber, emergencyAddressRequestBody });
    expect(await provisioned).toEqual(stored);
    expect(await numbers.getEmergencyAddress({ phoneNumber })).toEqual(stored);
    expect(await numbers.deprovisionEmergencyAddress({ phoneNumber })).toEqual({});
    expect(await failure(numbers.getEmergencyAddress({ phoneNumber }))).toMatchObject({ statusCode: 404 });
  });

  test('sees 400 and each field where it sends nothing', async () => {
    const emergencyAddressRequestBody = JSON.parse('{}');
    const call = numbers.validateEmergencyAddress({ phoneNumber, emergencyAddressRequestBody });
    expect(await failure(call)).toMatchObject({ statusCode: 400, error: { status: 'INVALID_ARGUMENT' } });
  });
});

function connect({ url, projectId, keyId, keySecret }: Simulator): SinchClient['numbers'] {
  return new SinchClient({
    projectId,
    keyId,
    keySecret,
    numbersHostname: url,
    authHostname: url,
    logger: null,
  }).numbers;
}

/** What a failed call tells: the SDK keeps the body as text. */
async function failure(call: Promise<unknown>): Promise<object> {
  const reason = await call.catch((error: unknown) => error);
  const { statusCode, data } = z.looseObject({ statusCode: z.number(), data: z.string() }).parse(reason);
  return { statusCode, ...z.looseObject({}).parse(JSON.parse(data)) };
}
