import { describe, expect, test } from 'vitest';
import type { NumbersClient } from '../../src/api/client.ts';
import { ApiError, CancelledError } from '../../src/api/errors.ts';
import type { Completion } from '../../src/resources/completion.ts';
import { resources, resourceTemplates, type Sources } from '../../src/resources/resources.ts';
import { failure, fastClock, OFFERED, UNKNOWN } from '../api/support.ts';
import { JOB_MS, openInbox, openStage, RENTED, rentLinked } from '../support/stage.ts';
import { noEntries, noOrders, resourceAt, templateOf } from './support.ts';

const live = new AbortController().signal;

async function sources(numbers: NumbersClient, signal = live): Promise<Sources> {
  return { numbers, callbacks: await openInbox(fastClock()), history: noEntries, orders: noOrders, signal };
}

async function readAt(uri: string, numbers: NumbersClient, signal = live): Promise<object> {
  return resourceAt(uri).read(await sources(numbers, signal));
}

/** Resources of what the API answers. */
const FROM_THE_API = [
  'sinch-numbers://active-numbers',
  'sinch-numbers://callback-configuration',
  'sinch-numbers://available-regions',
];

/** Reads the resource of a number, by its URI. */
async function readNumber(uri: string, numbers: NumbersClient): Promise<object> {
  const template = templateOf('phoneNumber');
  const value = template.match(uri);
  if (value === undefined) throw new Error(`no template matches ${uri}`);
  return template.read(value, await sources(numbers));
}

async function complete(typed: string, numbers: NumbersClient): Promise<Completion> {
  return templateOf('phoneNumber').complete(typed, await sources(numbers));
}

test('the resources and templates are the documented ones, each with a title and a description', () => {
  expect(resources.map(({ uri }) => uri)).toEqual([
    'sinch-numbers://active-numbers',
    'sinch-numbers://callback-configuration',
    'sinch-numbers://available-regions',
    'sinch-numbers://callback-events',
    'sinch-numbers://journal',
    'sinch-numbers://number-orders',
    'sinch-numbers://provisioning-errors',
  ]);
  expect(resourceTemplates.map(({ uriTemplate, variable }) => [uriTemplate, variable])).toEqual([
    ['sinch-numbers://active-numbers/{phoneNumber}', 'phoneNumber'],
    ['sinch-numbers://provisioning-errors/{code}', 'code'],
  ]);
  for (const { name, title, description } of [...resources, ...resourceTemplates]) {
    expect(name).toMatch(/^[a-z-]+$/);
    expect(title).not.toBe('');
    expect(description).toMatch(/\.$/);
  }
});

describe('sinch-numbers://active-numbers', () => {
  test('holds the first 20 numbers, how many there are in all, and how to go on', async () => {
    const { numbers } = await openStage({ active: 45 });
    expect(await readAt('sinch-numbers://active-numbers', numbers)).toMatchObject({
      activeNumbers: expect.toSatisfy((list: unknown[]) => list.length === 20),
      nextPageToken: expect.any(String),
      totalSize: 45,
    });
  });

  test('holds an empty list where nothing is rented', async () => {
    const { numbers } = await openStage();
    expect(await readAt('sinch-numbers://active-numbers', numbers)).toEqual({
      activeNumbers: [],
      totalSize: 0,
    });
  });

  test('holds names without hidden characters, and cut', async () => {
    const { numbers, simulator } = await openStage();
    simulator.project.rent(OFFERED, {});
    simulator.project.update(OFFERED, `a\n\u202eb${'c'.repeat(500)}`, {});
    const text = JSON.stringify(await readAt('sinch-numbers://active-numbers', numbers));
    expect(text).toMatch(/"displayName":"a bc{100,118}…"/);
  });
});

describe('sinch-numbers://callback-configuration', () => {
  test('holds the secret behind a mask', async () => {
    const { numbers, simulator } = await openStage();
    const hmacSecret = '0123456789abcdef0123456789abcdef';
    const answer = { status: 200, body: { projectId: 'project', hmacSecret } };
    simulator.faults.add({ path: /callbackConfiguration/, answer });
    expect(await readAt('sinch-numbers://callback-configuration', numbers)).toEqual({
      projectId: 'project',
      hmacSecret: '****cdef',
    });
  });
});

describe('sinch-numbers://available-regions', () => {
  test('holds every region with its types', async () => {
    const { numbers } = await openStage();
    expect(await readAt('sinch-numbers://available-regions', numbers)).toEqual({
      availableRegions: [
        { regionCode: 'AU', regionName: 'Australia', types: ['MOBILE'] },
        { regionCode: 'CA', regionName: 'Canada', types: ['LOCAL'] },
        { regionCode: 'DE', regionName: 'Germany', types: ['LOCAL'] },
        { regionCode: 'GB', regionName: 'United Kingdom', types: ['MOBILE', 'TOLL_FREE'] },
        { regionCode: 'SE', regionName: 'Sweden', types: ['LOCAL'] },
        { regionCode: 'US', regionName: 'United States', types: ['LOCAL', 'TOLL_FREE'] },
      ],
    });
  });
});

test('a released number shows no next charge, alone and in the list', async () => {
  const stage = await openStage();
  rentLinked(stage, RENTED);
  stage.simulator.project.release(RENTED);
  const uri = 'sinch-numbers://active-numbers';
  for (const held of [
    await readAt(uri, stage.numbers),
    await readNumber(`${uri}/${RENTED}`, stage.numbers),
  ]) {
    expect(JSON.stringify(held)).toContain('expireAt');
    expect(JSON.stringify(held)).not.toContain('nextChargeDate');
  }
});

describe('sinch-numbers://active-numbers/{phoneNumber}', () => {
  test.each([RENTED, RENTED.replace('+', '%2B'), RENTED.replace('+', '%2b')])(
    'holds the number that %s names',
    async (written) => {
      const stage = await openStage();
      rentLinked(stage, RENTED);
      const number = await readNumber(`sinch-numbers://active-numbers/${written}`, stage.numbers);
      expect(number).toMatchObject({
        phoneNumber: RENTED,
        money: { amount: '0.80', currencyCode: 'EUR' },
        smsConfiguration: { servicePlanId: 'plan-a' },
      });
    },
  );

  test('follows the number from one reading to the next', async () => {
    const { numbers, simulator, time } = await openStage();
    simulator.project.rent(RENTED, { sms: { servicePlanId: 'plan-a' } });
    const uri = `sinch-numbers://active-numbers/${RENTED}`;
    expect(await readNumber(uri, numbers)).toMatchObject({
      smsConfiguration: { scheduledProvisioning: { status: 'WAITING' } },
    });
    time.advance(JOB_MS);
    expect(await readNumber(uri, numbers)).toMatchObject({ smsConfiguration: { servicePlanId: 'plan-a' } });
  });

  test.each([OFFERED, UNKNOWN])('does not exist for %s, which is not rented', async (phoneNumber) => {
    const { numbers } = await openStage();
    const error = await failure(readNumber(`sinch-numbers://active-numbers/${phoneNumber}`, numbers));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 404, problem: { resource: { type: 'ActiveNumber' } } });
  });
});

describe('completion of a phone number', () => {
  const RENTED_NUMBERS = ['+12025550101', '+12065550102', '+12065550103', '+46846500401'];

  async function openRented(): Promise<NumbersClient> {
    const { numbers, simulator } = await openStage();
    for (const phoneNumber of RENTED_NUMBERS) simulator.project.rent(phoneNumber, {});
    return numbers;
  }

  test.each([
    ['', RENTED_NUMBERS],
    ['+', RENTED_NUMBERS],
    ['+1206', ['+12065550102', '+12065550103']],
    ['%2B1206', ['+12065550102', '+12065550103']],
    ['%2b46', ['+46846500401']],
    ['0101', ['+12025550101']],
    ['206', ['+12065550102', '+12065550103']],
    ['+1 206-555', ['+12065550102', '+12065550103']],
    ['+206', []],
    ['999999', []],
  ])('for %j offers %j', async (typed, offered) => {
    const { values, total } = await complete(typed, await openRented());
    expect(values).toEqual(offered);
    expect(total).toBe(offered.length);
  });

  test('offers nothing for letters', async () => {
    expect(await complete('abc', (await openStage({ active: 5 })).numbers)).toEqual({ values: [], total: 0 });
  });

  test('offers at most 100 numbers, and says how many there are', async () => {
    const { numbers } = await openStage({ active: 150 });
    const { values, total } = await complete('', numbers);
    expect(values).toHaveLength(100);
    expect(new Set(values).size).toBe(100);
    expect(total).toBe(150);
  });

  test('keeps to 100 even where the API sends more than it was asked for, and knows no total', async () => {
    const { numbers, simulator } = await openStage();
    const activeNumbers = Array.from({ length: 130 }, (_, index) => ({
      phoneNumber: `+1202555${1_000 + index}`,
    }));
    simulator.faults.add({ path: /activeNumbers/, answer: { status: 200, body: { activeNumbers } } });
    const completion = await complete('', numbers);
    expect(completion.values).toHaveLength(100);
    expect(completion).not.toHaveProperty('total');
  });
});

test('every other resource is read though the API cannot be asked, and asks it nothing', async () => {
  const { numbers, simulator } = await openStage();
  const others = resources.filter(({ uri }) => !FROM_THE_API.includes(uri));
  expect(others).toHaveLength(4);
  for (const { uri } of others) expect(await readAt(uri, numbers)).toBeTypeOf('object');
  expect(simulator.requests).toEqual([]);
});

test.each(FROM_THE_API)('%s is not read for a caller who has cancelled', async (uri) => {
  const { numbers, simulator } = await openStage();
  const error = await failure(readAt(uri, numbers, AbortSignal.abort()));
  expect(error).toBeInstanceOf(CancelledError);
  expect(simulator.requests).toEqual([]);
});

test.each(FROM_THE_API)('%s fails with the answer of the API', async (uri) => {
  const { numbers, simulator } = await openStage();
  simulator.faults.add({ path: /^\/v1\//, answer: { status: 403 } });
  const error = await failure(readAt(uri, numbers));
  expect(error).toMatchObject({ name: 'ApiError', status: 403 });
});
