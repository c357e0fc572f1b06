import { randomBytes } from 'node:crypto';
import { CancelledError } from '../../api/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Asker, CannotAskError, type Question, type Verdict, waitInVain } from '../question.ts';
import { fingerprint, type Permission } from '../tokens.ts';
import type { OpenBrowser } from './browser.ts';
import type { ApprovalServer, Decision, PageState } from './page-server.ts';

/** How long a page stays open while no call waits for it, and an approval counts while no call takes it up. */
const LIFETIME_MS = 5 * 60_000;
/** More pages than this are not opened while nobody answers: an agent must not flood a person's screen. */
const MAX_OPEN_PAGES = 5;
/** How long closed pages can be looked at, and the server stays without a question. */
const CLOSED_PAGES_MS = 10 * 60_000;

/** Pages on which a person approves or declines calls, in a browser that this process opens. */
export interface Approvals {
  /**
   * Puts a question on a page and waits. The same call made again finds the page that is open, or the answer
   * that was given meanwhile, once.
   * @throws {CannotAskError} where no browser can be opened
   * @throws {CancelledError} where the caller cancels; its page then closes
   */
  ask(permission: Permission, question: Question, asker: Asker): Promise<Verdict>;
  close(): Promise<void>;
}

interface Approval {
  readonly secret: string;
  readonly call: string;
  readonly terms: string;
  readonly question: Question;
  readonly client: string | undefined;
  decision: Decision | undefined;
  /** Why the page is not to be answered any more, once that is so. */
  closed: string | undefined;
  /** Milliseconds since the epoch; counts while no call waits. */
  expiresAt: number;
  waiting: number;
  /** Resolves when the page is shown; rejects where it cannot be. */
  opened: Promise<void>;
  /** Resolves when somebody decides, or the page closes. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

interface ApprovalsOptions {
  readonly openBrowser: OpenBrowser;
  readonly clock: Clock;
}

export function createApprovals({ openBrowser, clock }: ApprovalsOptions): Approvals {
  const approvals = new Map<string, Approval>();
  let server: Promise<ApprovalServer> | undefined;

  function close(approval: Approval, reason: string): void {
    approval.closed ??= reason;
    approval.settle();
  }

  /** Closes what has expired, and forgets what nobody looks at any more. */
  function tidy(): void {
    const now = clock.now();
    for (const approval of approvals.values()) {
      if (approval.waiting > 0) continue;
      if (approval.expiresAt <= now) {
        approval.decision = undefined;
        close(approval, 'It has expired. Nothing was done.');
      }
      if (approval.expiresAt + CLOSED_PAGES_MS <= now) approvals.delete(approval.secret);
    }
    if (approvals.size > 0 || server === undefined) return;
    const idle = server;
    server = undefined;
    // A request that is being answered has brought this about.
    setImmediate(() => void idle.then((running) => running.close()));
  }

  function openServer(): Promise<ApprovalServer> {
    server ??= import('./page-server.ts')
      .then(({ startApprovalServer }) => startApprovalServer({ find, decide }))
      .catch((error: unknown) => {
        server = undefined;
        throw new CannotAskError(`no page can be served: ${String(error)}`);
      });
    return server;
  }

  function find(secret: string): PageState | undefined {
    tidy();
    const approval = approvals.get(secret);
    if (approval === undefined) return undefined;
    const { question, client, closed } = approval;
    return { question, client, ...(closed !== undefined && { closed }) };
  }

  /** @returns whether a call waits for the decision */
  function decide(secret: string, decision: Decision): boolean {
    const approval = approvals.get(secret);
    if (approval === undefined) return false;
    approval.decision = decision;
    approval.expiresAt = clock.now() + LIFETIME_MS;
    close(approval, 'It has been answered. An answer counts once.');
    return approval.waiting > 0;
  }

  /** Shows the page of an approval; where that is not possible there is none. */
  async function show(approval: Approval): Promise<void> {
    try {
      const { address } = await openServer();
      await openBrowser(address(approval.secret));
    } catch (error) {
      approvals.delete(approval.secret);
      tidy();
      throw error;
    }
  }

  /** The page of a call: the one that is there for it already, or a new one. */
  function pageFor(
    { tool, arguments: args, terms }: Permission,
    question: Question,
    client: string | undefined,
  ): Approval | undefined {
    tidy();
    const call = fingerprint([tool, args]);
    const wanted = fingerprint(terms);
    for (const approval of approvals.values()) {
      if (approval.call !== call || (approval.closed !== undefined && approval.decision === undefined))
        continue;
      if (approval.terms === wanted) return approval;
      approval.decision = undefined;
      close(approval, 'The terms have changed since. Nothing was done; there is a new question.');
    }
    const open = [...approvals.values()].filter((approval) => approval.closed === undefined);
    if (open.length >= MAX_OPEN_PAGES) return undefined;
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const approval: Approval = {
      secret: randomBytes(32).toString('base64url'),
      call,
      terms: wanted,
      question,
      client,
      decision: undefined,
      closed: undefined,
      expiresAt: clock.now() + LIFETIME_MS,
      waiting: 0,
      opened: Promise.resolve(),
      settled,
      settle,
    };
    approvals.set(approval.secret, approval);
    approval.opened = show(approval);
    return approval;
  }

  /**
   * Waits until somebody decides, or for as long as a person is waited for.
   * @throws {CancelledError} where the caller cancels
   */
  async function untilSettled(approval: Approval, { progress, signal }: Asker): Promise<void> {
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    try {
      await Promise.race([approval.settled, waitInVain(progress, stop, clock)]);
    } catch {
      // A client that has run out of patience will ask again; one that cancels wants nothing any more.
      const isImpatience = /time[d ]*out/i.test(String(signal.reason));
      if (!isImpatience && approval.waiting === 1) {
        close(approval, 'The call was cancelled. Nothing is done any more.');
      }
      throw new CancelledError();
    } finally {
      over.abort();
    }
  }

  return {
    async ask(permission, question, asker) {
      const approval = pageFor(permission, question, asker.client);
      if (approval === undefined) return 'too many pages';
      approval.waiting++;
      try {
        await approval.opened;
        await untilSettled(approval, asker);
      } finally {
        approval.waiting--;
        if (approval.decision === undefined) approval.expiresAt = clock.now() + LIFETIME_MS;
        setTimeout(tidy, LIFETIME_MS + CLOSED_PAGES_MS + 1_000).unref();
      }
      const { decision } = approval;
      if (decision === undefined) return approval.closed === undefined ? 'page open' : 'taken';
      // A yes counts for one call alone, a no for all that wait.
      if (decision === 'approve' || approval.waiting === 0) approval.decision = undefined;
      return decision === 'approve' ? 'yes' : 'declined';
    },
    async close() {
      for (const approval of approvals.values())
        close(approval, 'The server has ended. Nothing is done any more.');
      await (await server)?.close();
    },
  };
}
