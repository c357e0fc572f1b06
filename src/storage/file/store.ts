import { access, constants } from 'node:fs/promises';
import type { CallbackEvent } from '../../api/callback-event.ts';
import { createChangeBus } from '../../lib/change-bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { createApprovalState } from '../approval-state.ts';
import { assembleStore } from '../assemble.ts';
import { createJournalState } from '../journal-state.ts';
import { createOrderState } from '../order-lines.ts';
import type { EventLog, Store } from '../store.ts';
import { createTurnState } from '../turns.ts';
import { openCoordinationLog } from './coordination-log.ts';
import { openEventLog } from './event-log.ts';
import { createFollower } from './follow.ts';
import { openJournalLog, readJournalBack } from './journal-log.ts';
import { openOrderLog } from './order-log.ts';
import { asStoreError, isMissing, openSafely, prepareFolder } from './safe-open.ts';
import { segmentNames } from './segments.ts';

export interface FileStoreOptions {
  /** Where everything is kept. It is made when something is written first. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many events are kept at least. */
  readonly keepEvents?: number;
}

/** A store in a folder, shared by all processes on this machine that open it. */
export function openFileStore({ folder, clock, log, keepEvents }: FileStoreOptions): Store {
  const now = clock.now;
  const states = {
    journal: createJournalState(now),
    approvals: createApprovalState(),
    turns: createTurnState(),
    orders: createOrderState(),
  };
  const events = openEvents(folder, log, keepEvents);
  /** How what was written is read, by what the names of its files begin with. */
  const reads = new Map<string, () => Promise<unknown>>([['callback-events', events.read]]);

  function followed<F extends { refresh(): Promise<void> }>(name: string, feed: F): F {
    reads.set(name, () => feed.refresh());
    return feed;
  }

  async function readAgain(files?: readonly string[]): Promise<void> {
    const names = new Set(files?.map((file) => file.replace(/\..*/, '')));
    // Some systems name the folder in place of what was written in it.
    const isKnown = names.size > 0 && [...names].every((name) => reads.has(name));
    await Promise.all([...reads].map(([name, read]) => (!isKnown || names.has(name) ? read() : undefined)));
  }

  const follower = createFollower(folder, readAgain, log);

  return assembleStore({
    clock,
    log,
    states,
    events,
    readBack: readJournalBack(folder),
    checkJournal: () => asStoreError(() => checkJournal(folder)),
    openJournal: (apply) =>
      followed('journal', openJournalLog({ folder, state: states.journal, apply, now, log })),
    openCoordination: (apply) =>
      followed('approvals', openCoordinationLog({ folder, states, apply, now, log })),
    openOrders: (apply) =>
      followed('orders', openOrderLog({ folder, state: states.orders, apply, now, log })),
    follow: () => follower.hold(),
    async start() {
      try {
        await events.read();
        follower.start();
      } catch (error) {
        log.error(`store: ${folder} cannot be used: ${String(error)}`);
      }
    },
    async close() {
      follower.close();
    },
  });
}

function openEvents(folder: string, log: Logger, keep: number | undefined): EventLog {
  const { publish, subscribe } = createChangeBus<readonly CallbackEvent[]>((error) =>
    log.error(`callbacks: ${String(error)}`),
  );
  const { append, read, dropped } = openEventLog({
    folder,
    log,
    onEvents: publish,
    ...(keep !== undefined && { keep }),
  });
  return {
    append: (event) => asStoreError(() => append(event)),
    read: () => asStoreError(read),
    dropped,
    subscribe,
  };
}

/** Whether the newest segment of the journal, or a first one, could be written. */
async function checkJournal(folder: string): Promise<void> {
  await prepareFolder(folder);
  await access(folder, constants.W_OK | constants.X_OK);
  const names = segmentNames(folder, 'journal');
  const newest = (await names.list()).at(-1);
  if (newest === undefined) return;
  const file = await openSafely(names.path(newest), 'append').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  await file?.close();
}
