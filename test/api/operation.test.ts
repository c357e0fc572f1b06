/** Rows of kinds that the eleven operations do not have: other paths and parameters, PUT, answers without a body. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { inputSchema, noContent, type Operation } from '../../src/api/operations/operation.ts';
import { phoneNumber } from '../../src/api/schemas/numbers.ts';
import { answerJson, connect, endpointAt, failure, serve } from './support.ts';

const none = z.strictObject({});
const ofOrder = z.strictObject({ numberOrderId: z.string().min(1) });

const updateRegistration = {
  operationId: 'UpdateNumberOrderRegistration',
  method: 'PUT',
  path: '/v1/projects/{projectId}/numberOrders/{numberOrderId}/registration',
  pathParameters: ofOrder,
  effect: 'write',
  query: none,
  body: z.strictObject({ requestDetails: z.looseObject({}) }),
  response: z.looseObject({ requestDetails: z.looseObject({}).optional() }),
} as const satisfies Operation;

const deprovision = {
  operationId: 'NumberService_DeprovisionEmergencyAddress',
  method: 'POST',
  path: '/v1/projects/{projectId}/activeNumbers/{phoneNumber}/emergencyAddress:deprovision',
  pathParameters: z.strictObject({ phoneNumber }),
  effect: 'destructive',
  query: none,
  body: none,
  response: noContent,
} as const satisfies Operation;

const listEverywhere = {
  operationId: 'ListEverywhere',
  method: 'GET',
  path: '/v2/regions/{regionCode}/types/{type}',
  pathParameters: z.strictObject({ regionCode: z.string(), type: z.string() }),
  effect: 'read',
  query: z.strictObject({ size: z.int().optional() }),
  body: none,
  response: z.looseObject({}),
} as const satisfies Operation;

async function answering(status: number, body: string) {
  const server = await serve((response) => response.writeHead(status).end(body));
  return { server, client: connect(endpointAt(server, { auth: 'basic' })) };
}

describe('a path', () => {
  test('is filled with the parameters that its row names, and they do not get into query or body', async () => {
    const { server, client } = await answering(200, '{}');
    await client.call(listEverywhere, { regionCode: 'AU', type: 'MOBILE', size: 3 });
    await client.call(updateRegistration, { numberOrderId: '01jgkbb8', requestDetails: { data: [] } });
    await client.call(deprovision, { phoneNumber: '+12025550134' });
    expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /v2/regions/AU/types/MOBILE?size=3',
      'PUT /v1/projects/project/numberOrders/01jgkbb8/registration',
      'POST /v1/projects/project/activeNumbers/+12025550134/emergencyAddress:deprovision',
    ]);
    expect(server.requests.map(({ body }) => body)).toEqual(['', '{"requestDetails":{"data":[]}}', '']);
  });

  test('is not built from anything that would leave its place', async () => {
    const { server, client } = await answering(200, '{}');
    const input = { numberOrderId: '../../other/numberOrders/1', requestDetails: {} };
    expect(await failure(client.call(updateRegistration, input))).toMatchObject({
      name: 'InvalidRequestError',
      acted: 'no',
    });
    expect(server.requests).toEqual([]);
  });
});

test('the input of an operation is path, query and body side by side, each held to its own schema', () => {
  const schema = inputSchema(updateRegistration);
  expect(Object.keys(schema.shape)).toEqual(['numberOrderId', 'requestDetails']);
  expect(schema.safeParse({ numberOrderId: '1', requestDetails: {} }).success).toBe(true);
  expect(schema.safeParse({ numberOrderId: '', requestDetails: {} }).success).toBe(false);
  expect(schema.safeParse({ numberOrderId: '1' }).success).toBe(false);
  expect(Object.keys(inputSchema(deprovision).shape)).toEqual(['phoneNumber']);
});

describe('PUT', () => {
  test('sends JSON and reads JSON', async () => {
    const server = await serve((response, { body }) => answerJson(response, JSON.parse(body)));
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const input = { numberOrderId: '1', requestDetails: { data: [[{ senderId: 'x' }]] } };
    expect(await client.call(updateRegistration, input)).toEqual({ requestDetails: input.requestDetails });
    expect(server.requests[0]?.headers['content-type']).toBe('application/json');
  });

  test('whose answer got lost is not sent again', async () => {
    const server = await serve((response) => response.destroy());
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const call = client.call(updateRegistration, { numberOrderId: '1', requestDetails: {} });
    expect(await failure(call)).toMatchObject({ name: 'ConnectionError', acted: 'maybe' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an answer without a body', () => {
  test.each([
    [200, ''],
    [204, ''],
    [200, '{}'],
    [200, 'OK'],
  ])('%d %j is what the row promises', async (status, body) => {
    const { client } = await answering(status, body);
    expect(await client.call(deprovision, { phoneNumber: '+12025550134' })).toEqual({});
  });

  test.each([
    [200, ''],
    [204, ''],
  ])('%d is not, where the row promises one', async (status, body) => {
    const { client } = await answering(status, body);
    expect(await failure(client.call(listEverywhere, { regionCode: 'AU', type: 'LOCAL' }))).toMatchObject({
      name: 'UnexpectedResponseError',
    });
  });

  test('does not turn a refusal into a success', async () => {
    const { client } = await answering(404, '');
    expect(await failure(client.call(deprovision, { phoneNumber: '+12025550134' }))).toMatchObject({
      name: 'ApiError',
      status: 404,
    });
  });
});
