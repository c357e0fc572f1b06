import { randomUUID } from 'node:crypto';
import type { ApprovalState } from './approval-state.ts';
import type { CoordinationLine, StoredApproval } from './coordination-lines.ts';
import type { Feed } from './feed.ts';
import type { JournalState } from './journal-state.ts';
import { APPROVAL_KEPT_MS, type Approval, type Approvals } from './store.ts';

interface ApprovalParts {
  readonly feed: Feed<CoordinationLine>;
  readonly state: ApprovalState;
  /** Brings the state of the journal up to date: it says what is spent. */
  readonly refreshJournal: () => Promise<void>;
  readonly journal: JournalState;
  readonly subscribe: Approvals['subscribe'];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Approvals over a feed of coordination lines. */
export function createApprovals(parts: ApprovalParts): Approvals {
  const { feed, state, journal, now } = parts;
  const view = (approval: StoredApproval | undefined) =>
    approvalAt(approval, approval && spentAt(journal, approval.id), now());

  async function refresh(): Promise<void> {
    await feed.refresh();
    await parts.refreshJournal();
  }

  return {
    async ask(question) {
      await parts.refreshJournal();
      const id = randomUUID();
      let open: StoredApproval | undefined;
      await feed.append(() => {
        const at = now();
        const approval = { ...question, id, state: 'asked' } as const;
        const newest = state.newest(question.caller, question.call);
        const spent = newest && journal.spender(newest.id) ? { spent: newest.id } : {};
        open = state.openFor(approval, at, spent.spent);
        if (open !== undefined) return [];
        return [{ step: 'question', line: randomUUID(), at, approval, ...spent }];
      });
      const asked = state.get(id);
      const stored = asked ?? open ?? state.newest(question.caller, question.call);
      const approval = view(stored);
      if (approval === undefined) throw new Error('an approval was forgotten as it was asked for');
      return { approval, isNew: asked !== undefined };
    },
    async get(id) {
      await refresh();
      return view(state.get(id));
    },
    async find(caller, call) {
      await refresh();
      const approval = view(state.newest(caller, call));
      return approval?.isDelivered ? undefined : approval;
    },
    async findByToken(tokenHash) {
      await refresh();
      return view(state.byToken(tokenHash));
    },
    async decide(id, decision) {
      await parts.refreshJournal();
      const line = randomUUID();
      await feed.append(() => {
        const current = view(state.get(id))?.state;
        const isLate = current !== 'asked' && !(current === 'granted' && decision.state === 'expired');
        if (isLate) return [];
        return [{ step: 'decision', ...decision, id, line, at: now() }];
      });
      return state.decidedBy(id) === line;
    },
    async update(id, change) {
      await feed.append(() => {
        if (view(state.get(id))?.state !== 'asked') return [];
        return [{ step: 'update', ...change, id, line: randomUUID(), at: now() }];
      });
    },
    async conclude(id, outcome, expiresAt) {
      await parts.refreshJournal();
      await feed.append(() => {
        if (view(state.get(id))?.state !== 'spent') return [];
        return [{ step: 'conclusion', id, line: randomUUID(), at: now(), outcome, expiresAt }];
      });
    },
    async delivered(id) {
      await feed.append(() => {
        if (view(state.get(id)) === undefined) return [];
        return [{ step: 'delivered', id, line: randomUUID(), at: now() }];
      });
    },
    subscribe: parts.subscribe,
  };
}

/** When an approval was spent, in milliseconds since the epoch; undefined where it was not. */
export function spentAt(journal: Pick<JournalState, 'spender'>, id: string): number | undefined {
  const spender = journal.spender(id);
  return spender && Date.parse(spender.intent.at);
}

/**
 * An approval as it stands at a time; undefined where it is forgotten. Times in milliseconds since the epoch.
 * @param spent when it was spent first
 */
export function approvalAt(
  approval: StoredApproval | undefined,
  spent: number | undefined,
  now: number,
): Approval | undefined {
  if (approval === undefined) return undefined;
  const { state, expiresAt, outcome } = approval;
  if (spent !== undefined) {
    // Its request may be under way, or its process may have died: the same call must not be asked about as if new.
    const until = outcome === undefined ? Math.max(expiresAt, spent + APPROVAL_KEPT_MS) : expiresAt;
    return until > now ? { ...approval, state: 'spent', expiresAt: until } : undefined;
  }
  if (expiresAt > now) return approval;
  if (state === 'asked' || state === 'granted') {
    const reason = state === 'asked' ? 'nobody answered in time' : 'the approval was not used in time';
    return expiresAt + APPROVAL_KEPT_MS > now ? { ...approval, state: 'expired', reason } : undefined;
  }
  return undefined;
}
