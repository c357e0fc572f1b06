/** What a gated call answers, in words, where it does not simply succeed. */
import { sanitizeText } from '../lib/sanitize.ts';
import type { IntentOutcome, StoreError } from '../storage/store.ts';
import type { Settlement } from './operation.ts';
import type { ConfirmedBy, GateResult, Sent, Stakes } from './outcome.ts';
import { type Question, questionText } from './question.ts';

/** The answer to a request whose own answer got lost. */
export function settled(settlement: Settlement, { message: reason }: Error): Sent {
  const lost = `The answer was lost (${sanitizeText(reason, 200)})`;
  switch (settlement.outcome) {
    case 'completed': {
      const { outcome, evidence, ...done } = settlement;
      return { ...done, outcome, message: `Done. ${lost}, but ${evidence}.` };
    }
    case 'not_executed':
      return {
        outcome: 'not_executed',
        message: `${lost}, and the state shows no effect of it. It was not repeated. Read the state once more before you ask the user anew.`,
      };
    case 'unknown':
      return {
        outcome: 'unknown',
        message: `${lost}, and the state does not show what happened. It was not repeated. Before anything else check ${settlement.check}.`,
      };
  }
}

/** Nothing was sent, and why. */
export function refuse(reason: string, stakes?: Stakes): GateResult {
  return { outcome: 'not_executed', message: `${reason} Nothing was sent.`, ...(stakes && { stakes }) };
}

/** Without a journal nobody could tell later what was bought. */
export function refuseWithoutJournal({ message, remedy }: StoreError, stakes?: Stakes): GateResult {
  return refuse(
    `Nothing is rented, changed or released without a journal, and it cannot be used: ${sanitizeText(message, 300)}. Tell the user to ${remedy}.`,
    stakes,
  );
}

export function refuseByLimit(limit: string, stakes: Stakes): GateResult {
  return refuse(`Refused by a limit of this server: ${limit}. Only the user can change it.`, stakes);
}

export function refuseToken(reason: string): GateResult {
  return refuse(
    `The confirmationToken is ${reason}. If the user wants this call, make it without a token to be asked anew.`,
  );
}

/** @param problems why each way to a person failed */
export function refuseWithoutPerson(problems: readonly string[], stakes: Stakes): GateResult {
  return refuse(
    `This needs the yes of a person, and none can be reached: ${problems.join('; ')}. Tell the user: use a client that shows forms (MCP elicitation), or start this server where it can open a browser.`,
    stakes,
  );
}

const DECLINED: Readonly<Record<string, string>> = {
  declined: 'The user declined. Nothing was sent. Do not ask again unless they bring it up.',
  dismissed: 'The user closed the question without an answer. Nothing was sent.',
  'not shown': 'The client failed to show the question, so there was no yes. Nothing was sent.',
  'wrong answer': 'The answer typed was not the one asked for, so it counts as no. Nothing was sent.',
  'no answer in time': 'Nobody answered in time. Nothing was sent. Ask the user before trying again.',
  'too many questions':
    'Several other questions wait on pages in the browser. Nothing was sent. Ask the user to answer those first.',
};

/** @param reason why there was no yes, as the approval keeps it */
export function decline(reason: string | undefined, stakes?: Stakes): GateResult {
  const message = DECLINED[reason ?? ''] ?? 'The question was closed without a yes. Nothing was sent.';
  return { outcome: 'declined', message, ...(stakes && { stakes }) };
}

/** The page outlives the call: the next one finds it, or the answer. @param by which way the page was shown */
export function waitForPage(
  tool: string,
  { headline }: Question,
  stakes: Stakes,
  by: ConfirmedBy,
): GateResult {
  const where =
    by === 'link'
      ? 'to which their client has shown the user a link'
      : "that this server has opened in the user's browser";
  return {
    outcome: 'confirmation_required',
    message: `Nothing has been sent. The question (${headline.replaceAll('\n', ' ').replace(/\.$/, '')}) is on a page ${where}, and nobody has answered yet. Ask the user to answer there, then call ${tool} again with the same arguments: it finds the answer, or waits on. If they have closed the page, wait 5 minutes: then the same call opens a new one.`,
    stakes,
  };
}

/** @param expiresAt milliseconds since the epoch */
export function waitForToken(
  tool: string,
  question: Question,
  stakes: Stakes,
  token: string,
  expiresAt: number,
): GateResult {
  const until = new Date(expiresAt).toISOString();
  return {
    outcome: 'confirmation_required',
    message: `Nothing has been sent. Put this to the user and wait for their answer:\n${questionText(question)}\nOnly if they agree, call ${tool} again before ${until} with the same arguments and confirmationToken "${token}".`,
    confirmation: { token, expiresAt: until },
    stakes,
  };
}

/** The outcome of the same call made before, whose caller did not receive it. */
export function replayed<R extends { readonly message: string }>(result: R): R {
  return {
    ...result,
    message: `This is the outcome of the same call made before; nothing was sent again. ${result.message}`,
  };
}

/** The same call is under way, in a process that may have ended. */
export function underWay(tool: string, leaseUntil: string | undefined): GateResult {
  return {
    outcome: 'unknown',
    message: `The same call was sent before and nobody knows yet what came of it; nothing was sent again. It is settled ${leaseUntil === undefined ? 'soon' : `at ${leaseUntil} at the latest`}: call ${tool} again with the same arguments after that.`,
  };
}

/** What the journal tells of a call whose own answer is not there any more. */
export function fromJournal({ outcome, phoneNumber }: IntentOutcome): GateResult {
  return {
    outcome,
    message: outcome === 'completed' ? 'Done.' : 'Read the state before anything else.',
    ...(phoneNumber && outcome === 'completed' && { number: { phoneNumber } }),
  };
}
