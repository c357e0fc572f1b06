import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { shared } from '../support/lifetime.ts';
import { connectServer as connectBuilt, envFor, type Process, run, types } from './harness.ts';
import { connectServer } from './inside.ts';

const announcement = z.strictObject({
  url: z.string().regex(/^http:\/\/127\.0\.0\.1:\d+$/),
  projectId: z.string().min(1),
  keyId: z.string().min(1),
  keySecret: z.string().min(1),
});
type Announcement = z.output<typeof announcement>;

/** What a simulator prints once it listens. */
async function announced(simulator: Process): Promise<Announcement> {
  const line = await vi.waitFor(
    () => {
      if (!simulator.stdout().endsWith('\n')) throw new Error(`nothing yet; stderr: ${simulator.stderr()}`);
      return simulator.stdout();
    },
    { timeout: 10_000, interval: 10 },
  );
  return announcement.parse(JSON.parse(line));
}

/** The status and body of a request. */
async function ask(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

function basic({ keyId, keySecret }: Announcement) {
  return { authorization: `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}` };
}

/** A simulator, and what it prints. */
async function simulator(...args: string[]) {
  const process = run(['simulator', ...args]);
  return { ...process, there: await announced(process) };
}

const seven = shared(() => simulator('--port', '0', '--active', '7', '--seed', 'x'));
const empty = shared(() => simulator('--active', '0'));
const local = shared(() => simulator('--seed', 'x', '--rent-us-local'));

test('it prints one line with its address and key, and serves tokens and numbers there', async () => {
  const { there, stdout, stderr } = seven();
  const token = await ask(`${there.url}/oauth2/token`, {
    method: 'POST',
    headers: basic(there),
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  expect(token).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  const { access_token } = z.object({ access_token: z.string() }).parse(token.body);
  const numbers = await ask(`${there.url}/v1/projects/${there.projectId}/activeNumbers`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  expect(numbers).toMatchObject({ status: 200, body: { totalSize: 7 } });
  expect(stdout().match(/\n/g)).toHaveLength(1);
  expect(stderr()).toBe('');
});

test('the same seed gives the same credentials, another seed others', () => {
  const [first, again, other] = [seven, local, empty].map((open) => open().there);
  expect({ ...again, url: '' }).toEqual({ ...first, url: '' });
  expect(other?.projectId).not.toBe(first?.projectId);
  expect(other?.keySecret).not.toBe(first?.keySecret);
  expect(again?.url).not.toBe(first?.url);
});

test('--active 0 starts an empty project', async () => {
  const { there } = empty();
  const { body } = await ask(`${there.url}/v1/projects/${there.projectId}/activeNumbers`, {
    headers: basic(there),
  });
  expect(body).toMatchObject({ activeNumbers: [], totalSize: 0 });
});

test('--rent-us-local lets nobody rent but US LOCAL numbers, alone or inside the server', async () => {
  const rent = async ({ there }: { there: Announcement }, phoneNumber: string) => {
    const url = `${there.url}/v1/projects/${there.projectId}/availableNumbers/${phoneNumber}:rent`;
    return (await ask(url, { method: 'POST', headers: basic(there), body: '{}' })).status;
  };
  expect(await rent(local(), '+447700900123')).toBe(400);
  expect(await rent(local(), '+12025550134')).toBe(200);
  expect(await rent(empty(), '+447700900123')).toBe(200);

  const args = { phoneNumber: '+447700900123' };
  const { call } = await connectBuilt({ args: ['--simulator', '--rent-us-local'], person: types('0123') });
  expect((await call('rent_number', args)).text).toContain('Only US LOCAL numbers');
});

test('a server in another process works against what it printed', async () => {
  const { call } = await connectServer({ env: envFor(seven().there) });
  expect((await call('list_active_numbers')).text).toContain('7 of 7.');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it, with connections open', async (signal) => {
  const { there, kill, exit } = await simulator();
  await ask(`${there.url}/v1/projects/${there.projectId}/activeNumbers`, { headers: basic(there) });
  kill(signal);
  expect(await exit).toEqual({ code: 0, signal: null });
  await expect(fetch(there.url)).rejects.toThrow();
});

test('the end of stdin does not end it: it may run in the background', async () => {
  const { there, endInput } = local();
  endInput();
  const url = `${there.url}/v1/projects/${there.projectId}/availableRegions`;
  expect(await ask(url, { headers: basic(there) })).toMatchObject({ status: 200 });
});
