import { CALLBACKS_PATH, type CallbackEvent, timeKey } from '../api/callback-event.ts';
import { InvalidRequestError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { HttpServer } from '../lib/listen.ts';
import type { Logger } from '../lib/log.ts';
import type { Mask } from '../lib/mask.ts';
import type { EventLog } from '../storage/store.ts';
import { createVerifier } from './secret.ts';

export interface EventQuery {
  readonly phoneNumber?: string | undefined;
  readonly eventType?: string | undefined;
  readonly status?: string | undefined;
  /** Milliseconds since the epoch; events from then on. */
  readonly since?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface EventPage {
  /** Newest first. */
  readonly events: readonly CallbackEvent[];
  readonly nextCursor?: string;
  /** How many older events are kept no longer. */
  readonly dropped: number;
}

export interface ReceiverStatus {
  readonly listening: boolean;
  readonly url?: string;
  /** Events that were taken and requests that were refused, since this process began. */
  readonly received: number;
  readonly rejected: number;
  /** Why the last request was refused, and when. */
  readonly lastRefusal?: string;
  /** Why it does not listen, where it should. */
  readonly problem?: string;
}

/** The events of the project's numbers: what was received, and the receiver itself. */
export interface CallbackInbox {
  /**
   * Waits until it is known whether the receiver listens.
   * @throws {InvalidRequestError} for a cursor that is none of this list
   */
  list(query: EventQuery): Promise<EventPage>;
  status(): ReceiverStatus;
  /** Calls back whenever events arrive. @returns what ends that */
  onEvents(listener: (events: readonly CallbackEvent[]) => void): () => void;
  /** Takes over the project's new secret, unless one is configured. */
  secretChanged(secret: string): void;
  /** Starts the receiver, where one is configured, and keeps trying where its port is taken. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface InboxOptions {
  readonly events: EventLog;
  /** Port of the receiver on 127.0.0.1, 0 for any; absent where none is wanted. */
  readonly port?: number | undefined;
  readonly secret?: string | undefined;
  readonly readSecret: () => Promise<string | undefined>;
  /** Whose events are listed: projects may share one store. Undefined where it is not known: then all are. */
  readonly projectId: () => Promise<string | undefined>;
  /** Hides the credentials in an event; undefined where they are not known. */
  readonly mask: () => Promise<Mask | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A port that another process holds is tried again this often, in milliseconds. */
const LISTEN_AGAIN_MS = 10_000;

export function createInbox(options: InboxOptions): CallbackInbox {
  const { events: eventLog, port, projectId, clock, log } = options;
  const closing = new AbortController();
  const verifier = createVerifier(options);
  let receiver: HttpServer | undefined;
  let problem: string | undefined;
  let received = 0;
  let rejected = 0;
  let lastRefusal: string | undefined;
  let starting: Promise<void> = Promise.resolve();

  function onAnswer(status: number, reason = ''): void {
    if (status === 200) {
      received++;
      return;
    }
    rejected++;
    lastRefusal = `${status} at ${new Date(clock.now()).toISOString()}: ${reason}`;
    // Anybody can make a receiver refuse: that is no warning.
    log.info(`callbacks: refused: ${lastRefusal}`);
  }

  function onFailure(error: unknown): void {
    log.error(`callbacks: an event could not be kept: ${String(error)}`);
  }

  /** Takes the port, or waits for it: the process that holds it may be another server of this user. */
  async function listen(wanted: number): Promise<void> {
    const { startReceiver } = await import('./receiver.ts');
    try {
      receiver = await startReceiver(wanted, {
        verify: verifier.verify,
        mask: options.mask,
        keep: eventLog.append,
        now: clock.now,
        onAnswer,
        onFailure,
      });
      problem = undefined;
      log.info(`callbacks: listening on 127.0.0.1:${receiver.port}`);
      if (closing.signal.aborted) await receiver.close();
    } catch (error) {
      if (problem === undefined) log.warn(`callbacks: not listening: ${String(error)}`);
      problem = error instanceof Error ? error.message : String(error);
      const again = clock.sleep(LISTEN_AGAIN_MS, closing.signal);
      again.then(
        () => listen(wanted),
        () => {},
      );
    }
  }

  return {
    async list({ limit, cursor, ...filter }) {
      await starting;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const own = await projectId();
      const sorted = (await eventLog.read())
        .filter((event) => (event.projectId ?? own) === (own ?? event.projectId) && matches(event, filter))
        .map((event) => ({ event, key: sortKey(event) }))
        .filter(({ key }) => after === undefined || key < after)
        .sort((a, b) => (a.key < b.key ? 1 : -1));
      const page = sorted.slice(0, limit);
      const last = page.at(-1);
      return {
        events: page.map(({ event }) => event),
        ...(last && sorted.length > limit && { nextCursor: encodeCursor(last.key) }),
        dropped: eventLog.dropped(),
      };
    },
    status: () => ({
      listening: receiver !== undefined,
      ...(receiver && { url: `http://127.0.0.1:${receiver.port}${CALLBACKS_PATH}` }),
      received,
      rejected,
      ...(lastRefusal !== undefined && { lastRefusal }),
      ...(problem !== undefined && { problem }),
    }),
    onEvents: eventLog.subscribe,
    secretChanged: verifier.learn,
    start() {
      starting = port === undefined ? Promise.resolve() : listen(port);
      return starting;
    },
    async close() {
      closing.abort();
      const open = receiver;
      receiver = undefined;
      await open?.close();
    },
  };
}

function matches(
  event: CallbackEvent,
  { phoneNumber, eventType, status, since }: Omit<EventQuery, 'limit' | 'cursor'>,
): boolean {
  return (
    (phoneNumber === undefined || event.resourceId === phoneNumber) &&
    (eventType === undefined || event.eventType === eventType) &&
    (status === undefined || event.status === status) &&
    (since === undefined || timeKey(event) >= timeKey({ timestamp: new Date(since).toISOString() }))
  );
}

/** Events of the same moment keep an order: ULIDs sort by time. */
function sortKey(event: CallbackEvent): string {
  return `${timeKey(event)} ${event.eventId}`;
}

function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[\d:.T-]* ./.test(key) || encodeCursor(key) !== cursor) {
    throw new InvalidRequestError('cursor is not a nextCursor of list_callback_events');
  }
  return key;
}
