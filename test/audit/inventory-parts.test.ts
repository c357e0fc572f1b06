import { describe, expect, test } from 'vitest';
import { createSignal } from '../../src/lib/signal.ts';
import { type Asked, expectAll, openList, readAll, rent } from './inventory-support.ts';

/** Long enough for a busy machine. */
const SOON = { timeout: 10_000 };

const PREFIXES = ['+1202555', '+2712345', '+3312345', '+4420790'];
/** Four parts by digits, each of four pages. */
const FOUR_PARTS = PREFIXES.flatMap((prefix) => rent(400, 'LOCAL', prefix));

/** A list of which the part of one digit waits until it is released. */
async function openHeld(refuses: (asked: Asked) => number | undefined = () => undefined) {
  let release = () => {};
  const list = await openList(FOUR_PARTS, {
    refuses,
    answer: (send, { pattern }) => {
      if (pattern === '+8') release = send;
      else send();
    },
  });
  const isLastPage = ({ pattern, from }: Asked) => pattern !== null && from === 300;
  return {
    ...list,
    /** Waits until all other parts were read to their end. */
    async othersRead() {
      const ended = () => list.asked.filter(isLastPage).map(({ pattern }) => pattern);
      await expect.poll(() => ended().sort(), SOON).toEqual(['+1', '+2', '+3', '+4']);
      await expect.poll(list.underWay, SOON).toBe(1);
    },
    release: () => release(),
  };
}

const plainPages = (asked: readonly Asked[]) =>
  asked.filter(({ type, pattern }) => type === 'LOCAL' && pattern === null).map(({ from }) => from);

test('parts by digits are read to their end while a sibling is still to come', async () => {
  const list = await openHeld();
  const reading = readAll(list.numbers);
  await list.othersRead();
  list.release();
  expectAll(await reading, FOUR_PARTS);
  expect(plainPages(list.asked)).toEqual([0]);
});

describe('a part that fails after its siblings were read', () => {
  const failing = ({ pattern }: Asked) => (pattern === '+8' ? 400 : undefined);

  test('leaves the decision to the plain list, and is told nobody where that can be read', async () => {
    const list = await openHeld(failing);
    const reading = readAll(list.numbers);
    await list.othersRead();
    list.release();
    expectAll(await reading, FOUR_PARTS);
    expect(plainPages(list.asked)).toEqual(Array.from({ length: 16 }, (_, page) => page * 100));
  });

  test('sets progress back once, which then goes on to the total and not beyond it', async () => {
    const list = await openHeld(failing);
    const reading = readAll(list.numbers);
    await list.othersRead();
    list.release();
    const { progress } = await reading;
    const reads = progress.map(([read]) => read);
    expect(reads.filter((read, index) => read < (reads[index - 1] ?? 0))).toHaveLength(1);
    expect(Math.max(...reads)).toBe(1_600);
    expect(progress.at(-1)).toEqual([1_600, 1_600]);
    expect(progress.filter(([, total]) => total !== 1_600)).toEqual([]);
  });

  test('is told, with what was read, where the plain list fails too', async () => {
    const list = await openHeld((asked) =>
      asked.pattern === null && asked.type !== null && asked.from === 200 ? 403 : failing(asked),
    );
    const reading = readAll(list.numbers);
    await list.othersRead();
    list.release();
    const { failure, result, progress } = await reading;
    expect(failure).toMatchObject({ status: 403 });
    expect(new Set(result).size).toBe(200);
    expect(result).toHaveLength(200);
    expect(progress.at(-1)).toEqual([200, 1_600]);
  });
});

test('cancellation while one part is still to come makes no further request', async () => {
  const list = await openHeld();
  const controller = createSignal();
  const reading = readAll(list.numbers, {}, controller.signal);
  await list.othersRead();
  const asked = list.asked.length;
  controller.abort(new Error('enough'));
  expect((await reading).failure).toMatchObject({ name: 'CancelledError' });
  expect(list.asked).toHaveLength(asked);
});

test.each([
  ['one type', [30_000, 0, 0]],
  ['two types', [15_000, 15_000, 0]],
  ['three types', [10_000, 10_000, 10_000]],
])('where digits are ignored, 30 pages of %s cost 60 requests at most', async (_, counts) => {
  const [local = 0, mobile = 0, tollFree = 0] = counts;
  const rented = [
    ...rent(local, 'LOCAL', '+120'),
    ...rent(mobile, 'MOBILE', '+4477'),
    ...rent(tollFree, 'TOLL_FREE', '+1800'),
  ];
  const list = await openList(rented, { granted: 1_000, ignores: 'pattern' });
  expectAll(await readAll(list.numbers), rented);
  expect(list.asked.length).toBeLessThanOrEqual(60);
});

test('first pages that are nearly empty, although more follow, are no reason to split ever further', async () => {
  const rented = rent(1_000, 'LOCAL', '+1202555');
  const list = await openList(rented, { firstPage: 1 });
  expectAll(await readAll(list.numbers), rented);
  expect(list.asked.length).toBeLessThan(110);
});

test.each([undefined, 0])(
  'a list that tells %s as its total is walked, though its parts add up to that',
  async (total) => {
    const rented = rent(5, 'NEW_TYPE', '+1202555');
    const list = await openList(rented, { totalSize: ({ type }) => (type === null ? total : 0) });
    const { result } = await readAll(list.numbers);
    expect(result).toEqual(rented.map(({ phoneNumber }) => phoneNumber));
  },
);
