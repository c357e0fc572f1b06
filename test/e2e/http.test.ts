/** The `http` command, with the clients of both generations of the SDK. */
import { networkInterfaces } from 'node:os';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answerJson, OFFERED, serve, silent, simulate } from '../api/support.ts';
import { send } from '../callbacks/support.ts';
import { openStore } from '../storage/file/support.ts';
import { shared } from '../support/lifetime.ts';
import { temporaryFolder } from '../support/stage.ts';
import {
  deferred,
  envFor,
  eventually,
  type Question,
  request,
  run,
  tellingBrowser,
  types,
} from './harness.ts';
import { connectOverHttp, runHttp as runBuilt } from './http-harness.ts';
import { runHttp } from './inside.ts';

const TOKEN = 'a-token-of-24-characters';

/** The built server, as it is started without anything. */
const tried = shared(() => runBuilt(['--simulator']));

describe("the SDK's client", () => {
  test('lists and calls tools, and reads resources', async () => {
    const { url } = await runHttp([], envFor(await simulate({ active: 3 })));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    const { client } = await connectOverHttp(url);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('list_active_numbers');
    const { structuredContent } = await client.callTool({ name: 'list_active_numbers', arguments: {} });
    expect(structuredContent).toMatchObject({ totalSize: 3 });
    const { contents } = await client.readResource({ uri: 'sinch-numbers://active-numbers' });
    expect(contents).toMatchObject([{ text: expect.stringContaining('"totalSize":3') }]);
  });

  test('rents once its person has agreed', async () => {
    const api = await simulate();
    const { url } = await runHttp([], envFor(api));
    const { client, questions } = await connectOverHttp(url, { person: types('0134') });
    const rent = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };
    expect((await client.callTool(rent)).structuredContent).toMatchObject({
      outcome: 'completed',
      confirmedBy: 'elicitation',
    });
    expect(questions).toMatchObject([{ message: expect.stringContaining(OFFERED) }]);
    expect(api.count('POST /availableNumbers')).toBe(1);
  });

  test('is told how far a call is', async () => {
    const { url } = await runHttp([], envFor(await simulate({ active: 300 })));
    const { client } = await connectOverHttp(url);
    const told: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => void told.push(progress);
    await client.callTool({ name: 'audit_provisioning', arguments: {} }, undefined, { onprogress });
    expect(told.length).toBeGreaterThan(0);
  });

  test('that cancels a call closes the connection to the API', async () => {
    const api = await serve(silent);
    const { url } = await runHttp([], { ...envFor(api), SINCH_NUMBERS_AUTH: 'basic' });
    const { client } = await connectOverHttp(url);
    const controller = new AbortController();
    const arrival = api.arrival();
    const read = expect(
      client.callTool({ name: 'list_active_numbers', arguments: {} }, undefined, {
        signal: controller.signal,
      }),
    ).rejects.toThrow();
    const { socket } = await arrival;
    controller.abort();
    await read;
    await eventually(() => socket?.destroyed ?? true).toBe(true);
    expect(await client.ping()).toEqual({});
  });

  test('that cancels a rent has its form closed, and nothing is rented', async () => {
    const api = await simulate();
    const { url } = await runHttp([], envFor(api));
    const asked = deferred<Question>();
    const { client } = await connectOverHttp(url, {
      person: (question) => {
        asked.resolve(question);
        return new Promise(() => {});
      },
    });
    const { signal, abort } = abortable();
    const rent = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };
    const cancelled = expect(client.callTool(rent, undefined, { signal })).rejects.toThrow();
    const form = (await asked.promise).signal;
    abort();
    await cancelled;
    await eventually(() => form.aborted).toBe(true);
    expect(api.count('POST /availableNumbers')).toBe(0);
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

test.each(['legacy', 'auto'] as const)(
  "the next generation's client in %s rents once its person has agreed",
  async (mode) => {
    const api = await simulate();
    const { url } = await runHttp([], envFor(api));
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
    );
    client.setRequestHandler('elicitation/create', () => ({
      action: 'accept',
      content: { lastFourDigits: '0134' },
    }));
    onTestFinished(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    const rent = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };
    expect((await client.callTool(rent)).structuredContent).toMatchObject({ outcome: 'completed' });
    expect(api.count('POST /availableNumbers')).toBe(1);
  },
);

describe('with a public URL', () => {
  const env = { SINCH_NUMBERS_HTTP_PUBLIC_URL: 'https://numbers.example.com' };

  test('it serves what a proxy hands on, and nothing of another host', async () => {
    const { url } = await runHttp(['--simulator'], env);
    const body = JSON.stringify(request('one', 'server/discover'));
    const statusFor = async (host: string) =>
      (await send(url, { body, headers: { 'content-type': 'application/json', host } })).status;
    expect(await statusFor('numbers.example.com')).toBe(200);
    expect(await statusFor('numbers.example.org')).toBe(403);
  });

  test('it shows no page here: whoever asks may be anywhere', async () => {
    const browser = await tellingBrowser();
    const { url } = await runHttp(['--simulator'], { ...env, ...browser.env });
    const { client } = await connectOverHttp(url);
    const rent = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };
    expect((await client.callTool(rent)).structuredContent).toMatchObject({
      confirmation: { token: expect.any(String) },
    });
    expect(await browser.addresses()).toEqual([]);
  });
});

test('it can be tried with the simulator, without an account', async () => {
  const { url } = tried();
  const { client } = await connectOverHttp(url);
  expect(client.getInstructions()).toContain('Simulated');
  const { structuredContent } = await client.callTool({ name: 'list_active_numbers', arguments: {} });
  expect(structuredContent).toMatchObject({ totalSize: expect.any(Number) });
});

describe('told to stop', () => {
  const RENTED = {
    intent: { tool: 'rent_number' },
    outcome: { outcome: 'completed', phoneNumber: OFFERED },
  };

  async function journalOf(folder: string, { projectId }: { projectId: string }) {
    return (await openStore(folder).journal.history(projectId, { limit: 10 })).entries;
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('by %s it ends with 0', async (signal) => {
    const { url, kill, exit, stderr } = await runBuilt(['--simulator']);
    const { client } = await connectOverHttp(url);
    await client.close();
    kill(signal);
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(stderr()).toBe('');
  });

  test('while a rent is under way it waits for what comes of it, and writes that down', async () => {
    const api = await simulate();
    const folder = await temporaryFolder();
    const env = { ...envFor(api), SINCH_NUMBERS_STATE_DIR: folder };
    const { url, kill, exit } = await runBuilt([], env);
    const { client } = await connectOverHttp(url, { person: types('0134') });
    api.faults.add({ method: 'POST', path: /:rent/, delayMs: 400 });
    const rent = client.callTool({ name: 'rent_number', arguments: { phoneNumber: OFFERED } });
    await eventually(() => api.count('POST /availableNumbers')).toBe(1);
    kill('SIGTERM');
    expect((await rent).structuredContent).toMatchObject({ outcome: 'completed' });
    await client.close();
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(await journalOf(folder, api)).toMatchObject([RENTED]);
  });

  test('while a rent is under way whose client is gone, its outcome is written down too', async () => {
    const api = await simulate();
    const folder = await temporaryFolder();
    const { url, kill, exit } = await runBuilt([], { ...envFor(api), SINCH_NUMBERS_STATE_DIR: folder });
    const { client } = await connectOverHttp(url, { person: types('0134') });
    api.faults.add({ method: 'POST', path: /:rent/, delayMs: 400 });
    const rent = client.callTool({ name: 'rent_number', arguments: { phoneNumber: OFFERED } });
    const lost = expect(rent).rejects.toThrow();
    await eventually(() => api.count('POST /availableNumbers')).toBe(1);
    await client.close();
    await lost;
    kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(await journalOf(folder, api)).toMatchObject([RENTED]);
  });
});

describe('an address that others reach', () => {
  const env = { SINCH_NUMBERS_HTTP_TOKEN: TOKEN, SINCH_NUMBERS_OPEN_BROWSER: 'true' };
  const reached = shared(() => runBuilt(['--simulator', '--host', '0.0.0.0'], env));

  test.each(['0.0.0.0', '::', ''])('%j needs a token', async (host) => {
    const server = run(['http', '--simulator', '--host', host]);
    expect(await server.exit).toEqual({ code: 1, signal: null });
    expect(server.stdout()).toBe('');
    expect(server.stderr()).toContain('SINCH_NUMBERS_HTTP_TOKEN');
    expect(server.stderr()).not.toContain('    at ');
  });

  test('lets in who brings it, and nobody else', async () => {
    const { url, stderr } = reached();
    const { port } = new URL(url);
    const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const outer = others.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    const address = `http://${outer ?? '127.0.0.1'}:${port}/mcp`;
    await expect(connectOverHttp(address)).rejects.toThrow();
    await expect(connectOverHttp(address, { token: `${TOKEN}x` })).rejects.toThrow();
    const { client } = await connectOverHttp(address, { token: TOKEN });
    expect(await client.ping()).toEqual({});
    expect(stderr()).not.toContain(TOKEN);
  });

  test('shows no page here to whoever asks from there: without a form, the agent has to ask', async () => {
    const { url } = reached();
    const { client } = await connectOverHttp(url.replace('0.0.0.0', '127.0.0.1'), { token: TOKEN });
    const rent = { name: 'rent_number', arguments: { phoneNumber: OFFERED } };
    expect((await client.callTool(rent)).structuredContent).toMatchObject({
      confirmation: { token: expect.any(String) },
    });
  });
});

test('loopback alone is listened on where nothing else is said', async () => {
  const { url } = tried();
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (outer === undefined) return;
  const { port } = new URL(url);
  await expect(send(`http://${outer}:${port}/healthz`, { method: 'GET' })).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken is told in one line', async () => {
  const { port } = new URL((await serve((response) => answerJson(response, {}))).url);
  const server = run(['http', '--port', port], envFor({ url: 'http://127.0.0.1:1' }));
  expect(await server.exit).toEqual({ code: 1, signal: null });
  expect(server.stdout()).toBe('');
  expect(server.stderr()).toMatch(new RegExp(`^sinch-numbers-mcp: listen EADDRINUSE.*:${port}\n$`));
});

describe('a command line that makes no sense', () => {
  test.each([
    [['http', '--port', '65536'], '--port must be a whole number'],
    [['http', '--json'], '--json goes with doctor'],
    [['http', '--active', '3'], '--active goes with simulator'],
    [['--host', '127.0.0.1'], '--host goes with http'],
    [['doctor', '--simulator'], '--simulator goes with'],
    [['doctor', '--port', '1'], '--port goes with http and simulator'],
  ])('%j', async (args, reason) => {
    const command = run(args);
    expect(await command.exit).toEqual({ code: 1, signal: null });
    expect(command.stdout()).toBe('');
    expect(command.stderr()).toContain(reason);
  });
});
