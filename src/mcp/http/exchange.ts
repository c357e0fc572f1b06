import type { ServerResponse } from 'node:http';
import type { JSONRPCMessage, MessageExtraInfo, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { EventStream } from './event-stream.ts';
import { refuse, SESSION_IS_OVER } from './refusals.ts';
import { answerJson, whenReceived } from './responses.ts';

/** What a client can read as the answer to its request. */
export interface Accepted {
  readonly json: boolean;
  readonly stream: boolean;
}

/** One request of the client's, and where what belongs to it goes. */
export interface Exchange {
  readonly id: RequestId;
  /** @returns whether the client can receive it, now or when it comes back */
  send(message: JSONRPCMessage): boolean;
  /** @param onReceived is called once the client has received the answer */
  answer(message: JSONRPCMessage, onReceived: (() => void) | undefined): void;
  /** Ends without an answer. */
  end(why: 'cancelled' | 'session over'): void;
  /** Where events are sent; undefined while nothing was sent. */
  stream(): EventStream | undefined;
}

/** A request of the client's as HTTP brought it. */
export interface Posted {
  readonly response: ServerResponse;
  readonly accepts: Accepted;
  /** Stand in the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Clients before protocol version 2025-11-25 cannot read an event without data. */
  readonly canPrime: boolean;
  /** Who it comes from, where people sign in. */
  readonly extra?: MessageExtraInfo | undefined;
}

export interface ExchangeSettings {
  /** An answer that is the first to be sent and comes within this time, in milliseconds, is plain JSON. */
  readonly soonMs: number;
  readonly openStream: () => EventStream;
}

export function createExchange(
  id: RequestId,
  { response, accepts, headers, canPrime }: Posted,
  { soonMs, openStream }: ExchangeSettings,
): Exchange {
  /** As long as nothing was sent. */
  let isFresh = true;
  let stream: EventStream | undefined;
  const timer = accepts.stream ? setTimeout(open, soonMs) : undefined;

  /** From now on events are sent, which the client can come back for. */
  function open(): void {
    clearTimeout(timer);
    if (!isFresh) return;
    isFresh = false;
    stream = openStream();
    if (response.destroyed) return;
    stream.connect(response, headers);
    if (canPrime) stream.prime();
  }

  return {
    id,
    send(message) {
      if (!accepts.stream) return false;
      open();
      if (!stream?.isReachable()) return false;
      stream.send(JSON.stringify(message));
      return true;
    },
    answer(message, onReceived) {
      clearTimeout(timer);
      const text = JSON.stringify(message);
      if (isFresh && accepts.json) {
        isFresh = false;
        if (response.destroyed) return;
        if (onReceived) whenReceived(response, onReceived);
        answerJson(response, text, 200, headers);
        return;
      }
      open();
      if (stream?.isReachable()) stream.finish(text, id, onReceived);
    },
    end(why) {
      clearTimeout(timer);
      stream?.end();
      if (!isFresh || response.destroyed) return;
      isFresh = false;
      if (why === 'cancelled') response.writeHead(202).end();
      else refuse(response, { ...SESSION_IS_OVER, id });
    },
    stream: () => stream,
  };
}
