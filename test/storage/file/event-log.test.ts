import { appendFile, type FileHandle, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { failure } from '../../api/support.ts';
import { eventOf, eventsOf, filesIn, idOf, idsFrom, idsOf, openLog } from '../../callbacks/support.ts';
import { deferred } from '../../e2e/harness.ts';
import { temporaryFolder } from '../../support/stage.ts';

const FIRST_FILE = 'callback-events.000000000000.jsonl';

/** What a log that is opened now finds in the folder: what a restart would. */
const afterRestart = async (folder: string) => idsOf(await openLog(folder).read());

/** A log in a new folder. */
async function newLog(keep?: number) {
  const folder = await temporaryFolder();
  return { folder, log: openLog(folder, keep) };
}

/** Keeps files from reaching the disk until it is released; counts how often that is waited for. */
async function holdDisk(folder: string) {
  const asked = deferred<void>();
  const released = deferred<void>();
  const file = await open(folder, 'r');
  const handles: FileHandle = Object.getPrototypeOf(file);
  await file.close();
  const datasync = handles.datasync;
  const spy = vi.spyOn(handles, 'datasync').mockImplementation(async function (this: FileHandle) {
    asked.resolve();
    await released.promise;
    return datasync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return { asked: asked.promise, release: () => released.resolve(), waits: () => spy.mock.calls.length };
}

describe('an event that was appended', () => {
  test('is there, whole, when the log is opened again', async () => {
    const { folder, log } = await newLog();
    const event = eventOf(1, {
      failureCode: 'CAMPAIGN_EXPIRED',
      note: 'line\nfeed, \u2028 and Zürich 東京 🎉',
      details: { steps: [1, 2] },
    });
    await log.append(event);
    expect(await openLog(folder).read()).toEqual([event]);
    expect(await log.read()).toEqual([event]);
  });

  test('is in a file before the append resolves', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    expect(await readFile(join(folder, FIRST_FILE), 'utf8')).toContain(`${JSON.stringify(eventOf(1))}\n`);
  });

  test('is acknowledged no sooner than the disk has it', async () => {
    const { folder, log } = await newLog();
    const disk = await holdDisk(folder);
    let isAcknowledged = false;
    const appended = log.append(eventOf(1)).then(() => {
      isAcknowledged = true;
    });
    await disk.asked;
    await new Promise(setImmediate);
    expect(isAcknowledged).toBe(false);
    disk.release();
    await appended;
  });

  test('shares its wait for the disk with those that come meanwhile', async () => {
    const { folder, log } = await newLog();
    const disk = await holdDisk(folder);
    const first = log.append(eventOf(0));
    await disk.asked;
    const others = log.appendAll(eventsOf(1, 100));
    disk.release();
    await Promise.all([first, others]);
    expect(disk.waits()).toBe(2);
    expect(await afterRestart(folder)).toEqual(idsFrom(0, 100));
  });

  test('stands in the order of arrival, whatever its time', async () => {
    const { folder, log } = await newLog();
    for (const index of [3, 1, 2]) await log.append(eventOf(index));
    expect(await afterRestart(folder)).toEqual([idOf(3), idOf(1), idOf(2)]);
  });

  test('is one of many at once: all are kept, in order', async () => {
    const { folder, log } = await newLog();
    await log.appendAll(eventsOf(0, 300));
    expect(idsOf(await log.read())).toEqual(idsFrom(0, 300));
    expect(await afterRestart(folder)).toEqual(idsFrom(0, 300));
  });
});

test('a folder without events, or that is not there yet, has none', async () => {
  const folder = await temporaryFolder();
  expect(await openLog(folder).read()).toEqual([]);
  const log = openLog(join(folder, 'not', 'there'));
  expect(await log.read()).toEqual([]);
  expect(log.dropped()).toBe(0);
});

test('files of others in the folder are left alone', async () => {
  const { folder, log } = await newLog(2);
  const names = ['journal.jsonl', 'callback-events.jsonl', `${FIRST_FILE}.bak`];
  for (const name of names) await writeFile(join(folder, name), JSON.stringify(eventOf(99)));
  for (const event of eventsOf(0, 10)) await log.append(event);
  expect(idsOf(await log.read())).not.toContain(idOf(99));
  expect(await filesIn(folder)).toEqual(expect.arrayContaining(names));
});

describe('an event that comes again', () => {
  test('in one batch is kept once', async () => {
    const { folder, log } = await newLog();
    const disk = await holdDisk(folder);
    const first = log.append(eventOf(0));
    await disk.asked;
    const others = log.appendAll([eventOf(1), eventOf(2), eventOf(1), eventOf(1)]);
    disk.release();
    await Promise.all([first, others]);
    expect(await afterRestart(folder)).toEqual(idsFrom(0, 3));
    expect((await readFile(join(folder, FIRST_FILE), 'utf8')).split(idOf(1))).toHaveLength(2);
    expect(idsOf(log.news)).toEqual(idsFrom(0, 3));
  });

  test('in another file, which another process wrote at the same time, is listed and told once', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    const second = join(folder, 'callback-events.000000000001.jsonl');
    await writeFile(
      second,
      [eventOf(2), eventOf(1), eventOf(2)].map((event) => `${JSON.stringify(event)}\n`),
    );
    expect(idsOf(await log.read())).toEqual(idsFrom(1, 3));
    expect(idsOf(log.news)).toEqual(idsFrom(1, 3));
    expect(await afterRestart(folder)).toEqual(idsFrom(1, 3));
  });

  test('later is kept once, as it came first', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1, { receivedAt: 'first' }));
    await log.appendAll([eventOf(2), eventOf(1, { receivedAt: 'second' })]);
    await log.append(eventOf(1, { receivedAt: 'third' }));
    expect(await openLog(folder).read()).toEqual([eventOf(1, { receivedAt: 'first' }), eventOf(2)]);
    expect(log.news).toHaveLength(2);
  });

  test('after a restart is kept once', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    await openLog(folder).append(eventOf(1));
    expect(await afterRestart(folder)).toEqual([idOf(1)]);
  });

  test('when its file has been followed by a newer one is kept once', async () => {
    const { folder, log } = await newLog(8);
    for (const event of eventsOf(0, 6)) await log.append(event);
    expect(await filesIn(folder)).toHaveLength(2);
    await log.append(eventOf(0));
    expect(await afterRestart(folder)).toEqual(idsFrom(0, 6));
  });

  test('at two logs of one folder at the same time is listed once by both', async () => {
    const { folder, log } = await newLog();
    const other = openLog(folder);
    await Promise.all([log.appendAll(eventsOf(0, 50)), other.appendAll(eventsOf(0, 50).toReversed())]);
    for (const reader of [log, other, openLog(folder)]) {
      expect(idsOf(await reader.read()).sort()).toEqual(idsFrom(0, 50));
    }
  });
});

describe('two logs of one folder', () => {
  test('that another process has written is acknowledged no sooner than the disk has it', async () => {
    const { folder, log } = await newLog();
    const other = openLog(folder);
    const disk = await holdDisk(folder);
    const written = log.append(eventOf(1));
    await disk.asked;
    let isAcknowledged = false;
    const again = other.append(eventOf(1)).then(() => {
      isAcknowledged = true;
    });
    await vi.waitFor(() => expect(disk.waits() === 2 || isAcknowledged).toBe(true));
    expect(isAcknowledged).toBe(false);
    disk.release();
    await Promise.all([written, again]);
  });

  test('are read from the start where somebody deleted them and another process began again', async () => {
    const { folder, log } = await newLog();
    const other = openLog(folder);
    await log.appendAll(eventsOf(0, 20));
    await other.read();
    await rm(join(folder, FIRST_FILE));
    await log.append(eventOf(30));
    await other.append(eventOf(31));
    expect(idsOf(await other.read())).toEqual(idsFrom(30, 32));
  });

  test('see what the other appended', async () => {
    const { folder, log } = await newLog();
    const other = openLog(folder);
    await log.append(eventOf(1));
    expect(idsOf(await other.read())).toEqual([idOf(1)]);
    await other.append(eventOf(2));
    await log.append(eventOf(3));
    expect(idsOf(await log.read())).toEqual(idsFrom(1, 4));
    expect(idsOf(await other.read())).toEqual(idsFrom(1, 4));
  });

  test('tell of each event once, whoever appended it, and not of those before they were opened', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    const other = openLog(folder);
    await other.read();
    expect(other.news).toEqual([]);
    await log.appendAll([eventOf(2), eventOf(3)]);
    await other.read();
    await other.append(eventOf(4));
    await other.read();
    expect(idsOf(other.news)).toEqual(idsFrom(2, 5));
    expect(idsOf(log.news)).toEqual(idsFrom(1, 4));
  });

  test('lose nothing and double nothing while both append and start new files', async () => {
    const { folder, log } = await newLog(400);
    const other = openLog(folder, 400);
    for (let from = 0; from < 360; from += 40) {
      await Promise.all([
        log.appendAll(eventsOf(from, from + 30)),
        other.appendAll(eventsOf(from + 10, from + 40)),
      ]);
    }
    expect(await filesIn(folder)).toHaveLength(2);
    for (const reader of [log, other, openLog(folder)]) {
      expect(idsOf(await reader.read()).sort()).toEqual(idsFrom(0, 360));
    }
  });

  test('agree where one of them drops the oldest', async () => {
    const { folder, log } = await newLog(4);
    const other = openLog(folder, 4);
    await other.append(eventOf(0));
    for (const event of eventsOf(1, 20)) await log.append(event);
    expect(idsOf(await other.read())).toEqual(idsOf(await log.read()));
    expect(other.dropped()).toBe(log.dropped());
    await other.append(eventOf(20));
    expect(idsOf(await log.read()).at(-1)).toBe(idOf(20));
  });
});

describe('a line that a crash tore', () => {
  const torn = JSON.stringify(eventOf(2)).slice(0, -20);

  test('hides no event, neither before it nor after it', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    await appendFile(join(folder, FIRST_FILE), torn);
    const restarted = openLog(folder);
    expect(idsOf(await restarted.read())).toEqual([idOf(1)]);
    await restarted.append(eventOf(3));
    expect(idsOf(await restarted.read())).toEqual([idOf(1), idOf(3)]);
    expect(await afterRestart(folder)).toEqual([idOf(1), idOf(3)]);
  });

  test('does not keep its event from being delivered again', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    await appendFile(join(folder, FIRST_FILE), torn);
    await openLog(folder).append(eventOf(2));
    expect(await afterRestart(folder)).toEqual(idsFrom(1, 3));
  });

  test('by another process does not hide what this one appends, and is told in the log once', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    await appendFile(join(folder, FIRST_FILE), torn);
    await log.append(eventOf(3));
    await log.append(eventOf(4));
    expect(idsOf(await log.read())).toEqual([idOf(1), idOf(3), idOf(4)]);
    expect(log.lines.filter((line) => line.includes('no event'))).toHaveLength(1);
  });

  test('in the middle of a character hides nothing', async () => {
    const { folder, log } = await newLog();
    await appendFile(join(folder, FIRST_FILE), Buffer.from('{"eventId":"Zü').subarray(0, -1));
    await log.append(eventOf(1, { note: 'Zürich' }));
    expect(await openLog(folder).read()).toEqual([eventOf(1, { note: 'Zürich' })]);
  });

  test('that holds its whole event is one event, not two, when that comes again', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    await appendFile(join(folder, FIRST_FILE), JSON.stringify(eventOf(2)));
    await openLog(folder).append(eventOf(2));
    expect(await afterRestart(folder)).toEqual(idsFrom(1, 3));
  });
});

describe('the files', () => {
  test('stay few: the newest events are kept, the oldest go', async () => {
    const { folder, log } = await newLog(10);
    for (const event of eventsOf(0, 100)) await log.append(event);
    const kept = await log.read();
    expect(kept.length).toBeGreaterThanOrEqual(10);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(idsOf(kept)).toEqual(idsFrom(100 - kept.length, 100));
    expect(await afterRestart(folder)).toEqual(idsOf(kept));
    expect((await filesIn(folder)).length).toBeLessThanOrEqual(4);
  });

  test('count what was dropped, before and after a restart, and the log says it', async () => {
    const { folder, log } = await newLog(4);
    for (const event of eventsOf(0, 5)) await log.append(event);
    expect(log.dropped()).toBe(0);
    expect(log.lines.filter((line) => line.includes('dropped'))).toEqual([]);
    for (const event of eventsOf(5, 20)) await log.append(event);
    const kept = await log.read();
    expect(log.dropped()).toBe(20 - kept.length);
    const restarted = openLog(folder, 4);
    await restarted.read();
    expect(restarted.dropped()).toBe(20 - kept.length);
    const told = log.lines.flatMap((line) => /info .*dropped the oldest (\d+) events/.exec(line)?.[1] ?? []);
    expect(told.map(Number).reduce((sum, count) => sum + count, 0)).toBe(20 - kept.length);
  });

  test('go on to be counted where the restart came in between', async () => {
    const { folder, log } = await newLog(4);
    for (const event of eventsOf(0, 9)) await log.append(event);
    const restarted = openLog(folder, 4);
    for (const event of eventsOf(9, 20)) await restarted.append(event);
    const kept = await restarted.read();
    expect(restarted.dropped()).toBe(20 - kept.length);
  });

  test('keep 10,000 events unless told otherwise', async () => {
    const { folder, log } = await newLog();
    for (let from = 0; from < 21_000; from += 1_000) await log.appendAll(eventsOf(from, from + 1_000));
    const kept = await openLog(folder).read();
    expect(kept.length).toBeGreaterThanOrEqual(10_000);
    expect(kept.length).toBeLessThanOrEqual(16_000);
    expect(kept.at(-1)?.eventId).toBe(idOf(20_999));
    expect(log.dropped()).toBe(21_000 - kept.length);
  });

  test('and their folder are for this user alone', async () => {
    const folder = join(await temporaryFolder(), 'state', 'events');
    const log = openLog(folder, 2);
    for (const event of eventsOf(0, 3)) await log.append(event);
    const permissions = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await permissions(folder)).toBe(0o700);
    const files = await filesIn(folder);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(await permissions(join(folder, file))).toBe(0o600);
  });

  test('may be dropped by another process in the middle of a write: that is written again', async () => {
    const { folder, log } = await newLog();
    const disk = await holdDisk(folder);
    const appended = log.append(eventOf(1));
    await disk.asked;
    await rm(join(folder, FIRST_FILE));
    disk.release();
    await appended;
    expect(await afterRestart(folder)).toEqual([idOf(1)]);
  });

  test('that somebody deletes are started again', async () => {
    const { folder, log } = await newLog();
    await log.append(eventOf(1));
    await rm(folder, { recursive: true });
    expect(await log.read()).toEqual([]);
    await log.append(eventOf(2));
    expect(await afterRestart(folder)).toEqual([idOf(2)]);
  });
});

describe('what cannot be written', () => {
  test('is refused where a file stands in the place of the folder', async () => {
    const folder = join(await temporaryFolder(), 'state');
    await writeFile(folder, 'no folder');
    const log = openLog(folder);
    expect(await failure(log.append(eventOf(1)))).toBeInstanceOf(Error);
    expect(log.news).toEqual([]);
    expect(await readFile(folder, 'utf8')).toBe('no folder');
  });

  test('is not kept, and every append of the batch learns of it; what comes later is', async () => {
    const { folder, log } = await newLog();
    await mkdir(join(folder, FIRST_FILE));
    const errors = await Promise.all(eventsOf(0, 5).map((event) => failure(log.append(event))));
    for (const error of errors) expect(error).toBeInstanceOf(Error);
    await rm(join(folder, FIRST_FILE), { recursive: true });
    expect(await log.read()).toEqual([]);
    await log.append(eventOf(9));
    expect(await afterRestart(folder)).toEqual([idOf(9)]);
    expect(idsOf(log.news)).toEqual([idOf(9)]);
  });
});
