import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { HMAC_SECRET } from '../api/schemas/numbers.ts';
import type { Auth, ProjectKey } from './auth.ts';
import type { SimulatorClock } from './clock.ts';
import { fieldViolation, notFound, permissionDenied, SimulatedError, unknownRoute } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import type { ActiveRecord } from './model.ts';
import { decodeCursor, type OrderBy } from './paging.ts';
import type { Project } from './project.ts';
import {
  parseBody,
  readConfiguration,
  readFilter,
  readList,
  readObject,
  readSize,
  readText,
  requireRegionAndType,
} from './requests.ts';
import { activeNumberBody, availableNumberBody } from './wire.ts';

interface AppParts {
  readonly key: ProjectKey;
  readonly clock: SimulatorClock;
  readonly auth: Auth;
  readonly project: Project;
  readonly faults: Faults;
  /** The project's callback secret, read and replaced by callbackConfiguration. */
  readonly secret: { value: string };
  /** Is told of every request that arrives, before faults. */
  readonly onRequest: (method: string, path: string) => void;
}

type Env = { Bindings: HttpBindings };

/** The routes of the simulated API and its token endpoint. */
export function createApp({ key, clock, auth, project, faults, secret, onRequest }: AppParts): Hono<Env> {
  const app = new Hono<Env>();
  const active = (record: ActiveRecord) => activeNumberBody(record, key.projectId, clock.now());

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

  v1.get('/availableNumbers', (c) => {
    const filter = requireRegionAndType(readFilter(queryFilter(c, 'capabilities'), 'capabilities'));
    const found = project.search(filter, readSize('size', c.req.query('size')));
    return c.json({ availableNumbers: found.map((it) => availableNumberBody(it.phoneNumber, it.pool)) });
  });

  v1.get('/availableNumbers/:phoneNumber', (c) => {
    const { phoneNumber, pool } = project.check(c.req.param('phoneNumber'));
    return c.json(availableNumberBody(phoneNumber, pool));
  });

  v1.post('/availableNumbers/:target', async (c) => {
    const phoneNumber = withoutSuffix(c.req.param('target'), ':rent');
    return c.json(active(project.rent(phoneNumber, readConfiguration(parseBody(await c.req.text())))));
  });

  v1.get('/activeNumbers', (c) => {
    const orderBy = readOrder(c.req.query('orderBy'));
    const token = c.req.query('pageToken');
    const page = project.list(
      readFilter(queryFilter(c, 'capability'), 'capability'),
      orderBy,
      readSize('page_size', c.req.query('pageSize')),
      token ? decodeCursor(token, orderBy) : undefined,
    );
    return c.json({
      activeNumbers: page.records.map(active),
      nextPageToken: page.nextPageToken,
      totalSize: page.totalSize,
    });
  });

  v1.get('/activeNumbers/:phoneNumber', (c) => c.json(active(project.get(c.req.param('phoneNumber')))));

  v1.patch('/activeNumbers/:phoneNumber', async (c) => {
    const body = parseBody(await c.req.text());
    const displayName = readText(body, 'displayName');
    return c.json(active(project.update(c.req.param('phoneNumber'), displayName, readConfiguration(body))));
  });

  v1.post('/activeNumbers/:target', (c) =>
    c.json(active(project.release(withoutSuffix(c.req.param('target'), ':release')))),
  );

  v1.get('/availableRegions', (c) => {
    const types = (c.req.queries('types') ?? []).filter((type) => type !== 'NUMBER_TYPE_UNSPECIFIED');
    for (const type of types) readFilter({ ...NO_FILTER, type }, '');
    return c.json({ availableRegions: project.regions(types) });
  });

  v1.get('/callbackConfiguration', (c) => c.json({ projectId: key.projectId, hmacSecret: secret.value }));

  v1.patch('/callbackConfiguration', async (c) => {
    const hmacSecret = readText(parseBody(await c.req.text()), 'hmacSecret');
    if (hmacSecret !== undefined) {
      if (!HMAC_SECRET.test(hmacSecret)) throw fieldViolation('hmac_secret', 'Invalid hmac_secret');
      secret.value = hmacSecret;
    }
    return c.json({ projectId: key.projectId, hmacSecret: secret.value });
  });

  v1.post('/:method', async (c) => {
    if (c.req.param('method') !== 'availableNumbers:rentAny') throw unknownRoute();
    const body = parseBody(await c.req.text());
    const { pattern, searchPattern } = readObject(body, 'numberPattern') ?? {};
    const filter = readFilter(
      {
        regionCode: body.regionCode,
        type: body.type,
        capabilities: readList(body, 'capabilities'),
        pattern,
        searchPattern,
      },
      'capabilities',
    );
    return c.json(active(project.rentAny(requireRegionAndType(filter), readConfiguration(body))));
  });

  app.route('/v1/projects/:projectId', v1);
  app.notFound(() => answer(unknownRoute()));
  app.onError((error) => {
    if (error instanceof SimulatedError) return answer(error);
    throw error;
  });
  return app;
}

const NO_FILTER = {
  regionCode: undefined,
  type: undefined,
  capabilities: [],
  pattern: undefined,
  searchPattern: undefined,
};

function queryFilter(c: Context<Env>, capability: string) {
  return {
    regionCode: c.req.query('regionCode'),
    type: c.req.query('type'),
    capabilities: c.req.queries(capability) ?? [],
    pattern: c.req.query('numberPattern.pattern'),
    searchPattern: c.req.query('numberPattern.searchPattern'),
  };
}

function readOrder(value: string | undefined): OrderBy {
  if (value === undefined || value === 'phoneNumber') return 'phoneNumber';
  if (value === 'displayName') return value;
  throw fieldViolation('order_by', `Invalid order_by ${value}`);
}

/** The phone number before a custom method such as `:rent`. */
function withoutSuffix(target: string, suffix: string): string {
  if (!target.endsWith(suffix)) throw unknownRoute();
  return target.slice(0, -suffix.length);
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
