import type { Clock } from '../../lib/clock.ts';
import type { HttpTransport } from './transport.ts';

interface Session {
  readonly transport: HttpTransport;
  lastUsed: number;
}

export interface SessionOptions {
  readonly clock: Clock;
  readonly max: number;
  /** A session in which nothing was asked for this long is over, in milliseconds, unless it is busy. */
  readonly idleMs: number;
}

export interface Sessions {
  /** The session of this person with this ID, which is in use from now on. To others it does not exist. */
  use(id: string, owner: string | undefined): HttpTransport | undefined;
  /** Ends what has expired and, where there is no room for one more, the one idle longest. @returns whether there is room */
  makeRoom(): boolean;
  add(transport: HttpTransport): void;
  remove(transport: HttpTransport): void;
  /** Ends what has expired. */
  expire(): void;
  all(): readonly HttpTransport[];
}

/** The sessions that are open. One that is busy, with a call under way or a stream open, is not ended here. */
export function createSessions({ clock, max, idleMs }: SessionOptions): Sessions {
  const sessions = new Map<string, Session>();

  function end({ transport }: Session): void {
    sessions.delete(transport.sessionId);
    void transport.close();
  }

  /** Ends it if it has expired. A busy one is in use. @returns whether it is still open */
  function check(session: Session): boolean {
    if (session.transport.isBusy()) session.lastUsed = clock.now();
    if (clock.now() - session.lastUsed <= idleMs) return true;
    end(session);
    return false;
  }

  function expire(): void {
    for (const session of [...sessions.values()]) check(session);
  }

  return {
    use(id, owner) {
      const session = sessions.get(id);
      if (session?.transport.owner !== owner) return undefined;
      if (session === undefined || !check(session)) return undefined;
      session.lastUsed = clock.now();
      return session.transport;
    },
    makeRoom() {
      expire();
      if (sessions.size < max) return true;
      const [longest] = [...sessions.values()]
        .filter(({ transport }) => !transport.isBusy())
        .sort((a, b) => a.lastUsed - b.lastUsed);
      if (longest) end(longest);
      return longest !== undefined;
    },
    add: (transport) => void sessions.set(transport.sessionId, { transport, lastUsed: clock.now() }),
    remove: ({ sessionId }) => void sessions.delete(sessionId),
    expire,
    all: () => Array.from(sessions.values(), ({ transport }) => transport),
  };
}
