/** The client's link to an approval page, over stdio and HTTP, and what clients are sent by what is known of them. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  type ClientCapabilities,
  ElicitationCompleteNotificationSchema,
  ElicitRequestSchema,
  type ElicitRequestURLParams,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { OFFERED, simulate } from '../api/support.ts';
import { send } from '../callbacks/support.ts';
import { onEnd } from '../support/lifetime.ts';
import { type Env, envFor, eventually, tellingBrowser } from './harness.ts';
import { openWay, runHttp } from './inside.ts';

const RENT = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };
const PUBLIC = 'https://numbers.example.com';
const LINKS: ClientCapabilities = { elicitation: { url: {} } };

/** A client that opens each link that it is shown. */
function createClient(capabilities: ClientCapabilities = {}, name = 'test') {
  const client = new Client({ name, version: '1.0.0' }, { capabilities });
  const links: ElicitRequestURLParams[] = [];
  const done: string[] = [];
  let forms = 0;
  if (capabilities.elicitation) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      if (params.mode === 'url') links.push(params);
      else forms++;
      return { action: 'accept' };
    });
    client.setNotificationHandler(ElicitationCompleteNotificationSchema, ({ params }) => {
      done.push(params.elicitationId);
    });
  }
  onEnd(() => client.close());
  return { client, links, done, forms: () => forms };
}

async function overStdio(capabilities?: ClientCapabilities, name?: string, env: Env = {}) {
  const api = await simulate({ active: 3 });
  const own = envFor(api);
  const { transport, stderr } = openWay([], {
    ...own,
    SINCH_NUMBERS_OPEN_BROWSER: 'false',
    SINCH_NUMBERS_LOG: 'debug',
    ...env,
  });
  const connection = createClient(capabilities, name);
  await connection.client.connect(transport);
  return { ...connection, api, log: stderr };
}

async function overHttp(env: Env) {
  const api = await simulate({ active: 0 });
  const server = await runHttp([], { ...envFor(api), SINCH_NUMBERS_LOG: 'debug', ...env });
  const connection = createClient(LINKS);
  const transport = new StreamableHTTPClientTransport(new URL(server.url));
  // The SDK's own transport does not fit its own type where optional properties are exact.
  await connection.client.connect(transport as Parameters<Client['connect']>[0]);
  return { ...connection, url: server.url, log: () => server.stdout() + server.stderr() };
}

/** Presses Approve. @param at where the page's host is in truth */
function approve(address: string, at = new URL(address).host) {
  const { origin, host, pathname } = new URL(address);
  const type = 'application/x-www-form-urlencoded';
  return send(`http://${at}${pathname}`, {
    body: 'decision=approve',
    headers: { host, origin, 'content-type': type },
  });
}

describe('a client that shows links', () => {
  test.each([
    ['stdio', () => overStdio(LINKS), undefined],
    ['HTTP on this machine', () => overHttp({}), undefined],
    ['HTTP behind a public URL', () => overHttp({ SINCH_NUMBERS_HTTP_PUBLIC_URL: PUBLIC }), PUBLIC],
  ])('is asked by one over %s, whose address nobody else is told', async (_, open, origin) => {
    const connection = await open();
    const { client, links, done, log } = connection;
    const rent = client.callTool(RENT);
    await eventually(() => links).toHaveLength(1);
    const [{ url, elicitationId } = { url: '', elicitationId: '' }] = links;
    const { origin: shown, pathname } = new URL(url);
    if (origin !== undefined) expect(shown).toBe(origin);
    else expect(shown).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const at = origin !== undefined && 'url' in connection ? new URL(connection.url).host : undefined;
    expect((await approve(url, at)).status).toBe(200);
    const result = await rent;
    expect(result.structuredContent).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
    await eventually(() => done).toEqual([elicitationId]);
    const { contents } = await client.readResource({ uri: 'sinch-numbers://journal' });
    expect(JSON.stringify(contents)).toContain('"link');
    const secret = pathname.replace('/approve/', '');
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(JSON.stringify([result, contents]) + log()).not.toContain(secret);
  });

  test('behind a public URL finds no page by another name, and none without its secret', async () => {
    const { client, links, url } = await overHttp({ SINCH_NUMBERS_HTTP_PUBLIC_URL: PUBLIC });
    const rent = client.callTool(RENT);
    await eventually(() => links).toHaveLength(1);
    const { host } = new URL(url);
    const { pathname } = new URL(links[0]?.url ?? '');
    expect((await approve(`http://${host}${pathname}`)).status).toBe(403);
    expect((await approve(`${PUBLIC}/approve/${'A'.repeat(43)}`, host)).status).toBe(404);
    const answer = await approve(links[0]?.url ?? '', host);
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect((await rent).structuredContent).toMatchObject({ outcome: 'completed' });
  });
});

describe('a client that does not declare links', () => {
  test('gets none: it is asked in its form', async () => {
    const { client, links, forms } = await overStdio({ elicitation: { form: {} } });
    await client.callTool(RENT);
    expect([links.length, forms()]).toEqual([0, 1]);
  });

  test('and is known to declare forms and show none gets neither, but a page', async () => {
    const browser = await tellingBrowser();
    const { client, links, forms } = await overStdio(
      { elicitation: { form: {} } },
      'cursor-vscode',
      browser.env,
    );
    const rent = client.callTool(RENT);
    await approve(await browser.address());
    expect((await rent).structuredContent).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
    expect([links.length, forms()]).toEqual([0, 0]);
  });
});

describe('results', () => {
  const LIST = { name: 'list_active_numbers', arguments: {} };

  test.each<[string, string, Env, boolean]>([
    ['a client whose model reads structured content', 'claude-code', {}, false],
    ['any other', 'test', {}, true],
    ['that client where both are wanted', 'claude-code', { SINCH_NUMBERS_RESULTS: 'both' }, true],
    ['any client where text is wanted', 'test', { SINCH_NUMBERS_RESULTS: 'text' }, false],
  ])('for %s (%s)', async (_, name, env, areBoth) => {
    const { client } = await overStdio({}, name, env);
    // The first is answered before the server is loaded, the second by the server.
    const early = await client.listTools();
    const { structuredContent, content } = await client.callTool(LIST);
    const late = await client.listTools();
    expect(late).toEqual(early);
    for (const tool of early.tools) expect('outputSchema' in tool).toBe(areBoth);
    expect(structuredContent === undefined).toBe(!areBoth);
    expect(JSON.stringify(content)).toContain('3 of 3.');
  });

  test('a tool that does not exist is told with all that could have hidden it', async () => {
    const { client } = await overStdio();
    const call = client.callTool({ name: 'rent_numbers_now', arguments: {} });
    await expect(call).rejects.toThrow(
      /SINCH_NUMBERS_READ_ONLY, SINCH_NUMBERS_TOOLSETS or SINCH_NUMBERS_TOOLS/,
    );
  });
});
