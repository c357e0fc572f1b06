import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type {
  JSONRPCMessage,
  JSONRPCRequest,
  MessageExtraInfo,
  RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '../../lib/clock.ts';
import type { DeliveringTransport } from '../delivery.ts';
import { fields, isId, isRequest } from '../json-rpc.ts';
import { createEventStream, createReplayLog, type EventStream } from './event-stream.ts';
import { createExchange, type Exchange, type Posted } from './exchange.ts';

/** How much of what was sent can be replayed in a session, and for how long. */
const MAX_KEPT_CHARS = 512 * 1024;
const KEPT_MS = 10 * 60_000;
/** How long the stream of a cancelled request stays open for what withdraws its form, in milliseconds. */
const WITHDRAWAL_MS = 500;
/** One session: the requests of its client, and the streams on which it is answered and notified. */
export interface HttpTransport extends DeliveringTransport {
  readonly sessionId: string;
  /** The person whose session it is; undefined where nobody signs in. */
  readonly owner: string | undefined;
  /** A call is under way, or a stream is open. */
  isBusy(): boolean;
  isUnderWay(id: RequestId): boolean;
  request(message: JSONRPCRequest, posted: Posted): void;
  /** Takes a notification, or the answer to what was asked. */
  receive(message: JSONRPCMessage): void;
  /**
   * Opens the stream for what belongs to no call.
   * @param until when it ends, in milliseconds since the epoch
   * @returns false where it is open already
   */
  listen(response: ServerResponse, canPrime: boolean, until?: number): boolean;
  /**
   * Replays what came after an event, and goes on there.
   * @param until when the stream for what belongs to no call ends, in milliseconds since the epoch
   * @returns false where nothing is to come
   */
  resume(response: ServerResponse, stream: number, sequence: number, until?: number): boolean;
  stopListening(): void;
  /** Forgets what is too old to be replayed, and keeps connections alive. */
  tick(): void;
}

interface TransportOptions {
  readonly clock: Clock;
  readonly soonMs: number;
  readonly owner?: string | undefined;
}

export function createHttpTransport({ clock, soonMs, owner }: TransportOptions): HttpTransport {
  const log = createReplayLog(clock, MAX_KEPT_CHARS, KEPT_MS);
  let streams = 0;
  const openStream = () => createEventStream(streams++, log);
  const settings = { soonMs, openStream };
  /** For what belongs to no call. */
  const standalone = openStream();
  // Few at once. A Map that churns would keep what was in it until a full collection.
  const exchanges: Exchange[] = [];
  /** What arrives before the server is there; undefined from then on. */
  let early: [message: JSONRPCMessage, extra: MessageExtraInfo | undefined][] | undefined = [];
  let listensUntil = Infinity;
  let isClosed = false;

  function tell(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    if (early) early.push([message, extra]);
    else transport.onmessage?.(message, extra);
  }

  /** What belongs to a call goes where its answer goes. Where the client reads no stream there, questions go on. */
  function sendBeside(exchange: Exchange | undefined, message: JSONRPCMessage): void {
    if (exchange?.send(message)) return;
    const isQuestion = isRequest(message);
    if (exchange === undefined || (isQuestion && standalone.isConnected())) {
      standalone.send(JSON.stringify(message));
    } else if (isQuestion) {
      throw new Error(`${message.method}: the client has left no way to ask it`);
    }
  }

  const find = (id: RequestId) => exchanges.find((exchange) => exchange.id === id);

  function forget(exchange: Exchange): void {
    const at = exchanges.indexOf(exchange);
    if (at !== -1) exchanges.splice(at, 1);
  }

  function endLater(exchange: Exchange): void {
    const end = () => {
      exchange.end('cancelled');
      forget(exchange);
    };
    setTimeout(end, WITHDRAWAL_MS).unref();
  }

  function streamOf(number: number): EventStream | undefined {
    if (number === standalone.number) return standalone;
    return exchanges.find((exchange) => exchange.stream()?.number === number)?.stream() ?? log.find(number);
  }

  const transport: HttpTransport = {
    sessionId: randomUUID(),
    owner,
    isBusy: () => exchanges.length > 0 || standalone.isConnected(),
    isUnderWay: (id) => find(id) !== undefined,
    request(message, posted) {
      const { id } = message;
      log.reuse(id);
      exchanges.push(createExchange(id, posted, settings));
      tell(message, posted.extra);
    },
    receive(message) {
      if ('method' in message && message.method === 'notifications/cancelled') {
        const { requestId } = fields(message.params);
        const exchange = isId(requestId) ? find(requestId) : undefined;
        if (exchange) endLater(exchange);
      }
      tell(message);
    },
    listen(response, canPrime, until = Infinity) {
      if (standalone.isConnected()) return false;
      listensUntil = until;
      standalone.connect(response, {});
      if (canPrime) standalone.prime();
      return true;
    },
    resume(response, number, sequence, until = Infinity) {
      const stream = streamOf(number);
      if (stream === undefined || stream.isOver(sequence)) return false;
      if (stream === standalone) listensUntil = until;
      stream.connect(response, {}, sequence);
      return true;
    },
    stopListening: () => standalone.disconnect(),
    tick() {
      log.trim();
      if (clock.now() > listensUntil) standalone.disconnect();
      standalone.keepAlive();
      for (const exchange of exchanges) exchange.stream()?.keepAlive();
    },

    async start() {
      const messages = early ?? [];
      early = undefined;
      for (const [message, extra] of messages) transport.onmessage?.(message, extra);
    },
    async send(message, options) {
      if (isClosed) return;
      if ('method' in message) {
        const { relatedRequestId } = options ?? {};
        sendBeside(relatedRequestId === undefined ? undefined : find(relatedRequestId), message);
      } else if (message.id !== undefined) {
        const { id } = message;
        const exchange = find(id);
        if (exchange === undefined) return;
        forget(exchange);
        exchange.answer(message, transport.ondelivered && (() => transport.ondelivered?.(id)));
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const exchange of exchanges.splice(0)) exchange.end('session over');
      standalone.end();
      transport.onclose?.();
    },
  };
  return transport;
}
