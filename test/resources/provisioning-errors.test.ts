import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import type { Sources } from '../../src/resources/resources.ts';
import { openStage } from '../support/stage.ts';
import { noEntries, noOrders, resourceAt, templateOf } from './support.ts';

const URI = 'sinch-numbers://provisioning-errors';

const entry = z.strictObject({
  code: z.string().regex(/^\w+$/),
  meaning: z.string().regex(/\.$/),
  owner: z.enum(['customer', 'sinch', 'carrier']),
  remedy: z.string().regex(/\.$/),
  retry: z.enum(['later', 'after_change', 'contact_sinch']),
});

/** An API that answers nothing: what errors mean is known without it. */
async function sources(): Promise<Sources> {
  const { numbers, callbacks, simulator } = await openStage();
  simulator.faults.add({ times: 100, drop: 'before' });
  return { numbers, callbacks, history: noEntries, orders: noOrders, signal: new AbortController().signal };
}

describe('sinch-numbers://provisioning-errors', () => {
  async function readAll() {
    const held = await resourceAt(URI).read(await sources());
    return z.strictObject({ provisioningErrors: z.array(entry) }).parse(held).provisioningErrors;
  }

  test('holds meaning, owner, remedy and retry of each code, once', async () => {
    const codes = (await readAll()).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test('holds every code of the API, what callbacks and audits add, and internal codes', async () => {
    const codes = (await readAll()).map(({ code }) => code);
    expect(SMS_ERROR_CODES).toHaveLength(18);
    expect(codes).toEqual(
      expect.arrayContaining([
        ...SMS_ERROR_CODES,
        'PROVISIONING_TO_VOICE_PLATFORM_FAILED',
        'STUCK',
        'IN_PROGRESS',
        'NO_CAMPAIGN',
        'UNLINKED',
        'RELEASING',
        'CRS0018',
        '501',
      ]),
    );
  });
});

describe('sinch-numbers://provisioning-errors/{code}', () => {
  const template = templateOf('code');

  async function readCode(uri: string): Promise<object> {
    const code = template.match(uri);
    if (code === undefined) throw new Error(`no match for ${uri}`);
    return template.read(code, await sources());
  }

  test('holds what a code means and what to do', async () => {
    expect(await readCode(`${URI}/CAMPAIGN_EXPIRED`)).toEqual({
      code: 'CAMPAIGN_EXPIRED',
      meaning: expect.stringContaining('run out'),
      owner: 'customer',
      remedy: expect.stringContaining('Renew'),
      retry: 'after_change',
    });
  });

  test('is read by the former name of a code too', async () => {
    expect(await readCode(`${URI}/VOICE_PROVISIONING_FAILED`)).toMatchObject({
      code: 'PROVISIONING_TO_VOICE_PLATFORM_FAILED',
    });
  });

  test.each(['CRS0018', '501', 'STUCK', 'PROVISIONING_TO_VOICE_PLATFORM_FAILED'])(
    'holds what is told of %s among all',
    async (code) => {
      const held = await readCode(`${URI}/${code}`);
      const all = await resourceAt(URI).read(await sources());
      expect(all).toEqual({ provisioningErrors: expect.arrayContaining([held]) });
      expect(held).toMatchObject({ code });
    },
  );

  test.each(['CRS9999', 'SOMETHING_NEW', 'toString', '__proto__', 'X'.repeat(64)])(
    'says of %s that nobody documented it, and makes nothing up',
    async (code) => {
      const held = entry.parse(await readCode(`${URI}/${code}`));
      expect(held).toMatchObject({ code, meaning: 'This code is not documented.', retry: 'contact_sinch' });
    },
  );

  test.each([
    URI,
    `${URI}/`,
    `${URI}/two words`,
    `${URI}/CAMPAIGN-EXPIRED`,
    `${URI}/CAMPAIGN_EXPIRED/`,
    `${URI}/CAMPAIGN_EXPIRED?x=1`,
    `${URI}/CAMPAIGN_EXPIRED\nmore`,
    `${URI}/CAMPAIGN_EXPIRED\n`,
    `${URI}/..`,
    `${URI}/%41`,
    `${URI}/${'X'.repeat(65)}`,
    'sinch-numbers://provisioning-error/CAMPAIGN_EXPIRED',
    'CAMPAIGN_EXPIRED',
    '',
  ])('is not %j', (uri) => {
    expect(template.match(uri)).toBeUndefined();
  });

  test.each([
    ['campaign_e', ['CAMPAIGN_EXPIRED']],
    ['crs001', ['CRS0013', 'CRS0015', 'CRS0018']],
    ['10DLC', ['EXCEEDED_10DLC_LIMIT']],
    ['unknown', []],
  ])('completes %j with %j', async (typed, values) => {
    expect(await template.complete(typed, await sources())).toEqual({ values, total: values.length });
  });

  test('completes nothing typed with every code', async () => {
    const { values } = await template.complete('', await sources());
    expect(values).toEqual(expect.arrayContaining([...SMS_ERROR_CODES, 'STUCK', 'CRS0018']));
  });
});
