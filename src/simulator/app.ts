import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Auth } from './auth.ts';
import { notFound, permissionDenied, SimulatedError, unknownRoute } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { emergencyRoutes } from './routes/emergency.ts';
import type { Env } from './routes/env.ts';
import { type NumberParts, numberRoutes } from './routes/numbers.ts';
import { type OrderParts, orderRoutes } from './routes/orders.ts';

interface AppParts extends NumberParts, OrderParts {
  readonly auth: Auth;
  readonly faults: Faults;
  /** Called with every request that arrives, before faults. */
  readonly onRequest: (method: string, path: string) => void;
}

/** The simulated API and its token endpoint. Faults come before everything, credentials before every operation. */
export function createApp(parts: AppParts): Hono<Env> {
  const { key, auth, faults, onRequest } = parts;
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const path = c.env.incoming.url ?? '';
    onRequest(c.req.method, path);
    const fault = faults.next(c.req.method, path);
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
    if (fault?.drop === 'before') return drop(c);
    if (fault?.answer) return answerWith(fault.answer);
    await next();
    if (fault?.drop === 'after') {
      c.res = undefined;
      c.res = drop(c);
    }
  });

  app.post('/oauth2/token', async (c) => {
    const form = new URLSearchParams(await c.req.text());
    return c.json(auth.issueToken(c.req.header('authorization'), form.get('grant_type')));
  });

  const v1 = new Hono<Env>();
  v1.use(async (c, next) => {
    auth.check(c.req.header('authorization'));
    const projectId = c.req.param('projectId') ?? '';
    if (projectId === key.projectId) return next();
    if (!c.req.path.endsWith('/callbackConfiguration')) throw permissionDenied();
    throw notFound('CallbackConfiguration', '', `Could not find project with ID: ${projectId}`);
  });
  numberRoutes(v1, parts);
  orderRoutes(v1, parts);
  emergencyRoutes(v1, parts.project);

  app.route('/v1/projects/:projectId', v1);
  app.notFound(() => answer(unknownRoute()));
  app.onError((error) => {
    if (error instanceof SimulatedError) return answer(error);
    throw error;
  });
  return app;
}

function answer({ status, body, headers }: SimulatedError): Response {
  return Response.json(body, { status, headers });
}

function answerWith({ status, body, headers }: NonNullable<Fault['answer']>): Response {
  if (typeof body === 'object') return Response.json(body, { status, ...(headers && { headers }) });
  return new Response(body ?? null, { status, headers: { 'content-type': 'text/html', ...headers } });
}

/** Cuts the connection without an answer. */
function drop(c: Context<Env>): Response {
  c.env.outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}
