/**
 * Callers, persons, servers and the API in random orders. Whatever the order: a number is rented for one yes of a
 * person of the same caller, at the price that they were shown, and nobody else is ever told of it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { CancelledError } from '../../src/api/errors.ts';
import { money } from '../../src/api/schemas/numbers.ts';
import { createGate } from '../../src/approval/gate.ts';
import { createLimits } from '../../src/approval/limits.ts';
import { gatedOperations } from '../../src/approval/operations/index.ts';
import type { GateResult } from '../../src/approval/outcome.ts';
import type { Question } from '../../src/approval/question.ts';
import { createLogger } from '../../src/lib/log.ts';
import { createMemoryPlace, createMemoryStore } from '../../src/storage/memory.ts';
import type { Store } from '../../src/storage/store.ts';
import { send } from '../callbacks/support.ts';
import { openApiInProcess } from '../support/api-in-process.ts';
import { LIFETIME, PATIENCE, RENT, RENT_ANY, TIMED_OUT, WITHDRAWN } from '../support/gate.ts';
import { either } from '../support/length.ts';
import { decide, LIMIT_VARIABLES, START, steppedClock } from '../support/stage.ts';

type CallerId = 'a' | 'b';

/** What happens next, after so many turns of everything else. */
const event = fc.record({
  turns: fc.nat(80),
  what: fc.constantFrom('call', 'call', 'call', 'press', 'press', 'cancel', 'price', 'wait'),
  caller: fc.constantFrom<CallerId[]>('a', 'b'),
  server: fc.nat(1),
  tool: fc.constantFrom(RENT_ANY.tool, RENT_ANY.tool, RENT.tool),
  form: fc.constantFrom('none', 'none', 'yes', 'yes', 'yes', 'no', 'wrong', 'unseen', 'never'),
  token: fc.constantFrom('none', 'none', 'own', 'stolen'),
  isListening: fc.boolean(),
  index: fc.nat(9),
  isYes: fc.constantFrom(true, true, false),
});
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/** A call of a client that shows nothing. */
const QUIET = {
  what: 'call',
  form: 'unseen',
  token: 'none',
  isListening: true,
  turns: 0,
  server: 0,
  index: 0,
  isYes: false,
} as const;

/** A store each of whose calls waits for its turn, before and after, as one on a disk does. */
function inTurns(store: Store, turn: () => Promise<void>): Store {
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
function deal(tool: string, text: string): string {
  return `${tool} at ${/(\d+\.\d+) EUR a month/.exec(text)?.[1]}`;
}

const priced = z.looseObject({ monthlyPrice: money.optional() });
const terms = priced.extend({ offers: z.array(priced).optional() });

/** The same, as the journal has it. */
function dealOf({ tool, terms: agreed }: { readonly tool: string; readonly terms: object }): string {
  const { monthlyPrice, offers } = terms.parse(agreed);
  return deal(tool, `${(monthlyPrice ?? offers?.[0]?.monthlyPrice)?.amount} EUR a month`);
}

async function attack(scheduler: fc.Scheduler, events: readonly Event[], losses: readonly boolean[]) {
  let isOver = false;
  let pressing = 0;
  let [writes, idle] = [0, 0];
  const turn = async () => {
    if (!isOver) await scheduler.schedule(Promise.resolve());
  };
  const api = openApiInProcess(turn, () => losses[writes++] ?? false);
  const [clock, place, log] = [steppedClock(), createMemoryPlace(), createLogger('error', () => {})];
  const pages: string[] = [];
  const yeses: Record<CallerId, string[]> = { a: [], b: [] };
  /** Tokens that a caller was given, and what they are for. */
  const tokens: Record<CallerId, Map<string, string>> = { a: new Map(), b: new Map() };
  const used = new Set<string>();
  const told: Record<CallerId, GateResult[]> = { a: [], b: [] };
  const calls: { isOpen: boolean; readonly cancel: (why: unknown) => void }[] = [];
  const faults: unknown[] = [];
  const operations = gatedOperations(true);
  const gates = [0, 1].map(() =>
    createGate({
      ...{ operations, mode: 'auto', projectId: async () => 'project', clock, log },
      limits: createLimits({ maxRentsPerDay: 100, variables: LIMIT_VARIABLES }),
      store: inTurns(createMemoryStore(clock, place), turn),
      openBrowser: async (url) => void pages.push(url),
      numbers: api.client(clock),
      pauses: { now: clock.now, sleep: async () => {} },
    }),
  );

  /** The person at a form; undefined where there is none. */
  function personAt({ form, caller, tool }: Event) {
    if (form === 'none') return undefined;
    return async ({ field, answer, facts }: Question) => {
      if (form === 'never') await new Promise(() => {});
      if (form !== 'unseen') await clock.advance(2_000);
      await turn();
      if (form === 'yes') yeses[caller].push(deal(tool, JSON.stringify(facts)));
      if (form === 'no' || form === 'unseen') return { action: 'decline' };
      return { action: 'accept', content: { [field]: form === 'yes' ? answer : '9999' } };
    };
  }

  /** The person agrees once to what came with a token of their own. A stolen one is nobody's word. */
  function tokenFor({ token, caller, tool }: Event): string | undefined {
    const owner = (token === 'own') === (caller === 'a') ? 'a' : 'b';
    const [found, agreed] = [...tokens[owner]].findLast(([, it]) => it.startsWith(`${tool} `)) ?? [];
    if (token === 'none' || found === undefined || agreed === undefined) return undefined;
    if (token === 'own' && !used.has(found)) yeses[caller].push(agreed);
    if (token === 'own') used.add(found);
    return found;
  }

  async function make(made: Event): Promise<void> {
    const { caller: id, tool, isListening } = made;
    const { rentNumber, rentAnyNumber } = operations;
    const controller = new AbortController();
    const { signal } = controller;
    const running = { isOpen: true, cancel: (why: unknown) => controller.abort(why) };
    calls.push(running);
    const caller = { id, client: id, signal, elicit: personAt(made) };
    const token = tokenFor(made);
    const gate = gates[made.server];
    const answering =
      tool === RENT.tool
        ? gate?.confirm(caller, rentNumber, { ...RENT.args }, token)
        : gate?.confirm(caller, rentAnyNumber, { ...RENT_ANY.args }, token);
    const answer = await answering?.catch((error: unknown) => {
      if (!(error instanceof CancelledError)) faults.push(error);
    });
    running.isOpen = false;
    if (!answer) return;
    const { confirmation, message } = answer.result;
    told[id].push(answer.result);
    if (confirmation !== undefined) tokens[id].set(confirmation.token, deal(tool, message));
    if (isListening && !signal.aborted) answer.onDelivered?.();
  }

  async function press(page: string, isYes: boolean): Promise<void> {
    pressing++;
    const { body } = await send(page, { method: 'GET' });
    const caller = body.includes('The MCP client “a”') ? 'a' : 'b';
    const { status } = await decide(page, isYes ? 'approve' : 'decline');
    const tool = body.includes('whichever') ? RENT_ANY.tool : RENT.tool;
    if (isYes && status === 200) yeses[caller].push(deal(tool, body));
    pressing--;
  }

  function happen(it: Event): void {
    const { what, index, isYes } = it;
    if (what === 'call') void make(it);
    if (what === 'press' && pages.length > 0) void press(pages[index % pages.length] ?? '', isYes);
    if (what === 'cancel') calls[index % (calls.length || 1)]?.cancel(isYes ? WITHDRAWN : TIMED_OUT);
    if (what === 'price') api.project.setPrice('US', 'LOCAL', isYes ? '0.90' : '0.80');
    if (what === 'wait') void clock.advance([2_000, PATIENCE, LIFETIME][index % 3] ?? 0);
  }

  async function step(): Promise<void> {
    if (scheduler.count() > 0) await scheduler.waitOne();
    else await new Promise(setImmediate);
  }

  /** Goes on until every call has ended. Where nothing happens, time passes. */
  async function end(): Promise<void> {
    while (calls.some(({ isOpen }) => isOpen) || pressing > 0) {
      idle = scheduler.count() > 0 || pressing > 0 ? 0 : idle + 1;
      await step();
      if (idle > 30) await clock.advance(10_000);
    }
  }

  for (const it of events) {
    for (let n = 0; n < it.turns; n++) await step();
    happen(it);
  }
  await end();
  const lastsFor = clock.now() - START;
  // Whoever has not been told asks again, at a client that shows nothing.
  for (const caller of ['a', 'b'] as const) {
    for (const tool of [RENT.tool, RENT_ANY.tool, RENT_ANY.tool]) {
      void make({ ...QUIET, caller, tool });
      await end();
    }
  }
  isOver = true;
  await Promise.all(gates.map((gate) => gate.close()));

  const { entries } = await createMemoryStore(clock, place).journal.history('project', { limit: 100 });
  const all = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };
  expect(faults).toEqual([]);
  expect(api.writes()).toBeLessThanOrEqual(entries.length);
  expect(api.project.list(all, 'phoneNumber', 1, undefined).totalSize).toBeLessThanOrEqual(entries.length);
  expect(new Set(entries.map(({ intent }) => intent.approval)).size).toBe(entries.length);
  for (const caller of ['a', 'b'] as const) {
    const own = entries.filter(({ intent }) => intent.caller === caller);
    const left = [...yeses[caller]];
    for (const { intent } of own) {
      const index = left.indexOf(dealOf(intent));
      expect(index, `${dealOf(intent)} by ${caller}, who agreed to ${yeses[caller]}`).not.toBe(-1);
      left.splice(index, 1);
    }
    const numbers = own.map(({ intent, outcome }) => outcome?.phoneNumber ?? intent.phoneNumber);
    const heard = told[caller].flatMap(({ number }) => number?.phoneNumber ?? []);
    expect(numbers).toEqual(expect.arrayContaining(heard));
    const rented = own.flatMap(({ outcome }) =>
      outcome?.outcome === 'completed' ? outcome.phoneNumber : [],
    );
    // Nothing is forgotten within 5 minutes: who did not listen was told again.
    if (lastsFor < LIFETIME) expect(heard).toEqual(expect.arrayContaining(rented));
  }
}

test('no order of events rents a number without a yes of its own, or on the word of another caller', async () => {
  const events = fc.array(event, { minLength: 2, maxLength: 14 });
  const property = fc.asyncProperty(fc.scheduler(), events, fc.array(fc.boolean(), { maxLength: 8 }), attack);
  await fc.assert(property, { numRuns: either(500, 10) });
}, 600_000);
