import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { manualClock } from '../../src/simulator/clock.ts';
import { CALLBACK_DELAYS_MS, REVIEW_MS } from '../../src/simulator/invented.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { shared } from '../support/lifetime.ts';
import {
  agreeable,
  type Connection,
  eventually,
  type Person,
  receiverOf,
  type Setup,
  types,
} from './harness.ts';
import { start } from './inside.ts';

const LIST = 'sinch-numbers://active-numbers';
const NUMBER = `${LIST}/${OFFERED}`;
const OTHER = `${LIST}/${OFFERED_TOO}`;
const CALLBACKS = 'sinch-numbers://callback-configuration';
const REGIONS = 'sinch-numbers://available-regions';
const EVENTS = 'sinch-numbers://callback-events';
const JOURNAL = 'sinch-numbers://journal';
const ORDERS = 'sinch-numbers://number-orders';
const ERRORS = 'sinch-numbers://provisioning-errors';
const TEMPLATE = `${LIST}/{phoneNumber}`;
const ERROR_TEMPLATE = `${ERRORS}/{code}`;
const SECRET = 'a-secret-of-thirty-two-characters';

/** What a resource holds. */
async function read({ client }: Connection, uri: string): Promise<unknown> {
  const { contents } = await client.readResource({ uri });
  expect(contents).toEqual([{ uri, mimeType: 'application/json', text: expect.any(String) }]);
  return JSON.parse(z.object({ text: z.string() }).parse(contents[0]).text);
}

async function complete({ client }: Connection, value: string) {
  const ref = { type: 'ref/resource' as const, uri: TEMPLATE };
  return (await client.complete({ ref, argument: { name: 'phoneNumber', value } })).completion;
}

/** For what rents, links and releases nothing. */
const serving = shared(() => start({ simulator: { active: 25 }, person: agreeable }));

describe('what can be read', () => {
  test('is listed, with templates for single numbers and error codes', async () => {
    const { client } = serving();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      LIST,
      CALLBACKS,
      REGIONS,
      EVENTS,
      JOURNAL,
      ORDERS,
      ERRORS,
    ]);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([TEMPLATE, ERROR_TEMPLATE]);
    for (const resource of [...resources, ...resourceTemplates]) {
      expect(resource).toMatchObject({
        mimeType: 'application/json',
        title: expect.stringMatching(/./),
        description: expect.stringMatching(/./),
      });
    }
  });

  test('every listed resource can be', async () => {
    const server = serving();
    const { resources } = await server.client.listResources();
    for (const { uri } of resources) expect(await read(server, uri)).toBeTypeOf('object');
  });

  test('the first page of rented numbers, and how many there are', async () => {
    const server = serving();
    const page = z
      .object({ activeNumbers: z.array(z.object({ phoneNumber: z.string() })), totalSize: z.number() })
      .parse(await read(server, LIST));
    expect(page.totalSize).toBe(25);
    expect(page.activeNumbers).toHaveLength(20);
  });

  test('one number, its plus sign literal or encoded', async () => {
    const server = await start({ simulator: { active: 0 } });
    server.api.project.rent(OFFERED, {});
    for (const uri of [NUMBER, NUMBER.replace('+', '%2B'), NUMBER.replace('+', '%2b')]) {
      expect(await read(server, uri)).toMatchObject({ phoneNumber: OFFERED, regionCode: 'US' });
    }
  });

  test('the callback configuration, its secret masked', async () => {
    const server = serving();
    await server.call('update_callback_configuration', { hmacSecret: SECRET });
    expect(await read(server, CALLBACKS)).toEqual({
      projectId: server.api.projectId,
      hmacSecret: '****ters',
    });
  });

  test('what an error code means, known or not', async () => {
    const server = serving();
    expect(await read(server, `${ERRORS}/CAMPAIGN_EXPIRED`)).toMatchObject({
      code: 'CAMPAIGN_EXPIRED',
      owner: 'customer',
    });
    expect(await read(server, `${ERRORS}/CRS9999`)).toMatchObject({
      code: 'CRS9999',
      meaning: expect.stringContaining('not documented'),
    });
  });

  test('nothing else: the error has the code that the protocol gives it', async () => {
    const { client } = serving();
    for (const uri of [
      `${LIST}/+19995550000`,
      `${LIST}/12025550134`,
      `${LIST}/`,
      `${LIST}/${OFFERED}/..`,
      `${LIST}/../callback-configuration`,
      `${ERRORS}/`,
      `${ERRORS}/CAMPAIGN_EXPIRED/..`,
      `${ERRORS}/two words`,
      'sinch-numbers://nothing',
      'file:///etc/passwd',
      '',
    ]) {
      const error = { code: -32002, message: expect.stringContaining('Resource not found'), data: { uri } };
      await expect(client.readResource({ uri }), uri).rejects.toMatchObject(error);
    }
  });

  test('not a number while the API fails, and the error says why', async () => {
    const { client, api } = serving();
    api.faults.add({ path: /activeNumbers/, answer: { status: 500 } });
    await expect(client.readResource({ uri: LIST })).rejects.toMatchObject({
      code: -32603,
      message: expect.stringContaining('HTTP 500'),
    });
  });
});

describe('a subscriber', () => {
  /** All answers and notifications that the server wrote before now have arrived. */
  const settled = ({ client }: Connection) => client.ping();

  async function subscribed(uris: readonly string[], person: Person = agreeable): Promise<Setup> {
    const server = await start({ simulator: { active: 0 }, person });
    for (const uri of uris) await server.client.subscribeResource({ uri });
    return server;
  }

  test('hears of a rent: the list and the number', async () => {
    const server = await subscribed([LIST, NUMBER, OTHER, CALLBACKS]);
    await server.call('rent_number', { phoneNumber: OFFERED });
    await settled(server);
    expect(server.updated).toEqual([LIST, NUMBER]);
  });

  test('hears of an update: the list and the number', async () => {
    const server = await subscribed([LIST, NUMBER, OTHER, CALLBACKS]);
    server.api.project.rent(OFFERED, {});
    await server.call('update_active_number', { phoneNumber: OFFERED, displayName: 'Front desk' });
    await settled(server);
    expect(server.updated).toEqual([LIST, NUMBER]);
  });

  test('hears of a release: the list and the number', async () => {
    const server = await subscribed([LIST, NUMBER, OTHER, CALLBACKS]);
    server.api.project.rent(OFFERED, {});
    await server.call('release_number', { phoneNumber: OFFERED });
    await settled(server);
    expect(server.updated).toEqual([LIST, NUMBER]);
  });

  test('hears which number a rent of any number brought', async () => {
    const server = await start({ simulator: { active: 0 }, person: agreeable });
    const criteria = {
      regionCode: 'US',
      type: 'LOCAL',
      numberPattern: { pattern: OFFERED, searchPattern: 'START' },
    };
    await server.client.subscribeResource({ uri: NUMBER });
    await server.call('rent_any_number', criteria);
    await settled(server);
    expect(server.updated).toEqual([NUMBER]);
  });

  test('hears of a new callback secret', async () => {
    const server = await subscribed([LIST, CALLBACKS]);
    await server.call('update_callback_configuration', { hmacSecret: SECRET });
    await settled(server);
    expect(server.updated).toEqual([CALLBACKS]);
  });

  test('hears of an order that is created, submitted and reviewed; by then it reads as such', async () => {
    const clock = manualClock(Date.now());
    const env = { SINCH_NUMBERS_CALLBACK_PORT: '0' };
    const server = await start({ simulator: { active: 0, clock }, env, person: agreeable });
    await server.client.subscribeResource({ uri: ORDERS });
    const callbackUrl = await receiverOf(server);
    const quantityOrderOption = { requestedQuantity: 1 };
    const created = await server.call('create_number_order', {
      ...{ regionCode: 'GB', numberType: 'MOBILE', quantityOrderOption, callbackUrl },
    });
    await settled(server);
    expect(server.updated).toEqual([ORDERS]);
    const numberOrderId = /^Order (\w+): CREATED/.exec(created.text)?.[1];
    await server.call('submit_number_order', { numberOrderId });
    await settled(server);
    expect(server.updated).toEqual([ORDERS, ORDERS]);
    clock.advance(REVIEW_MS);
    clock.advance(CALLBACK_DELAYS_MS[0] ?? 0);
    await eventually(() => server.updated.length).toBeGreaterThan(3);
    expect(await read(server, ORDERS)).toMatchObject({ orders: [{ numberOrderId, state: 'COMPLETED' }] });
  });

  test('hears of a number under the URI that it wrote, its plus sign encoded', async () => {
    const encoded = NUMBER.replace('+', '%2B');
    const server = await subscribed([encoded, OTHER.replace('+', '%2B')]);
    await server.call('rent_number', { phoneNumber: OFFERED });
    await settled(server);
    expect(server.updated).toEqual([encoded]);
  });

  test('hears of it once, however often it subscribed', async () => {
    const server = await subscribed([LIST, LIST]);
    await server.call('rent_number', { phoneNumber: OFFERED });
    await settled(server);
    expect(server.updated).toEqual([LIST]);
  });

  test('hears nothing of what it did not subscribe to', async () => {
    const server = await subscribed([OTHER, REGIONS]);
    await server.call('rent_number', { phoneNumber: OFFERED });
    await settled(server);
    expect(server.updated).toEqual([]);
  });

  test('hears nothing of what did not happen', async () => {
    const server = await subscribed([LIST, OTHER], types('0000'));
    await server.call('rent_number', { phoneNumber: OFFERED_TOO });
    await server.call('update_active_number', { phoneNumber: OFFERED_TOO, displayName: 'Front desk' });
    await server.call('list_active_numbers');
    await settled(server);
    expect(server.updated).toEqual([]);
  });

  test('hears nothing any more once it has unsubscribed', async () => {
    const server = await subscribed([LIST, NUMBER]);
    await server.client.unsubscribeResource({ uri: LIST });
    await server.call('rent_number', { phoneNumber: OFFERED });
    await settled(server);
    expect(server.updated).toEqual([NUMBER]);
  });

  test('cannot subscribe to what is no resource', async () => {
    const { client } = await start();
    const uri = 'sinch-numbers://nothing';
    await expect(client.subscribeResource({ uri })).rejects.toMatchObject({ code: -32002 });
  });
});

describe('a number that is being typed', () => {
  const rented = shared(async () => {
    const server = await start({ simulator: { active: 0 } });
    for (const phoneNumber of [OFFERED, OFFERED_TOO, '+447700900123']) {
      server.api.project.rent(phoneNumber, {});
    }
    return server;
  });

  test('is completed with rented numbers', async () => {
    const server = rented();
    for (const [typed, values] of [
      ['+1202', [OFFERED, OFFERED_TOO]],
      ['%2B1202', [OFFERED, OFFERED_TOO]],
      ['0135', [OFFERED_TOO]],
      ['+44 7700', ['+447700900123']],
      ['+46', []],
    ] as const) {
      expect(await complete(server, typed), typed).toEqual({ values, total: values.length, hasMore: false });
    }
  });

  test('is completed with at most a hundred values, and says that there are more', async () => {
    const server = await start({ simulator: { active: 130 } });
    const { values, ...rest } = await complete(server, '');
    expect(values).toHaveLength(100);
    expect(rest).toEqual({ total: 130, hasMore: true });
  });

  test('is completed with nothing while the API fails', async () => {
    const server = rented();
    server.api.faults.add({ path: /activeNumbers/, answer: { status: 500 } });
    expect(await complete(server, '+1202')).toEqual({ values: [] });
  });

  test('is not completed where nothing takes a number', async () => {
    const { client } = serving();
    const argument = { name: 'regionCode', value: '+1202' };
    const ref = { type: 'ref/resource' as const, uri: TEMPLATE };
    await expect(client.complete({ ref, argument })).rejects.toMatchObject({ code: -32602 });
  });
});
