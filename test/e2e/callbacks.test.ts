import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { simulate } from '../api/support.ts';
import { deliver, eventOf, eventsOf, idsFrom, SECRET } from '../callbacks/support.ts';
import { either } from '../support/length.ts';
import { shared } from '../support/lifetime.ts';
import { temporaryFolder } from '../support/stage.ts';
import {
  type Env,
  envFor,
  eventually,
  handshake,
  type Process,
  run as runBuilt,
  type Served,
  toolCall,
} from './harness.ts';
import { run } from './inside.ts';

const EVENTS = either(500, 100);

const eventList = z.object({
  events: z.array(z.object({ eventId: z.string() })),
  nextCursor: z.string().optional(),
  receiver: z.object({ listening: z.boolean(), url: z.string().optional() }),
});

interface Receiving {
  /** Where it takes callbacks. */
  readonly url: string;
  /** The IDs of all events that it lists, page by page, sorted. */
  listed(): Promise<string[]>;
}

const api = shared(() => simulate());

/** A server that receives callbacks and keeps them in this folder. */
const startServer = (folder: string) => receiving(folder, run);

/** Such a server in a process of its own, which can be killed. */
const startProcess = (folder: string) => receiving(folder, runBuilt);

async function receiving<S extends Served>(
  folder: string,
  start: (args: readonly string[], env: Env) => S,
): Promise<S & Receiving> {
  const server = start([], {
    ...envFor(api()),
    SINCH_NUMBERS_CALLBACK_PORT: '0',
    SINCH_NUMBERS_CALLBACK_SECRET: SECRET,
    SINCH_NUMBERS_STATE_DIR: folder,
    SINCH_NUMBERS_LOG: 'info',
  });
  server.send(...handshake());
  await eventually(server.stderr).toContain('listening on');
  let calls = 0;

  async function list(cursor?: string) {
    const id = `list-${calls++}`;
    server.send(toolCall(id, 'list_callback_events', { limit: 100, ...(cursor && { cursor }) }));
    const { result } = await server.answer(id);
    return eventList.parse(result?.structuredContent);
  }

  const { receiver } = await list();
  return {
    ...server,
    url: z.string().parse(receiver.url),
    async listed() {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await list(cursor);
        ids.push(...page.events.map(({ eventId }) => eventId));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return ids.sort();
    },
  };
}

/** Delivers events all at once. @returns the IDs of those that were answered 200, in that order, as they come */
function deliverAll(url: string, events: readonly { readonly eventId: string }[]) {
  const acknowledged: string[] = [];
  const done = Promise.all(
    events.map(async (event) => {
      // A server that was killed answers nothing.
      const status = await deliver(url, event).catch(() => undefined);
      if (status === 200) acknowledged.push(event.eventId);
    }),
  );
  return { acknowledged, done };
}

async function killed(server: Process): Promise<void> {
  server.kill('SIGKILL');
  await server.exit;
}

describe('hundreds of callbacks at once', () => {
  test('are all answered 200, and all there after a kill and a restart, each once', async () => {
    const folder = await temporaryFolder();
    const server = await startProcess(folder);
    const { acknowledged, done } = deliverAll(server.url, eventsOf(0, EVENTS));
    await done;
    await killed(server);
    expect(acknowledged).toHaveLength(EVENTS);
    expect(await (await startServer(folder)).listed()).toEqual(idsFrom(0, EVENTS));
  });

  // How far it has come when it is killed.
  test.each([1, 20, EVENTS / 2])(
    'lose none that was answered 200 where the server is killed after %i of them',
    async (count) => {
      const folder = await temporaryFolder();
      const server = await startProcess(folder);
      const { acknowledged, done } = deliverAll(server.url, eventsOf(0, EVENTS));
      await eventually(() => acknowledged.length).toBeGreaterThanOrEqual(count);
      await killed(server);
      await done;

      const restarted = await startServer(folder);
      const listed = await restarted.listed();
      expect(listed).toEqual(expect.arrayContaining(acknowledged));
      expect(new Set(listed).size).toBe(listed.length);

      const again = deliverAll(restarted.url, eventsOf(0, EVENTS));
      await again.done;
      expect(again.acknowledged).toHaveLength(EVENTS);
      expect(await restarted.listed()).toEqual(idsFrom(0, EVENTS));
      // Whoever looks, not only the one that took them.
      expect(await (await startServer(folder)).listed()).toEqual(idsFrom(0, EVENTS));
    },
  );
});

describe('two servers of one user', () => {
  test('take half of the callbacks each, some both, and list all of them, each once', async () => {
    const folder = await temporaryFolder();
    const servers = await Promise.all([startProcess(folder), startServer(folder)]);
    const most = EVENTS * 0.6;
    const halves = [eventsOf(0, most), eventsOf(EVENTS - most, EVENTS)];
    const deliveries = servers.map(({ url }, index) => deliverAll(url, halves[index] ?? []));
    await Promise.all(deliveries.map(({ done }) => done));
    expect(deliveries.map(({ acknowledged }) => acknowledged.length)).toEqual([most, most]);
    for (const server of servers) expect(await server.listed()).toEqual(idsFrom(0, EVENTS));
    await killed(servers[0]);
    expect(await (await startServer(folder)).listed()).toEqual(idsFrom(0, EVENTS));
  });

  test('where one is killed in the middle, the other lists what both had answered 200', async () => {
    const folder = await temporaryFolder();
    const [victim, survivor] = await Promise.all([startProcess(folder), startServer(folder)]);
    const first = deliverAll(victim.url, eventsOf(0, EVENTS / 2));
    const second = deliverAll(survivor.url, eventsOf(EVENTS / 2, EVENTS));
    await eventually(() => first.acknowledged.length).toBeGreaterThanOrEqual(1);
    await killed(victim);
    await Promise.all([first.done, second.done]);
    expect(second.acknowledged).toHaveLength(EVENTS / 2);
    const listed = await survivor.listed();
    expect(listed).toEqual(expect.arrayContaining([...first.acknowledged, ...second.acknowledged]));
    expect(new Set(listed).size).toBe(listed.length);
  });
});

test('a callback that nobody signed is refused by the built server', async () => {
  const server = await startProcess(await temporaryFolder());
  expect(await deliver(server.url, eventOf(1), 'another secret')).toBe(401);
  expect(await server.listed()).toEqual([]);
});
