import { randomBytes } from 'node:crypto';
import type { Login } from '../../identity/login.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Approval, Approvals } from '../../storage/store.ts';
import type { ConfirmedBy } from '../outcome.ts';
import type { Question } from '../question.ts';
import { CannotAskError, LIFETIME_MS, TooManyQuestionsError } from './channel.ts';
import type { Decision, PageApp, PageServer, PageState } from './page-server.ts';

/** More pages than this are not opened while nobody answers: an agent must not flood a person's screen. */
const MAX_OPEN_PAGES = 5;
/** How many pages that are not open any more can be looked at. */
const MAX_CLOSED_PAGES = 50;

/** From where pages can be seen. `this machine`: on loopback. An origin: where others serve what {@link Pages.fetch} answers. */
export type PageReach = 'this machine' | 'nowhere' | { readonly origin: string };

interface Page {
  readonly secret: string;
  readonly approvalId: string;
  readonly by: ConfirmedBy;
  readonly question: Question;
  readonly client: string | undefined;
  /** Whose call it is about. */
  readonly caller: string;
  isOpen: boolean;
  /** Resolves when the person can see it; rejects where it cannot be shown. */
  opened: Promise<void>;
}

interface PagesParts {
  readonly approvals: Approvals;
  readonly reach: PageReach;
  /** How people sign in; undefined where whoever knows the address may answer. */
  readonly login?: Login | undefined;
  /** Whether a call waits for the decision about an approval. */
  readonly isAwaited: (approvalId: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Pages {
  /**
   * Puts a question on a page. One that is open already is not shown again.
   * @param show brings its address to the person; where it fails, there is no page
   * @throws {CannotAskError} where no page can be served
   * @throws {TooManyQuestionsError}
   */
  put(
    by: ConfirmedBy,
    approval: Approval,
    question: Question,
    client: string | undefined,
    show: (address: string) => Promise<void>,
  ): Promise<void>;
  /** Answers a request for a page, where they are not on loopback. */
  fetch(request: Request): Promise<Response>;
  /** Nobody is left to carry anything out: open questions expire, and the pages go. */
  close(): Promise<void>;
}

/** The pages with two buttons on which questions stand. Whoever knows the secret in an address can answer. */
export function createPages({ approvals, reach, login, isAwaited, clock, log }: PagesParts): Pages {
  const pages = new Map<string, Page>();
  let server: Promise<PageServer> | undefined;
  let app: Promise<PageApp> | undefined;

  const stopWatching = approvals.subscribe(({ id, state }) => {
    for (const page of pages.values()) if (page.approvalId === id && state !== 'asked') page.isOpen = false;
  });

  function openServer(): Promise<PageServer> {
    server ??= import('./page-server.ts')
      .then(({ startPageServer }) => startPageServer({ find, decide, clock }))
      .catch((error: unknown) => {
        server = undefined;
        throw new CannotAskError(`no page can be served: ${String(error)}`);
      });
    return server;
  }

  async function addressOf({ secret }: Page): Promise<string> {
    if (reach === 'nowhere') throw new CannotAskError('the person is at another machine');
    if (reach !== 'this machine') {
      await login?.check().catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const problem = `nobody can sign in to a page: ${reason}`;
        log.warn(`approval: ${problem}`);
        throw new CannotAskError(problem, { cause });
      });
      return `${reach.origin}/approve/${secret}`;
    }
    return (await openServer()).address(secret);
  }

  async function find(secret: string): Promise<PageState | undefined> {
    const page = pages.get(secret);
    if (page === undefined) return undefined;
    const approval = await approvals.get(page.approvalId);
    const { question, client, caller } = page;
    const closed = closedBecause(approval);
    return { question, client, caller, ...(closed !== undefined && { closed }) };
  }

  async function decide(secret: string, decision: Decision): Promise<'counts' | 'awaited' | 'too late'> {
    const page = pages.get(secret);
    if (page === undefined) return 'too late';
    const awaited = isAwaited(page.approvalId);
    const counts = await approvals.decide(page.approvalId, {
      ...(decision === 'approve' ? { state: 'granted' } : { state: 'declined', reason: 'declined' }),
      channel: page.by,
      expiresAt: clock.now() + LIFETIME_MS,
    });
    if (!counts) return 'too late';
    return awaited ? 'awaited' : 'counts';
  }

  function openPage(
    given: Pick<Page, 'by' | 'approvalId' | 'question' | 'client' | 'caller'>,
    show: (address: string) => Promise<void>,
  ): Page {
    const all = [...pages.values()];
    // This machine has one screen; elsewhere each caller has their own.
    const isSeen = ({ caller }: Page) => reach === 'this machine' || caller === given.caller;
    const open = all.filter((page) => page.isOpen && isSeen(page));
    if (open.length >= MAX_OPEN_PAGES) throw new TooManyQuestionsError();
    const closed = all.filter(({ isOpen }) => !isOpen);
    for (const { secret } of closed.slice(0, -MAX_CLOSED_PAGES)) pages.delete(secret);
    const secret = randomBytes(32).toString('base64url');
    const page: Page = { ...given, secret, isOpen: true, opened: Promise.resolve() };
    pages.set(secret, page);
    page.opened = addressOf(page)
      .then(show)
      .catch((error: unknown) => {
        pages.delete(secret);
        throw error;
      });
    return page;
  }

  return {
    async put(by, { id, caller }, question, client, show) {
      for (const page of pages.values()) {
        // One that nobody answered in time has expired without a word.
        if (page.isOpen && (await approvals.get(page.approvalId))?.state !== 'asked') page.isOpen = false;
      }
      const existing = [...pages.values()].find(({ approvalId, isOpen }) => approvalId === id && isOpen);
      await (existing ?? openPage({ by, approvalId: id, question, client, caller }, show)).opened;
    },
    async fetch(request) {
      const origin = typeof reach === 'object' ? reach.origin : '';
      app ??= import('./page-server.ts').then(({ createPageApp }) =>
        createPageApp({ find, decide, login, clock }, () => origin),
      );
      return (await app).fetch(request);
    },
    async close() {
      stopWatching();
      const open = [...pages.values()].filter(({ isOpen }) => isOpen);
      await Promise.all(
        open.map(({ approvalId }) =>
          approvals
            .decide(approvalId, {
              ...{ state: 'expired', reason: 'server ended' },
              // Long enough for who waits for it to hear of it.
              expiresAt: clock.now() + LIFETIME_MS,
            })
            // Where the store is away, they expire by themselves.
            .catch(() => false),
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
