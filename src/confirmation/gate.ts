import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../numbers/clock.ts';
import type { Logger } from '../numbers/log.ts';
import type { GatedAction } from './action.ts';
import { execute, refuse, refuseByLimit } from './execution.ts';
import type { Limits } from './limits.ts';
import type { ConfirmedBy, GateResult, Stakes } from './outcome.ts';
import { type Asker, ask, CannotAskError, type Question, type Verdict } from './question.ts';
import { createTokenLedger } from './tokens.ts';

/** `auto`: the first way that works. `human`: only a way that reaches a person. `token`: always a token. */
export const CONFIRM_MODES = ['auto', 'human', 'token'] as const;
export type ConfirmMode = (typeof CONFIRM_MODES)[number];

export interface Gate {
  /**
   * Asks for a yes and, with it, carries the action out once.
   * @throws {NumbersError} where the stakes cannot be read, or the caller cancels: nothing was sent
   */
  confirm<S extends Stakes>(asker: Asker, action: GatedAction<S>): Promise<GateResult>;
  /** Resolves when nothing that was confirmed is under way. */
  idle(): Promise<void>;
}

interface GateOptions {
  readonly mode: ConfirmMode;
  /** The variable that sets the mode, for what is told. */
  readonly modeVariable: string;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A no that comes faster than a person can read is taken for the client's own. */
const UNSEEN_MS = 1_000;
/** How often a person is asked about one call whose terms keep moving. */
const MAX_ROUNDS = 3;

export function createGate({ mode, modeVariable, limits, clock, log }: GateOptions): Gate {
  const tokens = createTokenLedger(() => clock.now());

  /** The stakes, if they can be asked about. */
  async function read<S extends Stakes>(
    action: GatedAction<S>,
  ): Promise<{ stakes: S } | { refused: GateResult }> {
    const quote = await action.quote();
    if ('refusal' in quote) return { refused: refuse(quote.refusal) };
    const limit = action.rent && limits.refusal(action.rent(quote.stakes));
    return limit === undefined ? quote : { refused: refuseByLimit(limit, quote.stakes) };
  }

  /**
   * Rents follow one another: each is read, compared and sent before the next is read, and what appears after
   * a lost answer is the work of that one.
   */
  let lastRent: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<unknown>>();
  async function inTurn<T>(isRent: boolean, run: () => Promise<T>): Promise<T> {
    const result = isRent ? lastRent.then(run) : run();
    const ended = result.catch(() => {});
    if (isRent) lastRent = ended;
    running.add(ended);
    await ended;
    running.delete(ended);
    return result;
  }

  async function carryOut<S extends Stakes>(
    action: GatedAction<S>,
    stakes: S,
    by: ConfirmedBy,
    { signal }: Asker,
  ): Promise<GateResult> {
    const result = await execute(action, stakes, by, { limits, log });
    if (signal.aborted) log.warn(`${action.tool}: nobody is left to be told: ${summary(result)}`);
    return result;
  }

  /** Way 1: a form in the client. */
  async function byElicitation<S extends Stakes>(
    action: GatedAction<S>,
    asker: Asker,
    elicit: NonNullable<Asker['elicit']>,
    first: S,
  ): Promise<GateResult> {
    let stakes = first;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const askedAt = clock.now();
      let verdict: Verdict;
      try {
        verdict = await ask(moved(action.question(stakes), round > 0), elicit, asker, clock);
      } catch (error) {
        if (!(error instanceof CannotAskError)) throw error;
        log.warn(`${action.tool}: ${error.message}`);
        return withoutForm(action, stakes, round > 0);
      }
      if (verdict !== 'yes') {
        const unseen = verdict !== 'wrong answer' && clock.now() - askedAt < UNSEEN_MS;
        const hint = unseen ? ` If they saw no question, they can set ${modeVariable}=token.` : '';
        return { outcome: 'declined', message: `${DECLINED[verdict]}${hint}`, stakes };
      }
      const agreed = stakes;
      const result = await inTurn(action.rent !== undefined, async () => {
        const again = await read(action);
        if ('refused' in again) return again.refused;
        stakes = again.stakes;
        const isSame = isDeepStrictEqual(action.terms(stakes), action.terms(agreed));
        return isSame ? carryOut(action, stakes, 'elicitation', asker) : undefined;
      });
      if (result !== undefined) return result;
    }
    return refuse('The terms moved each time somebody agreed to them.', stakes);
  }

  function withoutForm<S extends Stakes>(action: GatedAction<S>, stakes: S, hasMoved = false): GateResult {
    if (mode !== 'human') return requireToken(action, stakes, hasMoved);
    return refuse(
      `${modeVariable}=human asks for a person's yes, and this client cannot show a form (MCP elicitation). Tell the user: use a client that can, or set ${modeVariable}=auto.`,
      stakes,
    );
  }

  /** Way 3, first call: nothing is sent, a token waits for the second. */
  function requireToken<S extends Stakes>(action: GatedAction<S>, stakes: S, hasMoved: boolean): GateResult {
    const permission = { tool: action.tool, arguments: action.arguments, terms: action.terms(stakes) };
    const { token, expiresAt } = tokens.issue(permission);
    const until = new Date(expiresAt).toISOString();
    const { message } = moved(action.question(stakes), hasMoved);
    return {
      outcome: 'confirmation_required',
      message: `Nothing has been sent. Put this to the user and wait for their answer:\n${message}\nOnly if they agree, call ${action.tool} again before ${until} with the same arguments and confirmationToken "${token}".`,
      confirmation: { token, expiresAt: until },
      stakes,
    };
  }

  /** Way 3, second call. */
  async function byToken<S extends Stakes>(
    action: GatedAction<S>,
    asker: Asker,
    token: string,
  ): Promise<GateResult> {
    const call = { tool: action.tool, arguments: action.arguments };
    const refusal =
      mode === 'human' ? `not accepted with ${modeVariable}=human` : tokens.refusal(token, call);
    if (refusal !== undefined) return refuseToken(refusal);
    return inTurn(action.rent !== undefined, async () => {
      const quote = await read(action);
      if ('refused' in quote) return quote.refused;
      const spent = tokens.spend(token, { ...call, terms: action.terms(quote.stakes) });
      if (spent === 'moved') return requireToken(action, quote.stakes, true);
      if (spent !== 'spent') return refuseToken(spent.refusal);
      const result = await carryOut(action, quote.stakes, 'token', asker);
      tokens.conclude(token, summary(result));
      return result;
    });
  }

  return {
    async confirm(asker, action) {
      if (action.confirmationToken !== undefined) return byToken(action, asker, action.confirmationToken);
      const quote = await read(action);
      if ('refused' in quote) return quote.refused;
      if (mode === 'token' || asker.elicit === undefined) return withoutForm(action, quote.stakes);
      return byElicitation(action, asker, asker.elicit, quote.stakes);
    },
    async idle() {
      await Promise.all(running);
    },
  };
}

function refuseToken(reason: string): GateResult {
  return refuse(
    `The confirmationToken is ${reason}. If the user wants this call, make it without a token to be asked anew.`,
  );
}

/** An outcome in a few words, e.g. `completed, +12025550134`. */
function summary({ outcome, number }: GateResult): string {
  return [outcome, number?.phoneNumber].filter(Boolean).join(', ');
}

function moved(question: Question, hasMoved: boolean): Question {
  if (!hasMoved) return question;
  return { ...question, message: `The terms have changed since the last question.\n${question.message}` };
}

const DECLINED: Record<Exclude<Verdict, 'yes'>, string> = {
  declined: 'The user declined. Nothing was sent. Do not ask again unless they bring it up.',
  dismissed: 'The user closed the question without an answer. Nothing was sent.',
  'not shown': 'The client failed to show the question, so there was no yes. Nothing was sent.',
  'wrong answer': 'The answer typed was not the one asked for, so it counts as no. Nothing was sent.',
  'no answer in time': 'Nobody answered in time. Nothing was sent. Ask the user before trying again.',
};
