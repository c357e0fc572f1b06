import type { NumbersClient } from '../api/client.ts';
import { isNumbersError, MissingCredentialsError } from '../api/errors.ts';
import type { Login } from '../identity/login.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { type Store, StoreError } from '../storage/store.ts';
import { createAsking } from './asking.ts';
import { createBatch } from './batch.ts';
import type { BatchOperation } from './batch-operation.ts';
import type { BatchResult } from './batch-result.ts';
import { answerCall, type Call, type Carrier } from './call.ts';
import type { OpenBrowser } from './channels/browser.ts';
import type { Caller } from './channels/channel.ts';
import { createFormChannel } from './channels/form.ts';
import { createLinkChannel } from './channels/link.ts';
import { createPageChannel } from './channels/page.ts';
import { createPages, type PageReach } from './channels/pages.ts';
import { createLedger } from './ledger.ts';
import type { Limits } from './limits.ts';
import { refuseWithoutJournal } from './messages.ts';
import type { ConfirmMode } from './mode.ts';
import { createNews } from './news.ts';
import type { GatedOperation, OperationContext } from './operation.ts';
import { type GatedOperations, operationWithId } from './operations/index.ts';
import type { GateResult, Stakes } from './outcome.ts';
import { recover } from './recovery.ts';
import { createSingle } from './single.ts';

/** What a call is answered. */
export interface Answer<R = GateResult> {
  readonly result: R;
  /** Numbers that it changed, or may have, where the result does not name them. */
  readonly changed?: readonly string[];
  /** To be called once the caller has received it: an undelivered answer is replayed to the same call, repeated. */
  readonly onDelivered?: () => void;
}

export interface Gate {
  readonly operations: GatedOperations;
  /**
   * Asks for a yes where one is needed and, with it, carries the operation out once. The same call of the same caller
   * continues where the one before left off: still asked, granted meanwhile, carried out with nobody listening.
   * @param token from `confirmation_required`
   * @throws {NumbersError} where the stakes cannot be read, or the caller cancels: nothing was sent
   */
  confirm<I extends object, S extends Stakes>(
    caller: Caller,
    operation: GatedOperation<I, S>,
    input: I,
    token?: string,
  ): Promise<Answer>;
  /** The same for an operation on many numbers, with one yes for all. */
  confirmBatch<I extends object>(
    caller: Caller,
    operation: BatchOperation<I>,
    input: I,
    token?: string,
  ): Promise<Answer<GateResult | BatchResult>>;
  /**
   * Settles what an earlier process sent and did not live to see answered. Calls wait for it the first time; then it
   * may be done again while they go on, for what other processes leave behind.
   */
  recover(): Promise<void>;
  /** Answers a request for an approval page, where these are served under an origin of others. */
  page(request: Request): Promise<Response>;
  /** Nobody is left to agree to anything: questions that are open expire. */
  forgetQuestions(): Promise<void>;
  /** Ends once what was confirmed and sent has come to its end. */
  close(): Promise<void>;
}

export interface GateOptions {
  readonly operations: GatedOperations;
  readonly mode: ConfirmMode;
  /** Stands before each question, where it is not about real numbers and money. */
  readonly notice?: string | undefined;
  readonly limits: Limits;
  readonly store: Store;
  readonly openBrowser: OpenBrowser;
  /** From where approval pages can be seen; by default from this machine. */
  readonly reach?: PageReach;
  /** How people sign in to these; undefined where nobody does. */
  readonly login?: Login | undefined;
  readonly numbers: NumbersClient;
  /** @throws {MissingCredentialsError} */
  readonly projectId: () => Promise<string>;
  readonly clock: Clock;
  /** What passes between two readings of a state that has to settle; by default the clock. */
  readonly pauses?: Clock;
  readonly log: Logger;
}

export function createGate(options: GateOptions): Gate {
  const { operations, store, numbers, projectId, clock, pauses = clock, log } = options;
  const { approvals, journal } = store;
  const asking = createAsking(approvals, clock);
  const form = createFormChannel({ approvals, clock });
  const { reach = 'this machine', login, openBrowser } = options;
  const pages = createPages({ approvals, reach, login, isAwaited: asking.isAwaited, clock, log });
  const link = createLinkChannel({ approvals, pages, clock });
  const page = createPageChannel(pages, openBrowser);
  const ledger = createLedger(approvals, clock, log);
  const parts = {
    ...options,
    ...{ asking, ledger, channels: [form, link, page] },
    settleLeft: settleOpenIntents,
  };
  const news = createNews();
  const ending = new AbortController();
  let recovery: Promise<void> | undefined;

  function contextFor({ signal }: Caller): OperationContext {
    const recent = async () => journal.recent(await projectId());
    const knownOrder = async (numberOrderId: string) =>
      (await store.orders.list(await projectId())).find(({ id }) => id === numberOrderId);
    return { numbers, events: store.events, recent, knownOrder, clock: pauses, signal };
  }

  async function settleOpenIntents(): Promise<void> {
    try {
      await recover({
        ...{ store, projectId: await projectId(), clock, log, stop: ending.signal, tell: news.add },
        operationWithId: (id) => operationWithId(operations, id),
        context: { numbers, clock: pauses },
      });
    } catch (error) {
      // Each call says so.
      if (error instanceof MissingCredentialsError) return;
      const isExpected = error instanceof StoreError || isNumbersError(error);
      log[isExpected ? 'warn' : 'error'](`journal: ${isExpected ? error.message : String(error)}`);
    }
  }

  function callOf<O, I>(caller: Caller, operation: O, input: I) {
    return { caller, operation, input, context: contextFor(caller), startedAt: clock.now() };
  }

  async function answered<I extends object, S extends Stakes, R extends { message: string }>(
    call: Call<I, S>,
    carrier: Carrier<S, R>,
    token: string | undefined,
  ): Promise<Answer<GateResult | R>> {
    await recovery;
    const answer = await answerCall(call, carrier, parts, token).catch(
      (error: unknown): Answer<GateResult> => {
        if (error instanceof StoreError) return { result: refuseWithoutJournal(error) };
        throw error;
      },
    );
    const { result } = answer;
    return { ...answer, result: { ...result, message: news.appendTo(result.message) } };
  }

  return {
    operations,
    recover() {
      const settling = settleOpenIntents();
      recovery ??= settling;
      return settling;
    },
    async confirm(caller, operation, input, token) {
      const call = callOf(caller, operation, input);
      return answered(call, createSingle(call, operation, parts), token);
    },
    async confirmBatch(caller, operation, input, token) {
      const call = callOf(caller, operation, input);
      return answered(call, createBatch(call, operation, parts), token);
    },
    page: pages.fetch,
    forgetQuestions: () => pages.close(),
    async close() {
      ending.abort();
      await pages.close();
      await ledger.idle();
    },
  };
}
