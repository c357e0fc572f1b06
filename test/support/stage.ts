/** What tests of the gate and of tools share: tools called as the server calls them, without a server. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type * as z from 'zod';
import type { Endpoint } from '../../src/api/auth.ts';
import type { NumbersClient } from '../../src/api/client.ts';
import type { OpenBrowser } from '../../src/approval/channels/browser.ts';
import {
  type Caller as Asker,
  CannotAskError,
  type FormAnswer,
} from '../../src/approval/channels/channel.ts';
import type { PageReach } from '../../src/approval/channels/pages.ts';
import { createGate, type Gate } from '../../src/approval/gate.ts';
import { createLimits, type LimitSettings } from '../../src/approval/limits.ts';
import type { ConfirmMode } from '../../src/approval/mode.ts';
import { gatedOperations } from '../../src/approval/operations/index.ts';
import { type GateResult, gateResult } from '../../src/approval/outcome.ts';
import type { Question } from '../../src/approval/question.ts';
import { type CallbackInbox, createInbox, type InboxOptions } from '../../src/callbacks/service.ts';
import type { Login } from '../../src/identity/login.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createLogger, type Logger } from '../../src/lib/log.ts';
import type { Sources } from '../../src/resources/resources.ts';
import { type ManualClock, manualClock } from '../../src/simulator/clock.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { createMemoryPlace, createMemoryStore, type MemoryPlace } from '../../src/storage/memory.ts';
import { createOrderBook, type OrderBook } from '../../src/storage/order-book.ts';
import type { Store } from '../../src/storage/store.ts';
import { tools } from '../../src/tools/index.ts';
import { runTool } from '../../src/tools/run.ts';
import type { Progress, Tool, ToolContext, ToolResult } from '../../src/tools/tool.ts';
import { connect, endpointAt, fastClock, OFFERED, simulate, type WatchedSimulator } from '../api/support.ts';
import { send } from '../callbacks/support.ts';
import { onEnd } from './lifetime.ts';

export const START = Date.UTC(2026, 0, 15, 12);
/** Longer than a provisioning job of the simulator takes, in milliseconds. */
export const JOB_MS = 10_000;

export const LIMIT_VARIABLES = {
  price: 'MAX_PRICE',
  setup: 'MAX_SETUP',
  rents: 'MAX_RENTS',
  regions: 'REGIONS',
};

/** A clock whose sleeps last until it is advanced. */
export interface SteppedClock extends Clock {
  /** Moves on, and lets everything that falls due run, in order. */
  advance(ms: number): Promise<void>;
  /** How many sleeps have not ended. */
  sleeping(): number;
}

export function steppedClock(start = START): SteppedClock {
  let now = start;
  const sleepers = new Set<{ at: number; wake: () => void }>();

  return {
    now: () => now,
    sleeping: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        const fail = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          at: now + ms,
          wake: () => {
            signal?.removeEventListener('abort', fail);
            resolve();
          },
        };
        if (signal?.aborted) return fail();
        signal?.addEventListener('abort', fail);
        sleepers.add(sleeper);
      }),
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = [...sleepers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        sleepers.delete(next);
        now = next.at;
        next.wake();
        await new Promise(setImmediate);
      }
      now = until;
    },
  };
}

/** The person at a client that can show forms. */
export interface Person {
  readonly elicit: NonNullable<Asker['elicit']>;
  /** What was asked, in order. */
  readonly questions: readonly Question[];
  /** Aborts when the form is withdrawn; one for each question. */
  readonly forms: readonly AbortSignal[];
  /** Resolves at the first question. */
  readonly asked: Promise<Question>;
}

/** @param answer gives the answer to each question; a promise may take its time, or never come */
export function personWho(answer: (question: Question) => FormAnswer | Promise<FormAnswer>): Person {
  const questions: Question[] = [];
  const forms: AbortSignal[] = [];
  let tellAsked: (question: Question) => void = () => {};
  const asked = new Promise<Question>((resolve) => {
    tellAsked = resolve;
  });
  return {
    questions,
    forms,
    asked,
    elicit: async (question, form) => {
      questions.push(question);
      forms.push(form);
      tellAsked(question);
      return answer(question);
    },
  };
}

/** A person who answers every question as it asks to. */
export function agreeable(): Person {
  return personWho(({ field, answer }) => ({ action: 'accept', content: { [field]: answer } }));
}

/** How long a person takes to read a question, in milliseconds: an answer that comes sooner is none of theirs. */
const READING_MS = 2_000;

/** A person who reads each question before they answer it. */
export function reader(
  { clock }: Pick<Stage, 'clock'>,
  answer: (question: Question) => FormAnswer | Promise<FormAnswer>,
): Person {
  return personWho(async (question) => {
    await clock.advance(READING_MS);
    return answer(question);
  });
}

/** A person who never answers. */
export function absent(): Person {
  return personWho(() => new Promise(() => {}));
}

/** A person who takes their time: the test replies for them. */
export function slow(): Person & { reply(form: FormAnswer): void } {
  let reply: (form: FormAnswer) => void = () => {};
  const form = new Promise<FormAnswer>((resolve) => {
    reply = resolve;
  });
  return { ...personWho(() => form), reply };
}

/** What a caller of a tool may bring along. */
export interface Caller extends Partial<Asker> {
  /** Whether results reach it; by default those of calls that it did not cancel do. */
  readonly isListening?: boolean;
  /** Is told how far the call is. */
  readonly onProgress?: Progress;
}

export interface Stage {
  readonly simulator: WatchedSimulator;
  /** The simulator's time: provisioning, expiry. */
  readonly time: ManualClock;
  /** The gate's time: patience, tokens, limits. */
  readonly clock: SteppedClock;
  readonly numbers: NumbersClient;
  readonly callbacks: CallbackInbox;
  readonly store: Store;
  readonly place: MemoryPlace;
  readonly changes: Store['changes'];
  readonly history: Sources['history'];
  readonly orders: OrderBook;
  readonly gate: Gate;
  call(tool: string, args?: unknown, caller?: Caller): Promise<ToolResult>;
  /** A call of a gated tool: its structured answer, and whether it is an error. */
  ask(tool: string, args?: unknown, caller?: Caller): Promise<GateResult & { isError: boolean }>;
  /** The requests that arrived and were no reads, e.g. `POST /activeNumbers/+12025550134:release`. */
  sent(): string[];
}

export interface StageOptions extends Omit<SimulatorOptions, 'clock' | 'onRequest'> {
  readonly mode?: ConfirmMode;
  /** Whether updates that cut off what works ask; by default they do. */
  readonly confirmUpdates?: boolean;
  readonly limits?: Partial<LimitSettings>;
  /** Time for one call of the API, in milliseconds. */
  readonly budgetMs?: number;
  /** Where the client takes the API to be, and with which key; by default the simulator and its own. */
  readonly endpoint?: (simulator: Endpoint) => Endpoint;
  /** What settlements sleep on; by default their pauses pass at once. */
  readonly pauses?: Clock;
  /** Where the store is, for stages that share one; by default a place of its own. */
  readonly place?: MemoryPlace;
  /** Stands between the gate and its store. */
  readonly store?: (own: Store) => Store;
  /** Stands between the gate and the API. */
  readonly numbers?: (own: NumbersClient) => NumbersClient;
  /** The gate's time, for stages that share one. */
  readonly clock?: SteppedClock;
  /** What shows an approval page; by default no browser can be opened. */
  readonly openBrowser?: OpenBrowser;
  /** From where pages can be seen; by default from this machine. */
  readonly reach?: PageReach;
  /** How people sign in to pages; by default nobody does. */
  readonly login?: Login;
  /** The gate's log; by default nobody reads it. */
  readonly log?: Logger;
  /** The folder that files are uploaded from; by default there is none. */
  readonly attachmentsDir?: string;
  /** How events are received; by default there is no receiver. */
  readonly inbox?: Partial<InboxOptions>;
}

/** A simulator without rented numbers, unless told otherwise, and all tools in front of it. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const { mode = 'auto', confirmUpdates = true, limits = {}, budgetMs, endpoint, inbox, ...others } = options;
  const { attachmentsDir, ...rest } = others;
  const {
    pauses = fastClock(),
    place = createMemoryPlace(),
    store: wrapStore = (own) => own,
    numbers: wrapNumbers = (own) => own,
    clock = steppedClock(),
    openBrowser = noBrowser,
    reach = 'this machine',
    login,
    log = createLogger('error', () => {}),
    ...simulated
  } = rest;
  const time = manualClock(START);
  const simulator = await simulate({ active: 0, ...simulated, clock: time });
  const own = endpointAt(simulator);
  const client = connect(own, {
    ...(budgetMs !== undefined && { budgetMs }),
    ...(endpoint && { endpoint: async () => endpoint(own) }),
  });
  const numbers = wrapNumbers(client);
  const store = wrapStore(createMemoryStore(clock, place));
  const gate = createGate({
    operations: gatedOperations(confirmUpdates),
    mode,
    limits: createLimits({ maxRentsPerDay: 20, variables: LIMIT_VARIABLES, ...limits }),
    store,
    openBrowser,
    ...{ reach, login },
    numbers,
    projectId: async () => (endpoint?.(own) ?? own).projectId,
    clock,
    pauses,
    log,
  });
  onTestFinished(async () => {
    await gate.close();
    await store.close();
  });
  const callbacks = await openInbox(pauses, { events: store.events, ...inbox });

  const projectId = async () => (endpoint?.(own) ?? own).projectId;
  const orders = createOrderBook({ orders: store.orders, projectId, now: pauses.now, log });
  const history: Stage['history'] = async (query) =>
    store.journal.history((endpoint?.(own) ?? own).projectId, query);

  async function call(name: string, args: unknown = {}, caller: Caller = {}): Promise<ToolResult> {
    const { onProgress: progress, isListening = true, ...asking } = caller;
    const asker: Asker = { id: 'caller', signal: new AbortController().signal, ...asking };
    const { signal } = asker;
    const { operations } = gate;
    const confirm: ToolContext['confirm'] = (...call) => gate.confirm(asker, ...call);
    const confirmBatch: ToolContext['confirmBatch'] = (...call) => gate.confirmBatch(asker, ...call);
    const asked = { operations, confirm, confirmBatch };
    const keep: ToolContext['orders']['keep'] = (order, created) => orders.keep(order, asker.id, created);
    const reading = { numbers, callbacks, history, orders: { ...orders, keep }, attachmentsDir };
    const context = { ...reading, ...asked, clock: pauses, progress, signal };
    const result = await runTool(toolNamed(name), args, context);
    if (isListening && !signal.aborted) result.onDelivered?.();
    return result;
  }

  return {
    simulator,
    time,
    clock,
    numbers,
    store,
    place,
    changes: store.changes,
    history,
    orders,
    callbacks,
    gate,
    call,
    async ask(name, args, caller) {
      const result = await call(name, args, caller);
      return { ...gateResult.parse(result.structured), isError: result.isError ?? false };
    },
    sent: () => simulator.requests.filter((request) => /^(?!GET |POST \/oauth2)/.test(request)),
  };
}

/** A second server of the same project beside a first one: another handle on its store, the same API and time. */
export function openBeside({ place, clock, simulator }: Stage, options: StageOptions = {}): Promise<Stage> {
  return openStage({ place, clock, endpoint: () => endpointAt(simulator), ...options });
}

/** A browser that shows nothing, and keeps the addresses that it is given. */
export function recordingBrowser() {
  const pages: string[] = [];
  const events = new EventEmitter();
  const open: OpenBrowser = async (url) => {
    pages.push(url);
    events.emit('page');
  };
  /** Waits for the n-th page, counted from 1. */
  async function page(n = 1): Promise<string> {
    while (pages.length < n) await once(events, 'page');
    return pages[n - 1] ?? '';
  }
  return { open, pages, page };
}

/** Presses a button of an approval page. */
export function decide(page: string, decision: string, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return send(page, { body: `decision=${decision}`, headers: { ...type, ...headers } });
}

async function noBrowser(): Promise<never> {
  throw new CannotAskError('no browser can be opened: this is a test');
}

/** An inbox in a folder of its own, without a receiver unless it is given a port, until the test is over. */
export async function openInbox(clock: Clock, options: Partial<InboxOptions> = {}): Promise<CallbackInbox> {
  const log = createLogger('error', () => {});
  const events = options.events ?? openEvents(clock);
  const inbox = createInbox({
    readSecret: async () => undefined,
    mask: async () => undefined,
    projectId: async () => undefined,
    clock,
    log,
    ...options,
    events,
  });
  onTestFinished(() => inbox.close());
  await inbox.start();
  return inbox;
}

function openEvents(clock: Clock) {
  return createMemoryStore(clock).events;
}

/** The address of an inbox's receiver. */
export function receiverUrl({ status }: CallbackInbox): string {
  const { url } = status();
  if (url === undefined) throw new Error('there is no receiver');
  return url;
}

/** A new folder, deleted when the test is over, or those that share it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sinch-numbers-test-'));
  onEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export function toolNamed(name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return tool;
}

/** The token of an answer that waits for a yes. */
export function tokenOf({ confirmation }: GateResult): string {
  if (confirmation === undefined) throw new Error('there is no token');
  return confirmation.token;
}

/** The structured part of a result, as this schema reads it. */
export function structuredAs<S extends z.ZodType>(schema: S, { structured }: ToolResult): z.output<S> {
  return schema.parse(structured);
}

export function linesOf({ text }: ToolResult): string[] {
  return text.split('\n');
}

/** A rented number linked to a service plan, its provisioning done. */
export function rentLinked(
  { simulator, time }: Pick<Stage, 'simulator' | 'time'>,
  phoneNumber: string,
  servicePlanId = 'plan-a',
): void {
  simulator.project.rent(phoneNumber, { sms: { servicePlanId } });
  time.advance(JOB_MS);
}

/** A number that {@link openRentedStage} rents. Like `OFFERED` it is US LOCAL. */
export const RENTED = '+12025550136';

/** One call of each tool that needs a yes, what a person must type for it, and the request that it makes. */
export const GATED_CALLS = [
  {
    tool: 'rent_number',
    args: { phoneNumber: OFFERED },
    field: 'lastFourDigits',
    answer: '0134',
    request: `POST /availableNumbers/${OFFERED}:rent`,
  },
  {
    tool: 'rent_any_number',
    args: { regionCode: 'US', type: 'LOCAL' },
    field: 'confirm',
    answer: 'RENT',
    request: 'POST /availableNumbers:rentAny',
  },
  {
    tool: 'release_number',
    args: { phoneNumber: RENTED },
    field: 'lastFourDigits',
    answer: '0136',
    request: `POST /activeNumbers/${RENTED}:release`,
  },
] as const;

/** A stage on which every one of {@link GATED_CALLS} can be carried out. */
export async function openRentedStage(options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(options);
  rentLinked(stage, RENTED);
  return stage;
}

/** A client that declared elicitation and turns out not to know it. */
export function incapable(): Person {
  return personWho(() => Promise.reject(new CannotAskError('method not found')));
}
