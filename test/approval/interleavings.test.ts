/**
 * Callers, persons, servers and the API in random orders. Whatever the order: a number is rented for one yes of a
 * person of the same caller, at the price that they were shown, and nobody else is ever told of it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createNumbersClient } from '../../src/api/client.ts';
import { CancelledError, ConnectionError } from '../../src/api/errors.ts';
import type { Http } from '../../src/api/http.ts';
import { money } from '../../src/api/schemas/numbers.ts';
import { createGate, type Gate } from '../../src/approval/gate.ts';
import { createLimits } from '../../src/approval/limits.ts';
import { gatedOperations } from '../../src/approval/operations/index.ts';
import type { GateResult } from '../../src/approval/outcome.ts';
import type { Question } from '../../src/approval/question.ts';
import { createLogger } from '../../src/lib/log.ts';
import { createApp } from '../../src/simulator/app.ts';
import { createAuth } from '../../src/simulator/auth.ts';
import { manualClock } from '../../src/simulator/clock.ts';
import { createFaults } from '../../src/simulator/faults.ts';
import { createProject } from '../../src/simulator/project.ts';
import { createMemoryPlace, createMemoryStore } from '../../src/storage/memory.ts';
import type { Store } from '../../src/storage/store.ts';
import { send } from '../callbacks/support.ts';
import { either } from '../support/length.ts';
import { decide, LIMIT_VARIABLES, START, steppedClock } from '../support/stage.ts';
import { LIFETIME, PATIENCE, RENT, RENT_ANY, TIMED_OUT, WITHDRAWN } from './support.ts';

const CALLERS = ['a', 'b'] as const;
type CallerId = (typeof CALLERS)[number];

const call = fc.record({
  type: fc.constant('call' as const),
  caller: fc.constantFrom(...CALLERS),
  server: fc.nat(1),
  tool: fc.constantFrom(RENT_ANY.tool, RENT_ANY.tool, RENT.tool),
  form: fc.constantFrom('none', 'none', 'yes', 'yes', 'yes', 'no', 'wrong', 'unseen', 'never'),
  token: fc.constantFrom('none', 'none', 'own', 'stolen'),
  isListening: fc.boolean(),
});
const command = fc.oneof(
  { weight: 6, arbitrary: call },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('press' as const),
      page: fc.nat(9),
      isYes: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('cancel' as const), call: fc.nat(9), isPerson: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('price' as const), amount: fc.constantFrom('0.80', '0.90') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.constantFrom(2_000, PATIENCE, LIFETIME),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;
/** What happens, after how many turns of everything else. */
const scripts = fc.array(fc.record({ turns: fc.nat(80), command }), { minLength: 2, maxLength: 14 });

type Turn = () => Promise<void>;

/** The simulated API inside this process. Each request and each answer waits for its turn; some answers get lost. */
function openApi(turn: Turn, isLost: () => boolean) {
  const time = manualClock(START);
  const key = { projectId: 'project', keyId: 'id', keySecret: 'secret' };
  const project = createProject(time, { send: () => {} }, { relink: 'reject', rent: 'any' });
  const parts = { key, clock: time, auth: createAuth(key, time), project, faults: createFaults() };
  const app = createApp({ ...parts, secret: { value: '' }, onRequest: () => {} });
  let rents = 0;
  const http: Http = {
    async send({ origin, target, method, headers, body, signal, onSent }) {
      await turn();
      signal.throwIfAborted();
      onSent?.();
      if (method === 'POST') rents++;
      const request = new Request(`${origin}${target}`, {
        method,
        headers,
        ...(typeof body === 'string' && { body }),
      });
      const response = await app.fetch(request, { incoming: { url: target } } as never);
      const answer = { status: response.status, header: () => undefined, body: await response.text() };
      await turn();
      if (method === 'POST' && isLost()) throw new ConnectionError(origin, 'ECONNRESET', 'maybe', undefined);
      if (method === 'GET') signal.throwIfAborted();
      return answer;
    },
    close: async () => {},
  };
  const endpoint = { ...key, url: 'http://api', authUrl: 'http://api', auth: 'basic' as const };
  return { project, http, endpoint, rents: () => rents };
}

/** A store each of whose calls waits for its turn, before and after, as one on a disk does. */
function inTurns(store: Store, turn: Turn): Store {
  const wrap = <T extends object>(part: T): T => {
    const wrapped = Object.entries(part).map(([name, method]) => {
      const inTurn = async (...args: unknown[]) => {
        await turn();
        const result: unknown = await method(...args);
        await turn();
        return result;
      };
      return [name, name === 'subscribe' ? method : inTurn];
    });
    return Object.fromEntries(wrapped);
  };
  return { ...store, journal: wrap(store.journal), approvals: wrap(store.approvals) };
}

/** What a person agrees to: the tool, and its price. */
function agreed(tool: string, text: string): string {
  return `${tool} at ${/(\d+\.\d+) EUR a month/.exec(text)?.[1]}`;
}

async function attack(
  scheduler: fc.Scheduler,
  script: readonly { turns: number; command: Command }[],
  losses: readonly boolean[],
) {
  let isOver = false;
  const turn = async () => {
    if (!isOver) await scheduler.schedule(Promise.resolve());
  };
  let sends = 0;
  const { project, rents, endpoint, http } = openApi(turn, () => losses[sends++] ?? false);
  const [clock, place, log] = [steppedClock(), createMemoryPlace(), createLogger('error', () => {})];
  const pages: string[] = [];
  const yeses: Record<CallerId, string[]> = { a: [], b: [] };
  const tokens: Record<CallerId, Map<string, string>> = { a: new Map(), b: new Map() };
  const told: Record<CallerId, GateResult[]> = { a: [], b: [] };
  const calls: { isOpen: boolean; readonly cancel: (why: unknown) => void }[] = [];
  const used = new Set<string>();
  const faults: unknown[] = [];
  let pressing = 0;
  const operations = gatedOperations(true);
  const gates: readonly Gate[] = [0, 1].map(() => {
    const numbers = createNumbersClient({
      endpoint: async () => endpoint,
      userAgent: 'test',
      log,
      http,
      clock,
    });
    return createGate({
      ...{ operations, mode: 'auto', numbers, projectId: async () => 'project', clock, log },
      limits: createLimits({ maxRentsPerDay: 100, variables: LIMIT_VARIABLES }),
      store: inTurns(createMemoryStore(clock, place), turn),
      openBrowser: async (url) => void pages.push(url),
      pauses: { now: clock.now, sleep: async () => {} },
    });
  });

  /** A person at a form; undefined where there is none. */
  function personAt({ form, caller, tool }: Call) {
    if (form === 'none') return undefined;
    return async ({ field, answer, facts }: Question) => {
      if (form === 'never') await new Promise(() => {});
      if (form !== 'unseen') await clock.advance(2_000);
      await turn();
      if (form === 'yes') yeses[caller].push(agreed(tool, JSON.stringify(facts)));
      if (form === 'no' || form === 'unseen') return { action: 'decline' };
      return { action: 'accept', content: { [field]: form === 'yes' ? answer : '9999' } };
    };
  }

  function tokenFor({ token, caller, tool }: Call): string | undefined {
    if (token === 'none') return undefined;
    const [found, what] =
      [...tokens[token === 'own' ? caller : other(caller)]].findLast(([, it]) => it.startsWith(`${tool} `)) ??
      [];
    // A person agrees once to what came with a token. A stolen one is nobody's word.
    if (token === 'own' && found !== undefined && what !== undefined && !used.has(found))
      yeses[caller].push(what);
    if (token === 'own' && found !== undefined) used.add(found);
    return found;
  }

  async function make(made: Call): Promise<void> {
    const { caller: id, tool, server, isListening } = made;
    const controller = new AbortController();
    const { signal } = controller;
    const running = { isOpen: true, cancel: (why: unknown) => controller.abort(why) };
    calls.push(running);
    const caller = { id, client: id, signal, elicit: personAt(made) };
    const { rentNumber, rentAnyNumber } = operations;
    const gate = gates[server];
    const token = tokenFor(made);
    const answer = await (tool === RENT.tool
      ? gate?.confirm(caller, rentNumber, { ...RENT.args }, token)
      : gate?.confirm(caller, rentAnyNumber, { ...RENT_ANY.args }, token)
    )?.catch((error: unknown) => {
      if (!(error instanceof CancelledError)) faults.push(error);
    });
    running.isOpen = false;
    if (!answer) return;
    told[id].push(answer.result);
    const { confirmation, message } = answer.result;
    if (confirmation !== undefined) tokens[id].set(confirmation.token, agreed(tool, message));
    if (isListening && !signal.aborted) answer.onDelivered?.();
  }

  async function press(page: string, isYes: boolean): Promise<void> {
    pressing++;
    const { body } = await send(page, { method: 'GET' });
    const id = /The MCP client “(a|b)”/.exec(body)?.[1] === 'a' ? 'a' : 'b';
    const what = agreed(
      body.includes('<h1>Rent +') || body.includes('question.\nRent +') ? RENT.tool : RENT_ANY.tool,
      body,
    );
    const { status } = await decide(page, isYes ? 'approve' : 'decline');
    if (isYes && status === 200) yeses[id].push(what);
    pressing--;
  }

  function run(it: Command): void {
    if (it.type === 'call') void make(it);
    else if (it.type === 'price') project.setPrice('US', 'LOCAL', it.amount);
    else if (it.type === 'wait') void clock.advance(it.ms);
    else if (it.type === 'cancel')
      calls[it.call % (calls.length || 1)]?.cancel(it.isPerson ? WITHDRAWN : TIMED_OUT);
    else if (pages.length > 0) void press(pages[it.page % pages.length] ?? '', it.isYes);
  }

  async function step(): Promise<void> {
    if (scheduler.count() > 0) await scheduler.waitOne();
    else await new Promise(setImmediate);
  }

  async function end(): Promise<void> {
    for (let idle = 0; calls.some(({ isOpen }) => isOpen) || pressing > 0; ) {
      idle = scheduler.count() > 0 || pressing > 0 ? 0 : idle + 1;
      await step();
      if (idle > 30) await clock.advance(10_000);
    }
  }

  for (const { turns, command: next } of script) {
    for (let n = 0; n < turns; n++) await step();
    run(next);
  }
  await end();
  // Whoever was not told yet asks again, until there is nothing more to tell.
  const quiet = { type: 'call', form: 'unseen', token: 'none', isListening: true } as const;
  for (const caller of CALLERS) {
    for (const tool of [RENT.tool, RENT_ANY.tool]) {
      for (let again = 0; again < 2; again++) {
        void make({ ...quiet, caller, tool, server: 0 });
        await end();
      }
    }
  }
  isOver = true;
  await Promise.all(gates.map((gate) => gate.close()));

  const { entries } = await createMemoryStore(clock, place).journal.history('project', { limit: 100 });
  const all = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };
  const rented = project
    .list(all, 'phoneNumber', 100, undefined)
    .records.map(({ phoneNumber }) => phoneNumber);
  STATS.push([
    entries.length,
    calls.length,
    pages.length,
    told.a.concat(told.b).filter((r) => r.message.includes('made before')).length,
    entries.filter((e) => e.outcome?.outcome !== 'completed').length,
  ]);
  expect(faults).toEqual([]);
  expect(rents()).toBeLessThanOrEqual(entries.length);
  expect(rented.length).toBeLessThanOrEqual(entries.length);
  expect(new Set(entries.map(({ intent }) => intent.approval)).size).toBe(entries.length);
  for (const caller of CALLERS) {
    const own = entries.filter(({ intent }) => intent.caller === caller);
    const left = [...yeses[caller]];
    for (const { intent } of own) {
      const index = left.indexOf(agreed(intent.tool, `${amountOf(intent.terms)} EUR a month`));
      expect(index, `${intent.tool} of ${caller} for ${yeses[caller]}`).toBeGreaterThanOrEqual(0);
      left.splice(index, 1);
    }
    const numbers = own.map(({ intent, outcome }) => outcome?.phoneNumber ?? intent.phoneNumber);
    for (const { number } of told[caller])
      if (number !== undefined) expect(numbers).toContain(number.phoneNumber);
  }
}

const terms = z.looseObject({
  monthlyPrice: money.optional(),
  offers: z.array(z.looseObject({ monthlyPrice: money })).optional(),
});

function amountOf(agreedTo: unknown): string | undefined {
  const { monthlyPrice, offers } = terms.parse(agreedTo);
  return (monthlyPrice ?? offers?.[0]?.monthlyPrice)?.amount;
}

function other(caller: CallerId): CallerId {
  return caller === 'a' ? 'b' : 'a';
}

const STATS: number[][] = [];
test('no order of events rents a number without a yes of its own, or on the word of another caller', async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    scripts,
    fc.array(fc.boolean(), { maxLength: 8 }),
    attack,
  );
  const RUNS = Number(process.env.RUNS ?? 30);
  const t = Date.now();
  try {
    await fc.assert(property, { numRuns: RUNS });
  } finally {
    console.log(
      'ms',
      Date.now() - t,
      'runs',
      STATS.length,
      'sums entries calls pages replays notcompleted',
      [0, 1, 2, 3, 4].map((i) => STATS.reduce((x, y) => x + (y[i] ?? 0), 0)),
      'max',
      Math.max(...STATS.map((x) => x[0] ?? 0)),
    );
  }
}, 3_000_000);
