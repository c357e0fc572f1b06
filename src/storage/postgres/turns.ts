import { randomUUID } from 'node:crypto';
import type { ChangeBus } from '../../lib/change-bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { abortSignalOf, type Signal } from '../../lib/signal.ts';
import { LEASE_MS, type Store } from '../store.ts';
import type { Database } from './database.ts';
import { sql } from './sql.ts';

interface TurnParts {
  readonly database: Database;
  /** Published when a turn may have become free. */
  readonly bus: ChangeBus<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Turns as rows with a lease. No lock and no transaction lasts as long as what is done in a turn. */
export function createTurns({ database, bus, clock, log }: TurnParts): Store['withTurn'] {
  const { run, time } = database;
  const lease = sql`${LEASE_MS} * interval '1 millisecond'`;

  /** @returns 0 where it was taken, else how long it may last until it is free, in milliseconds */
  async function take(projectId: string, holder: string): Promise<number> {
    const taken = await run(sql`insert into sinch_numbers.turn as turn (project_id, holder, until)
      values (${projectId}, ${holder}, ${time()} + ${lease})
      on conflict (project_id) do update set holder = excluded.holder, until = excluded.until
        where turn.holder is null or turn.holder = excluded.holder or turn.until <= ${time()}
      returning 1`);
    if (taken.length > 0) return 0;
    const [row] = await run(sql`select ceil(extract(epoch from until - ${time()}) * 1000)::float8 as left
      from sinch_numbers.turn where project_id = ${projectId} and holder is not null`);
    return Math.max(1, Number(row?.left ?? 1));
  }

  async function renew(projectId: string, holder: string): Promise<void> {
    const renewed = await run(sql`update sinch_numbers.turn set until = ${time()} + ${lease}
      where project_id = ${projectId} and holder = ${holder} returning 1`);
    if (renewed.length === 0) log.warn('turn: its lease has ended, and another process has taken it');
  }

  async function free(projectId: string, holder: string): Promise<void> {
    try {
      await run(sql`with freed as (update sinch_numbers.turn set holder = null
          where project_id = ${projectId} and holder = ${holder} returning 1)
        select pg_notify('sinch_numbers', 'turns') from freed`);
      bus.publish();
    } catch (error) {
      log.warn(`turn: its end could not be written, others wait for the end of its lease: ${String(error)}`);
    }
  }

  async function wait(projectId: string, holder: string, signal: Signal | undefined): Promise<void> {
    const cancelled = signal && abortSignalOf(signal);
    for (;;) {
      signal?.throwIfAborted();
      const woken = new AbortController();
      // From before it is asked for: what becomes free meanwhile is noticed.
      const unsubscribe = bus.subscribe(() => woken.abort());
      const stop = cancelled ? AbortSignal.any([cancelled, woken.signal]) : woken.signal;
      try {
        const left = await take(projectId, holder);
        if (left === 0) return;
        await clock.sleep(left, stop).catch((error: unknown) => {
          if (!stop.aborted) throw error;
        });
      } finally {
        unsubscribe();
      }
    }
  }

  return async (projectId, task, signal) => {
    signal?.throwIfAborted();
    const holder = randomUUID();
    try {
      await wait(projectId, holder, signal);
    } catch (error) {
      await free(projectId, holder);
      throw error;
    }
    const renewal = setInterval(() => {
      renew(projectId, holder).catch((error: unknown) => log.warn(`turn: ${String(error)}`));
    }, LEASE_MS / 4).unref();
    try {
      return await task();
    } finally {
      clearInterval(renewal);
      await free(projectId, holder);
    }
  };
}
