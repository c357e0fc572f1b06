import { isDeepStrictEqual } from 'node:util';
import type { NumbersClient } from '../api/client.ts';
import { isNumbersError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { GatedAction } from './action.ts';
import type { Approvals } from './channels/page.ts';
import { countRents, execute } from './execution.ts';
import { type Journal, type JournalEntry, JournalError } from './journal.ts';
import type { Limits } from './limits.ts';
import {
  decline,
  refuse,
  refuseByLimit,
  refuseToken,
  refuseWithoutJournal,
  refuseWithoutPerson,
  waitForPage,
  waitForToken,
} from './messages.ts';
import type { ConfirmMode } from './mode.ts';
import type { ConfirmedBy, GateResult, Stakes } from './outcome.ts';
import { type Asker, ask, CannotAskError, type Question, type Verdict } from './question.ts';
import { settleAbandoned } from './recovery.ts';
import { createTokenLedger, type Permission } from './tokens.ts';
import { createUnheard } from './unheard.ts';

export interface Gate {
  /**
   * Asks for a yes and, with it, carries the action out once.
   * @throws {NumbersError} where the stakes cannot be read, or the caller cancels: nothing was sent
   */
  confirm<S extends Stakes>(asker: Asker, action: GatedAction<S>): Promise<GateResult>;
  /** Every rent and release of this project, oldest first. */
  history(): Promise<readonly JournalEntry[]>;
  /** When this user's servers rented a number, as RFC 3339; undefined where none did. */
  rentedAt(phoneNumber: string): Promise<string | undefined>;
  /** Finds out what became of requests that an earlier process did not live to see answered. */
  recover(): Promise<void>;
  /** Resolves when nothing that was confirmed is under way. */
  idle(): Promise<void>;
}

interface GateOptions {
  readonly mode: ConfirmMode;
  /** The variable that sets the mode, for what is told. */
  readonly modeVariable: string;
  /** Stands before each question, where it is not about real numbers and money. */
  readonly notice?: string | undefined;
  readonly limits: Limits;
  readonly approvals: Approvals;
  readonly journal: Journal;
  readonly numbers: NumbersClient;
  /** @throws {MissingCredentialsError} */
  readonly projectId: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A way to reach a person. */
interface Way {
  readonly by: ConfirmedBy;
  /** @throws {CannotAskError} where it does not reach anybody */
  ask(question: Question, permission: Permission): Promise<Verdict>;
}

/** What a person is asked about. */
interface Quoted<S extends Stakes> {
  stakes: S;
  /** They were asked before, about other terms. */
  hasMoved: boolean;
}

/** A no that comes faster than a person can read is taken for the client's own. */
const UNSEEN_MS = 1_000;
/** How often a person is asked about one call whose terms keep moving. */
const MAX_ROUNDS = 3;

export function createGate(options: GateOptions): Gate {
  const { mode, modeVariable, limits, approvals, journal, numbers, clock, log } = options;
  const tokens = createTokenLedger(() => clock.now());
  const unheard = createUnheard(clock);

  /** The stakes, if they can be asked about. */
  async function read<S extends Stakes>(
    action: GatedAction<S>,
  ): Promise<{ stakes: S } | { refused: GateResult }> {
    const quote = await action.quote();
    if ('refusal' in quote) return { refused: refuse(quote.refusal) };
    const rent = action.rent?.(quote.stakes);
    const made = rent && (await countRents(journal, await options.projectId(), clock.now()));
    const limit = rent && limits.refusal(rent, made ?? 0);
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
    { client, signal }: Asker,
  ): Promise<GateResult> {
    const projectId = await options.projectId();
    const execution = { confirmedBy: by, client, projectId, journal, limits, clock, log };
    const sending = execute(action, stakes, execution);
    unheard.keep(action, sending, signal);
    const result = await sending;
    if (signal.aborted) log.warn(`${action.tool}: nobody is left to be told: ${summary(result)}`);
    return result;
  }

  /** The ways that can reach a person: first a form in the client, then a page in a browser. */
  function waysTo(asker: Asker): Way[] {
    const { elicit } = asker;
    if (mode === 'token') return [];
    const form: Way[] = elicit
      ? [{ by: 'elicitation', ask: (question) => ask(question, elicit, asker, clock) }]
      : [];
    return [
      ...form,
      { by: 'page', ask: (question, permission) => approvals.ask(permission, question, asker) },
    ];
  }

  /**
   * Asks until somebody has agreed to terms that still hold.
   * @param quoted is brought up to date whenever the terms have moved
   * @throws {CannotAskError} where this way does not reach anybody
   */
  async function byPerson<S extends Stakes>(
    action: GatedAction<S>,
    asker: Asker,
    way: Way,
    quoted: Quoted<S>,
  ): Promise<GateResult> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { stakes } = quoted;
      const askedAt = clock.now();
      const question = asked(action.question(stakes), quoted.hasMoved);
      const verdict = await way.ask(question, permissionFor(action, stakes, asker));
      if (verdict === 'page open') return waitForPage(action.tool, stakes);
      if (verdict !== 'yes') {
        const isUnseen =
          way.by === 'elicitation' && verdict !== 'wrong answer' && clock.now() - askedAt < UNSEEN_MS;
        return decline(verdict, stakes, isUnseen ? modeVariable : undefined);
      }
      const result = await inTurn(action.rent !== undefined, async () => {
        const again = await read(action);
        if ('refused' in again) return again.refused;
        quoted.stakes = again.stakes;
        const isSame = isDeepStrictEqual(action.terms(again.stakes), action.terms(stakes));
        return isSame ? carryOut(action, again.stakes, way.by, asker) : undefined;
      });
      if (result !== undefined) return result;
      quoted.hasMoved = true;
    }
    return refuse('The terms moved each time somebody agreed to them.', quoted.stakes);
  }

  /** A question as it is put, with what must be known before it is read. */
  function asked(question: Question, hasMoved: boolean): Question {
    const before = [options.notice, hasMoved && 'The terms have changed since the last question.'];
    return { ...question, headline: [...before, question.headline].filter(Boolean).join('\n') };
  }

  /** Way 3, first call: nothing is sent, a token waits for the second. */
  function requireToken<S extends Stakes>(
    action: GatedAction<S>,
    stakes: S,
    asker: Asker,
    hasMoved: boolean,
  ): GateResult {
    const { token, expiresAt } = tokens.issue(permissionFor(action, stakes, asker));
    const question = asked(action.question(stakes), hasMoved);
    return waitForToken(action.tool, question, stakes, token, expiresAt);
  }

  /** Way 3, second call. */
  async function byToken<S extends Stakes>(
    action: GatedAction<S>,
    asker: Asker,
    token: string,
  ): Promise<GateResult> {
    const { conversation } = asker;
    const call = { tool: action.tool, arguments: action.arguments, conversation };
    const refusal =
      mode === 'human' ? `not accepted with ${modeVariable}=human` : tokens.refusal(token, call);
    if (refusal !== undefined) return refuseToken(refusal);
    return inTurn(action.rent !== undefined, async () => {
      const quote = await read(action);
      if ('refused' in quote) return quote.refused;
      const spent = tokens.spend(token, { ...call, terms: action.terms(quote.stakes) });
      if (spent === 'moved') return requireToken(action, quote.stakes, asker, true);
      if (spent !== 'spent') return refuseToken(spent.refusal);
      const result = await carryOut(action, quote.stakes, 'token', asker);
      tokens.conclude(token, summary(result));
      return result;
    });
  }

  /** What was found out about requests of earlier processes, and not told yet. */
  let news: string[] = [];
  let recovery: Promise<void> = Promise.resolve();

  async function recover(): Promise<void> {
    try {
      if (await journal.isEmpty()) return;
      const projectId = await options.projectId();
      await settleAbandoned({
        journal,
        projectId,
        numbers,
        clock,
        log,
        tell: (sentence) => news.push(sentence),
      });
    } catch (error) {
      const isExpected = error instanceof JournalError || isNumbersError(error);
      log[isExpected ? 'warn' : 'error'](`journal: ${isExpected ? error.message : String(error)}`);
    }
  }

  async function decide<S extends Stakes>(asker: Asker, action: GatedAction<S>): Promise<GateResult> {
    if (action.confirmationToken !== undefined) return byToken(action, asker, action.confirmationToken);
    const earlier = unheard.take(action);
    if (earlier !== undefined) return earlier;
    await journal.prepare();
    const quote = await read(action);
    if ('refused' in quote) return quote.refused;
    const quoted: Quoted<S> = { stakes: quote.stakes, hasMoved: false };
    const problems: string[] = [];
    for (const way of waysTo(asker)) {
      try {
        return await byPerson(action, asker, way, quoted);
      } catch (error) {
        if (!(error instanceof CannotAskError)) throw error;
        log.info(`${action.tool}: ${error.message}`);
        problems.push(error.message);
      }
    }
    if (mode !== 'human') return requireToken(action, quoted.stakes, asker, quoted.hasMoved);
    return refuseWithoutPerson(modeVariable, problems, quoted.stakes);
  }

  return {
    recover() {
      recovery = recover();
      return recovery;
    },
    async confirm(asker, action) {
      await recovery;
      let result: GateResult;
      try {
        result = await decide(asker, action);
      } catch (error) {
        if (!(error instanceof JournalError)) throw error;
        result = refuseWithoutJournal(error);
      }
      const told = news;
      news = [];
      return told.length === 0
        ? result
        : { ...result, message: `${result.message}\nTell the user also: ${told.join(' ')}` };
    },
    history: async () => ((await journal.isEmpty()) ? [] : journal.entries(await options.projectId())),
    async rentedAt(phoneNumber) {
      const entries = await this.history().catch((error: unknown) => {
        if (error instanceof JournalError) return [];
        throw error;
      });
      return entries.findLast(
        ({ intent, outcome }) =>
          intent.tool !== 'release_number' &&
          outcome?.outcome === 'completed' &&
          outcome.phoneNumber === phoneNumber,
      )?.intent.at;
    },
    async idle() {
      await Promise.all(running);
    },
  };
}

/** An outcome in a few words, e.g. `completed, +12025550134`. */
function summary({ outcome, number }: GateResult): string {
  return [outcome, number?.phoneNumber].filter(Boolean).join(', ');
}

function permissionFor<S extends Stakes>(
  action: GatedAction<S>,
  stakes: S,
  { conversation }: Asker,
): Permission {
  return { tool: action.tool, arguments: action.arguments, conversation, terms: action.terms(stakes) };
}
