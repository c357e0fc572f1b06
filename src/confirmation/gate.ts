import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../numbers/clock.ts';
import type { Logger } from '../numbers/log.ts';
import type { GatedAction } from './action.ts';
import { execute, refuse, refuseByLimit } from './execution.ts';
import type { Limits } from './limits.ts';
import type { GateResult, Stakes } from './outcome.ts';
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
}

interface GateOptions {
  readonly mode: ConfirmMode;
  /** The variable that sets the mode, for what is told. */
  readonly modeVariable: string;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
}

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

  /** Executions follow one another, so that what appears after a lost answer is the work of that one. */
  let previous: Promise<unknown> = Promise.resolve();
  function inTurn(run: () => Promise<GateResult>): Promise<GateResult> {
    const result = previous.then(run);
    previous = result.catch(() => {});
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
      let verdict: Verdict;
      try {
        verdict = await ask(moved(action.question(stakes), round > 0), elicit, asker, clock);
      } catch (error) {
        if (!(error instanceof CannotAskError)) throw error;
        log.warn(`${action.tool}: ${error.message}`);
        return withoutForm(action, stakes, round > 0);
      }
      if (verdict !== 'yes') {
        return { outcome: 'declined', message: declined(verdict, modeVariable), stakes };
      }
      const again = await read(action);
      if ('refused' in again) return again.refused;
      if (isDeepStrictEqual(action.terms(again.stakes), action.terms(stakes))) {
        return inTurn(() => execute(action, again.stakes, 'elicitation', { limits, log }));
      }
      stakes = again.stakes;
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
  async function byToken<S extends Stakes>(action: GatedAction<S>, token: string): Promise<GateResult> {
    const call = { tool: action.tool, arguments: action.arguments };
    const refusal =
      mode === 'human' ? `not accepted with ${modeVariable}=human` : tokens.refusal(token, call);
    const again = `Call ${action.tool} without it to start again.`;
    if (refusal !== undefined) return refuse(`The confirmationToken is ${refusal}. ${again}`);
    const quote = await read(action);
    if ('refused' in quote) return quote.refused;
    const spent = tokens.spend(token, { ...call, terms: action.terms(quote.stakes) });
    if (spent === 'spent') return inTurn(() => execute(action, quote.stakes, 'token', { limits, log }));
    if (spent === 'moved') return requireToken(action, quote.stakes, true);
    return refuse(`The confirmationToken is ${spent}. ${again}`);
  }

  return {
    async confirm(asker, action) {
      if (action.confirmationToken !== undefined) return byToken(action, action.confirmationToken);
      const quote = await read(action);
      if ('refused' in quote) return quote.refused;
      if (mode === 'token' || asker.elicit === undefined) return withoutForm(action, quote.stakes);
      return byElicitation(action, asker, asker.elicit, quote.stakes);
    },
  };
}

function moved(question: Question, hasMoved: boolean): Question {
  if (!hasMoved) return question;
  return { ...question, message: `The terms have changed since the last question.\n${question.message}` };
}

/** A no, for the agent. A client that answers unseen looks the same as a person who declines. */
function declined(verdict: Exclude<Verdict, 'yes'>, modeVariable: string): string {
  const unseen = `If they saw no question, they can set ${modeVariable}=token.`;
  switch (verdict) {
    case 'declined':
      return `The user declined. Nothing was sent. Do not ask again unless they bring it up. ${unseen}`;
    case 'dismissed':
      return `The user closed the question without an answer. Nothing was sent. ${unseen}`;
    case 'wrong answer':
      return 'The answer typed was not the one asked for, so it counts as no. Nothing was sent.';
    case 'no answer in time':
      return 'Nobody answered in time. Nothing was sent. Ask the user before trying again.';
  }
}
