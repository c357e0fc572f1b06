/** A receiver of callbacks, and what the simulator's tests read of them. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import * as z from 'zod';
import { type Api, SECOND } from './api.ts';

const event = z.looseObject({
  eventId: z.string(),
  timestamp: z.string(),
  resourceId: z.string(),
  eventType: z.string(),
  status: z.string(),
  failureCode: z.string().nullable(),
  internalFailureCode: z.string().nullable(),
});

export interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly event: z.output<typeof event>;
}

interface Receiver {
  readonly url: string;
  readonly deliveries: Delivery[];
}

/** A web server that keeps what it gets, and answers with the status that `answer` gives for the path. */
export async function startReceiver(
  answer: (path: string, count: number) => number = () => 200,
): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString('utf8');
    const path = incoming.url ?? '';
    deliveries.push({ path, headers: incoming.headers, raw, event: event.parse(JSON.parse(raw)) });
    outgoing.writeHead(answer(path, deliveries.length), { location: '/elsewhere' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return { url: `http://127.0.0.1:${address.port}`, deliveries };
}

/** Lets time pass until so many deliveries have come in. */
export async function received(
  api: Api,
  { deliveries }: Receiver,
  count: number,
): Promise<readonly Delivery[]> {
  await expect
    .poll(
      () => {
        api.clock.advance(SECOND);
        return deliveries.length;
      },
      { interval: 5, timeout: 5_000 },
    )
    .toBeGreaterThanOrEqual(count);
  expect(deliveries).toHaveLength(count);
  return deliveries;
}

/** The signature that Sinch's SDKs compute: lower-case hex of HMAC-SHA1 over the body as it came. */
export function sign(secret: string, raw: string): string {
  return createHmac('sha1', secret).update(raw).digest('hex');
}
