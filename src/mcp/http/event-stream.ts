import type { ServerResponse } from 'node:http';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '../../lib/clock.ts';
import { whenReceived } from './responses.ts';

/** A connection whose client does not read is cut off at so many unread bytes: what it missed is replayed. */
const MAX_UNREAD_BYTES = 1024 * 1024;

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // For proxies that would otherwise hold events back.
  'x-accel-buffering': 'no',
};

interface StreamEvent {
  readonly stream: EventStream;
  /** Its place in the stream, from 1. */
  readonly sequence: number;
  readonly frame: string;
  readonly at: number;
  /** The request that it answers. */
  readonly answers: RequestId | undefined;
  /** Is called once a client was there for it. */
  onReceived: (() => void) | undefined;
}

/** The events of all streams of a session, as long as they can be replayed. */
export interface ReplayLog {
  add(event: Omit<StreamEvent, 'at'>): StreamEvent;
  /** The events of a stream that come after one, in order. */
  after(stream: EventStream, sequence: number): readonly StreamEvent[];
  /** The stream with this number, while events of it are kept. */
  find(number: number): EventStream | undefined;
  /** A request has this ID now: whoever receives an earlier answer to it calls nobody back. */
  reuse(id: RequestId): void;
  /** Forgets what is too old. */
  trim(): void;
}

/**
 * @param maxChars of all events together; the newest is kept whatever its size
 * @param keptMs how long an event can be replayed
 */
export function createReplayLog(clock: Clock, maxChars: number, keptMs: number): ReplayLog {
  const events: StreamEvent[] = [];
  let chars = 0;

  function trim(): void {
    const oldest = clock.now() - keptMs;
    for (let first = events[0]; first !== undefined; first = events[0]) {
      const isTooMuch = chars > maxChars && events.length > 1;
      if (!isTooMuch && first.at >= oldest) return;
      chars -= first.frame.length;
      events.shift();
    }
  }

  return {
    add(added) {
      const event = { ...added, at: clock.now() };
      events.push(event);
      chars += event.frame.length;
      trim();
      return event;
    },
    after: (stream, sequence) =>
      events.filter((event) => event.stream === stream && event.sequence > sequence),
    find: (number) => events.findLast(({ stream }) => stream.number === number)?.stream,
    reuse(id) {
      for (const event of events) if (event.answers === id) event.onReceived = undefined;
    },
    trim,
  };
}

/** Server-sent events that a client may lose and come back for, on one connection after the other. */
export interface EventStream {
  /** Unique in the session: event IDs are `number-sequence`. */
  readonly number: number;
  isConnected(): boolean;
  /** A client is there, or knows an ID to come back with. */
  isReachable(): boolean;
  /**
   * Takes over from the connection before.
   * @param after replays what follows this event; by default what was written to nobody
   */
  connect(response: ServerResponse, headers: Readonly<Record<string, string>>, after?: number): void;
  /** Whether a client that knows this event need not come back: nothing follows. */
  isOver(sequence: number): boolean;
  /** Gives the client an ID to come back with, before there is an event. */
  prime(): void;
  send(data: string): void;
  /** Sends the last event: the answer to a request. */
  finish(data: string, answers: RequestId, onReceived: (() => void) | undefined): void;
  /** Ends the stream without an answer. */
  end(): void;
  /** Ends the connection. The client may come back. */
  disconnect(): void;
  /** Shows proxies that the connection is alive. */
  keepAlive(): void;
}

export function createEventStream(number: number, log: ReplayLog): EventStream {
  let connection: ServerResponse | undefined;
  let isFinished = false;
  let isResumable = false;
  let sequence = 0;
  /** The last event that was written to a connection. */
  let written = 0;

  function add(data: string, answers?: RequestId, onReceived?: () => void): void {
    sequence++;
    const frame = `event: message\nid: ${number}-${sequence}\ndata: ${data}\n\n`;
    const event = log.add({ stream, sequence, frame, answers, onReceived });
    deliver([event]);
  }

  function deliver(events: readonly StreamEvent[]): void {
    if (!isOpen(connection)) return;
    written = sequence;
    isResumable ||= events.length > 0;
    const text = events.map(({ frame }) => frame).join('');
    if (!isFinished) {
      write(connection, text);
      return;
    }
    whenReceived(connection, () => {
      for (const { onReceived } of events) onReceived?.();
    });
    connection.end(text);
  }

  const stream: EventStream = {
    number,
    isConnected: () => isOpen(connection),
    isReachable: () => isResumable || isOpen(connection),
    connect(response, headers, after = written) {
      connection?.end();
      connection = response;
      response.once('close', () => {
        if (connection === response) connection = undefined;
      });
      response.writeHead(200, { ...HEADERS, ...headers });
      deliver(log.after(stream, after));
    },
    isOver: (known) => isFinished && log.after(stream, known).length === 0,
    prime() {
      isResumable = true;
      if (isOpen(connection)) write(connection, `id: ${number}-0\ndata: \n\n`);
    },
    send: (data) => add(data),
    finish(data, answers, onReceived) {
      isFinished = true;
      add(data, answers, onReceived);
    },
    end() {
      isFinished = true;
      connection?.end();
    },
    disconnect() {
      connection?.end();
    },
    keepAlive() {
      if (isOpen(connection)) write(connection, ': keep-alive\n\n');
    },
  };
  return stream;
}

function isOpen(connection: ServerResponse | undefined): connection is ServerResponse {
  return connection !== undefined && !connection.destroyed;
}

function write(connection: ServerResponse, text: string): void {
  if (text === '') connection.flushHeaders();
  else connection.write(text);
  if (connection.writableLength > MAX_UNREAD_BYTES) connection.destroy();
}
