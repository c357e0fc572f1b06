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
import type { GatedOperation, OperationContext, Quote } from './operation.ts';
import type { GateResult, Stakes } from './outcome.ts';
import type { Question } from './question.ts';
import type { Sending } from './sending.ts';

/** One call of one caller: whose it is, what it asks for, and how it is told again from any other. */
export interface Call<I extends object, S extends Stakes> {
  readonly caller: Caller;
  readonly operation: GatedOperation<I, S>;
  readonly input: I;
  readonly context: OperationContext;
}

interface CallParts
  extends Pick<GateOptions, 'mode' | 'notice' | 'limits' | 'store' | 'projectId' | 'clock'> {
  readonly asking: Asking;
  readonly sending: Sending;
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
export async function answerCall<I extends object, S extends Stakes>(
  call: Call<I, S>,
  parts: CallParts,
  token: string | undefined,
): Promise<Answer> {
  const { caller, operation, input, context } = call;
  const { mode, notice, limits, store, projectId, clock, asking, sending, channels, log } = parts;
  const { approvals, journal } = store;
  const { tool } = operation;
  const callDigest = digest([operation.operation.operationId, input]);
  const termsOf = (stakes: S) => digest(operation.terms(stakes));

  /** The quote, if the limits allow what it is about. */
  async function quoted(): Promise<Exclude<Quote<S>, { refusal: string }> | { refused: GateResult }> {
    const quote = await operation.quote(input, context);
    if ('refusal' in quote) return { refused: refuse(quote.refusal) };
    if ('harmless' in quote || quote.offers === undefined) return quote;
    const made = await journal.countRents(await projectId(), RENTS_WINDOW_MS);
    const isFull = made >= limits.maxRentsPerDay;
    const limit = limits.refusal(quote.offers) ?? (isFull ? limits.countRefusal(made) : undefined);
    return limit === undefined ? quote : { refused: refuseByLimit(limit, quote.stakes) };
  }

  /** A question as it is put, with what must be known before it is read. */
  function questionFor(stakes: S, hasMoved: boolean): Question {
    const question = operation.question(input, stakes, context);
    const before = [notice, hasMoved && 'The terms have changed since the last question.'];
    return { ...question, headline: [...before, question.headline].filter(Boolean).join('\n') };
  }

  /** Asks by the first way that reaches a person; `moved` where the terms have changed since they agreed. */
  async function ask(stakes: S, question: Question): Promise<Answer | 'moved'> {
    const problems: string[] = [];
    for (const channel of mode === 'token' ? [] : channels) {
      try {
        return await askBy(channel, stakes, question);
      } catch (error) {
        if (error instanceof TooManyQuestionsError) return { result: decline('too many questions', stakes) };
        if (!(error instanceof CannotAskError)) throw error;
        log.info(`${tool}: ${error.message}`);
        problems.push(error.message);
      }
    }
    if (mode !== 'human') return askByToken(stakes, question);
    return { result: refuseWithoutPerson(problems, stakes) };
  }

  async function askBy(channel: Channel, stakes: S, question: Question): Promise<Answer | 'moved'> {
    const expiresAt = clock.now() + 2 * LIFETIME_MS;
    const { approval, isNew } = await approvals.ask({
      ...{ caller: caller.id, tool, call: callDigest, terms: termsOf(stakes) },
      ...{ channel: channel.by, expiresAt },
    });
    last = approval;
    if (approval.state !== 'asked') return afterDecision(approval, stakes);
    // One that was asked before must not expire while this call waits for it.
    if (!isNew) await approvals.update(approval.id, { channel: channel.by, expiresAt });
    const decided = await asking.ask(approval, channel, question, caller);
    if (decided?.state === 'asked') return { result: waitForPage(tool, stakes) };
    return afterDecision(decided, stakes);
  }

  /** No form and no page: returns a single-use token. */
  async function askByToken(stakes: S, question: Question): Promise<Answer | 'moved'> {
    const secret = randomBytes(24).toString('base64url');
    const expiresAt = clock.now() + LIFETIME_MS;
    const { approval } = await approvals.ask({
      ...{ caller: caller.id, tool, call: callDigest, terms: termsOf(stakes) },
      ...{ channel: 'token', tokenHash: hashOf(secret), expiresAt },
    });
    if (approval.state !== 'asked') return afterDecision(approval, stakes);
    return { result: waitForToken(tool, question, stakes, secret, expiresAt) };
  }

  /** The answer to a decision that was made; `moved` where it was about other terms. */
  async function afterDecision(approval: Approval | undefined, stakes: S): Promise<Answer | 'moved'> {
    switch (approval?.state) {
      case 'granted':
        return fulfil(approval);
      case 'spent':
        return sending.replay(approval, call);
      case 'declined':
        return sending.answer(decline(approval.reason, stakes), approval);
      default:
        return { result: decline(approval?.reason, stakes) };
    }
  }

  /** With a grant in hand: sends, if the terms are still those that were agreed to. */
  async function fulfil(approval: Approval): Promise<Answer | 'moved'> {
    /** Ends a grant that cannot be used. Another call may have used it: then what was read is the effect of that. */
    async function giveUp(reason: string, answer: Answer | 'moved'): Promise<Answer | 'moved'> {
      if (await sending.expire(approval, reason)) return answer;
      const now = await approvals.get(approval.id);
      return now?.state === 'spent' ? sending.replay(now, call) : answer;
    }
    const run = async () => {
      const quote = await quoted();
      if ('refused' in quote) return giveUp('refused', { result: quote.refused });
      const stakes = 'stakes' in quote ? quote.stakes : quote.harmless;
      if (termsOf(stakes) !== approval.terms) return giveUp('superseded', 'moved');
      return sending.send(call, stakes, 'stakes' in quote && quote.offers !== undefined, approval);
    };
    try {
      if (operation.readBefore === undefined) return await run();
      return await store.withTurn(await projectId(), run, caller.signal);
    } catch (error) {
      if (isWithdrawn(caller.signal)) await sending.expire(approval, 'cancelled');
      // The wait for a turn ends with the signal's reason, whatever that is.
      throw caller.signal.aborted && error === caller.signal.reason ? new CancelledError() : error;
    }
  }

  async function byToken(secret: string): Promise<Answer | 'moved'> {
    const approval = await approvals.findByToken(hashOf(secret));
    const refusal = tokenRefusal(approval);
    if (refusal !== undefined || approval === undefined) return { result: refuseToken(refusal ?? 'unknown') };
    const { id, expiresAt } = approval;
    await approvals.decide(id, { state: 'granted', channel: 'token', expiresAt });
    const now = await approvals.get(id);
    if (now?.state === 'spent') return sending.replay(now, call);
    return now?.state === 'granted' ? fulfil(now) : { result: refuseToken('expired') };
  }

  /** Why a token does not grant this call; undefined where it does. */
  function tokenRefusal(approval: Approval | undefined): string | undefined {
    if (mode === 'human') return 'not accepted: this server wants the answer of a person';
    if (approval === undefined || approval.caller !== caller.id) return 'unknown or already used';
    if (approval.call !== callDigest) return 'issued for another call';
    if (approval.state === 'spent') return `already used (${sending.summaryOf(approval)})`;
    return approval.state === 'expired' || approval.state === 'declined' ? 'expired' : undefined;
  }

  /** What came of the question that this call began with, where the same call has carried it out meanwhile. */
  async function outcomeMeanwhile(): Promise<Answer | undefined> {
    const now = last && (await approvals.get(last.id));
    return now?.state === 'spent' ? sending.replay(now, call) : undefined;
  }

  const earlier = await approvals.find(caller.id, callDigest);
  /** The question that this call is about, or was last. */
  let last = earlier;
  if (earlier?.state === 'spent') return sending.replay(earlier, call);
  let hasMoved = false;
  if (token !== undefined) {
    const answer = await byToken(token);
    if (answer !== 'moved') return answer;
    hasMoved = true;
  } else if (earlier?.state === 'declined') {
    return sending.answer(decline(earlier.reason), earlier);
  }
  await journal.check();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const quote = await quoted();
    const meanwhile = await outcomeMeanwhile();
    if (meanwhile !== undefined) return meanwhile;
    if ('refused' in quote) return { result: quote.refused };
    if ('harmless' in quote) return sending.send(call, quote.harmless, false);
    hasMoved ||= earlier !== undefined && earlier.terms !== termsOf(quote.stakes);
    const answer = await ask(quote.stakes, questionFor(quote.stakes, hasMoved));
    if (answer !== 'moved') return answer;
    hasMoved = true;
  }
  return { result: refuse('The terms moved each time somebody agreed to them.') };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
