import type { Clock } from '../../lib/clock.ts';
import type { HttpTransport } from './transport.ts';

interface Session {
  readonly transport: HttpTransport;
  readonly lastUsed: number;
}

export interface SessionOptions {
  readonly clock: Clock;
  readonly max: number;
  /** A session in which nothing was asked for this long is over, in milliseconds, unless it is busy. */
  readonly idleMs: number;
}

export interface Sessions {
  /** The session with this ID, which is in use from now on. */
  use(id: string): HttpTransport | undefined;
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
  /** In the order in which they were used last. */
  const sessions = new Map<string, Session>();

  function touch(transport: HttpTransport): void {
    sessions.delete(transport.sessionId);
    sessions.set(transport.sessionId, { transport, lastUsed: clock.now() });
  }

  function end(transport: HttpTransport): void {
    sessions.delete(transport.sessionId);
    void transport.close();
  }

  const isExpired = ({ lastUsed }: Session) => clock.now() - lastUsed > idleMs;

  function expire(): void {
    for (const session of [...sessions.values()]) {
      const { transport } = session;
      if (transport.isBusy()) touch(transport);
      else if (isExpired(session)) end(transport);
    }
  }

  return {
    use(id) {
      const session = sessions.get(id);
      if (session === undefined) return undefined;
      const { transport } = session;
      if (!transport.isBusy() && isExpired(session)) {
        end(transport);
        return undefined;
      }
      touch(transport);
      return transport;
    },
    makeRoom() {
      expire();
      if (sessions.size < max) return true;
      const [longest] = [...sessions.values()].filter(({ transport }) => !transport.isBusy());
      if (longest) end(longest.transport);
      return longest !== undefined;
    },
    add: touch,
    remove: ({ sessionId }) => void sessions.delete(sessionId),
    expire,
    all: () => Array.from(sessions.values(), ({ transport }) => transport),
  };
}
