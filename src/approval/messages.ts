/** What a gated call answers, in words, where it does not simply succeed. */
import { sanitizeText } from '../lib/sanitize.ts';
import type { JournalError } from './journal.ts';
import type { GateResult, Stakes } from './outcome.ts';
import { type Question, questionText, type Verdict } from './question.ts';
import type { Settlement } from './reconcile.ts';

/** What came of a request that was sent. */
export type Sent = GateResult & { readonly outcome: 'completed' | 'not_executed' | 'unknown' };

/** The answer to a request whose own answer got lost. */
export function settled(settlement: Settlement, { message: reason }: Error): Sent {
  const lost = `The answer was lost (${sanitizeText(reason, 200)})`;
  const { outcome } = settlement;
  switch (outcome) {
    case 'completed': {
      const message = `Done. ${lost}, but ${settlement.evidence}.`;
      return { outcome, message, ...(settlement.number && { number: settlement.number }) };
    }
    case 'not_executed':
      return {
        outcome,
        message: `${lost}, and the state shows no effect of it. It was not repeated. Read the state once more before you ask the user anew.`,
      };
    case 'unknown':
      return {
        outcome,
        message: `${lost}, and the state does not show what happened. It was not repeated. Before anything else check ${settlement.check}.`,
      };
  }
}

/** Nothing was sent, and why. */
export function refuse(reason: string, stakes?: Stakes): GateResult {
  return { outcome: 'not_executed', message: `${reason} Nothing was sent.`, ...(stakes && { stakes }) };
}

/** Without a journal nobody could tell later what was bought. */
export function refuseWithoutJournal({ message }: JournalError, stakes?: Stakes): GateResult {
  return refuse(
    `Nothing is rented or released without a journal, and it cannot be used: ${sanitizeText(message, 300)}. Tell the user to mend that, or to set SINCH_NUMBERS_STATE_DIR to another folder.`,
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
export function refuseWithoutPerson(
  modeVariable: string,
  problems: readonly string[],
  stakes: Stakes,
): GateResult {
  return refuse(
    `${modeVariable}=human asks for a person's yes, this client shows no form (MCP elicitation), and ${problems.join('; ')}. Tell the user: use a client that can show forms, or set SINCH_NUMBERS_OPEN_BROWSER to a command that opens a browser.`,
    stakes,
  );
}

const DECLINED: Record<Exclude<Verdict, 'yes' | 'page open'>, string> = {
  declined: 'The user declined. Nothing was sent. Do not ask again unless they bring it up.',
  dismissed: 'The user closed the question without an answer. Nothing was sent.',
  'not shown': 'The client failed to show the question, so there was no yes. Nothing was sent.',
  'wrong answer': 'The answer typed was not the one asked for, so it counts as no. Nothing was sent.',
  'no answer in time': 'Nobody answered in time. Nothing was sent. Ask the user before trying again.',
  'too many pages':
    'Several other questions wait on pages in the browser. Nothing was sent. Ask the user to answer those first.',
  taken: 'The page was closed, or its answer was used by another call. Nothing was sent.',
};

/** @param modeVariable what to set where it looks as if nobody saw the question */
export function decline(
  verdict: keyof typeof DECLINED,
  stakes: Stakes,
  modeVariable: string | undefined,
): GateResult {
  const hint = modeVariable
    ? ` If they saw no question, their client answered it by itself; ${modeVariable}=token shows no form, and proves no person.`
    : '';
  return { outcome: 'declined', message: `${DECLINED[verdict]}${hint}`, stakes };
}

/** The page outlives the call: the next one finds it, or the answer. */
export function waitForPage(tool: string, stakes: Stakes): GateResult {
  return {
    outcome: 'confirmation_required',
    message: `Nothing has been sent. The question is on a page that this server has opened in the user's browser, and nobody has answered yet. Ask the user to answer there, then call ${tool} again with the same arguments: it finds the answer, or waits on. If they have closed the page, wait 5 minutes: then the same call opens a new one.`,
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
