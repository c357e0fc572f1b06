/** What a country asks for, and what an order reserves. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { RESERVED_MS } from '../../src/simulator/invented.ts';
import { badRequest, notFound, search, startApi, violation } from './api.ts';
import { ask, create, IDENTITY, LETTER, noOrder, readOrder, TYPES } from './order.ts';

const LOOKUP = '/numberOrders:lookupNumberRequirements';
const CREATE = '/numberOrders:createNumberOrder';
const UNKNOWN = '01jgkbb8xywmz3hhahd76menqf';

describe('the requirements', () => {
  const lookup = async (regionCode: string, numberType: string) =>
    (await startApi()).post(LOOKUP, { regionCode, numberType });

  test('of Australia are a policy with three templates, and two files of which one must be there', async () => {
    const { status, body } = await lookup('AU', 'MOBILE');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      fields: {
        schema: '/schema/policySchema-v1.json',
        rules: [
          { template: { senderId: { type: 'string', required: true, maxLength: 11 } } },
          { template: { endBusinessName: {}, endBusinessAddress2: { required: false } } },
          { template: { firstName: {}, lastName: {}, phoneNumber: {} } },
        ],
        attachments: [],
      },
      attachments: [
        {
          id: IDENTITY,
          mandatory: true,
          template: [],
          allowedMimeTypes: ['application/pdf'],
          allowedDocumentTypes: ['Passport', "Driver's License"],
        },
        { id: LETTER, mandatory: false, template: [{ name: 'template.rtf' }], allowedDocumentTypes: [] },
      ],
    });
  });

  test('of Germany are a JSON Schema, and no file', async () => {
    const { body } = await lookup('DE', 'LOCAL');
    const { fields, attachments } = z
      .object({ fields: z.looseObject({}), attachments: z.array(z.unknown()) })
      .parse(body);
    const schema = z.fromJSONSchema(fields);
    expect(schema.safeParse({ data: {} }).success).toBe(false);
    expect(attachments).toEqual([]);
  });

  test('of Great Britain are none', async () => {
    expect(await lookup('GB', 'MOBILE')).toMatchObject({
      status: 200,
      body: { fields: {}, attachments: [] },
    });
  });

  test.each([
    ['US', 'LOCAL'],
    ['US', 'TOLL_FREE'],
    ['XX', 'MOBILE'],
  ])('of %s %s are not on file: the 404 that was seen live', async (regionCode, numberType) => {
    const { status, body } = await lookup(regionCode, numberType);
    expect(status).toBe(404);
    const message = 'Number requirements not found';
    const resource = { resourceType: 'NumberProduct', resourceName: 'numberRequirements', owner: '' };
    const details = [{ type: 'ResourceInfo', ...resource, description: message }];
    expect(body).toEqual({ error: { code: 404, message, status: 'NOT_FOUND', details } });
  });

  test.each([
    [{ numberType: 'MOBILE' }, violation('regionCode', expect.any(String))],
    [{ regionCode: 'AU' }, violation('numberType', expect.any(String))],
    [{ regionCode: 'AU', numberType: 'SATELLITE' }, badRequest(expect.stringContaining('SATELLITE'))],
  ])('are refused for %j', async (body, error) => {
    for (const path of [LOOKUP, CREATE]) {
      expect(await (await startApi()).post(path, body)).toMatchObject({ status: 400, body: error });
    }
  });
});

describe('creating', () => {
  test('answers the order in the fields of the API; what is not configured is absent, the URL is not told', async () => {
    const api = await startApi();
    const { status, body } = await ask(api, 'AU', {
      smsConfiguration: { servicePlanId: 'plan-1' },
      callbackUrl: 'https://example.com/callbacks',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      projectId: api.simulator.projectId,
      idNumberOrder: expect.stringMatching(/^[0-7][0-9a-hjkmnp-tv-z]{25}$/),
      regionCode: 'AU',
      state: 'CREATED',
      numberType: 'MOBILE',
      orderNumbers: [
        {
          phoneNumber: expect.stringMatching(/^\+61/),
          numberPrice: {
            setupPrice: { currencyCode: 'EUR', amount: '1.00' },
            monthlyPrice: { currencyCode: 'EUR', amount: '5.20' },
            paymentIntervalMonths: 1,
          },
          capabilities: ['SMS', 'VOICE'],
        },
      ],
      smsConfiguration: { servicePlanId: 'plan-1' },
      expireTime: '2026-01-17T12:00:00.000000Z',
      createTime: '2026-01-15T12:00:00Z',
      updateTime: '2026-01-15T12:00:00Z',
    });
    const { idNumberOrder } = z.object({ idNumberOrder: z.string() }).parse(body);
    expect((await api.get(`/numberOrders/${idNumberOrder}`)).body).toEqual(body);
  });

  test.each([
    ['EST', 'trunkId'],
    ['FAX', 'serviceId'],
    ['RTC', 'appId'],
  ])('keeps the voice product %s with its ID alone', async (type, id) => {
    const voiceConfiguration = { type, [id]: 'x' };
    const { body } = await ask(await startApi(), 'US', { voiceConfiguration });
    expect(body).toMatchObject({ voiceConfiguration });
    expect(body).not.toHaveProperty('smsConfiguration');
  });

  test('takes its number off the offer: it is neither found nor available, cannot be rented nor ordered', async () => {
    const api = await startApi();
    const { orderNumbers } = await create(api, 'US');
    const [{ phoneNumber = '' } = {}] = orderNumbers;
    expect(await search(api, 'regionCode=US&type=LOCAL&size=1000')).not.toContain(phoneNumber);
    const gone = { status: 404, body: notFound('AvailableNumber', phoneNumber) };
    expect(await api.get(`/availableNumbers/${phoneNumber}`)).toMatchObject(gone);
    expect(await api.post(`/availableNumbers/${phoneNumber}:rent`, {})).toMatchObject(gone);
    expect(await ask(api, 'US', { numberOrderOption: { phoneNumbers: [phoneNumber] } })).toMatchObject({
      status: 400,
      body: violation('numberOrderOption.phoneNumbers', expect.stringContaining(phoneNumber)),
    });
    expect((await api.get(`/activeNumbers/${phoneNumber}`)).status).toBe(404);
  });

  test.each([
    ['of another country', { numberOrderOption: { phoneNumbers: ['+493023125006'] } }],
    ['that nobody has', { numberOrderOption: { phoneNumbers: ['+12025550001'] } }],
    ['missing', { numberOrderOption: {} }],
    ['and another', { numberOrderOption: { phoneNumbers: ['+12025550134', '+12025550135'] } }],
  ])('a number %s is refused', async (_, more) => {
    const { status, body } = await ask(await startApi(), 'US', more);
    expect(status).toBe(400);
    expect(body).toEqual(violation('numberOrderOption.phoneNumbers', expect.any(String)));
  });

  test('by quantity reserves so many of those that fit', async () => {
    const api = await startApi();
    const numberPattern = { pattern: '+1206', searchPattern: 'START' };
    const { orderNumbers } = await create(api, 'US', {
      quantityOrderOption: { requestedQuantity: 100, numberPattern, capabilities: ['SMS'] },
    });
    expect(new Set(orderNumbers.map(({ phoneNumber }) => phoneNumber)).size).toBe(100);
    for (const { phoneNumber } of orderNumbers) expect(phoneNumber).toMatch(/^\+1206/);
    expect(await search(api, 'regionCode=US&type=LOCAL&numberPattern.pattern=%2B1206&size=1')).toEqual([]);
  });

  test('in sequence reserves numbers in a row, around what is taken', async () => {
    const api = await startApi();
    for (const number of ['+447700900003', '+447700900005', '+447700900009']) {
      api.simulator.project.take(number);
    }
    const { orderNumbers } = await create(api, 'GB', {
      quantityOrderOption: { requestedQuantity: 4, sequential: true },
    });
    expect(orderNumbers.map(({ phoneNumber }) => phoneNumber.slice(-3))).toEqual([
      '010',
      '011',
      '012',
      '013',
    ]);
  });

  test.each([
    [{ requestedQuantity: 0 }],
    [{ requestedQuantity: 101 }],
    [{ requestedQuantity: '3' }],
    [{ requestedQuantity: 1, numberPattern: { pattern: '999999', searchPattern: 'END' } }],
    [
      {
        requestedQuantity: 60,
        sequential: true,
        numberPattern: { pattern: '+447700900' },
        capabilities: ['SMS'],
      },
    ],
  ])('is refused where %j cannot be had, and reserves nothing', async (quantityOrderOption) => {
    const api = await startApi();
    for (let line = 0; line < 500; line += 50) {
      api.simulator.project.take(`+447700900${String(line).padStart(3, '0')}`);
    }
    const { status, body } = await ask(api, 'GB', { quantityOrderOption });
    expect(status).toBe(400);
    expect(body).toEqual(violation('quantityOrderOption.requestedQuantity', expect.any(String)));
    expect(await search(api, 'regionCode=GB&type=MOBILE&size=1000')).toHaveLength(490);
  });

  test.each([
    [{ quantityOrderOption: { requestedQuantity: 1 }, numberOrderOption: { phoneNumbers: [] } }],
    [{ numberOrderOption: null }],
  ])('is refused with both ways to say what is wanted, or none: %j', async (more) => {
    expect(await ask(await startApi(), 'US', more)).toMatchObject({
      status: 400,
      body: badRequest(expect.any(String)),
    });
  });

  test.each([
    [{ voiceConfiguration: { appId: 'app' } }, 'voiceConfiguration.type'],
    [{ voiceConfiguration: { type: 'EST', appId: 'app' } }, 'voiceConfiguration.trunkId'],
    [{ smsConfiguration: { servicePlanId: '' } }, 'smsConfiguration.servicePlanId'],
    [{ smsConfiguration: {} }, 'smsConfiguration'],
    [{ callbackUrl: 'no URL' }, 'callbackUrl'],
  ])('is refused with %j over %s', async (more, field) => {
    const api = await startApi();
    expect(await ask(api, 'US', more)).toMatchObject({
      status: 400,
      body: violation(field, expect.any(String)),
    });
    expect(await search(api, 'regionCode=US&type=LOCAL&size=1')).toHaveLength(1);
  });
});

test.each([
  ['US', RESERVED_MS.free],
  ['GB', RESERVED_MS.free],
  ['DE', RESERVED_MS.regulated],
])('an order of %s that is not submitted expires and gives its numbers back', async (regionCode, ms) => {
  const api = await startApi();
  const offered = () => search(api, `regionCode=${regionCode}&type=${TYPES[regionCode]}&size=1000`);
  const before = await offered();
  const { idNumberOrder } = await create(api, regionCode, { quantityOrderOption: { requestedQuantity: 3 } });
  api.clock.advance(ms - 1);
  expect((await readOrder(api, idNumberOrder)).state).toBe('CREATED');
  for (const phoneNumber of before.slice(0, 3)) expect(await offered()).not.toContain(phoneNumber);
  api.clock.advance(1);
  expect(await readOrder(api, idNumberOrder)).toMatchObject({
    state: 'EXPIRED',
    expireTime: expect.any(String),
  });
  expect(await offered()).toEqual(before);
});

test.each([
  ['GET', ''],
  ['GET', '/registration'],
  ['PUT', '/registration'],
  ['POST', '/submit'],
  ['POST', `/attachments/${IDENTITY}`],
] as const)('%s %s of an order that there is not finds none', async (method, path) => {
  const api = await startApi();
  const send = {
    GET: () => api.get(`/numberOrders/${UNKNOWN}${path}`),
    PUT: () => api.put(`/numberOrders/${UNKNOWN}${path}`, { requestDetails: {} }),
    POST: () => api.post(`/numberOrders/${UNKNOWN}${path}`),
  };
  expect(await send[method]()).toMatchObject({ status: 404, body: noOrder('NumberOrder', UNKNOWN) });
});

test('the same seed gives the same orders, another seed other IDs', async () => {
  const idOf = async (seed: string) => (await create(await startApi({ seed }), 'AU')).idNumberOrder;
  expect(await idOf('one')).toBe(await idOf('one'));
  expect(await idOf('one')).not.toBe(await idOf('other'));
});
