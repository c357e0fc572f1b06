import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CallbackEvent } from '../../src/api/callback-event.ts';
import { InvalidRequestError } from '../../src/api/errors.ts';
import { createInbox, type EventQuery, type InboxOptions } from '../../src/callbacks/service.ts';
import { openFileStore } from '../../src/storage/file/store.ts';
import { failure, fastClock, freePort, serve, silent } from '../api/support.ts';
import { eventually } from '../e2e/harness.ts';
import { steppedClock, temporaryFolder } from '../support/stage.ts';
import {
  deliver,
  eventOf,
  eventsOf,
  idOf,
  idsFrom,
  idsOf,
  openLog,
  recorder,
  SECRET,
  send,
} from './support.ts';

interface InboxSetup extends Partial<Omit<InboxOptions, 'events'>> {
  /** Where events are kept; by default a folder of its own. */
  readonly folder?: string;
  /** How many events are kept at least. */
  readonly keep?: number;
}

/** An inbox whose callbacks are signed with {@link SECRET}, on files, until the test is over. */
async function open(setup: InboxSetup = {}) {
  const { folder = await temporaryFolder(), keep, clock = fastClock(), ...options } = setup;
  const { log, lines } = recorder();
  const store = openFileStore({ folder, clock, log, ...(keep !== undefined && { keepEvents: keep }) });
  const { events } = store;
  const inbox = createInbox({
    secret: SECRET,
    readSecret: async () => undefined,
    mask: async () => undefined,
    projectId: async () => undefined,
    log,
    ...options,
    events,
    clock,
  });
  onTestFinished(async () => {
    await inbox.close();
    await store.close();
  });
  const news: CallbackEvent[] = [];
  inbox.onEvents((arrived) => news.push(...arrived));
  const start = async () => {
    await store.start();
    await inbox.start();
  };
  return { ...inbox, start, folder, lines, news };
}

/** An inbox without a receiver, on a folder that holds these events. */
async function inboxWith(events: readonly CallbackEvent[], keep?: number) {
  const folder = await temporaryFolder();
  const log = openLog(folder, keep);
  for (const event of events) await log.append(event);
  return open({ folder, ...(keep !== undefined && { keep }) });
}

/** An inbox whose receiver listens. */
async function listening(setup: InboxSetup = {}) {
  const inbox = await open({ port: 0, ...setup });
  await inbox.start();
  return { ...inbox, url: urlOf(inbox) };
}

function urlOf(inbox: Pick<Awaited<ReturnType<typeof open>>, 'status'>): string {
  const { url } = inbox.status();
  if (url === undefined) throw new Error('the receiver does not listen');
  return url;
}

/** The pages of a list, from the first to the last. */
async function pagesOf(inbox: Awaited<ReturnType<typeof open>>, query: EventQuery): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await inbox.list({ ...query, cursor });
    pages.push(idsOf(page.events));
    cursor = page.nextCursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}

describe('the list', () => {
  test('leaves out those of another project that shares the store', async () => {
    const folder = await temporaryFolder();
    const log = openLog(folder);
    const projects = [{ projectId: 'other' }, { projectId: 'own' }, {}];
    for (const [index, project] of projects.entries()) await log.append(eventOf(index, project));
    const inbox = await open({ folder, projectId: async () => 'own' });
    expect(idsOf((await inbox.list({ limit: 10 })).events)).toEqual(idsOf([eventOf(2), eventOf(1)]));
  });

  test('is empty where nothing was received, without a cursor', async () => {
    const inbox = await open();
    expect(await inbox.list({ limit: 20 })).toEqual({ events: [], dropped: 0 });
  });

  test('begins with the newest, whenever it arrived, to the last digit of a fraction', async () => {
    const at = (fraction: string) => ({ timestamp: `2026-01-15T12:00:00${fraction}Z` });
    const inbox = await inboxWith([
      eventOf(1, at('.4127225')),
      eventOf(2, at('.412723')),
      eventOf(3, at('')),
      eventOf(4, at('.412722501')),
      eventOf(5, { timestamp: '2026-01-15T13:00:00+02:00' }),
    ]);
    expect(idsOf((await inbox.list({ limit: 20 })).events)).toEqual([2, 4, 1, 3, 5].map(idOf));
  });

  test('orders events of one moment by their IDs', async () => {
    const { timestamp = '' } = eventOf(0);
    const inbox = await inboxWith([2, 3, 1].map((index) => eventOf(index, { timestamp })));
    expect(idsOf((await inbox.list({ limit: 20 })).events)).toEqual([3, 2, 1].map(idOf));
  });

  test('takes the time of receipt where an event has none; without both it comes last', async () => {
    const inbox = await inboxWith([
      { eventId: 'timeless' },
      eventOf(1),
      { eventId: 'received', receivedAt: eventOf(2).timestamp },
      eventOf(3),
    ]);
    const { events } = await inbox.list({ limit: 20 });
    expect(idsOf(events)).toEqual([idOf(3), 'received', idOf(1), 'timeless']);
  });

  test('walks every event once, page by page, the last page without a cursor', async () => {
    const { timestamp = '' } = eventOf(0);
    const sameMoment = [20, 21, 22, 23].map((index) => eventOf(index, { timestamp }));
    const inbox = await inboxWith([
      ...eventsOf(0, 10),
      ...sameMoment,
      { eventId: 'timeless a' },
      { eventId: 'b' },
    ]);
    const whole = idsOf((await inbox.list({ limit: 100 })).events);
    expect(whole).toHaveLength(16);
    for (const limit of [1, 3, 4, 16]) {
      const pages = await pagesOf(inbox, { limit });
      expect(pages.flat()).toEqual(whole);
      expect(pages).toHaveLength(Math.ceil(16 / limit));
    }
  });

  test('goes on where it was, though newer events came in between', async () => {
    const inbox = await inboxWith(eventsOf(0, 6));
    const { nextCursor: cursor } = await inbox.list({ limit: 3 });
    await openLog(inbox.folder).appendAll(eventsOf(6, 9));
    const { events } = await inbox.list({ limit: 3, cursor });
    expect(idsOf(events)).toEqual([2, 1, 0].map(idOf));
  });

  test.each([
    ['number', { phoneNumber: '+12025550135' }, [2]],
    ['event type', { eventType: 'DEPROVISIONING_FROM_VOICE_PLATFORM' }, [4, 3]],
    ['status', { status: 'FAILED' }, [3]],
    ['time', { since: Date.UTC(2026, 0, 15, 12, 0, 3) }, [4, 3]],
    ['all of them', { eventType: 'DEPROVISIONING_FROM_VOICE_PLATFORM', status: 'SUCCEEDED', since: 0 }, [4]],
    ['what no event has', { phoneNumber: '+12025550199' }, []],
  ])('can be narrowed down by %s', async (_, filter, expected) => {
    const eventType = 'DEPROVISIONING_FROM_VOICE_PLATFORM';
    const inbox = await inboxWith([
      eventOf(1),
      eventOf(2, { resourceId: '+12025550135' }),
      eventOf(3, { eventType, status: 'FAILED' }),
      eventOf(4, { eventType }),
    ]);
    expect(await inbox.list({ ...filter, limit: 20 })).toEqual({
      events: expected.map((index) => expect.objectContaining({ eventId: idOf(index) })),
      dropped: 0,
    });
  });

  test('is paged within a filter', async () => {
    const failed = [1, 4, 5, 8].map((index) => eventOf(index, { status: 'FAILED' }));
    const inbox = await inboxWith([...failed, ...[2, 3, 6, 7].map((index) => eventOf(index))]);
    const pages = await pagesOf(inbox, { status: 'FAILED', limit: 2 });
    expect(pages).toEqual([[8, 5].map(idOf), [4, 1].map(idOf)]);
  });

  test('tells how many older events are kept no longer', async () => {
    const inbox = await inboxWith(eventsOf(0, 30), 4);
    const { events, dropped } = await inbox.list({ limit: 100 });
    expect(dropped).toBeGreaterThan(0);
    expect(dropped + events.length).toBe(30);
  });

  test.each(['x', 'nonsense', '1', 'bm9uc2Vuc2U', 'IA', '=', 'ä'])(
    'refuses a cursor that is none of its own: %s',
    async (cursor) => {
      const inbox = await inboxWith(eventsOf(0, 3));
      expect(await failure(inbox.list({ limit: 1, cursor }))).toBeInstanceOf(InvalidRequestError);
    },
  );
});

test('a cursor that something was added to is refused', async () => {
  const inbox = await inboxWith(eventsOf(0, 3));
  const { nextCursor: cursor } = await inbox.list({ limit: 1 });
  expect((await inbox.list({ limit: 1, cursor })).events).toHaveLength(1);
  for (const rest of ['=', '!', ' ', '\n']) {
    const changed = inbox.list({ limit: 1, cursor: `${cursor}${rest}` });
    expect(await failure(changed)).toBeInstanceOf(InvalidRequestError);
  }
});

describe('the receiver of an inbox', () => {
  test('does not run without a port', async () => {
    const inbox = await open();
    await inbox.start();
    expect(inbox.status()).toEqual({ listening: false, received: 0, rejected: 0 });
  });

  test('tells its address, and keeps what is delivered there', async () => {
    const inbox = await listening();
    expect(inbox.status()).toEqual({
      listening: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/callbacks$/),
      received: 0,
      rejected: 0,
    });
    expect(await deliver(inbox.url, eventOf(1))).toBe(200);
    expect((await inbox.list({ limit: 20 })).events).toEqual([expect.objectContaining(eventOf(1))]);
  });

  test('counts what it took and what it refused', async () => {
    const inbox = await listening();
    await deliver(inbox.url, eventOf(1));
    await deliver(inbox.url, eventOf(1));
    await deliver(inbox.url, eventOf(2), 'another secret');
    await deliver(inbox.url, {});
    await send(inbox.url, { method: 'GET' });
    expect(inbox.status()).toMatchObject({ received: 2, rejected: 3 });
    expect((await inbox.list({ limit: 20 })).events).toHaveLength(1);
  });

  test("learns the secret from the project's callback configuration where none is configured", async () => {
    const inbox = await listening({ secret: undefined, readSecret: async () => 'the secret of the project' });
    expect(await deliver(inbox.url, eventOf(1), 'the secret of the project')).toBe(200);
    expect(await deliver(inbox.url, eventOf(2))).toBe(401);
  });

  test('refuses with 503 and counts it while the folder cannot be written', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const inbox = await listening({ folder: join(file, 'state') });
    expect(await deliver(inbox.url, eventOf(1))).toBe(503);
    expect(inbox.status()).toMatchObject({ listening: true, received: 0, rejected: 1 });
    expect(inbox.lines.join()).toMatch(/error store: .*cannot be used/);
    expect(inbox.lines.join()).toMatch(/error callbacks: an event could not be kept/);
  });

  test('writes a refusal of strangers as no more than information', async () => {
    const inbox = await listening();
    await deliver(inbox.url, eventOf(1), 'another secret');
    expect(inbox.lines.filter((line) => line.includes('refused: 401'))).toEqual([
      expect.stringMatching(/ info /),
    ]);
  });

  test('waits for a port that another program has, says so once, and takes it when it is free', async () => {
    const other = await openOther();
    const clock = steppedClock();
    const inbox = await open({ port: other.port, clock });
    await inbox.start();
    expect(inbox.status()).toEqual({
      listening: false,
      received: 0,
      rejected: 0,
      problem: expect.stringMatching(/EADDRINUSE/),
    });
    await eventually(() => clock.sleeping()).toBe(1);
    await clock.advance(10_000);
    await eventually(() => clock.sleeping()).toBe(1);
    expect(inbox.status()).toMatchObject({ listening: false });
    expect(inbox.lines.filter((line) => line.includes('not listening'))).toHaveLength(1);

    await other.close();
    await clock.advance(9_999);
    expect(clock.sleeping()).toBe(1);
    await clock.advance(1);
    await eventually(() => inbox.status().listening).toBe(true);
    expect(inbox.status()).not.toHaveProperty('problem');
    expect(urlOf(inbox)).toBe(`http://127.0.0.1:${other.port}/callbacks`);
    expect(await deliver(urlOf(inbox), eventOf(1))).toBe(200);
  });

  test('stops waiting for a port when it is closed', async () => {
    const { port } = new URL((await serve(silent)).url);
    const clock = steppedClock();
    const inbox = await open({ port: Number(port), clock });
    await inbox.start();
    await eventually(() => clock.sleeping()).toBe(1);
    await inbox.close();
    expect(clock.sleeping()).toBe(0);
  });

  test('does not go on listening where it is closed before it has started', async () => {
    const port = await freePort();
    const inbox = await open({ port });
    const started = inbox.start();
    await inbox.close();
    await started;
    expect(await failure(deliver(`http://127.0.0.1:${port}/callbacks`, eventOf(1)))).toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  test('ends with close: its port is free then', async () => {
    const port = await freePort();
    const inbox = await listening({ port });
    await inbox.close();
    expect(await failure(deliver(inbox.url, eventOf(1)))).toMatchObject({ code: 'ECONNREFUSED' });
    await listening({ port });
  });
});

/** Another inbox's receiver, in the way of the one that is tested. */
async function openOther() {
  const { url, close } = await listening();
  return { port: Number(new URL(url).port), close };
}

test('a list that is asked for at once waits to know whether the receiver listens', async () => {
  const inbox = await open({ port: 0 });
  const starting = inbox.start();
  await inbox.list({ limit: 1 });
  expect(inbox.status()).toMatchObject({ listening: true });
  await starting;
});

test('the last refusal is told, with its time and reason', async () => {
  const inbox = await listening();
  expect(inbox.status()).not.toHaveProperty('lastRefusal');
  await deliver(inbox.url, eventOf(1), 'another secret');
  expect(inbox.status().lastRefusal).toMatch(/^401 at 2026-01-01T00:00:00\.000Z: .*does not sign this body/);
});

describe('listeners', () => {
  test('hear of what another server takes, also where this one has no receiver', async () => {
    const { folder } = await inboxWith([eventOf(0)]);
    const other = await listening({ folder });
    const inbox = await open({ folder });
    await inbox.start();
    await deliver(other.url, eventOf(1));
    await eventually(() => idsOf(inbox.news)).toEqual([idOf(1)]);
  });

  test('hear of each event once, also where it is delivered again', async () => {
    const inbox = await listening();
    await deliver(inbox.url, eventOf(1));
    await deliver(inbox.url, eventOf(1));
    await deliver(inbox.url, eventOf(2));
    expect(idsOf(inbox.news)).toEqual(idsFrom(1, 3));
    expect(inbox.news[0]).toMatchObject(eventOf(1));
  });

  test('hear nothing of events that were there before', async () => {
    const { folder } = await inboxWith(eventsOf(0, 3));
    const inbox = await listening({ folder });
    await deliver(inbox.url, eventOf(3));
    expect(idsOf(inbox.news)).toEqual([idOf(3)]);
  });

  test('hear of events that another server of the same folder took, while nobody asks', async () => {
    const taker = await listening();
    await deliver(taker.url, eventOf(0));
    const waiter = await open({
      folder: taker.folder,
      port: Number(new URL(taker.url).port),
      clock: steppedClock(),
    });
    await waiter.start();
    expect(waiter.status()).toMatchObject({ listening: false });
    for (let index = 1; index <= 3; index++) {
      await deliver(taker.url, eventOf(index));
      await eventually(() => idsOf(waiter.news)).toEqual(idsFrom(1, index + 1));
    }
    expect(idsOf(taker.news)).toEqual(idsFrom(0, 4));
    expect(idsOf((await waiter.list({ limit: 20 })).events)).toEqual(idsFrom(0, 4).toReversed());
  });

  test('hear of them too where the folder was not there when the server started', async () => {
    const inbox = await listening({ folder: join(await temporaryFolder(), 'not', 'there') });
    await openLog(inbox.folder).append(eventOf(1));
    await eventually(() => idsOf(inbox.news)).toEqual([idOf(1)]);
    expect(inbox.lines.join()).not.toMatch(/ (error|warn) /);
  });

  test('hear no more once they ended it; others still do', async () => {
    const inbox = await listening();
    const heard: string[] = [];
    const end = inbox.onEvents((events) => heard.push(...idsOf(events)));
    await deliver(inbox.url, eventOf(1));
    end();
    await deliver(inbox.url, eventOf(2));
    expect(heard).toEqual([idOf(1)]);
    expect(idsOf(inbox.news)).toEqual(idsFrom(1, 3));
  });
});
