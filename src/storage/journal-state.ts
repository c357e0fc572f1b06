import type { IntentLine, JournalLine, OutcomeLine } from './journal-lines.ts';
import type { Begun, Intent, IntentOutcome, JournalEntry } from './store.ts';

/** The longest window in which rents are counted, and how long entries are recent: 24 hours, in milliseconds. */
export const RECENT_MS = 24 * 60 * 60_000;
/** The index reaches back a little further: clocks differ, and a line is applied later than it is written. */
export const INDEXED_MS = RECENT_MS + 60 * 60_000;
const APPLIED_UNTIL_PRUNED = 1_000;

export type Refusal = Exclude<Begun, { status: 'begun' }>;

/**
 * What stands in the journal, as far as anything is decided by it: entries of the last 24 hours, and those that have
 * no outcome. It follows from the order of lines alone, so that all processes decide alike.
 */
export interface JournalState {
  /** The next line, in the order of the journal. */
  apply(line: JournalLine): void;
  /** Adds open entries that are older than all that was applied. */
  addOld(entries: readonly JournalEntry[]): void;
  /**
   * Why an intent would not begin if it came next.
   * @param before lines that will come before it
   */
  judge(intent: IntentLine, before: readonly JournalLine[]): Refusal | undefined;
  /** Why an intent that was applied did not begin. */
  refusal(id: string): Refusal | undefined;
  entry(id: string): JournalEntry | undefined;
  /** The line of the outcome that counts. */
  outcomeLine(id: string): string | undefined;
  /** The entry that spent an approval, or a part of it; the first one, where there are several. */
  spender(approval: string): JournalEntry | undefined;
  countRents(projectId: string, windowMs: number): number;
  recent(projectId: string): readonly JournalEntry[];
  /** All that have no outcome, of every project. */
  open(): readonly JournalEntry[];
  clear(): void;
}

/** @param now milliseconds since the epoch */
export function createJournalState(now: () => number): JournalState {
  const entries = new Map<string, JournalEntry>();
  /** The IDs of entries that spent an approval, by its parts, in their order. */
  const spenders = new Map<string, Map<string | undefined, string>>();
  const outcomeLines = new Map<string, string>();
  const refusals = new Map<string, { readonly refusal: Refusal; readonly at: string }>();
  let applied = 0;

  /** Closed entries that are older are looked up in the journal itself. */
  function prune(): void {
    const from = now() - INDEXED_MS;
    for (const [id, { intent, outcome }] of entries) {
      if (outcome !== undefined && !isAfter(intent.at, from)) forget(id);
    }
    for (const [id, { at }] of refusals) if (!isAfter(at, from)) refusals.delete(id);
  }

  function add(entry: JournalEntry): void {
    const { id, approval, part } = entry.intent;
    entries.set(id, entry);
    if (approval === undefined) return;
    const parts = spenders.get(approval) ?? new Map<string | undefined, string>();
    spenders.set(approval, parts);
    if (!parts.has(part)) parts.set(part, id);
  }

  function forget(id: string): void {
    const { approval = '', part } = entries.get(id)?.intent ?? {};
    entries.delete(id);
    outcomeLines.delete(id);
    const parts = spenders.get(approval);
    if (parts?.get(part) === id) parts.delete(part);
    if (parts?.size === 0) spenders.delete(approval);
  }

  /** @param coming entries that will come before it */
  function judge(intent: IntentLine, coming: readonly JournalEntry[]): Refusal | undefined {
    const { approval, part, limit, rents } = intent;
    const spender =
      approval === undefined
        ? undefined
        : (entries.get(spenders.get(approval)?.get(part) ?? '') ??
          coming.find((entry) => entry.intent.approval === approval && entry.intent.part === part));
    if (spender !== undefined) return { status: 'spent', entry: spender };
    if (limit === undefined || rents === 0) return undefined;
    const from = Date.parse(intent.at) - limit.windowMs;
    let made = 0;
    for (const entry of entries.values()) made += rentsOf(entry, intent.projectId, from);
    for (const entry of coming) made += rentsOf(entry, intent.projectId, from);
    return made + rents > limit.max ? { status: 'limit', made } : undefined;
  }

  function applyIntent(line: IntentLine): void {
    if (entries.has(line.id) || refusals.has(line.id)) return;
    const refusal = line.step === 'copy' ? undefined : judge(line, []);
    if (refusal === undefined) add({ intent: intentOf(line) });
    else refusals.set(line.id, { refusal, at: line.at });
  }

  function applyOutcome(line: OutcomeLine): void {
    const entry = entries.get(line.id);
    if (entry === undefined) return;
    if (line.isVoid) {
      forget(line.id);
    } else if (counts(entry, line)) {
      entries.set(line.id, withOutcome(entry, line));
      outcomeLines.set(line.id, line.line);
    }
  }

  return {
    apply(line) {
      if (++applied % APPLIED_UNTIL_PRUNED === 0) prune();
      if (line.step === 'outcome') applyOutcome(line);
      else applyIntent(line);
    },
    addOld(old) {
      const newer = [...entries.values()];
      entries.clear();
      spenders.clear();
      for (const entry of [...old, ...newer]) add(entry);
    },
    judge(intent, before) {
      const coming = before.flatMap((line) => (line.step === 'intent' ? [{ intent: intentOf(line) }] : []));
      return judge(intent, coming);
    },
    refusal: (id) => refusals.get(id)?.refusal,
    entry: (id) => entries.get(id),
    outcomeLine: (id) => outcomeLines.get(id),
    spender(approval) {
      const [id = ''] = spenders.get(approval)?.values() ?? [];
      return entries.get(id);
    },
    countRents(projectId, windowMs) {
      const from = now() - windowMs;
      let made = 0;
      for (const entry of entries.values()) made += rentsOf(entry, projectId, from);
      return made;
    },
    recent(projectId) {
      const from = now() - RECENT_MS;
      return [...entries.values()].filter(
        ({ intent, outcome }) =>
          intent.projectId === projectId && (outcome === undefined || isAfter(intent.at, from)),
      );
    },
    open: () => [...entries.values()].filter(({ outcome }) => outcome === undefined),
    clear() {
      entries.clear();
      spenders.clear();
      outcomeLines.clear();
      refusals.clear();
    },
  };
}

function rentsOf({ intent, outcome }: JournalEntry, projectId: string, from: number): number {
  if (intent.projectId !== projectId || outcome?.outcome === 'not_executed') return 0;
  return isAfter(intent.at, from) ? intent.rents : 0;
}

function isAfter(at: string, ms: number): boolean {
  return Date.parse(at) > ms;
}

export function intentOf({ step: _, line: __, limit: ___, ...intent }: IntentLine): Intent {
  return intent;
}

/** An entry after one more outcome: the first counts, but for an effect that came to light later. */
export function withOutcome(entry: JournalEntry, line: OutcomeLine): JournalEntry {
  return counts(entry, line) ? { ...entry, outcome: outcomeOf(line) } : entry;
}

/** Whether an outcome is the one that counts, if it comes next. */
export function counts({ outcome }: JournalEntry, next: Pick<IntentOutcome, 'outcome'>): boolean {
  if (outcome === undefined) return true;
  return outcome.outcome !== 'completed' && next.outcome === 'completed';
}

function outcomeOf({ step: _, id: __, line: ___, isVoid: ____, ...outcome }: OutcomeLine): IntentOutcome {
  return outcome;
}
