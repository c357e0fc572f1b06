/** Two servers on one database: what one was asked, told and sent, the other knows. */
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../src/lib/clock.ts';
import { openFileStore } from '../../src/storage/file/store.ts';
import { simulate, type WatchedSimulator } from '../api/support.ts';
import { intentOf } from '../bench/store.ts';
import { deliver, eventOf, idsFrom, recorder, SECRET } from '../callbacks/support.ts';
import { numberIn, rentedNumbers } from '../soak/support.ts';
import { signInAs, startIssuer } from '../support/issuer.ts';
import { either } from '../support/length.ts';
import { shared } from '../support/lifetime.ts';
import { connectAs } from '../support/oauth-client.ts';
import { hasEmbedded, hasPostgres, openPostgres, query, startEmbedded } from '../support/postgres.ts';
import { openSessionProxy } from '../support/replicas.ts';
import { temporaryFolder } from '../support/stage.ts';
import { agreeable, deferred, type Env, envFor, eventually, type Person, run } from './harness.ts';
import { connectOverHttp, openBareSession, runHttp as runBuilt } from './http-harness.ts';
import { runHttp } from './inside.ts';

/** Many processes and requests, on a machine that may have other work. */
const LONG = { timeout: 60_000 };
const WITHOUT = 'with PostgreSQL, which npm brings to most platforms,';

const postgres = shared(async () => (hasPostgres ? openPostgres() : undefined));

/** Two servers that use one simulator and one empty database. The first has a process of its own, which can be killed. */
async function startReplicas(api: WatchedSimulator, own: Env = {}) {
  const url = (await postgres()?.createDatabase()) ?? '';
  const env = { ...envFor(api), SINCH_NUMBERS_DATABASE_URL: url, ...own };
  const [a, b] = await Promise.all([runBuilt([], env), runHttp([], env)]);
  return { a, b, url, start: () => runHttp([], env) };
}

const rent = (phoneNumber: string) => ['rent_number', { phoneNumber }] as const;

describe.skipIf(!hasPostgres)(`two servers ${WITHOUT} and people who sign in:`, () => {
  const stage = shared(async () => {
    const [api, issuer, proxy] = await Promise.all([
      simulate({ active: 3 }),
      startIssuer(),
      openSessionProxy(),
    ]);
    const { a, b, url } = await startReplicas(api, {
      SINCH_NUMBERS_HTTP_PUBLIC_URL: proxy.origin,
      SINCH_NUMBERS_HTTP_ISSUER: issuer.url,
      SINCH_NUMBERS_CALLBACK_PORT: '0',
      SINCH_NUMBERS_CALLBACK_SECRET: SECRET,
    });
    proxy.targets = [a, b].map(({ url }) => new URL(url).origin);
    const alice = await connectAs('alice', `${proxy.origin}/mcp`);
    const token = alice.oauth.accessToken();
    const connect = (to: 'a' | 'b', person?: Person, elicitation?: { url: object }) =>
      connectOverHttp((to === 'a' ? a : b).url, {
        ...{ token, ...(person && { person }), ...(elicitation && { elicitation }) },
      });
    return { api, a, b, url, proxy, token, connect };
  });

  const rentsOf = (phoneNumber: string) =>
    stage()
      .api.requests.map(decodeURIComponent)
      .filter((it) => it === `POST /availableNumbers/${phoneNumber}:rent`).length;

  test('a token that is spent on both at once is one rent', async () => {
    const phoneNumber = numberIn(202, 1);
    const [one, other] = [await stage().connect('a'), await stage().connect('b')];
    const { confirmation } = await one.call(...rent(phoneNumber));
    const spend = { phoneNumber, confirmationToken: confirmation?.token };
    const answers = await Promise.all([one, other, one, other].map(({ call }) => call('rent_number', spend)));
    for (const { outcome, message } of answers) {
      if (outcome !== 'completed') expect(message).toContain('already used');
    }
    expect(answers.some(({ outcome }) => outcome === 'completed')).toBe(true);
    expect(rentsOf(phoneNumber)).toBe(1);
    const who = `select intent #>> '{person,subject}' as who, intent ->> 'confirmedBy' as how from sinch_numbers.journal`;
    expect(await query(stage().url, who)).toEqual([{ who: 'alice', how: 'token' }]);
  });

  test('a yes on one is a yes for the same call on the other, and one rent', async () => {
    const phoneNumber = numberIn(202, 2);
    const answer = deferred<void>();
    const one = await stage().connect('a', async (question) => {
      await answer.promise;
      return agreeable(question);
    });
    const other = await stage().connect('b', () => new Promise(() => {}));
    const first = one.call(...rent(phoneNumber));
    await eventually(() => one.questions.length).toBe(1);
    const second = other.call(...rent(phoneNumber));
    await eventually(() => other.questions.length).toBe(1);
    answer.resolve();
    const completed = { outcome: 'completed', number: { phoneNumber } };
    for (const told of await Promise.all([first, second])) expect(told).toMatchObject(completed);
    expect(rentsOf(phoneNumber)).toBe(1);
    expect(other.questions[0]?.signal.aborted).toBe(true);
  });

  test('a page of one, found through the proxy, grants the same call on the other, and one rent', async () => {
    const phoneNumber = numberIn(202, 5);
    const [one, other] = [await stage().connect('a', undefined, { url: {} }), await stage().connect('b')];
    const link = deferred<string>();
    one.client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      if (params.mode === 'url') link.resolve(params.url);
      return { action: 'accept' };
    });
    const controller = new AbortController();
    const late = expect(one.call(...rent(phoneNumber), controller)).rejects.toThrow();
    const page = await link.promise;
    expect(new URL(page).origin).toBe(stage().proxy.origin);
    // The server has heard that the link was shown.
    for (let time = 0; time < 3; time++) await one.client.ping();
    controller.abort('Request timed out');
    await late;
    expect(await approveAs('alice', page)).toContain('Approved');
    const told = await other.call(...rent(phoneNumber));
    expect(told).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
    expect(rentsOf(phoneNumber)).toBe(1);
  });

  test('what one changes, a subscriber of the other hears of', async () => {
    const { api, connect } = stage();
    const [active] = api.project.list(EVERYTHING, 'phoneNumber', 1, undefined).records;
    const phoneNumber = active?.phoneNumber ?? '';
    const [one, other] = [await connect('a'), await connect('b')];
    const uri = `sinch-numbers://active-numbers/${phoneNumber}`;
    const heard = deferred<string>();
    other.client.fallbackNotificationHandler = async ({ params }) => heard.resolve(String(params?.uri));
    await other.client.subscribeResource({ uri });
    const args = { phoneNumber, displayName: 'from the other side' };
    await one.client.callTool({ name: 'update_active_number', arguments: args });
    expect(await heard.promise).toBe(uri);
  });

  test('an event that is delivered to both is kept once', async () => {
    const clients = [await stage().connect('a'), await stage().connect('b')];
    const list = async ({ client }: (typeof clients)[number]) =>
      eventList.parse(
        (await client.callTool({ name: 'list_callback_events', arguments: {} })).structuredContent,
      );
    const receivers = (await Promise.all(clients.map(list))).map(({ receiver }) => receiver.url);
    const events = Array.from({ length: 10 }, (_, index) => eventOf(index));
    const statuses = await Promise.all(
      events.flatMap((event) => [...receivers, ...receivers].map((url) => deliver(url, event))),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (const client of clients) {
      const { events: kept } = await list(client);
      expect(kept.map(({ eventId }) => eventId).reverse()).toEqual(idsFrom(0, 10));
    }
  });

  test('a client whose stream is cut and whose session is gone is told the outcome by the other', async () => {
    const { api, a, b, token } = stage();
    const phoneNumber = numberIn(202, 3);
    const asked = await (await stage().connect('a')).call(...rent(phoneNumber));
    const spend = { phoneNumber, confirmationToken: asked.confirmation?.token };
    api.faults.add({ method: 'POST', path: /:rent$/, delayMs: 1_000 });
    const session = await openBareSession(a.url, {}, token);
    const cut = new AbortController();
    const lost = session.post(
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'rent_number', arguments: spend } },
      cut.signal,
    );
    await eventually(() => rentsOf(phoneNumber)).toBe(1);
    cut.abort();
    await expect(lost.then((response) => response.text())).rejects.toThrow();

    const elsewhere = await fetch(b.url, {
      method: 'POST',
      headers: session.headers,
      body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }),
    });
    expect(elsewhere.status).toBe(404);
    const again = await stage().connect('b');
    const replayed = { outcome: 'completed', message: expect.stringContaining('nothing was sent again') };
    // It waits while that is under way there.
    expect(await again.call(...rent(phoneNumber))).toMatchObject(replayed);
    expect(rentsOf(phoneNumber)).toBe(1);
  });

  test('a question whose server is killed is put again by the other, and its yes is one rent', async () => {
    const { a, connect } = stage();
    const phoneNumber = numberIn(202, 4);
    const one = await connect('a', () => new Promise(() => {}));
    const lost = expect(one.call(...rent(phoneNumber))).rejects.toThrow();
    await eventually(() => one.questions.length).toBe(1);
    a.kill('SIGKILL');
    await a.exit;
    await one.client.close();
    await lost;
    const other = await connect('b', agreeable);
    expect(await other.call(...rent(phoneNumber))).toMatchObject({ outcome: 'completed' });
    expect(rentsOf(phoneNumber)).toBe(1);
  });
});

/** Signs in to an approval page, and says yes there. @returns what the page says then */
async function approveAs(account: string, page: string): Promise<string> {
  const cookies: string[] = [];
  async function visit(address: string, body?: URLSearchParams): Promise<Response> {
    const response = await fetch(address, {
      ...{ redirect: 'manual', headers: { cookie: cookies.join('; ') } },
      ...(body && { method: 'POST', body }),
    });
    cookies.push(...response.headers.getSetCookie().map((cookie) => cookie.replace(/;.*/, '')));
    return response;
  }
  const toIssuer = (await visit(page)).headers.get('location') ?? '';
  await visit((await signInAs(account, toIssuer)).href);
  return (await visit(page, new URLSearchParams({ decision: 'approve' }))).text();
}

const EVERYTHING = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };

const eventList = z.object({
  events: z.array(z.object({ eventId: z.string() })),
  receiver: z.object({ url: z.string() }),
});

test.skipIf(!hasPostgres)(`two servers ${WITHOUT} keep to one limit`, LONG, async () => {
  const api = await simulate({ active: 0 });
  const { a, b } = await startReplicas(api, { SINCH_NUMBERS_MAX_RENTS_PER_DAY: '5' });
  const clients = await Promise.all([a, b].map(({ url }) => connectOverHttp(url, { person: agreeable })));
  const answers = await Promise.all(
    Array.from({ length: CROWD }, (_, n) => clients[n % 2]?.call(...rent(numberIn(202, n)))),
  );
  expect(answers.filter((answer) => answer?.outcome === 'completed')).toHaveLength(5);
  expect(
    answers.filter((answer) => answer?.message.includes('SINCH_NUMBERS_MAX_RENTS_PER_DAY')),
  ).toHaveLength(CROWD - 5);
  expect(api.count('POST /availableNumbers')).toBe(5);
});

/** What the journal in a database tells, an entry a row. */
async function journalOf(url: string) {
  const rows = await query(
    url,
    `select intent ->> 'phoneNumber' as number, outcome from sinch_numbers.journal`,
  );
  return rows.map(({ number, outcome }) => ({ number: String(number), outcome: String(outcome ?? 'open') }));
}

/** Nobody settles what another process has left open before the end of its lease, which takes two minutes. */
async function endLeases(url: string): Promise<void> {
  await query(url, 'update sinch_numbers.journal set lease_until = now() where outcome is null');
}

/** Each number was asked for once at most, and what the journal tells of it is true, or that nobody knows. */
async function expectTruth(api: WatchedSimulator, url: string): Promise<void> {
  const posts = api.requests.filter((request) => request.endsWith(':rent')).map(decodeURIComponent);
  expect(new Set(posts).size).toBe(posts.length);
  const rented = new Set(rentedNumbers(api.project).keys());
  const journal = await journalOf(url);
  for (const { number, outcome } of journal) {
    expect(['completed', 'not_executed', 'unknown']).toContain(outcome);
    if (outcome !== 'unknown')
      expect({ number, isRented: rented.has(number) }).toEqual({ number, isRented: outcome === 'completed' });
  }
  const told = journal.map(({ number }) => number);
  expect([...rented].filter((number) => !told.includes(number))).toEqual([]);
}

describe.skipIf(!hasPostgres)(`of two servers ${WITHOUT}`, () => {
  test(
    'one is killed in the middle of many rents: nothing comes twice, and the next start tells the truth',
    LONG,
    async () => {
      const api = await simulate({ active: 0 });
      const { a, b, url, start } = await startReplicas(api, { SINCH_NUMBERS_MAX_RENTS_PER_DAY: '1000' });
      const clients = await Promise.all([a, b].map((it) => connectOverHttp(it.url, { person: agreeable })));
      api.faults.add({ method: 'POST', path: /:rent$/, delayMs: 50, times: 1000 });
      const calls = Array.from({ length: RENTS }, (_, n) =>
        clients[n % 2]?.call(...rent(numberIn(202, n))).catch(() => undefined),
      );
      await eventually(() => api.count('POST /availableNumbers')).toBeGreaterThan(RENTS / 4);
      a.kill('SIGKILL');
      await a.exit;
      // It would wait for its stream to come back.
      await clients[0]?.client.close();
      const answers = await Promise.all(calls);
      expect(answers.filter((answer) => answer?.outcome === 'completed').length).toBeGreaterThanOrEqual(
        RENTS / 2,
      );
      await endLeases(url);
      await start();
      await expect
        .poll(() => journalOf(url), SETTLED)
        .not.toContainEqual({ number: expect.any(String), outcome: 'open' });
      await expectTruth(api, url);
    },
  );
});

test.skipIf(!hasEmbedded)(
  'a database that is killed in the middle of many rents: nothing comes twice, reads go on, and so do rents when it is back',
  LONG,
  async () => {
    const api = await simulate({ active: 0 });
    const database = await startEmbedded();
    const url = await database.createDatabase();
    const env = { ...envFor(api), SINCH_NUMBERS_DATABASE_URL: url, SINCH_NUMBERS_MAX_RENTS_PER_DAY: '1000' };
    const servers = await Promise.all([runBuilt([], env), runBuilt([], env)]);
    const clients = await Promise.all(servers.map((it) => connectOverHttp(it.url, { person: agreeable })));
    const [one] = clients;
    const call = (n: number) => clients[n % 2]?.call(...rent(numberIn(202, n)));
    api.faults.add({ method: 'POST', path: /:rent$/, delayMs: 50, times: 1000 });
    const calls = Array.from({ length: either(20, 12) }, (_, n) => call(n));
    await eventually(() => api.count('POST /availableNumbers')).toBeGreaterThan(5);
    await database.kill();
    const answers = await Promise.all(calls);
    expect(new Set(answers.map((answer) => answer?.outcome))).not.toContain(undefined);

    const list = await one?.client.callTool({ name: 'list_active_numbers', arguments: {} });
    expect(list?.isError ?? false).toBe(false);
    const activity = await one?.client.callTool({ name: 'list_activity', arguments: {} });
    expect(JSON.stringify(activity?.content)).toMatch(/the database .* cannot be used.*doctor looks at/);
    const sent = api.count('POST /availableNumbers');
    expect(await call(50)).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringMatching(/database .* cannot be used/),
    });
    expect(api.count('POST /availableNumbers')).toBe(sent);

    await database.start();
    await expect.poll(async () => (await call(51))?.outcome, SETTLED).toBe('completed');
    for (const server of servers) server.kill('SIGKILL');
    await endLeases(url);
    await runHttp([], env);
    await expect
      .poll(() => journalOf(url), SETTLED)
      .not.toContainEqual({ number: expect.any(String), outcome: 'open' });
    await expectTruth(api, url);
  },
);

const CROWD = either(60, 24);
const RENTS = either(50, 16);
/** Each look opens a connection of its own. */
const SETTLED = { timeout: 20_000, interval: 400 };

test.skipIf(!hasPostgres)(
  'a state folder moves into a database by one command, which tells no password',
  async () => {
    const folder = await temporaryFolder();
    const files = openFileStore({ folder, clock: systemClock, log: recorder().log });
    const { status } = await files.journal.begin(intentOf(1));
    await files.close();
    expect(status).toBe('begun');
    const url = (await postgres()?.createDatabase()) ?? '';
    for (const [flags, env] of [
      [['--from', folder, '--to', url], {}],
      [[], { SINCH_NUMBERS_STATE_DIR: folder, SINCH_NUMBERS_DATABASE_URL: url }],
    ] as const) {
      const migrate = run(['migrate', ...flags], env);
      expect(await migrate.exit).toMatchObject({ code: 0 });
      expect(JSON.parse(migrate.stdout())).toEqual({ entries: 1, events: 0, orders: 0 });
    }
    expect(await journalOf(url)).toEqual([{ number: expect.any(String), outcome: 'open' }]);

    const gone = 'postgres://me:hunter2@127.0.0.1:1/numbers';
    for (const [flags, problem] of [
      [[], 'migrate needs --to URL, or SINCH_NUMBERS_DATABASE_URL'],
      [['--to', 'mysql://me:hunter2@db/numbers'], '--to must be the URL of a PostgreSQL database'],
      [
        ['--from', folder, '--to', gone],
        'the database numbers at 127.0.0.1:1 cannot be used: connect ECONNREFUSED',
      ],
      [['--from', '/no/such/folder', '--to', url], 'no such file or directory'],
    ] as const) {
      const migrate = run(['migrate', ...flags]);
      expect(await migrate.exit).toMatchObject({ code: 1 });
      expect(migrate.stderr()).toContain(problem);
      expect(migrate.stderr()).not.toMatch(/hunter2|\n +at /);
    }
  },
);
