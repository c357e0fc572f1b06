/** How a question reaches a person. */
import type { Person } from '../../identity/person.ts';
import type { Signal } from '../../lib/signal.ts';
import type { Approval } from '../../storage/store.ts';
import type { ConfirmedBy } from '../outcome.ts';
import type { Question } from '../question.ts';

/** What came back from a form. */
export interface FormAnswer {
  readonly action: string;
  readonly content?: Readonly<Record<string, unknown>> | undefined;
}

/** A link that a client shows. */
export interface Link {
  readonly elicitationId: string;
  readonly message: string;
  readonly url: string;
}

/** Whose call it is, and how the person behind it can be reached. */
export interface Caller {
  /** The conversation on stdio; over HTTP the session, or the person who signed in. Approvals belong to it. */
  readonly id: string;
  /** Who signed in; undefined where nobody does. */
  readonly person?: Person | undefined;
  /** The name of the client, as it calls itself. */
  readonly client?: string | undefined;
  /**
   * Shows a form in the client; undefined where the client declared no elicitation.
   * @throws {CannotAskError} where the client turns out not to be able to
   */
  readonly elicit?: ((question: Question, over: AbortSignal) => Promise<FormAnswer>) | undefined;
  /**
   * Has the client show a link to a page; undefined where the client declared no elicitation by URL. `accept` means that
   * the person opens it, and nothing else.
   * @throws {CannotAskError} where the client turns out not to be able to
   */
  readonly showLink?: ((link: Link, over: AbortSignal) => Promise<Pick<FormAnswer, 'action'>>) | undefined;
  /** Tells the client that the page behind a link is done with. */
  readonly linkDone?: ((elicitationId: string) => void) | undefined;
  /** Tells that the call is alive; undefined where the call carries no progress token. */
  readonly progress?: ((message: string) => void) | undefined;
  /** The caller's cancellation. */
  readonly signal: Signal;
}

/** A way to a person. It writes their decision to the store, where the gate reads it. */
export interface Channel {
  readonly by: ConfirmedBy;
  /** The question can still be answered when the call that asked has ended. */
  readonly outlivesCall: boolean;
  /**
   * Puts the question of an approval that is `asked`. The decision may come later, or never.
   * @param over aborts when nobody waits for the answer any more
   * @throws {CannotAskError} where it did not reach anybody
   * @throws {TooManyQuestionsError}
   */
  put(approval: Approval, question: Question, caller: Caller, over: AbortSignal): Promise<void>;
}

/** This way does not reach a person. */
export class CannotAskError extends Error {
  override readonly name = 'CannotAskError';
}

/** A person's screen is full of questions already. */
export class TooManyQuestionsError extends Error {
  override readonly name = 'TooManyQuestionsError';
}

/** What ends faster than a person can read it was not shown to anybody, in milliseconds. */
export const UNSEEN_MS = 1_000;

/** How long a question stays open while no call waits for it, and a grant counts, in milliseconds. */
export const LIFETIME_MS = 5 * 60_000;
