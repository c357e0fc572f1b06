/** The eleven operations on numbers, regions and the callback configuration. */
import type { Context, Hono } from 'hono';
import { HMAC_SECRET } from '../../api/schemas/numbers.ts';
import type { ProjectKey } from '../auth.ts';
import type { SimulatorClock } from '../clock.ts';
import { fieldViolation, unknownRoute } from '../errors.ts';
import type { ActiveRecord } from '../model.ts';
import { decodeCursor, type OrderBy } from '../paging.ts';
import type { Project } from '../project.ts';
import {
  parseBody,
  readConfiguration,
  readFilter,
  readList,
  readObject,
  readSize,
  readText,
  requireRegionAndType,
} from '../requests.ts';
import { activeNumberBody, availableNumberBody } from '../wire.ts';
import { customMethod, type Env } from './env.ts';

export interface NumberParts {
  readonly key: ProjectKey;
  readonly clock: SimulatorClock;
  readonly project: Project;
  /** The project's callback secret, read and replaced by callbackConfiguration. */
  readonly secret: { value: string };
}

export function numberRoutes(v1: Hono<Env>, { key, clock, project, secret }: NumberParts): void {
  const active = (record: ActiveRecord) => activeNumberBody(record, key.projectId, clock.now());

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

  customMethod(v1, 'availableNumbers:rentAny', async (c) => {
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
