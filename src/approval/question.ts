import { CancelledError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';

/** How long a person is waited for, without and with a progress token, in milliseconds. */
const PATIENCE_MS = 50_000;
export const PATIENCE_WITH_PROGRESS_MS = 5 * 60_000;
const PROGRESS_EVERY_MS = 10_000;

/** What a person is asked, and what must be typed for a yes. */
export interface Question {
  /** What will be done, in a line. */
  readonly headline: string;
  /** What it costs and changes. */
  readonly facts: readonly Fact[];
  /** The one field of the form. */
  readonly field: string;
  readonly title: string;
  readonly description: string;
  /** The only answer that is a yes. */
  readonly answer: string;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The question in lines. */
export function questionText({ headline, facts }: Question): string {
  return [headline, ...facts.map(({ label, value }) => `${label}: ${value}`)].join('\n');
}

/** What came back from a form. */
export interface FormAnswer {
  readonly action: string;
  readonly content?: Readonly<Record<string, unknown>> | undefined;
}

/** How the person at the client can be reached during one call. */
export interface Asker {
  /**
   * Shows a form in the client; undefined where the client declared no elicitation.
   * @throws {CannotAskError} where the client turns out not to be able to
   */
  readonly elicit?: ((question: Question, signal: AbortSignal) => Promise<FormAnswer>) | undefined;
  /** Tells that the call is alive; undefined where the call carries no progress token. */
  readonly progress?: ((message: string) => void) | undefined;
  /** Tells the clients of one process apart: a token is good in the conversation that it was issued in. */
  readonly conversation?: string | undefined;
  /** The name of the client, as it calls itself. */
  readonly client?: string | undefined;
  /** The caller's cancellation. */
  readonly signal: AbortSignal;
}

/** The client declared that it can ask a person, and then could not. */
export class CannotAskError extends Error {
  override readonly name = 'CannotAskError';
}

/**
 * `not shown`: the client answered neither yes nor no, or with an error. `page open`: there was no answer yet,
 * and a page still waits for one. `taken`: another call has used the answer. `too many pages`: others wait.
 */
export type Verdict =
  | 'yes'
  | 'declined'
  | 'dismissed'
  | 'not shown'
  | 'wrong answer'
  | 'no answer in time'
  | 'page open'
  | 'taken'
  | 'too many pages';

/**
 * Puts the question and waits. Only the right answer is a yes.
 * @throws {CannotAskError} where the client cannot show forms
 * @throws {CancelledError} where the caller cancels
 */
export async function ask(
  question: Question,
  elicit: NonNullable<Asker['elicit']>,
  { progress, signal }: Asker,
  clock: Clock,
): Promise<Verdict> {
  const settled = new AbortController();
  const over = AbortSignal.any([signal, settled.signal]);
  const answer = elicit(question, over).then((form) => judge(form, question));
  const timeout = waitInVain(progress, over, clock);
  try {
    return await Promise.race([answer, timeout]);
  } catch (error) {
    throw signal.aborted ? new CancelledError() : error;
  } finally {
    settled.abort();
    await timeout.catch(() => {});
    answer.catch(() => {});
  }
}

/** Waits as long as a person is waited for, and tells the client that the call is alive. */
export async function waitInVain(
  progress: Asker['progress'],
  over: AbortSignal,
  clock: Clock,
): Promise<'no answer in time'> {
  const patience = progress ? PATIENCE_WITH_PROGRESS_MS : PATIENCE_MS;
  for (let waited = 0; waited < patience; waited += PROGRESS_EVERY_MS) {
    progress?.(`waiting for a person's answer, ${waited / 1000} s so far`);
    await clock.sleep(PROGRESS_EVERY_MS, over);
  }
  return 'no answer in time';
}

function judge({ action, content }: FormAnswer, { field, answer }: Question): Verdict {
  if (action === 'decline') return 'declined';
  if (action === 'cancel') return 'dismissed';
  if (action !== 'accept') return 'not shown';
  const typed = content?.[field];
  return typeof typed === 'string' && typed.trim() === answer ? 'yes' : 'wrong answer';
}
