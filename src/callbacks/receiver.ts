import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { readBody } from './body.ts';
import { type CallbackEvent, parseEvent } from './event.ts';
import type { Verifier } from './secret.ts';

/** A larger body is no event: real ones have some 300 bytes. */
const MAX_BODY_BYTES = 256 * 1024;
/** The receiver is meant to be reached from outside: what is slow or too many is cut off. */
const MAX_CONNECTIONS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long requests under way have when the receiver closes. */
const CLOSE_MS = 1_000;

export const CALLBACKS_PATH = '/callbacks';

interface ReceiverParts {
  readonly verify: Verifier;
  /** Resolves once the event is on disk. */
  readonly keep: (event: CallbackEvent) => Promise<void>;
  readonly now: () => number;
  /** Is told of each request's end. */
  readonly onAnswer: (status: number, reason?: string) => void;
  /** Is told why an event could not be kept. */
  readonly onFailure: (error: unknown) => void;
}

export interface Receiver {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens for callbacks on 127.0.0.1. Answers 200 once an event is on disk, and again when it is delivered
 * again; 401 without the right signature, 400 for what is no event, 413 for too much, 503 where the event
 * could not be kept.
 * @param port 0 takes any free one
 * @throws where the port cannot be listened on
 */
export async function startReceiver(port: number, parts: ReceiverParts): Promise<Receiver> {
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: REQUEST_TIMEOUT_MS,
    },
    getRequestListener(createApp(parts).fetch, { overrideGlobalObjects: false }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  return {
    port: await listen(server, port),
    async close() {
      const cutOff = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cutOff);
    },
  };
}

function createApp({ verify, keep, now, onAnswer, onFailure }: ReceiverParts): Hono {
  const app = new Hono();

  function refuse(status: 400 | 401 | 404 | 405 | 413 | 503, reason: string): Response {
    onAnswer(status, reason);
    const headers = status === 405 ? { allow: 'POST' } : {};
    return Response.json({ error: reason }, { status, headers });
  }

  app.onError((error) => refuse(400, `the request did not arrive whole: ${error.message}`));

  app.post(CALLBACKS_PATH, async (c) => {
    const body = await readBody(c.req.raw, MAX_BODY_BYTES);
    if (body === undefined) return refuse(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    if (!(await verify(body, c.req.header('x-sinch-signature')))) {
      return refuse(401, 'X-Sinch-Signature is missing, or does not sign this body with the project secret');
    }
    const event = parseEvent(body.toString('utf8'));
    if (event === undefined) return refuse(400, 'the body is no event: not a JSON object with an eventId');
    try {
      await keep({ ...event, receivedAt: new Date(now()).toISOString() });
    } catch (error) {
      onFailure(error);
      return refuse(503, 'the event could not be kept');
    }
    onAnswer(200);
    return c.body(null, 200);
  });
  app.all(CALLBACKS_PATH, () => refuse(405, 'callbacks come as POST'));
  app.notFound(() => refuse(404, `callbacks go to ${CALLBACKS_PATH}`));
  return app;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
