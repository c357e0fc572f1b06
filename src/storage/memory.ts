import type { CallbackEvent } from '../api/callback-event.ts';
import { createChangeBus } from '../lib/change-bus.ts';
import type { Clock } from '../lib/clock.ts';
import { createLogger } from '../lib/log.ts';
import { createApprovalState } from './approval-state.ts';
import { assembleStore } from './assemble.ts';
import { type CoordinationLine, parseCoordinationLine } from './coordination-lines.ts';
import type { Apply, Feed, FeedLine } from './feed.ts';
import type { ReadBack } from './history.ts';
import { type JournalLine, parseJournalLine } from './journal-lines.ts';
import { createJournalState } from './journal-state.ts';
import { createOrderState, type OrderLine, parseOrderLine } from './order-lines.ts';
import type { EventLog, Store } from './store.ts';
import { createTurnState } from './turns.ts';

/** What stores of one memory share. */
export interface MemoryPlace {
  readonly journal: MemoryLines<JournalLine>;
  readonly coordination: MemoryLines<CoordinationLine>;
  readonly orders: MemoryLines<OrderLine>;
  readonly events: EventLog;
}

interface MemoryLines<L> {
  readonly lines: readonly L[];
  push(line: L): void;
  /** Takes every line there was, then every line that comes. */
  onLine(apply: Apply<L>): void;
}

function throwIt(error: unknown): never {
  throw error;
}

/** Where several memory stores can be opened, as several processes open one folder. */
export function createMemoryPlace(): MemoryPlace {
  return {
    journal: createLines(parseJournalLine),
    coordination: createLines(parseCoordinationLine),
    orders: createLines(parseOrderLine),
    events: createEvents(),
  };
}

/** A store that is gone with its process, for tests. It decides everything as the file store does. */
export function createMemoryStore(clock: Clock, place: MemoryPlace = createMemoryPlace()): Store {
  const states = {
    journal: createJournalState(clock.now),
    approvals: createApprovalState(),
    turns: createTurnState(),
    orders: createOrderState(),
  };
  return assembleStore({
    clock,
    log: createLogger('error', throwIt),
    states,
    events: place.events,
    checkJournal: async () => {},
    readBack: readBackOf(place.journal.lines),
    openJournal: (apply) => openFeed(place.journal, apply),
    openCoordination: (apply) => openFeed(place.coordination, apply),
    openOrders: (apply) => openFeed(place.orders, apply),
    follow: () => () => {},
    start: async () => {},
    close: async () => {},
  });
}

/** @param parse reads a line as it would be read from a file */
function createLines<L extends FeedLine>(parse: (value: unknown) => L | undefined): MemoryLines<L> {
  const lines: L[] = [];
  const { publish, subscribe } = createChangeBus<L>(throwIt);
  return {
    lines,
    push(line) {
      const kept = parse(JSON.parse(JSON.stringify(line)));
      if (kept === undefined) throw new Error(`not a line: ${JSON.stringify(line)}`);
      lines.push(kept);
      publish(kept);
    },
    onLine(apply) {
      for (const line of lines) apply(line, false);
      subscribe((line) => apply(line, true));
    },
  };
}

function openFeed<L extends FeedLine>(place: MemoryLines<L>, apply: Apply<L>): Feed<L> {
  place.onLine(apply);
  return {
    refresh: async () => {},
    append: async (make) => {
      for (const line of make([])) place.push(line);
    },
  };
}

function readBackOf(lines: readonly JournalLine[]): ReadBack {
  return async function* () {
    const kept = lines.map((line, offset) => ({ segment: 0, offset, head: line, parse: () => line }));
    yield kept.toReversed();
  };
}

function createEvents(): EventLog {
  const events = new Map<string, CallbackEvent>();
  const { publish, subscribe } = createChangeBus<readonly CallbackEvent[]>(throwIt);
  return {
    async append(event) {
      if (events.has(event.eventId)) return;
      events.set(event.eventId, event);
      publish([event]);
    },
    read: async () => [...events.values()],
    dropped: () => 0,
    subscribe,
  };
}
