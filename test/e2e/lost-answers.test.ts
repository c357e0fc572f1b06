/**
 * A rent or release whose answer gets lost on the way through a proxy, by the server: what it tells, what
 * stands in the journal, and what really became of it. What a budget that runs out leads to is held in
 * test/approval, where it need not last 25 seconds.
 */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { shared } from '../support/lifetime.ts';
import { GATED_CALLS, RENTED } from '../support/stage.ts';
import { agreeable, type Connection, deferred, eventually, handshake, toolCall } from './harness.ts';
import { type Between, openWorld, type World } from './held-api.ts';
import { connectServer, run } from './inside.ts';

/** Whether the API has carried out what this tool asks for. */
function isCarriedOut({ api, rented }: World, tool: string): boolean {
  return tool === 'release_number' ? api.project.get(RENTED).expireAt !== undefined : rented() > 1;
}

function connect({ env }: World): Promise<Connection> {
  return connectServer({ env, person: agreeable });
}

const HTML = '<html><body><h1>Bad gateway</h1></body></html>';

/** Answers this in place of what the API said, after it has acted. */
function instead(status: number, body = '', type = 'application/json'): Between {
  return async (pass, response) => {
    await pass();
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

const LOST_AFTER_THE_EFFECT: readonly [string, Between][] = [
  ['a cut connection', (pass, response) => pass().then(() => response.destroy())],
  [
    'half an answer',
    async (pass, response) => {
      const body = await (await pass()).text();
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
    },
  ],
  ['a 500', instead(500, '{"error":{"code":500,"status":"INTERNAL","message":"boom"}}')],
  ['a 502 in HTML', instead(502, HTML, 'text/html')],
  ['a 503', instead(503)],
  ['a 504', instead(504)],
  ['a 200 in HTML', instead(200, HTML, 'text/html')],
];

describe('each call tells the truth', () => {
  const serving = shared(async () => {
    let between: Between = () => {};
    const world = await openWorld((...request) => between(...request));
    const setBetween = (next: Between) => {
      between = next;
    };
    return { ...world, ...(await connect(world)), setBetween };
  });

  test.each(LOST_AFTER_THE_EFFECT)('after %s in place of the answer', async (name, proxy) => {
    const { call, api, posts, journal, setBetween } = serving();
    setBetween(proxy);
    const line = 40 + LOST_AFTER_THE_EFFECT.findIndex(([other]) => other === name);
    const [offered, released] = [`+120255501${line}`, `+120655501${line}`];
    api.project.rent(released, {});
    const calls: readonly (readonly [string, Record<string, unknown>])[] = [
      ['rent_number', { phoneNumber: offered }],
      ['rent_any_number', { regionCode: 'US', type: 'LOCAL' }],
      ['release_number', { phoneNumber: released }],
    ];
    const before = { posts: posts().length, entries: journal().length };
    const entries: string[] = [];
    for (const [tool, args] of calls) {
      const { structured, isError } = await call(tool, args);
      const { phoneNumber } = z.object({ phoneNumber: z.string() }).parse(structured.number);
      expect(structured).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
      expect(structured.message).toMatch(/^Done\. The answer was lost/);
      expect(isError).toBe(false);
      expect(api.project.get(phoneNumber).expireAt !== undefined).toBe(tool === 'release_number');
      entries.push(`${tool} completed ${phoneNumber}`);
    }
    expect(posts().slice(before.posts)).toEqual([
      `POST /availableNumbers/${offered}:rent`,
      'POST /availableNumbers:rentAny',
      `POST /activeNumbers/${released}:release`,
    ]);
    expect(journal().slice(before.entries)).toEqual(entries);
  });
});

const waiting = z.object({ confirmation: z.object({ token: z.string() }) });

describe.each(GATED_CALLS)('$tool, its answer lost,', ({ tool, args, request }) => {
  test('is carried to its true end where the client has cancelled', async () => {
    const cancelled = deferred<void>();
    const world = await openWorld(async (pass, response) => {
      await pass();
      await cancelled.promise;
      response.destroy();
    });
    const { call, client, updated } = await connect(world);
    await client.subscribeResource({ uri: 'sinch-numbers://journal' });
    const controller = new AbortController();
    const answer = expect(call(tool, args, controller)).rejects.toThrow('not needed any more');
    await eventually(world.posts).toHaveLength(1);
    controller.abort('not needed any more');
    await answer;
    await client.ping();
    cancelled.resolve();
    await eventually(() => updated).toEqual(['sinch-numbers://journal']);
    expect(world.journal()).toEqual([expect.stringMatching(`^${tool} completed \\+1\\d+$`)]);
    expect(isCarriedOut(world, tool)).toBe(true);
    expect(world.posts()).toEqual([request]);
  });

  test('is carried to its true end where the client is gone', async () => {
    const gone = deferred<void>();
    const world = await openWorld(async (pass, response) => {
      await pass();
      await gone.promise;
      response.destroy();
    });
    const server = run([], { ...world.env, SINCH_NUMBERS_CONFIRM: 'token' });
    server.send(...handshake(), toolCall('ask', tool, args));
    const { result } = await server.answer('ask');
    const { confirmation } = waiting.parse(result?.structuredContent);
    server.send(toolCall('spend', tool, { ...args, confirmationToken: confirmation.token }));
    await eventually(world.posts).toHaveLength(1);
    server.kill('SIGTERM');
    gone.resolve();
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(world.journal()).toEqual([expect.stringMatching(`^${tool} completed \\+1\\d+$`)]);
    expect(server.stderr()).toMatch(/nobody is left to be told: completed, \+1\d+/);
    expect(isCarriedOut(world, tool)).toBe(true);
    expect(world.posts()).toEqual([request]);
  });
});

test('where the API has not acted each call is told as not executed, and as unknown where it still may', async () => {
  const late = deferred<() => Promise<Response>>();
  const cut: Between = (_, response) => response.destroy();
  const gaveUp: Between = (pass, response) => {
    late.resolve(pass);
    response.writeHead(504, { 'content-type': 'text/html' }).end(HTML);
  };
  const [, RENT_ANY] = GATED_CALLS;
  const cases = [...GATED_CALLS.map((call) => ({ ...call, proxy: cut })), { ...RENT_ANY, proxy: gaveUp }];
  // All at once: settling each takes four seconds.
  const told = await Promise.all(
    cases.map(async ({ tool, args, proxy }) => {
      const world = await openWorld(proxy);
      const { call } = await connect(world);
      const outcome = proxy === cut ? 'not_executed' : 'unknown';
      return { tool, world, outcome, answer: await call(tool, args) };
    }),
  );
  for (const { tool, world, outcome, answer } of told) {
    expect(answer).toMatchObject({ isError: true, structured: { outcome } });
    expect(isCarriedOut(world, tool)).toBe(false);
    expect(world.posts()).toEqual([]);
    expect(world.journal()).toEqual([`${tool} ${outcome}`]);
  }
  expect(told.at(-1)?.answer.text).toContain('Before anything else check list_active_numbers');
  expect((await (await late.promise)()).status).toBe(200);
});
