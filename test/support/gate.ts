/** What tests of the gate share: a call of each operation that asks, and how a call stands that does not end. */
import { onTestFinished } from 'vitest';
import type { NumbersClient } from '../../src/api/client.ts';
import type { GateResult } from '../../src/approval/outcome.ts';
import type { Question } from '../../src/approval/question.ts';
import { type Approval, type Store, StoreError } from '../../src/storage/store.ts';
import { OFFERED_TOO } from '../api/support.ts';
import { type Deferred, deferred } from '../e2e/harness.ts';
import {
  type Caller,
  GATED_CALLS,
  openRentedStage,
  type Person,
  personWho,
  RENTED,
  reader,
  recordingBrowser,
  rentLinked,
  type Stage,
  type StageOptions,
} from './stage.ts';

export const [RENT, RENT_ANY, RELEASE] = GATED_CALLS;
export const HOUR = 3_600_000;
/** How long a person is waited for, and how long a question or grant counts with nobody waiting. */
export const PATIENCE = 50_000;
export const LIFETIME = 5 * 60_000;
/** A second rented number, for calls that are not about {@link RENTED}. */
export const RENTED_TOO = '+12025550137';

/** A call of an operation that asks, and what goes with it. */
export interface AskedCall {
  readonly tool: string;
  readonly args: object;
  /** Another call of the same tool. */
  readonly other: object;
  readonly field: string;
  readonly answer: string;
  readonly request: string;
  /** What an agent is told to look at where nobody knows what came of it. */
  readonly check: string;
}

/** Unlinks what works: see {@link openRentedStage}. */
export const UNLINK: AskedCall = {
  tool: 'update_active_number',
  args: { phoneNumber: RENTED, smsConfiguration: { servicePlanId: '' } },
  other: { phoneNumber: RENTED_TOO, smsConfiguration: { servicePlanId: '' } },
  field: 'lastFourDigits',
  answer: '0136',
  request: `PATCH /activeNumbers/${RENTED}`,
  check: `get_active_number ${RENTED}`,
};

export const REPLACE: AskedCall = {
  tool: 'update_callback_configuration',
  args: { hmacSecret: '0123456789abcdef0123456789abcdef' },
  other: { hmacSecret: '0123456789abcdef0123456789abcdee' },
  field: 'confirm',
  answer: 'REPLACE',
  request: 'PATCH /callbackConfiguration',
  check: 'get_callback_configuration',
};

/** One call of each operation that asks. */
export const ASKED_CALLS: readonly AskedCall[] = [
  { ...RENT, other: { phoneNumber: OFFERED_TOO }, check: `get_active_number ${RENT.args.phoneNumber}` },
  { ...RENT_ANY, other: { ...RENT_ANY.args, capabilities: ['SMS'] }, check: 'list_active_numbers' },
  { ...RELEASE, other: { phoneNumber: RENTED_TOO }, check: `get_active_number ${RENTED}` },
  UNLINK,
  REPLACE,
];

/** A stage on which every one of {@link ASKED_CALLS} can be carried out, and its other call too. */
export async function openGate(options: StageOptions = {}): Promise<Stage> {
  const stage = await openRentedStage(options);
  rentLinked(stage, RENTED_TOO);
  return stage;
}

/** {@link openGate} with a browser that keeps the addresses of its pages, and an API whose answers can be held back. */
export async function openPaged(options: StageOptions = {}) {
  const browser = recordingBrowser();
  const { numbers, ...answers } = heldAnswers();
  const stage = await openGate({ openBrowser: browser.open, numbers, ...options });
  return { ...stage, ...browser, ...answers };
}
export type Paged = Awaited<ReturnType<typeof openPaged>>;

/** Holds back what the API answers, until it is released. */
function heldAnswers() {
  let held: Deferred<void> | undefined;
  let operation = '';
  let answers = 0;
  const numbers = (own: NumbersClient): NumbersClient => ({
    ...own,
    async call(called, ...rest) {
      const answer = own.call(called, ...rest);
      if (held === undefined || !called.operationId.endsWith(operation)) return answer;
      const { promise } = held;
      await answer.catch(() => {});
      answers++;
      await promise;
      return answer;
    },
  });
  return {
    numbers,
    /** From now on, the answers to this operation. @returns what waits until so many are there */
    hold(name: string): (count?: number) => Promise<void> {
      [held, operation, answers] = [deferred(), name, 0];
      return (count = 1) => until(() => answers >= count);
    },
    release(): void {
      held?.resolve();
      held = undefined;
    },
  };
}

/** The right answer to a question. */
export function yes({ field, answer }: Question) {
  return { action: 'accept', content: { [field]: answer } };
}

/** A person who takes their time, and says no. */
export function decliner(stage: Pick<Stage, 'clock'>): Person {
  return reader(stage, () => ({ action: 'decline' }));
}

/** A client that declines each form before a person can have read it. */
export function blindClient(): Person {
  return personWho(() => ({ action: 'decline' }));
}

/** Cancels as a person does, or as a client does that has waited for too long. */
export const WITHDRAWN = 'not needed any more';
export const TIMED_OUT = new Error('MCP error -32001: Request timed out');

/** A caller whose calls can be cancelled. */
export function cancellable(caller: Caller = {}) {
  const controller = new AbortController();
  return {
    caller: { ...caller, signal: controller.signal },
    cancel: (why: unknown) => controller.abort(why),
  };
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}

/** Resolves once it is so; looks each time that anything may have happened. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`it did not come to this: ${isSo}`);
    await new Promise(setImmediate);
  }
}

/** Resolves when this many calls wait for a person. */
export async function waiting({ clock }: Pick<Stage, 'clock'>, calls = 1): Promise<void> {
  await until(() => clock.sleeping() >= calls);
  await settle();
}

/** Resolves when this many calls wait for a page that is open. */
export async function paged(stage: Paged, calls = 1): Promise<string> {
  await waiting(stage, calls);
  return stage.page(stage.pages.length || 1);
}

/** Ends the wait of a call for its page: the page stays. */
export async function leavePage(stage: Paged, call: Promise<GateResult>): Promise<GateResult> {
  await paged(stage);
  await stage.clock.advance(PATIENCE);
  return call;
}

/** The entries of a stage's journal, newest first, in the words of its lines. */
export async function journalOf({ history }: Stage) {
  const { entries } = await history({ limit: 100 });
  return entries.map(({ intent, outcome }) => ({ ...intent, outcome }));
}

/** The approvals of a stage as they change, newest last. */
export function watchApprovals({ store }: Pick<Stage, 'store'>): readonly Approval[] {
  const seen: Approval[] = [];
  onTestFinished(store.approvals.subscribe((approval) => seen.push(approval)));
  return seen;
}

/** A store of which some calls fail, as those of a full disk do, while `isBroken` says so. */
export function brokenStore(part: 'begin' | 'end' | 'check' | 'get' | 'conclude', isBroken: () => boolean) {
  const fail = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (isBroken()) throw new StoreError('ENOSPC: no space left on device');
      return call(...args);
    };
  };
  return (own: Store): Store => {
    const { journal, approvals } = own;
    if (part === 'get') return { ...own, approvals: { ...approvals, get: fail(approvals.get) } };
    if (part === 'conclude')
      return { ...own, approvals: { ...approvals, conclude: fail(approvals.conclude) } };
    return { ...own, journal: { ...journal, [part]: fail<never[], unknown>(journal[part]) } };
  };
}
