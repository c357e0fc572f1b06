import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError, CancelledError, UnexpectedResponseError } from '../../src/api/errors.ts';
import { createSignal } from '../../src/lib/signal.ts';
import { connect, endpointAt, failure, simulate } from '../api/support.ts';

import {
  type Asked,
  type Behaviour,
  expectAll,
  openList,
  phoneNumbers,
  type Rented,
  readAll,
  rent,
  THREE_TYPES,
} from './inventory-support.ts';

describe('every number is read exactly once', () => {
  test('from the simulator, over all types and regions', async () => {
    const simulator = await simulate({ active: 2_500 });
    const reading = await readAll(connect(endpointAt(simulator)));
    const { records } = simulator.project.list(
      { capabilities: [], pattern: '', searchPattern: 'CONTAINS' },
      'phoneNumber',
      5_000,
      undefined,
    );
    expect(reading.failure).toBeUndefined();
    expect(reading.result.sort()).toEqual(records.map(({ phoneNumber }) => phoneNumber));
    expect(reading.total).toBe(2_500);
  });

  test('where the API grants smaller pages than were asked for', async () => {
    const list = await openList(THREE_TYPES, { granted: 7 });
    expectAll(await readAll(list.numbers), THREE_TYPES);
    expect(new Set(list.asked.map(({ pageSize }) => pageSize))).toEqual(new Set(['1000']));
  });

  test('where what is large is split by leading digits', async () => {
    const rented = [
      ...['+1202555', '+1206555', '+1303555', '+4420790', '+4930123'].flatMap((prefix) =>
        rent(700, 'LOCAL', prefix),
      ),
      ...rent(30, 'MOBILE', '+447700'),
    ];
    const list = await openList(rented);
    expectAll(await readAll(list.numbers), rented);
    const patterns = new Set(list.asked.map(({ pattern }) => pattern));
    for (const pattern of ['+9', '+13', '+1202', '+1206']) expect(patterns).toContain(pattern);
    expect(list.asked.filter(({ pattern, from }) => (pattern?.length ?? 0) < 3 && from > 600)).toEqual([]);
  });

  test('where numbers share more digits than are worth splitting', async () => {
    const rented = rent(1_500, 'LOCAL', '+1202555012');
    const list = await openList(rented);
    expectAll(await readAll(list.numbers), rented);
    expect(Math.max(...list.asked.map(({ pattern }) => pattern?.length ?? 0))).toBe(10);
  });

  test('whatever there is, and however small the pages', async () => {
    const number = fc.record({
      phoneNumber: fc
        .tuple(fc.constantFrom('+1', '+12', '+44', '+9'), fc.integer({ min: 0, max: 9_999_999 }))
        .map(([prefix, line]) => `${prefix}${String(line).padStart(7, '0')}`),
      type: fc.constantFrom('LOCAL', 'LOCAL', 'LOCAL', 'MOBILE', 'TOLL_FREE'),
    });
    const inventory = fc.uniqueArray(number, {
      selector: ({ phoneNumber }) => phoneNumber,
      maxLength: 150,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(inventory, fc.integer({ min: 1, max: 20 }), async (rented, granted) => {
        const list = await openList(rented, { granted });
        const reading = await readAll(list.numbers);
        expectAll(reading, rented);
        expect(reading.total).toBe(rented.length);
        expect(reading.totalByType).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });

  test('of one region and type, if that is what is asked for', async () => {
    const list = await openList(THREE_TYPES);
    const reading = await readAll(list.numbers, { regionCode: 'US', type: 'LOCAL' });
    expectAll(reading, rent(200, 'LOCAL'));
    expect(reading.total).toBe(200);
    const filters = list.asked.map(({ regionCode, type }) => `${regionCode} ${type}`);
    expect(new Set(filters)).toEqual(new Set(['US LOCAL']));
  });

  test('of a region, with the region in every request', async () => {
    const list = await openList(THREE_TYPES);
    expectAll(await readAll(list.numbers, { regionCode: 'US' }), THREE_TYPES);
    expect(list.asked.filter(({ regionCode }) => regionCode !== 'US')).toEqual([]);
  });

  test('also where there is none', async () => {
    const reading = await readAll((await openList([])).numbers);
    expectAll(reading, []);
    expect(reading).toMatchObject({ total: 0, progress: [] });
  });
});

/** Pages of parts after the first requests for each type. */
const isOfParts = ({ type, pattern, from }: Asked) => pattern !== null || (type !== null && from > 0);

test('twelve requests are under way at once, and never more', async () => {
  const held: (() => void)[] = [];
  let isHolding = true;
  const rented = [...rent(2_000, 'LOCAL'), ...rent(2_000, 'MOBILE', '+4477009')];
  const list = await openList(rented, {
    answer: (send, asked) => {
      if (isHolding && isOfParts(asked)) held.push(send);
      else send();
    },
  });
  const reading = readAll(list.numbers);
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(12);
  isHolding = false;
  for (const send of held) send();
  expectAll(await reading, rented);
  expect(list.mostUnderWay()).toBe(12);
});

describe('where the parts do not add up, the plain list decides', () => {
  const untypedPages = (asked: readonly Asked[]) =>
    asked.filter(({ type }) => type === null).map(({ from }) => from);

  test('because the type is ignored', async () => {
    const list = await openList(THREE_TYPES, { ignores: 'type' });
    expectAll(await readAll(list.numbers), THREE_TYPES);
    expect(untypedPages(list.asked)).toEqual([0, 100, 200]);
  });

  test('because the leading digits are ignored', async () => {
    const rented = [...rent(1_500, 'LOCAL'), ...rent(20, 'MOBILE', '+44770090')];
    const list = await openList(rented, { ignores: 'pattern' });
    const reading = await readAll(list.numbers);
    expectAll(reading, rented);
    expect(reading.totalByType).toBeUndefined();
    expect(list.asked.some(({ pattern }) => pattern !== null)).toBe(true);
  });

  test('because there is a type that nobody knows', async () => {
    const rented = [...THREE_TYPES, ...rent(5, 'SATELLITE', '+8816123')];
    const list = await openList(rented);
    const reading = await readAll(list.numbers);
    expectAll(reading, rented);
    expect(reading.totalByType).toBeUndefined();
    expect(untypedPages(list.asked)).toEqual([0, 100, 200, 300]);
  });

  test('because the list without a type leaves types out, which is told', async () => {
    const list = await openList(THREE_TYPES, { untyped: ['MOBILE'] });
    const reading = await readAll(list.numbers);
    expectAll(reading, rent(60, 'MOBILE', '+44770090'));
    expect(reading).toMatchObject({ total: 60, totalByType: 300 });
  });

  test('because one of them cannot be read', async () => {
    const list = await openList(THREE_TYPES, {
      refuses: ({ type }) => (type === 'MOBILE' ? 400 : undefined),
    });
    const reading = await readAll(list.numbers);
    expectAll(reading, THREE_TYPES);
    expect(reading.totalByType).toBeUndefined();
  });

  test('because one of its parts by digits cannot be read', async () => {
    const rented = rent(1_500, 'LOCAL');
    const refuses = ({ pattern }: Asked) => (pattern === '+7' ? 500 : undefined);
    expectAll(await readAll((await openList(rented, { refuses })).numbers), rented);
  });

  test.each<[string, NonNullable<Behaviour['totalSize']>]>([
    ['no total is told at all', () => undefined],
    ['no total is told with a type', ({ type }, total) => (type === null ? total : undefined)],
    ['no total is told without a type', ({ type }, total) => (type === null ? undefined : total)],
    ['the total is that of the page', (_, total) => Math.min(total, 100)],
  ])('because %s', async (_, totalSize) => {
    const list = await openList(THREE_TYPES, { totalSize });
    expectAll(await readAll(list.numbers), THREE_TYPES);
  });
});

describe('progress', () => {
  const LARGE = [...rent(1_600, 'LOCAL'), ...rent(500, 'MOBILE', '+44770090')];

  test.each<[string, readonly Rented[], Behaviour]>([
    ['of parts by type', THREE_TYPES, {}],
    ['of parts by digits', LARGE, {}],
    ['of a list whose digits are ignored', LARGE, { ignores: 'pattern' }],
    ['of a list with a type that nobody knows', [...THREE_TYPES, ...rent(5, 'SATELLITE', '+8816123')], {}],
    [
      'of a list where a part fails',
      THREE_TYPES,
      { refuses: ({ type }) => (type === 'LOCAL' ? 500 : undefined) },
    ],
    ['of a single page', rent(30, 'LOCAL'), {}],
  ])('%s never exceeds the total, and ends at it', async (_, rented, behaviour) => {
    const { progress } = await readAll((await openList(rented, behaviour)).numbers);
    expect(new Set(progress.map(([, total]) => total))).toEqual(new Set([rented.length]));
    expect(Math.max(...progress.map(([read]) => read))).toBe(rented.length);
    expect(progress.at(-1)).toEqual([rented.length, rented.length]);
  });

  test('is told page by page', async () => {
    const list = await openList(rent(300, 'LOCAL'));
    const { progress } = await readAll(list.numbers, { type: 'LOCAL' });
    expect(progress).toEqual([
      [100, 300],
      [200, 300],
      [300, 300],
    ]);
  });

  test('without a total counts all the same', async () => {
    const list = await openList(rent(250, 'LOCAL'), { totalSize: () => undefined });
    const { progress, total } = await readAll(list.numbers, { type: 'LOCAL' });
    expect(progress.map(([read]) => read)).toEqual([100, 200, 250]);
    expect(progress.every(([, of]) => of === undefined)).toBe(true);
    expect(total).toBeUndefined();
  });
});

describe('a page that cannot be had', () => {
  test('leaves what was read of its part, and all of the others', async () => {
    const refuses = ({ type, from }: Asked) => (type === 'LOCAL' && from === 100 ? 500 : undefined);
    const reading = await readAll((await openList(THREE_TYPES, { refuses })).numbers);
    expect(reading.failure).toBeInstanceOf(ApiError);
    expect(reading.total).toBe(300);
    const local = phoneNumbers(rent(200, 'LOCAL')).slice(0, 100);
    expect(reading.result.sort()).toEqual([...local, ...phoneNumbers(THREE_TYPES.slice(200))].sort());
  });

  test('of the plain list leaves what came before it', async () => {
    const refuses = ({ type, from }: Asked) => (type !== null || from === 200 ? 500 : undefined);
    const reading = await readAll((await openList(THREE_TYPES, { refuses })).numbers);
    expect(reading.failure).toMatchObject({ status: 500 });
    expect(reading.result).toHaveLength(200);
    expect(reading.progress.at(-1)).toEqual([200, 300]);
  });

  test('is a failure of the whole where it is the first', async () => {
    const list = await openList(THREE_TYPES, { refuses: () => 403 });
    expect(await failure(readAll(list.numbers))).toMatchObject({ name: 'ApiError', status: 403 });
    expect(list.asked).toHaveLength(1);
  });

  test('because the same token came again ends the list there, and does not go round', async () => {
    const list = await openList(rent(500, 'LOCAL'), { nextPageToken: () => 'from-100' });
    const reading = await readAll(list.numbers, { type: 'LOCAL' });
    expect(reading.failure).toBeInstanceOf(UnexpectedResponseError);
    expect(list.asked).toHaveLength(2);
    expect(reading.result).toHaveLength(200);
  });
});

describe('cancellation', () => {
  test.each<[string, Parameters<typeof readAll>[1], number, (asked: Asked) => boolean]>([
    ['a plain walk', { type: 'LOCAL' }, 1, ({ from }) => from === 400],
    ['parts side by side', {}, 10, isOfParts],
  ])('of %s makes no further request', async (_, filter, together, isHeld) => {
    const controller = createSignal();
    const rented = [...rent(490, 'LOCAL'), ...rent(2_000, 'MOBILE', '+44770090')];
    const list = await openList(rented, {
      answer: (send, asked) => {
        if (!isHeld(asked)) send();
      },
    });
    const reading = readAll(list.numbers, filter, controller.signal);
    await expect.poll(() => list.asked.filter(isHeld).length, { timeout: 10_000 }).toBe(together);
    const before = list.asked.length;
    controller.abort(new Error('enough'));
    expect((await reading).failure).toBeInstanceOf(CancelledError);
    await expect.poll(list.underWay).toBe(0);
    expect(list.asked.length).toBe(before);
  });

  test('before the first page is a failure of the whole, and asks nothing', async () => {
    const list = await openList(THREE_TYPES);
    expect(await failure(readAll(list.numbers, {}, AbortSignal.abort()))).toBeInstanceOf(CancelledError);
    expect(list.asked).toEqual([]);
  });
});

test('where the API refuses so large a page, smaller ones are read', async () => {
  const list = await openList(THREE_TYPES, {
    refuses: ({ pageSize }) => (Number(pageSize) > 100 ? 400 : undefined),
  });
  expectAll(await readAll(list.numbers), THREE_TYPES);
});

describe('a list that misleads', () => {
  test('a type filter that is ignored tells nothing about numbers left out', async () => {
    const list = await openList(THREE_TYPES, { ignores: 'type' });
    expect((await readAll(list.numbers)).totalByType).toBeUndefined();
  });
  test('progress of a list whose types are ignored never exceeds the total', async () => {
    const { progress } = await readAll((await openList(rent(250, 'LOCAL'), { ignores: 'type' })).numbers);
    expect(Math.max(...progress.map(([read]) => read))).toBe(250);
  });
  test('progress never goes back', async () => {
    const { progress } = await readAll((await openList(THREE_TYPES)).numbers);
    const reads = progress.map(([read]) => read);
    expect(reads).toEqual([...reads].sort((a, b) => a - b));
  });
  test('progress never exceeds a total that is too small', async () => {
    const list = await openList(THREE_TYPES, { totalSize: () => 100 });
    const { progress } = await readAll(list.numbers);
    for (const [read, total] of progress) expect(read).toBeLessThanOrEqual(total ?? read);
  });
  test('tokens that go round in a circle end the list', { timeout: 5_000 }, async () => {
    const list = await openList(rent(500, 'LOCAL'), {
      nextPageToken: (token) => (token === 'from-300' ? 'from-0' : token),
    });
    const controller = createSignal();
    const reading = readAll(list.numbers, { type: 'LOCAL' }, controller.signal);
    const cut = setTimeout(() => controller.abort(new Error('enough')), 2_000);
    const { result } = await reading;
    clearTimeout(cut);
    expect(result.length).toBeLessThanOrEqual(1_000);
  });
});
