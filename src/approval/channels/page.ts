import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Approval, Approvals } from '../../storage/store.ts';
import type { Question } from '../question.ts';
import type { OpenBrowser } from './browser.ts';
import { CannotAskError, type Channel, LIFETIME_MS, TooManyQuestionsError } from './channel.ts';
import type { Decision, PageServer, PageState } from './page-server.ts';

/** More pages than this are not opened while nobody answers: an agent must not flood a person's screen. */
const MAX_OPEN_PAGES = 5;
/** How many pages that are not open any more can be looked at. */
const MAX_CLOSED_PAGES = 50;

interface Page {
  readonly secret: string;
  readonly approvalId: string;
  readonly question: Question;
  readonly client: string | undefined;
  isOpen: boolean;
  /** Resolves when the browser shows it; rejects where it cannot be shown. */
  opened: Promise<void>;
}

interface PageChannelParts {
  readonly approvals: Approvals;
  readonly openBrowser: OpenBrowser;
  /** Whether a call waits for the decision about an approval. */
  readonly isAwaited: (approvalId: string) => boolean;
  readonly clock: Clock;
}

export interface PageChannel extends Channel {
  /** Nobody is left to carry anything out: open questions expire, and the pages go. */
  close(): Promise<void>;
}

/** A page on loopback with two buttons, in a browser that this process opens for the person at this machine. */
export function createPageChannel(parts: PageChannelParts): PageChannel {
  const { approvals, openBrowser, isAwaited, clock } = parts;
  const pages = new Map<string, Page>();
  let server: Promise<PageServer> | undefined;

  const stopWatching = approvals.subscribe(({ id, state }) => {
    for (const page of pages.values()) if (page.approvalId === id && state !== 'asked') page.isOpen = false;
  });

  function openServer(): Promise<PageServer> {
    server ??= import('./page-server.ts')
      .then(({ startPageServer }) => startPageServer({ find, decide }))
      .catch((error: unknown) => {
        server = undefined;
        throw new CannotAskError(`no page can be served: ${String(error)}`);
      });
    return server;
  }

  async function find(secret: string): Promise<PageState | undefined> {
    const page = pages.get(secret);
    if (page === undefined) return undefined;
    const approval = await approvals.get(page.approvalId);
    const { question, client } = page;
    const closed = closedBecause(approval);
    return { question, client, ...(closed !== undefined && { closed }) };
  }

  async function decide(secret: string, decision: Decision): Promise<'counts' | 'awaited' | 'too late'> {
    const page = pages.get(secret);
    if (page === undefined) return 'too late';
    const awaited = isAwaited(page.approvalId);
    const counts = await approvals.decide(page.approvalId, {
      ...(decision === 'approve' ? { state: 'granted' } : { state: 'declined', reason: 'declined' }),
      channel: 'page',
      expiresAt: clock.now() + LIFETIME_MS,
    });
    if (!counts) return 'too late';
    return awaited ? 'awaited' : 'counts';
  }

  /** Shows a page; where that is not possible there is none. */
  async function show(page: Page): Promise<void> {
    try {
      const { address } = await openServer();
      await openBrowser(address(page.secret));
    } catch (error) {
      pages.delete(page.secret);
      throw error;
    }
  }

  function openPage(approvalId: string, question: Question, client: string | undefined): Page {
    const all = [...pages.values()];
    if (all.filter(({ isOpen }) => isOpen).length >= MAX_OPEN_PAGES) throw new TooManyQuestionsError();
    const closed = all.filter(({ isOpen }) => !isOpen);
    for (const { secret } of closed.slice(0, -MAX_CLOSED_PAGES)) pages.delete(secret);
    const secret = randomBytes(32).toString('base64url');
    const page: Page = { secret, approvalId, question, client, isOpen: true, opened: Promise.resolve() };
    pages.set(secret, page);
    page.opened = show(page);
    return page;
  }

  return {
    by: 'page',
    outlivesCall: true,
    async put({ id }, question, { client }) {
      for (const page of pages.values()) {
        // One that nobody answered in time has expired without a word.
        if (page.isOpen && (await approvals.get(page.approvalId))?.state !== 'asked') page.isOpen = false;
      }
      const existing = [...pages.values()].find(({ approvalId, isOpen }) => approvalId === id && isOpen);
      await (existing ?? openPage(id, question, client)).opened;
    },
    async close() {
      stopWatching();
      const open = [...pages.values()].filter(({ isOpen }) => isOpen);
      await Promise.all(
        open.map(({ approvalId }) =>
          approvals.decide(approvalId, {
            ...{ state: 'expired', reason: 'server ended' },
            // Long enough for who waits for it to hear of it.
            expiresAt: clock.now() + LIFETIME_MS,
          }),
        ),
      );
      await (await server)?.close();
      server = undefined;
    },
  };
}

/** Why a page is not to be answered any more; undefined while it is. */
function closedBecause(approval: Approval | undefined): string | undefined {
  switch (approval?.state) {
    case 'asked':
      return undefined;
    case 'granted':
    case 'spent':
    case 'declined':
      return 'It has been answered. An answer counts once.';
    case 'expired':
      return REASONS[approval.reason ?? ''] ?? EXPIRED;
    default:
      return EXPIRED;
  }
}

const EXPIRED = 'It has expired. Nothing was done.';
const SUPERSEDED = 'The terms have changed since. Nothing was done; there is a new question.';
const REASONS: Readonly<Record<string, string>> = {
  cancelled: 'The call was cancelled. Nothing is done any more.',
  superseded: SUPERSEDED,
  // The store's own reason, for a question that another one replaces.
  'the terms changed since it was put': SUPERSEDED,
};
