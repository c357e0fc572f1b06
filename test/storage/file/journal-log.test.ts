/** The segments of the journal: rolling, crashes, and files of an earlier version. */
import { type FileHandle, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { LEASE_MS, type Store, StoreError } from '../../../src/storage/store.ts';
import { either } from '../../support/length.ts';
import { START, steppedClock, temporaryFolder } from '../../support/stage.ts';
import { begun, DAY_MS, PROJECT, rent } from '../contract/support.ts';
import { append, historyOf, linesOf, openStore, segmentsIn } from './support.ts';

/** Of 20 of these a segment is full. */
const LONG = { arguments: { text: 'x'.repeat(55_000) } };

async function handles(): Promise<FileHandle> {
  const file = await open(join(await temporaryFolder(), 'any'), 'w');
  await file.close();
  return Object.getPrototypeOf(file);
}

/** Counts the bytes that are read from files until the test is over. */
async function countReads(): Promise<() => number> {
  const prototype = await handles();
  const { read } = prototype;
  let bytes = 0;
  const spy = vi.spyOn(prototype, 'read').mockImplementation(async function (this: FileHandle, ...args) {
    const result = await Reflect.apply(read, this, args);
    bytes += result.bytesRead;
    return result;
  });
  onTestFinished(() => void spy.mockRestore());
  return () => bytes;
}

/** Does a task so many times in each of four lanes of every store, each lane one by one. */
async function inLanes<T>(
  stores: readonly Store[],
  times: number,
  task: (store: Store, n: number) => Promise<T>,
): Promise<T[]> {
  const lanes = [...stores, ...stores, ...stores, ...stores].map(async (store) => {
    const results: T[] = [];
    for (let n = 0; n < times; n++) results.push(await task(store, n));
    return results;
  });
  return (await Promise.all(lanes)).flat();
}

describe('segments', () => {
  test('follow one another under two writers, and lose, double and reorder nothing', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [openStore(folder), openStore(folder)];
    const ids = await inLanes([a, b], 12, async (store, n) => {
      const id = await begun(store, LONG);
      if (n > 0) await store.journal.end(id, { outcome: 'completed' });
      return id;
    });
    expect((await segmentsIn(folder)).length).toBeGreaterThan(4);
    const orders = await Promise.all([a, b, openStore(folder)].map((store) => store.journal.recent(PROJECT)));
    for (const entries of orders) {
      expect(entries.map(({ intent }) => intent.id)).toEqual(orders[0]?.map(({ intent }) => intent.id));
      expect(entries.map(({ intent }) => intent.id).sort()).toEqual([...ids].sort());
      expect(entries.filter(({ outcome }) => outcome === undefined)).toHaveLength(8);
    }
    const newestFirst = orders[0]?.map(({ intent }) => intent.id).toReversed();
    for (const limit of [7, 1_000]) expect(await historyOf(b, limit)).toEqual(newestFirst);
  });

  test('keep a limit and an approval while they roll', async () => {
    const folder = await temporaryFolder();
    const stores = [openStore(folder), openStore(folder)];
    const limit = { max: 40, windowMs: DAY_MS };
    // All eight lanes try the same fifty approvals.
    const results = await inLanes(stores, 50, ({ journal }, n) =>
      journal.begin(rent({ ...LONG, approval: `approval-${n}` }), limit),
    );
    expect((await segmentsIn(folder)).length).toBeGreaterThan(2);
    const winners = results.flatMap((result) => (result.status === 'begun' ? [result.intent] : []));
    expect(winners).toHaveLength(limit.max);
    expect(new Set(winners.map(({ approval }) => approval)).size).toBe(limit.max);
    expect(await openStore(folder).journal.countRents(PROJECT, DAY_MS)).toBe(limit.max);
  });

  test('begin with what is open: old ones need not be read again', async () => {
    const folder = await temporaryFolder();
    const clock = steppedClock();
    const store = openStore(folder, clock);
    const left = await begun(store);
    for (let n = 0; n < 60; n++) await store.journal.end(await begun(store, LONG), { outcome: 'completed' });
    await clock.advance(2 * DAY_MS);
    for (let n = 0; n < 20; n++) await store.journal.end(await begun(store, LONG), { outcome: 'completed' });
    await clock.advance(2 * DAY_MS);
    const latest = await begun(store);
    const bytes = await countReads();
    const opened = openStore(folder, clock);
    const recent = await opened.journal.recent(PROJECT);
    expect(recent.map(({ intent }) => intent.id)).toEqual([left, latest]);
    expect(bytes()).toBeLessThan(2.5 * 1024 * 1024);
    expect(await opened.journal.end(left, { outcome: 'not_executed', settledLater: true })).toBe(true);
    expect(await historyOf(opened)).toHaveLength(82);
    const oldest = await opened.journal.history(PROJECT, {
      limit: 1,
      matches: ({ intent }) => intent.id === left,
    });
    expect(oldest.entries).toMatchObject([{ intent: { id: left }, outcome: { outcome: 'not_executed' } }]);
  });

  test('older than a day give an entry that can still be corrected', async () => {
    const folder = await temporaryFolder();
    const clock = steppedClock();
    const store = openStore(folder, clock);
    const id = await begun(store);
    await store.journal.end(id, { outcome: 'unknown' });
    for (let n = 0; n < 25; n++) await begun(store, LONG);
    await clock.advance(3 * DAY_MS);
    const [a, b] = [openStore(folder, clock), openStore(folder, clock)];
    expect(await a.journal.end(id, { outcome: 'not_executed' })).toBe(false);
    const corrected = await Promise.all(
      [a, b].map(({ journal }) => journal.end(id, { outcome: 'completed' })),
    );
    expect(corrected.filter(Boolean)).toHaveLength(1);
    expect(await openStore(folder, clock).journal.entry(id)).toMatchObject({
      outcome: { outcome: 'completed' },
    });
    expect((await historyOf(a)).filter((each) => each === id)).toHaveLength(1);
  });

  test('that nobody needs are left alone where only the newest entries are asked for', async () => {
    const folder = await temporaryFolder();
    const store = openStore(folder);
    for (let n = 0; n < 80; n++) await store.journal.end(await begun(store, LONG), { outcome: 'unknown' });
    const bytes = await countReads();
    expect((await store.journal.history(PROJECT, { limit: 5 })).entries).toHaveLength(5);
    expect(bytes()).toBeLessThan(1024 * 1024);
  });

  test('count up to their seal: a line behind it is written again', async () => {
    const folder = await temporaryFolder();
    const store = openStore(folder);
    const first = await begun(store, { approval: 'x' });
    const [line = ''] = await linesOf(folder, 'journal.jsonl');
    await append(folder, `{"step":"sealed","at":1}\n${line.replaceAll(first, 'behind-the-seal')}\n`);
    const second = await begun(store, { approval: 'y' });
    expect(await segmentsIn(folder)).toEqual(['journal.jsonl', 'journal.000001.jsonl']);
    for (const handle of [store, openStore(folder)]) {
      expect((await handle.journal.recent(PROJECT)).map(({ intent }) => intent.id)).toEqual([first, second]);
    }
  });

  test('whose beginning was torn by a crash are begun once more', async () => {
    const folder = await temporaryFolder();
    const store = openStore(folder);
    const first = await begun(store);
    await append(folder, '{"step":"sealed","at":1}\n');
    await append(folder, `{"step":"copy","id":"${first}","at":"20`, 'journal.000001.jsonl');
    const second = await begun(store);
    expect(await linesOf(folder, 'journal.000001.jsonl')).toHaveLength(4);
    for (const handle of [store, openStore(folder)]) {
      expect((await handle.journal.recent(PROJECT)).map(({ intent }) => intent.id)).toEqual([first, second]);
    }
  });
});

describe('after a crash', () => {
  test('a torn line hides nothing, neither before it nor after it', async () => {
    const folder = await temporaryFolder();
    const first = await begun(openStore(folder));
    const [line = ''] = await linesOf(folder, 'journal.jsonl');
    await append(folder, `null\n{"step":"intent","id":7}\n${line.slice(0, -40)}`);
    const second = await begun(openStore(folder));
    const store = openStore(folder);
    expect((await store.journal.recent(PROJECT)).map(({ intent }) => intent.id)).toEqual([first, second]);
    expect(await historyOf(store)).toEqual([second, first]);
  });

  test('a line that another process tears in the moment of writing is written again', async () => {
    const folder = await temporaryFolder();
    const prototype = await handles();
    const { write } = prototype;
    let isFirst = true;
    const spy = vi.spyOn(prototype, 'write').mockImplementation(async function (
      this: FileHandle,
      bytes: string | Uint8Array,
    ) {
      if (isFirst) await append(folder, '{"step":"inte');
      isFirst = false;
      return Reflect.apply(write, this, [bytes]);
    });
    onTestFinished(() => void spy.mockRestore());
    const id = await begun(openStore(folder));
    expect(await historyOf(openStore(folder))).toEqual([id]);
  });

  test('a journal that was deleted begins anew, one that was cut is read anew', async () => {
    const folder = await temporaryFolder();
    const store = openStore(folder);
    const first = await begun(store);
    const { size } = await stat(join(folder, 'journal.jsonl'));
    await begun(store);
    await truncate(join(folder, 'journal.jsonl'), size);
    expect((await store.journal.recent(PROJECT)).map(({ intent }) => intent.id)).toEqual([first]);
    await rm(folder, { recursive: true });
    expect(await store.journal.recent(PROJECT)).toEqual([]);
    const second = await begun(store);
    expect(await historyOf(openStore(folder))).toEqual([second]);
  });
});

test('what could not be written is an error, and has not begun even if its line stands there', async () => {
  const folder = await temporaryFolder();
  const store = openStore(folder);
  const prototype = await handles();
  const spy = vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(new Error('EIO: i/o error, fdatasync'));
  onTestFinished(() => void spy.mockRestore());
  const error = await begun(store, { approval: 'x' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StoreError);
  expect(String(error)).toContain('EIO');
  expect(await store.journal.recent(PROJECT)).toEqual([]);
  expect(await begun(store, { approval: 'x' })).toBeTypeOf('string');
});

test('an intent is acknowledged no sooner than the disk has it, and waits together with others', async () => {
  const folder = await temporaryFolder();
  const store = openStore(folder);
  await begun(store);
  const prototype = await handles();
  const { datasync } = prototype;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const spy = vi.spyOn(prototype, 'datasync').mockImplementation(async function (this: FileHandle) {
    await released;
    return datasync.call(this);
  });
  onTestFinished(() => void spy.mockRestore());
  let acknowledged = 0;
  const begins = Array.from({ length: 50 }, () => begun(store).then(() => acknowledged++));
  await vi.waitFor(() => expect(spy).toHaveBeenCalled());
  expect(acknowledged).toBe(0);
  release();
  await Promise.all(begins);
  expect(spy.mock.calls.length).toBeLessThanOrEqual(2);
});

describe('a journal of version 0.1', () => {
  const at = new Date(START).toISOString();
  const old = (id: string, fields: object = {}) => {
    const phoneNumber = '+12025550134';
    const line = { step: 'intent', id, at, pid: 1, server: 's', projectId: PROJECT, tool: 'rent_number' };
    return `${JSON.stringify({ ...line, arguments: { phoneNumber }, terms: {}, confirmedBy: 'page', ...fields })}\n`;
  };
  const ended = (id: string, outcome: string) =>
    `${JSON.stringify({ step: 'outcome', id, at, outcome, server: 's' })}\n`;

  async function openOld(text: string) {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'journal.jsonl'), text, { mode: 0o600 });
    const clock = steppedClock();
    return { folder, clock, store: openStore(folder, clock) };
  }

  test('is read: the tool says which operation it was, an open entry has a lease of two minutes', async () => {
    const { store, clock } = await openOld(
      old('1', { client: 'x' }) +
        old('2', { tool: 'rent_any_number', arguments: { regionCode: 'US' }, before: ['+12025550136'] }) +
        old('3', { tool: 'release_number' }) +
        ended('3', 'completed') +
        old('4', { tool: 'unheard_of' }),
    );
    const [first, second, third, ...others] = await store.journal.recent(PROJECT);
    expect(others).toEqual([]);
    expect(first?.intent).toEqual({
      id: '1',
      at,
      projectId: PROJECT,
      server: 's',
      leaseUntil: new Date(START + LEASE_MS).toISOString(),
      caller: '',
      client: 'x',
      tool: 'rent_number',
      operationId: 'NumberService_RentNumber',
      arguments: { phoneNumber: '+12025550134' },
      terms: {},
      confirmedBy: 'page',
      phoneNumber: '+12025550134',
      rents: 1,
    });
    expect(second?.intent).toMatchObject({ rents: 1, before: ['+12025550136'] });
    expect(second?.intent).not.toHaveProperty('phoneNumber');
    expect(third).toMatchObject({ intent: { rents: 0 }, outcome: { at, server: 's', outcome: 'completed' } });
    expect(await store.journal.countRents(PROJECT, DAY_MS)).toBe(2);
    expect(await store.journal.end('1', { outcome: 'unknown' })).toBe(false);
    await clock.advance(LEASE_MS);
    expect(await store.journal.end('1', { outcome: 'completed' })).toBe(true);
    expect(await historyOf(store)).toEqual(['3', '2', '1']);
  });

  test('of many thousands of entries is read for what is recent and open, and followed by a segment of its own', async () => {
    const long = new Date(START - 100 * DAY_MS).toISOString();
    const entry = old('#', { at: long }) + ended('#', 'completed');
    const length = either(200_000, 20_000);
    const lines = Array.from({ length }, (_, n) => entry.replaceAll('#', `id-${n}`));
    lines[1_000] = old('id-1000', { at: long });
    const { folder, clock, store } = await openOld(lines.join('') + old('recent'));
    expect((await store.journal.recent(PROJECT)).map(({ intent }) => intent.id)).toEqual([
      'id-1000',
      'recent',
    ]);
    const id = await begun(store);
    expect(await segmentsIn(folder)).toEqual(['journal.jsonl', 'journal.000001.jsonl']);
    await clock.advance(2 * DAY_MS);
    const bytes = await countReads();
    const opened = openStore(folder, clock);
    const recent = await opened.journal.recent(PROJECT);
    expect(recent.map(({ intent }) => intent.id)).toEqual(['id-1000', 'recent', id]);
    const { entries } = await opened.journal.history(PROJECT, { limit: 50 });
    expect(entries.slice(0, 3).map(({ intent }) => intent.id)).toEqual([id, 'recent', `id-${length - 1}`]);
    expect(bytes()).toBeLessThan(2.5 * 1024 * 1024);
    expect(await opened.journal.entry(`id-${length - 1_000}`)).toMatchObject({
      outcome: { outcome: 'completed' },
    });
  });
});
