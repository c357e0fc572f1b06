import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { isRequest } from './json-rpc.ts';

/** A transport that knows which responses reached its client. */
export interface DeliveringTransport extends Transport {
  /**
   * Is called with the ID of a request once its response was written to a connection that is open, also where that
   * is a replay. Never for a response that nobody received, nor for a request that was cancelled before.
   */
  ondelivered?: ((id: RequestId) => void) | undefined;
}

export interface Deliveries {
  /**
   * Calls back once the response to a request that is under way has reached its caller. Where it never does, or the
   * client uses the ID for another request, nothing is called.
   */
  onDelivered(id: RequestId, callback: () => void): void;
}

/** Calls whose response reaches nobody leave their callbacks behind: so many, and the oldest is forgotten. */
const MAX_WAITING = 256;

/** Follows a transport's deliveries. To be called before a server is connected to it. */
export function trackDeliveries(transport: DeliveringTransport): Deliveries {
  const callbacks = new Map<RequestId, (() => void)[]>();
  const { onmessage, onclose } = transport;

  /** To find out costs something: a transport does it only while somebody wants to know. */
  function listenIfAwaited(): void {
    transport.ondelivered = callbacks.size > 0 ? delivered : undefined;
  }

  function take(id: RequestId): readonly (() => void)[] {
    const waiting = callbacks.get(id) ?? [];
    if (callbacks.delete(id)) listenIfAwaited();
    return waiting;
  }

  function delivered(id: RequestId): void {
    for (const callback of take(id)) callback();
  }

  transport.onmessage = (message, extra) => {
    if (isRequest(message)) take(message.id);
    onmessage?.(message, extra);
  };
  transport.onclose = () => {
    callbacks.clear();
    onclose?.();
  };
  return {
    onDelivered(id, callback) {
      callbacks.set(id, [...(callbacks.get(id) ?? []), callback]);
      const [oldest] = callbacks.keys();
      if (callbacks.size > MAX_WAITING && oldest !== undefined) callbacks.delete(oldest);
      listenIfAwaited();
    },
  };
}
