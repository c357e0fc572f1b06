/** One read over Streamable HTTP, over and over, beside a bare server that makes the same request of the API. */
import { setTimeout } from 'node:timers/promises';
import { Pool } from 'undici';
import { IN_FLIGHT } from './block.ts';
import { activeNumbersPath, firstNumber, openDirect } from './direct.ts';
import { quantile, type Row } from './figures.ts';
import type { LineProcess } from './processes.ts';
import type { Stage } from './stage.ts';

const WARM_UP = 2;
const CALLS = 1_600;
const SESSIONS = 100;
/** By then a server has given back what its clients took. */
const GIVEN_BACK_MS = 12_000;

interface Reading {
  /** Of the calls in flight together, in milliseconds. */
  readonly p50: number;
  readonly perSecond: number;
}

interface HttpClient {
  call(name: string, args: object): Promise<string>;
  /** Ends the session. */
  end(): Promise<void>;
}

export async function measureHttp(stage: Stage, rounds: number): Promise<Row[]> {
  const api = await stage.api({ active: 12, delayMs: 0 });
  const direct = await openDirect(api.address);
  const phoneNumber = await firstNumber(direct, api.address);
  const target = `${activeNumbersPath(api.address)}/${encodeURIComponent(phoneNumber)}`;
  const relay = stage.script('http-relay', JSON.stringify(api.address), target);
  const urls = await Promise.all([stage.httpServer(api.address), relay].map(urlOf));
  const [server, limit] = await Promise.all(urls.map(openClient));
  if (server === undefined || limit === undefined) throw new Error('not all of them listen');

  const readings: { readonly server: Reading; readonly relay: Reading }[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    const read = (client: HttpClient) => measure(() => client.call('get_active_number', { phoneNumber }));
    const reading = { server: await read(server), relay: await read(limit) };
    if (round >= 0) readings.push(reading);
  }
  const busy = stage.httpServer(api.address);
  const url = await urlOf(busy);
  const clients: HttpClient[] = [];
  for (let session = 0; session < SESSIONS; session++) {
    const client = await openClient(url);
    await client.call('get_active_number', { phoneNumber });
    clients.push(client);
  }
  const peaks = { sessions: await busy.peakMemory(), relay: await relay.peakMemory() };
  for (const client of clients) await client.end();
  await setTimeout(GIVEN_BACK_MS);
  const after = await busy.memory();
  stage.close();

  const row = (name: string, unit: string, better: Row['better'], figure: keyof Reading): Row => ({
    name,
    unit,
    limitName: 'bare node:http, one undici request a call',
    better,
    measured: readings.map((reading) => reading.server[figure]),
    limit: readings.map((reading) => reading.relay[figure]),
  });
  return [
    row(`calls over HTTP, ${IN_FLIGHT} in flight`, '1/s', 'more', 'perSecond'),
    row(`a call over HTTP, ${IN_FLIGHT} in flight, p50`, 'ms', 'less', 'p50'),
    {
      name: `peak memory, ${SESSIONS} sessions over HTTP`,
      unit: 'MiB',
      limitName: 'bare node:http, no session',
      better: 'less',
      measured: [peaks.sessions],
      limit: [peaks.relay],
    },
    {
      name: 'memory once they are gone',
      unit: 'MiB',
      limitName: 'bare node:http, no session',
      better: 'less',
      measured: [after],
      limit: [peaks.relay],
    },
  ];
}

async function measure(call: () => Promise<unknown>): Promise<Reading> {
  const times: number[] = [];
  let left = CALLS;
  const lane = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      await call();
      times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return { perSecond: CALLS / ((performance.now() - startedAt) / 1000), p50: quantile(times, 0.5) };
}

async function urlOf(process: LineProcess): Promise<URL> {
  const { url }: { readonly url: string } = JSON.parse(await process.nextLine());
  return new URL(url);
}

/** A session, on as many connections as there are calls in flight. */
async function openClient({ origin, pathname }: URL): Promise<HttpClient> {
  const pool = new Pool(origin, { connections: IN_FLIGHT });
  const headers: Record<string, string> = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
  let lastId = 0;

  async function post(message: object) {
    const {
      statusCode,
      headers: answered,
      body,
    } = await pool.request({
      path: pathname,
      method: 'POST',
      headers,
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
    const text = await body.text();
    if (statusCode > 202 || text.includes('"isError":true') || text.includes('"error":')) {
      throw new Error(`${statusCode} ${text}`);
    }
    return { answered, text };
  }

  const clientInfo = { name: 'bench', version: '1.0.0' };
  const { answered } = await post({
    id: ++lastId,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
  });
  const session = answered['mcp-session-id'];
  if (typeof session === 'string') headers['mcp-session-id'] = session;
  if (session !== undefined) await post({ method: 'notifications/initialized' });
  return {
    call: async (name, args) =>
      (await post({ id: ++lastId, method: 'tools/call', params: { name, arguments: args } })).text,
    async end() {
      const { body } = await pool.request({ path: pathname, method: 'DELETE', headers });
      await body.dump();
      await pool.close();
    },
  };
}
