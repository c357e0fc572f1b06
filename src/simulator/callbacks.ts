import { createHmac } from 'node:crypto';
import type { SimulatorClock } from './clock.ts';
import { CALLBACK_DELAYS_MS, CALLBACK_TIMEOUT_MS } from './invented.ts';
import { type Random, ulid } from './random.ts';

/** What happened to a number or an order. */
export type CallbackEvent =
  | {
      readonly resourceType: 'ACTIVE_NUMBER';
      /** The phone number. */
      readonly resourceId: string;
      readonly eventType: `${'PROVISIONING_TO' | 'DEPROVISIONING_FROM'}_${'SMS_PLATFORM' | 'CAMPAIGN' | 'VOICE_PLATFORM'}`;
      readonly status: 'SUCCEEDED' | 'FAILED';
      readonly failureCode: string | null;
      readonly internalFailureCode: string | null;
    }
  | {
      readonly resourceType: 'NUMBER_ORDER';
      /** The ID of the order. */
      readonly resourceId: string;
      readonly eventType: 'NUMBER_ORDER_PROCESSING';
      readonly status: 'IN_REVIEW' | 'BLOCKED' | 'COMPLETED' | 'REJECTED' | 'EXPIRED';
      readonly failureCode: null;
      readonly internalFailureCode: null;
    };

export interface CallbackSender {
  /** Sends an event to a callback URL, signed, and again later where it is not answered 2xx. */
  send(callbackUrl: string, event: CallbackEvent): void;
}

interface SenderOptions {
  readonly projectId: string;
  readonly clock: SimulatorClock;
  readonly random: Random;
  /** Read at each delivery. */
  readonly hmacSecret: () => string;
}

/** Delivers to loopback addresses only: nothing leaves the machine. */
export function createCallbackSender({
  projectId,
  clock,
  random,
  hmacSecret,
}: SenderOptions): CallbackSender {
  function deliver(url: string, body: string, attempt: number): void {
    const delay = CALLBACK_DELAYS_MS[attempt];
    if (delay === undefined) return;
    clock.after(delay, async () => {
      if (!(await post(url, body, hmacSecret()))) deliver(url, body, attempt + 1);
    });
  }

  return {
    send(callbackUrl, event) {
      if (!isLoopback(callbackUrl)) return;
      const body = JSON.stringify({
        eventId: ulid(clock.now(), random),
        timestamp: zonelessTimestamp(clock.now(), random),
        projectId,
        resourceId: event.resourceId,
        resourceType: event.resourceType,
        eventType: event.eventType,
        status: event.status,
        failureCode: event.failureCode,
        internalFailureCode: event.internalFailureCode,
      });
      deliver(callbackUrl, body, 0);
    },
  };
}

async function post(url: string, body: string, secret: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-sinch-signature': createHmac('sha1', secret).update(body).digest('hex'),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(CALLBACK_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** UTC without a zone, nine digits of fraction: a known oddity of the real API's callbacks. */
function zonelessTimestamp(now: number, random: Random): string {
  return new Date(now).toISOString().replace('Z', random.text('0123456789', 6));
}
