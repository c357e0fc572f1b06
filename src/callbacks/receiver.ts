import { Hono } from 'hono';
import { CALLBACKS_PATH, type CallbackEvent, parseEvent } from '../api/callback-event.ts';
import { type HttpServer, listen, readBody } from '../lib/listen.ts';
import type { Mask } from '../lib/mask.ts';
import type { Verifier } from './secret.ts';

/** A larger body is no event: real ones have some 300 bytes. */
const MAX_BODY_BYTES = 256 * 1024;

interface ReceiverParts {
  readonly verify: Verifier['verify'];
  /** Hides the credentials in an event; undefined where they are not known. */
  readonly mask: () => Promise<Mask | undefined>;
  /** Resolves once the event is on disk. */
  readonly keep: (event: CallbackEvent) => Promise<void>;
  readonly now: () => number;
  /** Called at each request's end. */
  readonly onAnswer: (status: number, reason?: string) => void;
  /** Called with what went wrong on this side. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Listens for callbacks on 127.0.0.1. Answers 200 once an event is on disk, and again when it is delivered
 * again; 401 without the right signature, 400 for what is no event, 413 for too much, 503 where the signature
 * cannot be checked or the event not be kept.
 * @param port 0 takes any free one
 * @throws where the port cannot be listened on
 */
export function startReceiver(port: number, parts: ReceiverParts): Promise<HttpServer> {
  return listen(createApp(parts).fetch, port);
}

function createApp({ verify, mask, keep, now, onAnswer, onFailure }: ReceiverParts): Hono {
  // Some gateways append a slash to the address.
  const app = new Hono({ strict: false });

  function refuse(status: 400 | 401 | 404 | 405 | 413 | 500 | 503, reason: string): Response {
    onAnswer(status, reason);
    const headers = status === 405 ? { allow: 'POST' } : {};
    return Response.json({ error: reason }, { status, headers });
  }

  app.onError((error) => {
    onFailure(error);
    return refuse(500, 'internal error');
  });

  app.post(CALLBACKS_PATH, async (c) => {
    const body = await readBody(c.req.raw, MAX_BODY_BYTES);
    if (body === 'broken') return refuse(400, 'the request did not arrive whole');
    if (body === 'too large') return refuse(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    const verdict = await verify(body, c.req.header('x-sinch-signature'));
    if (verdict === 'unknown') return refuse(503, 'the project secret is not known right now');
    if (verdict === 'forged') {
      return refuse(401, 'X-Sinch-Signature is missing, or does not sign this body with the project secret');
    }
    const event = parseEvent(body.toString('utf8'), await mask());
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
