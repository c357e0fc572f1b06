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

  function forget(id: string): void {
    entries.delete(id);
    outcomeLines.delete(id);
  }

  function judge(intent: IntentLine, before: Iterable<JournalEntry>): Refusal | undefined {
    const { approval, part, limit, rents } = intent;
    let made = 0;
    for (const entry of before) {
      const isSpender = approval !== undefined && entry.intent.approval === approval;
      if (isSpender && entry.intent.part === part) return { status: 'spent', entry };
      if (limit === undefined) continue;
      made += rentsOf(entry, intent.projectId, Date.parse(intent.at) - limit.windowMs);
    }
    return limit !== undefined && rents > 0 && made + rents > limit.max
      ? { status: 'limit', made }
      : undefined;
  }

  function applyIntent(line: IntentLine): void {
    if (entries.has(line.id) || refusals.has(line.id)) return;
    const refusal = line.step === 'copy' ? undefined : judge(line, entries.values());
    if (refusal === undefined) entries.set(line.id, { intent: intentOf(line) });
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
      const newer = [...entries];
      entries.clear();
      for (const entry of old) entries.set(entry.intent.id, entry);
      for (const [id, entry] of newer) entries.set(id, entry);
    },
    judge(intent, before) {
      const coming = before.flatMap((line) => (line.step === 'intent' ? [{ intent: intentOf(line) }] : []));
      return judge(intent, [...entries.values(), ...coming]);
    },
    refusal: (id) => refusals.get(id)?.refusal,
    entry: (id) => entries.get(id),
    outcomeLine: (id) => outcomeLines.get(id),
    spender(approval) {
      for (const entry of entries.values()) if (entry.intent.approval === approval) return entry;
      return undefined;
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
