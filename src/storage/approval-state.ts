import type { CoordinationLine, LineOf, StoredApproval } from './coordination-lines.ts';
import { APPROVAL_KEPT_MS } from './store.ts';

/** Questions and decisions, as the order of lines has them. Whether one is spent stands in the journal. */
export interface ApprovalState {
  /** @returns IDs of the approvals that changed */
  apply(line: CoordinationLine): readonly string[];
  get(id: string): StoredApproval | undefined;
  newest(caller: string, call: string): StoredApproval | undefined;
  byToken(tokenHash: string): StoredApproval | undefined;
  /** The line that decided an approval. */
  decidedBy(id: string): string | undefined;
  /**
   * The approval that is open already, where a question need not be put.
   * @param spent the ID of one that the journal says is spent
   */
  openFor(question: StoredApproval, at: number, spent?: string): StoredApproval | undefined;
  all(): readonly StoredApproval[];
  clear(): void;
}

export function createApprovalState(): ApprovalState {
  const approvals = new Map<string, StoredApproval>();
  const newest = new Map<string, string>();
  const decisions = new Map<string, string>();
  const keyOf = ({ caller, call }: { caller: string; call: string }) => JSON.stringify([caller, call]);

  function newestOf(key: string): StoredApproval | undefined {
    return approvals.get(newest.get(key) ?? '');
  }

  function openFor(question: StoredApproval, at: number, spent?: string): StoredApproval | undefined {
    const open = newestOf(keyOf(question));
    if (open === undefined || open.id === spent || !isOpen(open, at)) return undefined;
    return isSameQuestion(open, question) ? open : undefined;
  }

  function applyQuestion({ approval, at, spent }: LineOf<'question'>): readonly string[] {
    prune(at);
    if (approvals.has(approval.id) || openFor(approval, at, spent)) return [];
    const older = newestOf(keyOf(approval));
    add(approval);
    if (older === undefined || older.id === spent || !isOpen(older, at)) return [approval.id];
    approvals.set(older.id, { ...older, state: 'expired', reason: reasonToReplace(older, approval) });
    return [older.id, approval.id];
  }

  function add(approval: StoredApproval): void {
    approvals.set(approval.id, approval);
    newest.set(keyOf(approval), approval.id);
  }

  function applyDecision({ id, at, line, state, reason, channel, expiresAt }: LineOf<'decision'>) {
    const approval = approvals.get(id);
    if (approval === undefined || !isOpen(approval, at)) return [];
    if (approval.state === 'granted' && state !== 'expired') return [];
    decisions.set(id, line);
    return change(approval, {
      state,
      expiresAt,
      ...(reason !== undefined && { reason }),
      ...(channel !== undefined && { channel }),
    });
  }

  function applyUpdate({ id, at, channel, expiresAt }: LineOf<'update'>) {
    const approval = approvals.get(id);
    if (approval?.state !== 'asked' || !isOpen(approval, at)) return [];
    return change(approval, {
      ...(channel !== undefined && { channel }),
      ...(expiresAt !== undefined && { expiresAt }),
    });
  }

  function change(approval: StoredApproval | undefined, changes: Partial<StoredApproval>): readonly string[] {
    if (approval === undefined) return [];
    approvals.set(approval.id, { ...approval, ...changes });
    return [approval.id];
  }

  /** What nobody finds any more, whatever the journal says. */
  function prune(at: number): void {
    for (const approval of approvals.values()) {
      if (approval.expiresAt + 2 * APPROVAL_KEPT_MS > at) continue;
      approvals.delete(approval.id);
      decisions.delete(approval.id);
      if (newest.get(keyOf(approval)) === approval.id) newest.delete(keyOf(approval));
    }
  }

  return {
    apply(line) {
      switch (line.step) {
        case 'question':
          return applyQuestion(line);
        case 'decision':
          return applyDecision(line);
        case 'update':
          return applyUpdate(line);
        case 'conclusion':
          return change(approvals.get(line.id), { outcome: line.outcome, expiresAt: line.expiresAt });
        case 'delivered':
          return change(approvals.get(line.id), { isDelivered: true });
        case 'copy':
          if (!approvals.has(line.approval.id)) add(line.approval);
          return [];
        default:
          return [];
      }
    },
    get: (id) => approvals.get(id),
    newest: (caller, call) => newestOf(keyOf({ caller, call })),
    byToken: (tokenHash) => [...approvals.values()].findLast((approval) => approval.tokenHash === tokenHash),
    decidedBy: (id) => decisions.get(id),
    openFor,
    all: () => [...approvals.values()],
    clear() {
      approvals.clear();
      newest.clear();
      decisions.clear();
    },
  };
}

type Asked = Pick<StoredApproval, 'terms' | 'tokenHash'>;

/** Whether a question about the same call need not be put, since this one is open. */
export function isSameQuestion(open: StoredApproval, question: Asked): boolean {
  const isReplaced =
    open.state === 'asked' && question.tokenHash !== undefined && question.tokenHash !== open.tokenHash;
  return open.terms === question.terms && !isReplaced;
}

/** Why a question takes the place of one that is open. */
export function reasonToReplace(open: Asked, question: Asked): string {
  return open.terms === question.terms ? 'another token replaces it' : 'the terms changed since it was put';
}

/** Asked or granted, and still good. One with an outcome was spent. */
export function isOpen({ state, expiresAt, outcome, isDelivered }: StoredApproval, at: number): boolean {
  if (outcome !== undefined || isDelivered) return false;
  return (state === 'asked' || state === 'granted') && expiresAt > at;
}
