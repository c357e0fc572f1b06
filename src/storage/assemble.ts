import { randomUUID } from 'node:crypto';
import { createChangeBus } from '../lib/change-bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { ApprovalState } from './approval-state.ts';
import { approvalAt, createApprovals, spentAt } from './approvals.ts';
import type { CoordinationLine } from './coordination-lines.ts';
import type { Apply, Feed } from './feed.ts';
import type { ReadBack } from './history.ts';
import { createJournal } from './journal.ts';
import type { JournalLine } from './journal-lines.ts';
import type { JournalState } from './journal-state.ts';
import type { OrderLine, OrderState } from './order-lines.ts';
import { createOrders } from './orders.ts';
import type { Approval, Store } from './store.ts';
import { createTurns, type TurnState } from './turns.ts';

/** What lines say, as one handle knows it. */
export interface States {
  readonly journal: JournalState;
  readonly approvals: ApprovalState;
  readonly turns: TurnState;
  readonly orders: OrderState;
}

export interface StoreParts extends Pick<Store, 'events' | 'start' | 'close'> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly states: States;
  readonly checkJournal: Store['journal']['check'];
  readonly readBack: ReadBack;
  readonly openJournal: (apply: Apply<JournalLine>) => Feed<JournalLine>;
  readonly openCoordination: (apply: Apply<CoordinationLine>) => Feed<CoordinationLine>;
  readonly openOrders: (apply: Apply<OrderLine>) => Feed<OrderLine>;
  /** Sees what other processes write as they do. @returns what ends that */
  readonly follow: () => () => void;
}

/** A store, from the two feeds that an adapter keeps. What they mean is the same for all adapters. */
export function assembleStore(parts: StoreParts): Store {
  const { clock, log, states, follow } = parts;
  const server = randomUUID();
  const onError = (error: unknown) => log.error(`store: ${String(error)}`);
  const lines = createChangeBus<CoordinationLine>(onError);
  const approvals = createChangeBus<Approval>(onError);
  const changes = createChangeBus<readonly string[]>(onError);

  function publishApproval(id: string): void {
    const approval = approvalAt(states.approvals.get(id), spentAt(states.journal, id), clock.now());
    if (approval !== undefined) approvals.publish(approval);
  }

  const journalFeed = parts.openJournal((line, isNews) => {
    states.journal.apply(line);
    if (isNews && line.step === 'intent' && line.approval !== undefined) publishApproval(line.approval);
  });
  const feed = parts.openCoordination((line, isNews) => {
    const changed = states.approvals.apply(line);
    states.turns.apply(line);
    if (!isNews) return;
    for (const id of changed) publishApproval(id);
    if (line.step === 'changed' && line.server !== server) changes.publish(line.uris);
    lines.publish(line);
  });

  const orders = createOrders(parts.openOrders(states.orders.apply), states.orders);

  /** A subscription during which other processes are followed. */
  function followed<A extends unknown[]>(subscribe: (...args: A) => () => void): (...args: A) => () => void {
    return (...args) => {
      const unfollow = follow();
      const unsubscribe = subscribe(...args);
      return () => {
        unsubscribe();
        unfollow();
      };
    };
  }

  return {
    journal: createJournal({
      feed: journalFeed,
      state: states.journal,
      readBack: parts.readBack,
      check: parts.checkJournal,
      server,
      clock,
    }),
    approvals: createApprovals({
      feed,
      state: states.approvals,
      refreshJournal: () => journalFeed.refresh(),
      journal: states.journal,
      subscribe: followed(approvals.subscribe),
      now: clock.now,
    }),
    events: {
      ...parts.events,
      // Whoever hears of an event reads its order as it says. What could not be kept is delivered once more.
      async append(event) {
        await orders.takeEvent(event);
        await parts.events.append(event);
      },
      subscribe: followed(parts.events.subscribe),
    },
    orders: { keep: orders.keep, list: orders.list },
    changes: {
      publish(uris) {
        changes.publish(uris);
        const line = { step: 'changed', line: randomUUID(), at: clock.now(), server, uris } as const;
        feed
          .append(() => [line])
          .catch((error: unknown) => log.warn(`store: a change reached no other process: ${String(error)}`));
      },
      subscribe: followed(changes.subscribe),
    },
    ping: parts.checkJournal,
    withTurn: createTurns({ feed, state: states.turns, lines, follow, clock, log }),
    start: parts.start,
    close: parts.close,
  };
}
