/**
 * A rent or release whose answer gets lost on the way through a proxy, by the built server: what it tells, what
 * stands in the journal, and what really became of it. What a budget that runs out leads to is held in
 * test/confirmation/settlement.test.ts, where it need not last 25 seconds.
 */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { serve, simulate, type WatchedSimulator } from '../api/support.ts';
import { GATED_CALLS, RENTED, temporaryFolder } from '../support/stage.ts';
import {
  type Connection,
  connectServer,
  deferred,
  type Env,
  envFor,
  eventually,
  handshake,
  type Person,
  run,
  toolCall,
} from './harness.ts';

/** What a proxy does with the request that rents or releases; all others it passes on. */
type Proxy = (pass: () => Promise<Response>, response: ServerResponse) => unknown;

interface World {
  readonly api: WatchedSimulator;
  /** Points a server at the proxy. */
  readonly env: Env;
  /** The requests that rented or released, as the API got them. */
  posts(): string[];
  /** Whether the API has carried out what this tool asks for. */
  isCarriedOut(tool: string): boolean;
  /** What the journal tells, a line a step: its tool, or its outcome and number. */
  journal(): Promise<string[]>;
}

const line = z.object({
  tool: z.string().optional(),
  outcome: z.string().optional(),
  phoneNumber: z.string().optional(),
});

/** A simulator in which each gated call can be carried out, behind a proxy. */
async function open(proxy: Proxy): Promise<World> {
  const api = await simulate({ active: 0 });
  // Its first charge, which moves the terms of a release, lies behind it.
  const rented = api.project.rent(RENTED, {});
  api.project.add({ ...rented, rentedAt: rented.rentedAt - 24 * 3_600_000 });
  const between = await serve(async (response, { method, target, headers, body }) => {
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const pass = () =>
      fetch(`${api.url}${target}`, {
        method,
        headers: { authorization, 'content-type': type },
        ...(method === 'POST' && { body }),
      });
    if (method === 'POST' && /:re/.test(target)) return proxy(pass, response);
    await forward(await pass(), response);
  });
  const folder = await temporaryFolder();
  return {
    api,
    env: { ...envFor({ ...api, url: between.url }), SINCH_NUMBERS_STATE_DIR: folder },
    posts: () => api.requests.filter((request) => /^POST .*:re/.test(request)).map(decodeURIComponent),
    isCarriedOut: (tool) => {
      if (tool === 'release_number') return api.project.get(RENTED).expireAt !== undefined;
      return api.project.list(EVERYTHING, 'phoneNumber', 1, undefined).totalSize > 1;
    },
    journal: async () => {
      const text = await readFile(join(folder, 'journal.jsonl'), 'utf8').catch(() => '');
      return text
        .split('\n')
        .slice(0, -1)
        .map((json) => line.parse(JSON.parse(json)))
        .map(({ tool, outcome, phoneNumber }) => tool ?? [outcome, phoneNumber].filter(Boolean).join(' '));
    },
  };
}

const EVERYTHING = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };

async function forward(answer: Response, response: ServerResponse): Promise<void> {
  const body = await answer.text();
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
}

/** A person who fills each form as it asks to. */
const agreeable: Person = ({ message, field }) => ({
  action: 'accept',
  content: { [field]: field === 'confirm' ? 'RENT' : (/\+\d+(\d{4})/.exec(message)?.[1] ?? '') },
});

function connect({ env }: World): Promise<Connection> {
  return connectServer({ env, person: agreeable });
}

const HTML = '<html><body><h1>Bad gateway</h1></body></html>';

/** Answers this in place of what the API said, after it has acted. */
function instead(status: number, body = '', type = 'application/json'): Proxy {
  return async (pass, response) => {
    await pass();
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

const LOST_AFTER_THE_EFFECT: readonly [string, Proxy][] = [
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

test.each(LOST_AFTER_THE_EFFECT)(
  'each call tells the truth after %s in place of the answer',
  async (_, proxy) => {
    const world = await open(proxy);
    const { call } = await connect(world);
    const steps: string[] = [];
    for (const { tool, args } of GATED_CALLS) {
      const { structured, isError } = await call(tool, args);
      const { phoneNumber } = z.object({ phoneNumber: z.string() }).parse(structured.number);
      expect(structured).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation' });
      expect(structured.message).toMatch(/^Done\. The answer was lost/);
      expect(isError).toBe(false);
      expect(world.api.project.get(phoneNumber).expireAt !== undefined).toBe(tool === 'release_number');
      steps.push(tool, `completed ${phoneNumber}`);
    }
    expect(world.posts()).toEqual(GATED_CALLS.map(({ request }) => request));
    expect(await world.journal()).toEqual(steps);
    expect(new Set(steps).size).toBe(2 * GATED_CALLS.length);
  },
);

const waiting = z.object({ confirmation: z.object({ token: z.string() }) });

describe.each(GATED_CALLS)('$tool, its answer lost,', ({ tool, args, request }) => {
  test('is carried to its true end where the client has cancelled', async () => {
    const cancelled = deferred<void>();
    const world = await open(async (pass, response) => {
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
    expect(await world.journal()).toEqual([tool, expect.stringMatching(/^completed \+1\d+$/)]);
    expect(world.isCarriedOut(tool)).toBe(true);
    expect(world.posts()).toEqual([request]);
  });

  test('is carried to its true end where the client is gone', async () => {
    const gone = deferred<void>();
    const world = await open(async (pass, response) => {
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
    expect(await world.journal()).toEqual([tool, expect.stringMatching(/^completed \+1\d+$/)]);
    expect(server.stderr()).toMatch(/nobody is left to be told: completed, \+1\d+/);
    expect(world.isCarriedOut(tool)).toBe(true);
    expect(world.posts()).toEqual([request]);
  });
});

test('where the API has not acted each call is told as not executed, and as unknown where it still may', async () => {
  const late = deferred<() => Promise<Response>>();
  const cut: Proxy = (_, response) => response.destroy();
  const gaveUp: Proxy = (pass, response) => {
    late.resolve(pass);
    response.writeHead(504, { 'content-type': 'text/html' }).end(HTML);
  };
  const [, RENT_ANY] = GATED_CALLS;
  const cases = [...GATED_CALLS.map((call) => ({ ...call, proxy: cut })), { ...RENT_ANY, proxy: gaveUp }];
  // All at once: settling each takes four seconds.
  const told = await Promise.all(
    cases.map(async ({ tool, args, proxy }) => {
      const world = await open(proxy);
      const { call } = await connect(world);
      const outcome = proxy === cut ? 'not_executed' : 'unknown';
      return { tool, world, outcome, answer: await call(tool, args) };
    }),
  );
  for (const { tool, world, outcome, answer } of told) {
    expect(answer).toMatchObject({ isError: true, structured: { outcome } });
    expect(world.isCarriedOut(tool)).toBe(false);
    expect(world.posts()).toEqual([]);
    expect(await world.journal()).toEqual([tool, outcome]);
  }
  expect(told.at(-1)?.answer.text).toContain('Before anything else check list_active_numbers');
  expect((await (await late.promise)()).status).toBe(200);
});
