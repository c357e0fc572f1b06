import { createHash, randomBytes } from 'node:crypto';
import { CancelledError } from '../api/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Approval } from '../storage/store.ts';
import { type Asking, isWithdrawn } from './asking.ts';
import {
  type Caller,
  CannotAskError,
  type Channel,
  LIFETIME_MS,
  TooManyQuestionsError,
} from './channels/channel.ts';
import { digest } from './digest.ts';
import type { Answer, GateOptions } from './gate.ts';
import type { Ledger } from './ledger.ts';
import { RENTS_WINDOW_MS } from './limits.ts';
import {
  decline,
  refuse,
  refuseByLimit,
  refuseToken,
  refuseWithoutPerson,
  waitForPage,
  waitForToken,
} from './messages.ts';
import type { AskableOperation, OperationContext, Quote } from './operation.ts';
import type { GateResult, Stakes } from './outcome.ts';
import type { Question } from './question.ts';

/** One call of one caller: whose it is, and what it asks for. */
export interface Call<I extends object, S extends Stakes> {
  readonly caller: Caller;
  readonly operation: AskableOperation<I, S>;
  readonly input: I;
  readonly context: OperationContext;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** What a call's yes is used for. `R` is what comes of it. */
export interface Carrier<S extends Stakes, R> {
  /** What it sends, one at a time in a project. */
  readonly takesTurn: boolean;
  /**
   * Carries out what was agreed to.
   * @param approval undefined where nothing had to be asked
   */
  carryOut(stakes: S, rents: number, approval?: Approval): Promise<Answer<R>>;
  /** With an approval that is spent already: what came of it, after what is left of it was carried out. */
  resume(approval: Approval): Promise<Answer<R>>;
}

interface CallParts
  extends Pick<GateOptions, 'mode' | 'notice' | 'limits' | 'store' | 'projectId' | 'clock'> {
  readonly asking: Asking;
  readonly ledger: Ledger;
  /** The ways to a person, best first. */
  readonly channels: readonly Channel[];
  readonly log: Logger;
}

/** How often a person is asked about one call whose terms keep moving. */
const MAX_ROUNDS = 3;

/**
 * Takes a call from wherever the same one left off to its answer: replayed, asked, granted, sent.
 * @param token from `confirmation_required`
 * @throws {NumbersError} where the stakes cannot be read, or the caller cancels: nothing was sent
 * @throws {StoreError} nothing was sent
 */
export async function answerCall<I extends object, S extends Stakes, R>(
  call: Call<I, S>,
  carrier: Carrier<S, R>,
  parts: CallParts,
  token: string | undefined,
): Promise<Answer<GateResult | R>> {
  const { caller, operation, input, context } = call;
  const { mode, notice, limits, store, projectId, clock, asking, ledger, channels, log } = parts;
  const { approvals, journal } = store;
  const { tool } = operation;
  // Projects may share one store, and a caller be known in each of them: a decision is about one account.
  const callDigest = digest([await projectId(), tool, input]);
  const termsOf = (stakes: S) => digest(operation.terms(stakes));
  const shown = (stakes: S) => operation.shown?.(stakes) ?? stakes;

  /** What is stored of a question. */
  function questionOf(stakes: S) {
    const subject = operation.subject?.(stakes);
    const terms = termsOf(stakes);
    return { caller: caller.id, tool, call: callDigest, terms, ...(subject && { subject }) };
  }

  /**
   * The quote, if the limits allow what it is about.
   * @param open the question that was put, where there is one
   */
  async function quoted(
    open?: Approval,
  ): Promise<Exclude<Quote<S>, { refusal: string }> | { refused: GateResult }> {
    const again = open?.subject && (await operation.quoteAgain?.(input, open.subject, context));
    const quote = again ?? (await operation.quote(input, context));
    if ('refusal' in quote) return { refused: refuse(quote.refusal) };
    if ('harmless' in quote || quote.offers === undefined) return quote;
    const made = await journal.countRents(await projectId(), RENTS_WINDOW_MS);
    const isFull = made + (quote.rents ?? 1) > limits.maxRentsPerDay;
    const limit =
      limits.refusal(quote.offers, quote.rents !== undefined) ??
      (isFull ? limits.countRefusal(made, quote.rents) : undefined);
    return limit === undefined ? quote : { refused: refuseByLimit(limit, shown(quote.stakes)) };
  }

  /** A question as it is put, with what must be known before it is read. */
  function questionFor(stakes: S, hasMoved: boolean): Question {
    const question = operation.question(input, stakes, context);
    const before = [notice, hasMoved && 'The terms have changed since the last question.'];
    return { ...question, headline: [...before, question.headline].filter(Boolean).join('\n') };
  }

  /** Asks by the first way that reaches a person; `moved` where the terms have changed since they agreed. */
  async function ask(stakes: S, question: Question): Promise<Answer<GateResult | R> | 'moved'> {
    const problems: string[] = [];
    for (const channel of mode === 'token' ? [] : channels) {
      try {
        return await askBy(channel, stakes, question);
      } catch (error) {
        if (error instanceof TooManyQuestionsError)
          return { result: decline('too many questions', shown(stakes)) };
        if (!(error instanceof CannotAskError)) throw error;
        log.info(`${tool}: ${error.message}`);
        // Only to whoever runs this server: the agent must not learn how to turn a way off.
        if (channel.by === 'elicitation' && caller.elicit)
          log.info('SINCH_NUMBERS_CONFIRM=token asks no form of a client that shows none');
        problems.push(error.message);
      }
    }
    if (mode !== 'human') return askByToken(stakes, question);
    return { result: refuseWithoutPerson(problems, shown(stakes)) };
  }

  async function askBy(
    channel: Channel,
    stakes: S,
    question: Question,
  ): Promise<Answer<GateResult | R> | 'moved'> {
    const expiresAt = clock.now() + 2 * LIFETIME_MS;
    const { approval, isNew } = await approvals.ask({
      ...questionOf(stakes),
      ...{ channel: channel.by, expiresAt },
    });
    last = approval;
    if (approval.state !== 'asked') return afterDecision(approval, stakes);
    // One that was asked before must not expire while this call waits for it.
    if (!isNew) await approvals.update(approval.id, { channel: channel.by, expiresAt });
    const decided = await asking.ask(approval, channel, question, caller);
    if (decided?.state === 'asked') return { result: waitForPage(tool, question, shown(stakes), channel.by) };
    return afterDecision(decided, stakes);
  }

  /** No form and no page: returns a single-use token. */
  async function askByToken(stakes: S, question: Question): Promise<Answer<GateResult | R> | 'moved'> {
    const secret = randomBytes(24).toString('base64url');
    const expiresAt = clock.now() + LIFETIME_MS;
    const { approval } = await approvals.ask({
      ...questionOf(stakes),
      ...{ channel: 'token', tokenHash: hashOf(secret), expiresAt },
    });
    if (approval.state !== 'asked') return afterDecision(approval, stakes);
    return { result: waitForToken(tool, question, shown(stakes), secret, expiresAt) };
  }

  /** The answer to a decision that was made; `moved` where it was about other terms. */
  async function afterDecision(
    approval: Approval | undefined,
    stakes: S,
  ): Promise<Answer<GateResult | R> | 'moved'> {
    switch (approval?.state) {
      case 'granted':
        return fulfil(approval);
      case 'spent':
        return carrier.resume(approval);
      case 'declined':
        return ledger.answer(decline(approval.reason, shown(stakes)), approval);
      default:
        return { result: decline(approval?.reason, shown(stakes)) };
    }
  }

  /** With a grant in hand: sends, if the terms are still those that were agreed to. */
  async function fulfil(approval: Approval): Promise<Answer<GateResult | R> | 'moved'> {
    /** Ends a grant that cannot be used. Another call may have used it: then what was read is the effect of that. */
    async function giveUp<A>(reason: string, answer: A): Promise<A | Answer<R>> {
      if (await ledger.expire(approval, reason)) return answer;
      const now = await approvals.get(approval.id);
      return now?.state === 'spent' ? carrier.resume(now) : answer;
    }
    const run = async () => {
      const quote = await quoted(approval);
      if ('refused' in quote) return giveUp('refused', { result: quote.refused });
      const stakes = 'stakes' in quote ? quote.stakes : quote.harmless;
      if (termsOf(stakes) !== approval.terms) return giveUp('superseded', 'moved' as const);
      return carrier.carryOut(stakes, rentsOf(quote), approval);
    };
    try {
      if (!carrier.takesTurn) return await run();
      return await store.withTurn(await projectId(), run, caller.signal);
    } catch (error) {
      if (isWithdrawn(caller.signal)) await ledger.expire(approval, 'cancelled');
      // The wait for a turn ends with the signal's reason, whatever that is.
      throw caller.signal.aborted && error === caller.signal.reason ? new CancelledError() : error;
    }
  }

  async function byToken(secret: string): Promise<Answer<GateResult | R> | 'moved'> {
    const approval = await approvals.findByToken(hashOf(secret));
    const refusal = tokenRefusal(approval);
    if (refusal !== undefined || approval === undefined) return { result: refuseToken(refusal ?? 'unknown') };
    const { id, expiresAt } = approval;
    await approvals.decide(id, { state: 'granted', channel: 'token', expiresAt });
    const now = await approvals.get(id);
    if (now?.state === 'spent') return carrier.resume(now);
    return now?.state === 'granted' ? fulfil(now) : { result: refuseToken('expired') };
  }

  /** Why a token does not grant this call; undefined where it does. */
  function tokenRefusal(approval: Approval | undefined): string | undefined {
    if (mode === 'human') return 'not accepted: this server wants the answer of a person';
    if (approval === undefined || approval.caller !== caller.id) return 'unknown or already used';
    if (approval.call !== callDigest) return 'issued for another call';
    if (approval.state === 'spent') return `already used (${ledger.summaryOf(approval)})`;
    return approval.state === 'expired' || approval.state === 'declined' ? 'expired' : undefined;
  }

  /** What came of the question that this call began with, where the same call has carried it out meanwhile. */
  async function outcomeMeanwhile(): Promise<Answer<R> | undefined> {
    const now = last && (await approvals.get(last.id));
    return now?.state === 'spent' ? carrier.resume(now) : undefined;
  }

  const found = await approvals.find(caller.id, callDigest);
  const earlier = found && !ledger.isBeingDelivered(found) ? found : undefined;
  /** The question that this call is about, or was last. */
  let last = earlier;
  if (earlier?.state === 'spent') return carrier.resume(earlier);
  let hasMoved = false;
  if (token !== undefined) {
    const answer = await byToken(token);
    if (answer !== 'moved') return answer;
    hasMoved = true;
  } else if (earlier?.state === 'declined') {
    return ledger.answer(decline(earlier.reason), earlier);
  }
  await journal.check();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const isOpen = earlier?.state === 'asked' || earlier?.state === 'granted';
    const quote = await quoted(isOpen && round === 0 ? earlier : undefined);
    const meanwhile = await outcomeMeanwhile();
    if (meanwhile !== undefined) return meanwhile;
    if ('refused' in quote) return { result: quote.refused };
    if ('harmless' in quote) return carrier.carryOut(quote.harmless, 0);
    hasMoved ||= earlier !== undefined && earlier.terms !== termsOf(quote.stakes);
    const answer = await ask(quote.stakes, questionFor(quote.stakes, hasMoved));
    if (answer !== 'moved') return answer;
    hasMoved = true;
  }
  return { result: refuse('The terms moved each time somebody agreed to them.') };
}

function rentsOf(quote: Quote<Stakes>): number {
  return 'stakes' in quote && quote.offers !== undefined ? (quote.rents ?? 1) : 0;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
