import { randomUUID } from 'node:crypto';
import type { ChangeBus } from '../lib/change-bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Signal } from '../lib/signal.ts';
import type { CoordinationLine } from './coordination-lines.ts';
import type { Feed } from './feed.ts';
import { LEASE_MS, type Store } from './store.ts';

interface Claim {
  readonly claim: string;
  /** End of its lease, in milliseconds since the epoch. */
  readonly until: number;
}

/** Who claims the turns of projects, first come first: the first one holds it while its lease lasts. */
export interface TurnState {
  apply(line: CoordinationLine): void;
  claims(projectId: string): readonly Claim[];
  /** All claims, of every project. */
  all(): readonly (Claim & { readonly projectId: string })[];
  clear(): void;
}

export function createTurnState(): TurnState {
  const queues = new Map<string, readonly Claim[]>();
  const claims = (projectId: string) => queues.get(projectId) ?? [];

  return {
    apply(line) {
      if (line.step === 'turn') {
        const { claim, projectId, until, at } = line;
        const alive = claims(projectId).filter((other) => other.claim === claim || other.until > at);
        const isKnown = alive.some((other) => other.claim === claim);
        const renewed = alive.map((other) => (other.claim === claim ? { claim, until } : other));
        queues.set(projectId, isKnown ? renewed : [...alive, { claim, until }]);
      } else if (line.step === 'turn-ended') {
        const left = claims(line.projectId).filter(({ claim }) => claim !== line.claim);
        if (left.length === 0) queues.delete(line.projectId);
        else queues.set(line.projectId, left);
      }
    },
    claims,
    all: () => [...queues].flatMap(([projectId, queue]) => queue.map((claim) => ({ ...claim, projectId }))),
    clear: () => queues.clear(),
  };
}

interface TurnParts {
  readonly feed: Feed<CoordinationLine>;
  readonly state: TurnState;
  /** Publishes each line that comes. */
  readonly lines: Pick<ChangeBus<CoordinationLine>, 'subscribe'>;
  /** Follows other processes. @returns what ends that */
  readonly follow: () => () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Turns over a feed of coordination lines. */
export function createTurns({ feed, state, lines, follow, clock, log }: TurnParts): Store['withTurn'] {
  /** Claims the turn, or renews the lease of a claim. */
  async function renew(projectId: string, claim: string): Promise<void> {
    await feed.append(() => {
      const at = clock.now();
      return [{ step: 'turn', line: randomUUID(), at, projectId, claim, until: at + LEASE_MS }];
    });
  }

  async function end(projectId: string, claim: string): Promise<void> {
    try {
      await feed.append(() => [
        { step: 'turn-ended', line: randomUUID(), at: clock.now(), projectId, claim },
      ]);
    } catch (error) {
      log.warn(`turn: its end could not be written, others wait for the end of its lease: ${String(error)}`);
    }
  }

  /** Until something happens, or time has passed. */
  async function pause(ms: number, signal: Signal | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    const unsubscribe = lines.subscribe(wake);
    signal?.addEventListener('abort', wake);
    if (signal?.aborted) wake();
    try {
      await clock.sleep(Math.max(0, ms), woken.signal);
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      unsubscribe();
      signal?.removeEventListener('abort', wake);
    }
  }

  async function wait(projectId: string, claim: string, signal: Signal | undefined): Promise<void> {
    await renew(projectId, claim);
    for (;;) {
      signal?.throwIfAborted();
      const now = clock.now();
      const [holder] = state.claims(projectId);
      const own = state.claims(projectId).find((each) => each.claim === claim);
      const left = (own?.until ?? 0) - now;
      if (holder === own && left > LEASE_MS / 2) return;
      // Whoever renews their claim removes those whose lease has ended.
      if (holder === undefined || holder.until <= now || left <= LEASE_MS / 2) await renew(projectId, claim);
      else await pause(Math.min(holder.until - now, left - LEASE_MS / 2), signal);
    }
  }

  return async (projectId, run, signal) => {
    signal?.throwIfAborted();
    const claim = randomUUID();
    const unfollow = follow();
    try {
      await wait(projectId, claim, signal);
    } catch (error) {
      await end(projectId, claim);
      throw error;
    } finally {
      unfollow();
    }
    const renewal = setInterval(() => {
      renew(projectId, claim).catch((error: unknown) => log.warn(`turn: ${String(error)}`));
    }, LEASE_MS / 4).unref();
    try {
      return await run();
    } finally {
      clearInterval(renewal);
      await end(projectId, claim);
    }
  };
}
