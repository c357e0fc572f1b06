/** From a registration to the end of an order. */
import { describe, expect, test } from 'vitest';
import { BLOCKED_MS, RESERVED_MS, REVIEW_MS } from '../../src/simulator/invented.ts';
import { type Api, badRequest, DAY, JOB_MS, list, read, startApi, violation } from './api.ts';
import {
  BUSINESS,
  CONTACT,
  create,
  GERMAN,
  IDENTITY,
  LETTER,
  prepare,
  REGISTRATIONS,
  readOrder,
  readRegistration,
  register,
  submit,
  TYPES,
  USE,
  upload,
} from './order.ts';
import { received, sign, startReceiver } from './receiver.ts';

const state = async (api: Api, id: string) => (await readOrder(api, id)).state;

/** A registration of Germany with a text that decides the review. */
const german = (mark: string) => ({ data: { ...GERMAN, businessName: `Vandelay ${mark}` } });

describe('a registration', () => {
  test('is empty to begin with, and shows the files that are waited for', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    const times = { createTime: '2026-01-15T12:00:00Z', updateTime: '2026-01-15T12:00:00Z' };
    expect((await api.get(`/numberOrders/${idNumberOrder}/registration`)).body).toEqual({
      requestDetails: {},
      attachments: [
        { attachmentId: IDENTITY, ...times, uploadStatus: 'WAITING' },
        {
          attachmentId: LETTER,
          fileName: 'template.rtf',
          mimeType: 'application/rtf',
          ...times,
          uploadStatus: 'WAITING',
        },
      ],
      logs: [],
    });
  });

  test('is answered and kept as it was sent, and replaced as a whole', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'DE');
    const first = { data: { ...GERMAN, more: [null, {}, ''] }, note: { a: [] } };
    expect((await register(api, idNumberOrder, first)).body).toMatchObject({ requestDetails: first });
    const second = { data: GERMAN };
    await register(api, idNumberOrder, second);
    expect((await readRegistration(api, idNumberOrder)).requestDetails).toEqual(second);
  });

  test('of a country that asks for nothing may hold anything', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'US');
    expect((await register(api, idNumberOrder, { anything: [1] })).status).toBe(200);
  });

  test.each([
    ['AU', { data: [[{ ...USE, senderId: '' }], BUSINESS, CONTACT] }, '[0][0].senderId', 'Is required'],
    [
      'AU',
      { data: [[USE, { ...USE, senderId: 7 }], BUSINESS, CONTACT] },
      '[0][1].senderId',
      'Must be a string',
    ],
    [
      'AU',
      { data: [[{ ...USE, senderId: 'Vandelay Imports' }], BUSINESS, CONTACT] },
      '[0][0].senderId',
      /at most 11/,
    ],
    [
      'AU',
      { data: [[{ ...USE, intendedUseOfMobileNumbers: 'Fun' }], BUSINESS, CONTACT] },
      '[0][0].intendedUseOfMobileNumbers',
      /one of Transactional/,
    ],
    [
      'AU',
      { data: [[{ ...USE, iConfirmThatMyBusinessHasAValidUseCaseForThisLn: false }], BUSINESS, CONTACT] },
      '[0][0].iConfirmThatMyBusinessHasAValidUseCaseForThisLn',
      'Must be true',
    ],
    ['AU', { data: [[USE], BUSINESS, { ...CONTACT, phoneNumber: '0491' }] }, '[2].phoneNumber', /Must match/],
    ['DE', { data: { ...GERMAN, postalCode: '1011' } }, '.postalCode', /Must match/],
    ['DE', { data: { ...GERMAN, city: null } }, '.city', 'Is required'],
  ])(
    'of %s is refused over what it breaks, and the one before stays',
    async (region, details, field, fault) => {
      const api = await startApi();
      const { idNumberOrder } = await create(api, region);
      await register(api, idNumberOrder, REGISTRATIONS[region]);
      expect(await register(api, idNumberOrder, details)).toMatchObject({
        status: 400,
        body: violation(`requestDetails.data${field}`, expect.stringMatching(fault)),
      });
      expect((await readRegistration(api, idNumberOrder)).requestDetails).toEqual(REGISTRATIONS[region]);
    },
  );

  test.each([{}, { data: 'text' }, { data: [] }])(
    '%j is told every field that is missing',
    async (details) => {
      const api = await startApi();
      const answer = await register(api, (await create(api, 'AU')).idNumberOrder, details);
      expect(answer.status).toBe(400);
      expect(answer.text.match(/Is required/g)).toHaveLength(13);
    },
  );

  test.each([{}, { requestDetails: null }, { requestDetails: 'text' }, { data: GERMAN }])(
    '%j is none',
    async (body) => {
      const api = await startApi();
      const { idNumberOrder } = await create(api, 'DE');
      expect(await api.put(`/numberOrders/${idNumberOrder}/registration`, body)).toMatchObject({
        status: 400,
        body: violation('requestDetails', expect.any(String)),
      });
    },
  );
});

describe('submitting', () => {
  test.each(['US', 'GB', 'DE', 'AU'])(
    'an order of %s ends in its number, with its configuration',
    async (region) => {
      const api = await startApi();
      const id = await prepare(api, region, {
        smsConfiguration: { servicePlanId: 'plan-1' },
        voiceConfiguration: { type: 'EST', trunkId: 'trunk-1' },
      });
      expect(await submit(api, id)).toMatchObject({
        status: 200,
        body: { state: 'IN_REVIEW', expireTime: null, createTime: '2026-01-15T12:00:00Z' },
      });
      api.clock.advance(REVIEW_MS - 1);
      expect(await state(api, id)).toBe('IN_REVIEW');
      expect((await list(api)).totalSize).toBe(0);
      api.clock.advance(1);
      const { orderNumbers } = await readOrder(api, id);
      expect(await state(api, id)).toBe('COMPLETED');
      const [{ phoneNumber = '' } = {}] = orderNumbers;
      expect(await read(api, phoneNumber)).toMatchObject({
        regionCode: region,
        type: TYPES[region],
        nextChargeDate: '2026-02-15T12:00:03.000000Z',
        smsConfiguration: { scheduledProvisioning: { servicePlanId: 'plan-1', status: 'WAITING' } },
        voiceConfiguration: { scheduledVoiceProvisioning: { trunkId: 'trunk-1', status: 'WAITING' } },
      });
      api.clock.advance(JOB_MS);
      expect((await read(api, phoneNumber)).smsConfiguration.servicePlanId).toBe('plan-1');
    },
  );

  test('charges the price that was quoted when the order was made', async () => {
    const api = await startApi();
    const id = await prepare(api, 'US');
    api.simulator.project.setPrice('US', 'LOCAL', '9.90');
    await submit(api, id);
    api.clock.advance(REVIEW_MS);
    expect((await list(api)).activeNumbers).toMatchObject([{ money: { amount: '0.80' } }]);
  });

  test('is refused without registration and file, and the order stays as it is', async () => {
    const api = await startApi();
    const { idNumberOrder } = await create(api, 'AU');
    const bare = await submit(api, idNumberOrder);
    expect(bare.status).toBe(400);
    expect(bare.text.match(/required/g)).toHaveLength(14);
    await register(api, idNumberOrder, REGISTRATIONS.AU);
    await upload(api, idNumberOrder, { name: 'FAILED.pdf' });
    expect(await submit(api, idNumberOrder)).toMatchObject({
      status: 400,
      body: violation(`attachments.${IDENTITY}`, expect.any(String)),
    });
    expect(await state(api, idNumberOrder)).toBe('CREATED');
  });

  test.each([
    ['COMPLETED', 'Berlin'],
    ['REJECTED', 'REJECTED'],
    ['EXPIRED', 'EXPIRED'],
    ['IN_REVIEW', 'STUCK'],
  ])('an order that is %s changes no more', async (final, mark) => {
    const api = await startApi();
    const { idNumberOrder: id, orderNumbers } = await create(api, 'DE');
    await register(api, id, german(mark));
    await submit(api, id);
    api.clock.advance(REVIEW_MS);
    const refused = { status: 400, body: badRequest(`Number order is ${final}`) };
    expect(await submit(api, id)).toMatchObject(refused);
    expect(await register(api, id, REGISTRATIONS.DE)).toMatchObject(refused);
    api.clock.advance(10 * DAY);
    expect(await state(api, id)).toBe(final);
    const isBack = final === 'REJECTED' || final === 'EXPIRED';
    const [{ phoneNumber = '' } = {}] = orderNumbers;
    expect((await api.get(`/availableNumbers/${phoneNumber}`)).status).toBe(isBack ? 200 : 404);
    expect((await list(api)).totalSize).toBe(final === 'COMPLETED' ? 1 : 0);
  });
});

describe('a review that blocks', () => {
  async function blocked(api: Api): Promise<string> {
    const { idNumberOrder: id } = await create(api, 'DE');
    await register(api, id, german('BLOCKED'));
    await submit(api, id);
    api.clock.advance(REVIEW_MS);
    return id;
  }

  test('says why, and goes on once the registration is mended and submitted again', async () => {
    const api = await startApi();
    const id = await blocked(api);
    expect(await state(api, id)).toBe('BLOCKED');
    const { logs } = await readRegistration(api, id);
    expect(logs).toEqual([{ message: expect.any(String), createTime: '2026-01-15T12:00:03Z' }]);
    await register(api, id, REGISTRATIONS.DE);
    expect(await state(api, id)).toBe('BLOCKED');
    expect((await submit(api, id)).body).toMatchObject({ state: 'IN_REVIEW' });
    api.clock.advance(BLOCKED_MS);
    expect(await state(api, id)).toBe('COMPLETED');
  });

  test('rejects what is not answered within a day, and says that too', async () => {
    const api = await startApi();
    const id = await blocked(api);
    api.clock.advance(BLOCKED_MS - 1);
    expect(await state(api, id)).toBe('BLOCKED');
    api.clock.advance(1);
    expect(await state(api, id)).toBe('REJECTED');
    expect((await readRegistration(api, id)).logs).toHaveLength(2);
  });
});

describe('events of an order', () => {
  test.each([
    ['Berlin', ['IN_REVIEW', 'COMPLETED']],
    ['REJECTED', ['IN_REVIEW', 'REJECTED']],
    ['BLOCKED', ['IN_REVIEW', 'BLOCKED', 'REJECTED']],
    ['EXPIRED', ['IN_REVIEW', 'EXPIRED']],
  ])('of which the registration holds %s tell each change, signed', async (mark, statuses) => {
    const api = await startApi();
    const receiver = await startReceiver();
    const hmacSecret = '0123456789abcdef0123456789abcdef';
    await api.patch('/callbackConfiguration', { hmacSecret });
    const { idNumberOrder: id } = await create(api, 'DE', { callbackUrl: receiver.url });
    await register(api, id, german(mark));
    await submit(api, id);
    for (const ms of [0, REVIEW_MS, BLOCKED_MS]) {
      api.clock.advance(ms);
      await received(api, receiver, Math.min(statuses.length, receiver.deliveries.length + 1));
    }
    expect(receiver.deliveries.map(({ event }) => event.status)).toEqual(statuses);
    for (const { headers, raw } of receiver.deliveries) {
      expect(headers['x-sinch-signature']).toBe(sign(hmacSecret, raw));
      expect(Object.entries(JSON.parse(raw))).toEqual([
        ['eventId', expect.stringMatching(/^\w{26}$/)],
        ['timestamp', expect.stringMatching(/^2026-[\d-]+T[\d:]+\.\d{6,9}$/)],
        ['projectId', api.simulator.projectId],
        ['resourceId', id],
        ['resourceType', 'NUMBER_ORDER'],
        ['eventType', 'NUMBER_ORDER_PROCESSING'],
        ['status', expect.any(String)],
        ['failureCode', null],
        ['internalFailureCode', null],
      ]);
    }
  });

  test('tell that it expired; then those of its numbers come to the same URL', async () => {
    const api = await startApi();
    const receiver = await startReceiver();
    await create(api, 'DE', { callbackUrl: receiver.url });
    api.clock.advance(RESERVED_MS.regulated);
    expect(await received(api, receiver, 1)).toMatchObject([{ event: { status: 'EXPIRED' } }]);
    const smsConfiguration = { servicePlanId: 'plan-1' };
    await submit(api, await prepare(api, 'US', { callbackUrl: receiver.url, smsConfiguration }));
    await received(api, receiver, 2);
    api.clock.advance(REVIEW_MS + JOB_MS);
    const deliveries = await received(api, receiver, 4);
    expect(
      deliveries
        .map(({ event }) => event.eventType)
        .sort()
        .slice(2),
    ).toEqual(['NUMBER_ORDER_PROCESSING', 'PROVISIONING_TO_SMS_PLATFORM']);
  });
});

describe('faults', () => {
  test.each([
    ['before', 'CREATED'],
    ['after', 'IN_REVIEW'],
  ] as const)('a submit whose connection drops %s leaves the order %s', async (drop, after) => {
    const api = await startApi();
    const id = await prepare(api, 'US');
    api.simulator.faults.add({ method: 'POST', path: /\/submit$/, drop });
    await expect(submit(api, id)).rejects.toThrow(TypeError);
    expect(await state(api, id)).toBe(after);
  });

  test('a create whose answer is lost holds its numbers all the same', async () => {
    const api = await startApi();
    api.simulator.faults.add({ path: /:createNumberOrder$/, drop: 'after' });
    const numberOrderOption = { phoneNumbers: ['+447700900123'] };
    await expect(create(api, 'GB', { numberOrderOption })).rejects.toThrow(TypeError);
    expect((await api.get('/availableNumbers/+447700900123')).status).toBe(404);
  });

  test('a status or a delay hits an upload, a registration and an emergency address', async () => {
    const api = await startApi();
    const { idNumberOrder: id } = await create(api, 'AU');
    api.simulator.faults.add({
      path: /registration|attachments|emergency/,
      times: 3,
      answer: { status: 503 },
    });
    expect((await register(api, id, REGISTRATIONS.AU)).status).toBe(503);
    expect((await upload(api, id)).status).toBe(503);
    expect((await api.get('/activeNumbers/+12025550134/emergencyAddress')).status).toBe(503);
    api.simulator.faults.add({ path: /attachments/, delayMs: 20, drop: 'after' });
    await expect(upload(api, id)).rejects.toThrow(TypeError);
    const { requestDetails, attachments } = await readRegistration(api, id);
    expect(requestDetails).toEqual({});
    expect(attachments[0]?.uploadStatus).toBe('COMPLETED');
  });
});
