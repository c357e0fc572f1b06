import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Feed } from './feed.ts';
import { findEntry, type ReadBack, readHistory } from './history.ts';
import type { IntentLine, JournalLine } from './journal-lines.ts';
import { counts, type JournalState, RECENT_MS, type Refusal } from './journal-state.ts';
import { type Intent, type Journal, type JournalEntry, LEASE_MS, StoreError } from './store.ts';

interface JournalParts {
  readonly feed: Feed<JournalLine>;
  readonly state: JournalState;
  readonly readBack: ReadBack;
  readonly check: Journal['check'];
  /** The run of this process. */
  readonly server: string;
  readonly clock: Clock;
}

/** The journal over a feed of its lines. */
export function createJournal({ feed, state, readBack, check, server, clock }: JournalParts): Journal {
  const time = (ms: number) => new Date(ms).toISOString();

  async function entry(id: string): Promise<JournalEntry | undefined> {
    await feed.refresh();
    if (state.refusal(id)) return undefined;
    return state.entry(id) ?? findEntry(readBack, id);
  }

  /** Ends what has not begun: it lost a race, or could not be written. Readers need not know what came before. */
  async function withdraw(id: string): Promise<void> {
    await feed.append(() => [
      {
        step: 'outcome',
        id,
        at: time(clock.now()),
        line: randomUUID(),
        server,
        outcome: 'not_executed',
        isVoid: true,
      },
    ]);
  }

  return {
    check,
    async begin(intent, limit) {
      if (limit !== undefined) checkWindow(limit.windowMs);
      const id = randomUUID();
      let refusal: Refusal | undefined;
      function lineAfter(before: readonly JournalLine[]): readonly JournalLine[] {
        const now = clock.now();
        const line: IntentLine = {
          step: 'intent',
          id,
          at: time(now),
          line: randomUUID(),
          ...intent,
          server,
          leaseUntil: time(now + LEASE_MS),
          ...(limit && { limit }),
        };
        refusal = state.judge(line, before);
        return refusal === undefined ? [line] : [];
      }
      try {
        await feed.append(lineAfter);
      } catch (error) {
        // The line may stand there all the same. It is not going to be sent.
        await withdraw(id).catch(() => {});
        throw error;
      }
      if (refusal !== undefined) return refusal;
      const begun = state.entry(id);
      if (begun !== undefined) return { status: 'begun', intent: begun.intent };
      refusal = state.refusal(id);
      if (refusal === undefined) throw new StoreError(`the journal has lost the intent ${id}`);
      await withdraw(id);
      return refusal;
    },
    async end(id, outcome) {
      const line = randomUUID();
      const known = await entry(id);
      await feed.append(() => {
        const current = state.entry(id) ?? known;
        const at = clock.now();
        if (current === undefined || !counts(current, outcome)) return [];
        const { intent } = current;
        const isLeased = current.outcome === undefined && Date.parse(intent.leaseUntil) > at;
        if (isLeased && intent.server !== server) return [];
        const copy = state.entry(id) === undefined ? [copyOf(intent)] : [];
        return [...copy, { step: 'outcome', id, at: time(at), line, server, ...outcome }];
      });
      return state.outcomeLine(id) === line;
    },
    entry,
    async countRents(projectId, windowMs) {
      checkWindow(windowMs);
      await feed.refresh();
      return state.countRents(projectId, windowMs);
    },
    async recent(projectId) {
      await feed.refresh();
      return state.recent(projectId);
    },
    async history(projectId, query) {
      await feed.refresh();
      return readHistory(readBack, state, projectId, query);
    },
  };
}

/** The line by which an intent is known in a segment that is not its own. */
export function copyOf({ id, at, ...intent }: Intent): IntentLine {
  return { step: 'copy', id, at, line: randomUUID(), ...intent };
}

/** @throws {RangeError} for a window that the index does not reach back to */
export function checkWindow(windowMs: number): void {
  if (windowMs > RECENT_MS) throw new RangeError(`rents are counted over ${RECENT_MS} ms at most`);
}
