import { createHmac } from 'node:crypto';
import type { SimulatorClock } from './clock.ts';
import { CALLBACK_DELAYS_MS, CALLBACK_TIMEOUT_MS } from './invented.ts';
import type { Random } from './random.ts';

export type EventType =
  | 'PROVISIONING_TO_SMS_PLATFORM'
  | 'DEPROVISIONING_FROM_SMS_PLATFORM'
  | 'PROVISIONING_TO_CAMPAIGN'
  | 'DEPROVISIONING_FROM_CAMPAIGN'
  | 'PROVISIONING_TO_VOICE_PLATFORM'
  | 'DEPROVISIONING_FROM_VOICE_PLATFORM';

export interface ProvisioningEvent {
  readonly phoneNumber: string;
  readonly eventType: EventType;
  /** Absent where the event reports success. */
  readonly failure?: { readonly failureCode: string | null; readonly internalFailureCode: string | null };
}

export interface CallbackSender {
  /** Sends an event to a number's callback URL, signed, and again later where it is not answered 2xx. */
  send(callbackUrl: string, event: ProvisioningEvent): void;
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
    send(callbackUrl, { phoneNumber, eventType, failure }) {
      if (!isLoopback(callbackUrl)) return;
      const body = JSON.stringify({
        eventId: ulid(clock.now(), random),
        timestamp: zonelessTimestamp(clock.now(), random),
        projectId,
        resourceId: phoneNumber,
        resourceType: 'ACTIVE_NUMBER',
        eventType,
        status: failure ? 'FAILED' : 'SUCCEEDED',
        failureCode: failure?.failureCode ?? null,
        internalFailureCode: failure?.internalFailureCode ?? null,
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

/** 26 characters in lower case: 48 bits of time, 80 of randomness. */
function ulid(now: number, random: Random): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
    time = alphabet.charAt(rest % 32) + time;
  }
  return time + random.text(alphabet, 16);
}

/** UTC without a zone, nine digits of fraction: a known oddity of the real API's callbacks. */
function zonelessTimestamp(now: number, random: Random): string {
  return new Date(now).toISOString().replace('Z', random.text('0123456789', 6));
}
