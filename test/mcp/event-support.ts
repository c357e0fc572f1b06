/** Server-sent events as they stand on the wire, on a connection that a test can cut. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { HEADERS } from './http-support.ts';

export interface WireEvent {
  readonly id: string | undefined;
  /** The message, or what else stands there; undefined where there is none. */
  readonly data: unknown;
}

export interface EventConnection {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** All that came so far. */
  readonly events: readonly WireEvent[];
  /** The next event. */
  next(): Promise<WireEvent>;
  /** Waits for the next comment. */
  comment(): Promise<void>;
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
  /** Leaves without a word. */
  cut(): void;
}

/**
 * Sends a request whose answer are events, on a connection that is cut when the test is over.
 * @param body a message to post; without one, GET
 * @returns once the answer begins
 */
export async function openEvents(
  origin: string,
  headers: OutgoingHttpHeaders = {},
  body?: object,
): Promise<EventConnection> {
  const sent = sendAlone(origin, headers, body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const events: WireEvent[] = [];
  let taken = 0;
  let comments = 0;
  let rest = '';
  let wake: () => void = () => {};
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    response.once('end', resolve);
  });
  response.on('error', () => {});
  response.once('close', () => {
    isOver = true;
    wake();
  });
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) comments++;
      else events.push(eventOf(block));
    }
    wake();
  });

  async function until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (isOver) throw new Error(`the stream is over; there came ${JSON.stringify(events)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    async next() {
      await until(() => events.length > taken);
      const event = events[taken++];
      if (event === undefined) throw new Error('no event');
      return event;
    },
    async comment() {
      const before = comments;
      await until(() => comments > before);
    },
    ended,
    cut: () => void sent.destroy(),
  };
}

/** Sends a request on a connection of its own, which is cut when the test is over. */
export function sendAlone(origin: string, headers: OutgoingHttpHeaders = {}, body?: object): ClientRequest {
  const method = body ? 'POST' : 'GET';
  const sent = request(`${origin}/mcp`, { method, agent: false, headers: { ...HEADERS, ...headers } });
  onTestFinished(() => void sent.destroy());
  sent.on('error', () => {});
  return sent.end(body && JSON.stringify(body));
}

function eventOf(block: string): WireEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const data = field('data');
  return { id: field('id'), data: data ? JSON.parse(data) : undefined };
}
