/** Real processes on one folder. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Approval, LEASE_MS } from '../../../src/storage/store.ts';
import { deferred } from '../../e2e/harness.ts';
import { steppedClock, temporaryFolder } from '../../support/stage.ts';
import { begun, DAY_MS, PROJECT, question, rent } from '../contract/support.ts';
import type { Order } from './child.ts';
import { historyOf, openStore, segmentsIn } from './support.ts';

const built = mkdtempSync(join(tmpdir(), 'sinch-numbers-test-'));
afterAll(() => rmSync(built, { recursive: true, force: true }));
const script = join(built, 'child.mjs');
buildSync({
  entryPoints: [fileURLToPath(new URL('child.ts', import.meta.url))],
  outfile: script,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
});

interface Child {
  readonly process: ChildProcess;
  order(order: Order): void;
  /** What it reports next. */
  next(): Promise<unknown>;
}

async function startChild(folder: string): Promise<Child> {
  const child = fork(script, [folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const reports: unknown[] = [];
  const waiting: ((report: unknown) => void)[] = [];
  child.on('message', (report) => {
    const resolve = waiting.shift();
    if (resolve) resolve(report);
    else reports.push(report);
  });
  const next = async () =>
    reports.length > 0 ? reports.shift() : new Promise((resolve) => waiting.push(resolve));
  expect(await next()).toBe('ready');
  return { process: child, order: (order) => void child.send(order), next };
}

async function reportsUntilDone(child: Child): Promise<string[]> {
  const reports: string[] = [];
  for (let report = await child.next(); report !== 'done'; report = await child.next()) {
    reports.push(String(report));
  }
  return reports;
}

async function kill({ process: child }: Child): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const UNLIMITED = { max: 1_000_000, windowMs: DAY_MS };
const OUTCOMES = /^(limit|spent)$/;

test('every intent that was acknowledged is there after its process was killed', async () => {
  const folder = await temporaryFolder();
  const child = await startChild(folder);
  child.order({ do: 'begin', times: 20_000, intent: rent(), limit: UNLIMITED });
  const acknowledged: unknown[] = [];
  while (acknowledged.length < 80) acknowledged.push(await child.next());
  const rest: unknown[] = [];
  child.process.on('message', (report) => rest.push(report));
  await kill(child);
  const store = openStore(folder, systemClock);
  const kept = await historyOf(store);
  expect(kept).toEqual(expect.arrayContaining([...acknowledged, ...rest]));
  expect(kept.length).toBeLessThan(20_000);
  const next = await begun(store);
  expect(await historyOf(store)).toEqual([next, ...kept]);
});

test('processes that race keep to the limit, and agree on who won, over several segments', async () => {
  const folder = await temporaryFolder();
  const children = await Promise.all([startChild(folder), startChild(folder), startChild(folder)]);
  const intent = rent({ arguments: { text: 'x'.repeat(30_000) } });
  const limit = { max: 100, windowMs: DAY_MS };
  for (const child of children) child.order({ do: 'begin', times: 60, intent, limit });
  const reports = (await Promise.all(children.map(reportsUntilDone))).flat();
  const begunIds = reports.filter((report) => !OUTCOMES.test(report));
  expect(begunIds).toHaveLength(limit.max);
  expect((await segmentsIn(folder)).length).toBeGreaterThan(2);
  expect((await historyOf(openStore(folder, systemClock))).sort()).toEqual(begunIds.sort());
});

test('an approval is spent once by processes that race for it', async () => {
  const folder = await temporaryFolder();
  const children = await Promise.all([startChild(folder), startChild(folder), startChild(folder)]);
  const intent = rent({ approval: 'x' });
  for (const child of children) child.order({ do: 'begin', times: 8, intent, limit: UNLIMITED });
  const reports = (await Promise.all(children.map(reportsUntilDone))).flat();
  expect(reports.filter((report) => report === 'spent')).toHaveLength(23);
});

test('a question of one process is decided by another, and the decision is published to both', async () => {
  const folder = await temporaryFolder();
  const child = await startChild(folder);
  const store = openStore(folder, systemClock);
  await store.start();
  const granted = deferred<Approval>();
  store.approvals.subscribe((approval) => {
    if (approval.state === 'granted') granted.resolve(approval);
  });
  const asked = question(systemClock);
  child.order({ do: 'ask', question: asked });
  const id = String(await child.next());
  expect(await store.approvals.find('caller-a', 'call-1')).toEqual({ ...asked, id, state: 'asked' });
  child.order({ do: 'grant', id, expiresAt: asked.expiresAt });
  expect(await child.next()).toBe(true);
  expect(await granted.promise).toMatchObject({ id, state: 'granted' });
  expect(await store.approvals.decide(id, { state: 'declined', expiresAt: asked.expiresAt })).toBe(false);
});

test('a turn whose process was killed is taken over when its lease has ended', async () => {
  const folder = await temporaryFolder();
  const child = await startChild(folder);
  child.order({ do: 'hold turn', projectId: PROJECT });
  expect(await child.next()).toBe('held');
  await kill(child);
  const clock = steppedClock(Date.now());
  let isTaken = false;
  const turn = openStore(folder, clock).withTurn(PROJECT, async () => {
    isTaken = true;
  });
  await expect.poll(() => clock.sleeping()).toBe(1);
  expect(isTaken).toBe(false);
  await clock.advance(LEASE_MS);
  await turn;
  expect(isTaken).toBe(true);
});
