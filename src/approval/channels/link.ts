import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Approvals } from '../../storage/store.ts';
import { CannotAskError, type Channel, LIFETIME_MS, UNSEEN_MS } from './channel.ts';
import type { Pages } from './pages.ts';

interface LinkParts {
  readonly approvals: Approvals;
  readonly pages: Pages;
  readonly clock: Clock;
}

/** Questions that expire without a word leave their followers behind: so many, and the oldest is forgotten. */
const MAX_FOLLOWED = 50;

/**
 * A link to a page, which the client shows the person (URL elicitation). Its address goes into the client's request
 * alone, where no model reads it. That the client accepts means only that the page is opened: the yes comes from there.
 */
export function createLinkChannel({ approvals, pages, clock }: LinkParts): Channel {
  /** What tells the client that a page is done with, by approval. */
  const followers = new Map<string, () => void>();

  approvals.subscribe(({ id, state }) => {
    if (state === 'asked') return;
    followers.get(id)?.();
    followers.delete(id);
  });

  function follow(approvalId: string, tell: () => void): void {
    followers.set(approvalId, tell);
    const [oldest] = followers.keys();
    if (followers.size > MAX_FOLLOWED && oldest !== undefined) followers.delete(oldest);
  }

  return {
    by: 'link',
    outlivesCall: true,
    async put(approval, question, { client, showLink, linkDone }, over) {
      if (showLink === undefined) throw new CannotAskError('this client shows no links (URL elicitation)');
      const { id } = approval;
      let action = 'accept';
      await pages.put('link', approval, question, client, async (url) => {
        const elicitationId = randomUUID();
        const shownAt = clock.now();
        // Before the client has answered, as the person may be faster.
        follow(id, () => linkDone?.(elicitationId));
        try {
          ({ action } = await showLink({ elicitationId, message: question.headline, url }, over));
        } catch (error) {
          if (over.aborted && (await approvals.get(id))?.state !== 'asked') return;
          followers.delete(id);
          throw error;
        }
        if (action === 'accept') return;
        if (clock.now() - shownAt >= UNSEEN_MS && action !== 'error') return;
        followers.delete(id);
        throw new CannotAskError('the client did not show the link');
      });
      if (action === 'accept') return;
      await approvals.decide(id, {
        ...{ state: 'declined', reason: action === 'decline' ? 'declined' : 'dismissed', channel: 'link' },
        expiresAt: clock.now() + LIFETIME_MS,
      });
    },
  };
}
