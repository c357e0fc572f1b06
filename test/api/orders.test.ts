/** The client with number orders and emergency addresses, against the simulator. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NumbersClient } from '../../src/api/client.ts';
import { isNumbersError } from '../../src/api/errors.ts';
import { describeFailure } from '../../src/api/failure.ts';
import type { FilePart } from '../../src/api/multipart.ts';
import { emergencyOperations } from '../../src/api/operations/emergency.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import { orderOperations } from '../../src/api/operations/orders.ts';
import { registeredDetails, requiredAttachments } from '../../src/api/registration.ts';
import { openUpload } from '../../src/api/upload.ts';
import { type ManualClock, manualClock } from '../../src/simulator/clock.ts';
import { REVIEW_MS } from '../../src/simulator/invented.ts';
import { REGISTRATIONS } from '../simulator/order.ts';
import { temporaryFolder } from '../support/stage.ts';
import { connect, endpointAt, failure, OFFERED, simulate, type WatchedSimulator } from './support.ts';

const MIB = 1024 * 1024;
const {
  lookupNumberRequirements,
  createNumberOrder,
  getNumberOrder,
  updateNumberOrderRegistration,
  getNumberOrderRegistration,
  uploadNumberOrderAttachment,
  submitNumberOrder,
} = orderOperations;

interface Scene {
  readonly simulator: WatchedSimulator;
  readonly clock: ManualClock;
  readonly client: NumbersClient;
}

async function open(): Promise<Scene> {
  const clock = manualClock(Date.UTC(2026, 0, 15, 12));
  const simulator = await simulate({ active: 0, clock });
  return { simulator, clock, client: connect(endpointAt(simulator)) };
}

async function passport(bytes: number): Promise<FilePart> {
  const path = join(await temporaryFolder(), 'passport.pdf');
  await writeFile(path, randomBytes(bytes));
  return openUpload(path, { fileName: 'passport.pdf', type: 'application/pdf', maxBytes: 20 * MIB });
}

const australian = { regionCode: 'AU', numberType: 'MOBILE' } as const;
const oneNumber = { numberOrderOption: { phoneNumbers: ['+61491570006'] } };

async function orderOne({ client }: Scene): Promise<string> {
  const { idNumberOrder = '' } = await client.call(createNumberOrder, { ...australian, ...oneNumber });
  return idNumberOrder;
}

test('an Australian number is ordered from its requirements to an active number', async () => {
  const scene = await open();
  const { client, clock, simulator } = scene;
  const requirements = await client.call(lookupNumberRequirements, australian);
  // Empty as it is, the list is part of what the country says.
  expect(requirements.fields).toMatchObject({ schema: '/schema/policySchema-v1.json', attachments: [] });
  const [attachmentId = ''] = requiredAttachments(requirements).flatMap(({ id, mandatory }) =>
    mandatory && id ? [id] : [],
  );
  const order = await client.call(createNumberOrder, {
    ...australian,
    ...oneNumber,
    smsConfiguration: { servicePlanId: 'plan-1' },
  });
  expect(order).toMatchObject({ state: 'CREATED', orderNumbers: [{ phoneNumber: '+61491570006' }] });
  const { idNumberOrder: numberOrderId = '' } = order;
  const requestDetails = { ...REGISTRATIONS.AU, remarks: [{}, null, ''] };
  await client.call(updateNumberOrderRegistration, { numberOrderId, requestDetails });
  const file = await passport(MIB);
  const upload = { numberOrderId, attachmentId, file, documentType: 'Passport' };
  expect(await client.call(uploadNumberOrderAttachment, upload)).toEqual({});
  const registration = await client.call(getNumberOrderRegistration, { numberOrderId });
  expect(registeredDetails(registration)).toEqual(requestDetails);
  expect(registration.attachments[0]).toMatchObject({ attachmentId, uploadStatus: 'COMPLETED' });

  const submitted = await client.call(submitNumberOrder, { numberOrderId });
  expect(submitted.state).toBe('IN_REVIEW');
  expect(submitted).not.toHaveProperty('expireTime');
  clock.advance(REVIEW_MS);
  expect(await client.call(getNumberOrder, { numberOrderId })).toMatchObject({ state: 'COMPLETED' });
  const active = await client.call(operations.getActiveNumber, { phoneNumber: '+61491570006' });
  expect(active).toMatchObject({ regionCode: 'AU', nextChargeDate: '2026-02-15T12:00:03.000000Z' });
  expect(simulator.count('POST /numberOrders')).toBe(4);
});

describe('a refusal', () => {
  test('of a registration tells each field', async () => {
    const scene = await open();
    const input = { numberOrderId: await orderOne(scene), requestDetails: { data: [] } };
    const error = await failure(scene.client.call(updateNumberOrderRegistration, input));
    expect(error).toMatchObject({ name: 'ApiError', status: 400, acted: 'no' });
    if (!isNumbersError(error)) throw error;
    const text = describeFailure(error, { name: 'update', effect: 'write', input });
    expect(text).toContain('requestDetails.data[0][0].senderId: Is required');
  });

  test('of an order that there is not names it', async () => {
    const { client } = await open();
    expect(await failure(client.call(getNumberOrder, { numberOrderId: 'nowhere' }))).toMatchObject({
      status: 404,
      problem: { resource: { type: 'NumberOrder', name: 'nowhere' } },
    });
  });

  test('of an order that was submitted elsewhere meanwhile says where it stands', async () => {
    const { simulator, client } = await open();
    const order = {
      regionCode: 'US',
      numberType: 'LOCAL',
      quantityOrderOption: { requestedQuantity: 1 },
    } as const;
    const { idNumberOrder: numberOrderId = '' } = await client.call(createNumberOrder, order);
    simulator.orders.submit(numberOrderId);
    expect(await failure(client.call(submitNumberOrder, { numberOrderId }))).toMatchObject({
      status: 400,
      acted: 'no',
      problem: { message: 'Number order is IN_REVIEW' },
    });
  });

  test('of requirements that are not on file can be told from one of a wrong address', async () => {
    const { client } = await open();
    const input = { regionCode: 'US', numberType: 'LOCAL' } as const;
    expect(await failure(client.call(lookupNumberRequirements, input))).toMatchObject({
      status: 404,
      problem: { apiStatus: 'NOT_FOUND', resource: { type: 'NumberProduct' } },
    });
  });

  test('of a file of 20 MB is a 413, and leaves the order as it was', async () => {
    const scene = await open();
    const numberOrderId = await orderOne(scene);
    const attachmentId = 'd1c7ccbf-919d-462f-8587-dec95a1b1100';
    const file = await passport(20 * MIB);
    const upload = { numberOrderId, attachmentId, file, documentType: 'Passport' };
    expect(await failure(scene.client.call(uploadNumberOrderAttachment, upload))).toMatchObject({
      name: 'ApiError',
      status: 413,
      acted: 'no',
      problem: { apiStatus: 'CONTENT_TOO_LARGE' },
    });
    const { attachments } = await scene.client.call(getNumberOrderRegistration, { numberOrderId });
    expect(attachments[0]).toMatchObject({ uploadStatus: 'WAITING' });
  });
});

describe('a lost answer', () => {
  test.each([
    ['create', /:createNumberOrder/, (scene: Scene) => orderOne(scene)],
    [
      'submit',
      /\/submit/,
      (scene: Scene) => scene.client.call(submitNumberOrder, { numberOrderId: 'nowhere' }),
    ],
  ])('to a %s is not asked for again', async (_, path, call) => {
    const scene = await open();
    scene.simulator.faults.add({ path, drop: 'after' });
    expect(await failure(call(scene))).toMatchObject({ name: 'ConnectionError', acted: 'maybe' });
    expect(scene.simulator.requests.filter((request) => path.test(request))).toHaveLength(1);
  });

  test.each([
    ['a lookup', lookupNumberRequirements, australian],
    [
      'a validation',
      emergencyOperations.validateEmergencyAddress,
      {
        phoneNumber: OFFERED,
        displayName: 'Shop',
        address: { streetNumber: '1', streetInfo: 'A St', city: 'B', state: 'GA', postalCode: '30326' },
      },
    ],
  ] as const)('to %s, which changes nothing, is asked for again', async (_, operation, input) => {
    const { simulator, client } = await open();
    simulator.project.rent(OFFERED, {});
    simulator.project.get(OFFERED).voice = { type: 'EST', appId: '', trunkId: 'trunk-1', serviceId: '' };
    simulator.faults.add({ method: 'POST', path: /numberOrders|emergency/, drop: 'after' });
    await client.call(operation, input);
    expect(simulator.count('POST /')).toBe(3);
  });
});

test('an emergency address is provisioned, read and deprovisioned, without what is empty', async () => {
  const { simulator, client } = await open();
  simulator.project.rent(OFFERED, {});
  simulator.project.get(OFFERED).voice = { type: 'EST', appId: '', trunkId: 'trunk-1', serviceId: '' };
  const address = {
    streetNumber: '3500',
    streetInfo: 'Lenox Rd NE',
    city: 'Atlanta',
    state: 'GA',
    postalCode: '30326',
  };
  const input = { phoneNumber: OFFERED, displayName: 'Shop', address };
  expect(await client.call(emergencyOperations.validateEmergencyAddress, input)).toEqual({
    phoneNumber: OFFERED,
    displayName: 'Shop',
    validatedAddress: address,
    validationResult: 'EXACT_MATCH',
    validationMessage: 'Address is a perfect match',
    candidateAddresses: [],
  });
  const ofNumber = { phoneNumber: OFFERED };
  expect(await client.call(emergencyOperations.provisionEmergencyAddress, input)).toEqual(address);
  expect(await client.call(emergencyOperations.getEmergencyAddress, ofNumber)).toEqual(address);
  expect(await client.call(emergencyOperations.deprovisionEmergencyAddress, ofNumber)).toEqual({});
  expect(await failure(client.call(emergencyOperations.getEmergencyAddress, ofNumber))).toMatchObject({
    status: 404,
    problem: { resource: { type: 'EmergencyAddress' } },
  });
});
