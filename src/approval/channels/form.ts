import type { Clock } from '../../lib/clock.ts';
import type { Approvals } from '../../storage/store.ts';
import type { Question } from '../question.ts';
import { CannotAskError, type Channel, type FormAnswer, LIFETIME_MS, UNSEEN_MS } from './channel.ts';

type Decision =
  | { readonly state: 'granted' }
  | { readonly state: 'declined'; readonly reason: 'declined' | 'dismissed' | 'not shown' | 'wrong answer' };

interface FormParts {
  readonly approvals: Approvals;
  readonly clock: Clock;
}

/**
 * A form in the client (MCP elicitation) in which a person types the answer. A form without a field, or with a yes
 * and a no, would be accepted by some clients by themselves.
 */
export function createFormChannel({ approvals, clock }: FormParts): Channel {
  return {
    by: 'elicitation',
    outlivesCall: false,
    async put({ id }, question, { elicit }, over) {
      if (elicit === undefined) throw new CannotAskError('this client shows no forms (MCP elicitation)');
      const shownAt = clock.now();
      const form = await elicit(question, over);
      const decision = judge(form, question);
      if (
        decision.state === 'declined' &&
        clock.now() - shownAt < UNSEEN_MS &&
        isWithoutAnswer(form, question)
      ) {
        throw new CannotAskError('the client answered the form by itself, within a second');
      }
      const expiresAt = clock.now() + LIFETIME_MS;
      await approvals.decide(id, { ...decision, channel: 'elicitation', expiresAt });
    },
  };
}

function judge({ action, content }: FormAnswer, { field, answer }: Question): Decision {
  if (action === 'decline') return { state: 'declined', reason: 'declined' };
  if (action === 'cancel') return { state: 'declined', reason: 'dismissed' };
  if (action !== 'accept') return { state: 'declined', reason: 'not shown' };
  const typed = content?.[field];
  const isRight = typeof typed === 'string' && typed.trim() === answer;
  return isRight ? { state: 'granted' } : { state: 'declined', reason: 'wrong answer' };
}

/** Nothing was typed. */
function isWithoutAnswer({ action, content }: FormAnswer, { field }: Question): boolean {
  return action !== 'accept' || content?.[field] === undefined || content[field] === '';
}
