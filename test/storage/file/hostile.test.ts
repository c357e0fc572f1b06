/** What others may have put where the store keeps its files. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Store, StoreError } from '../../../src/storage/store.ts';
import { eventOf } from '../../callbacks/support.ts';
import { temporaryFolder } from '../../support/stage.ts';
import { begun, question, rent } from '../contract/support.ts';
import { openStore } from './support.ts';

/** Each way to the disk, and the file that it leads to. */
const USES: readonly (readonly [name: string, file: string, use: (store: Store) => Promise<unknown>])[] = [
  ['an intent', 'journal.jsonl', ({ journal }) => journal.begin(rent())],
  ['a look at the journal', 'journal.jsonl', ({ journal }) => journal.recent('project-a')],
  ['the history', 'journal.jsonl', ({ journal }) => journal.history('project-a', { limit: 1 })],
  ['the check of the journal', 'journal.jsonl', ({ journal }) => journal.check()],
  ['a question', 'approvals.jsonl', ({ approvals }) => approvals.ask(question(systemClock))],
  ['a turn', 'approvals.jsonl', (store) => store.withTurn('project-a', async () => {})],
  ['an event', 'callback-events.000000000000.jsonl', ({ events }) => events.append(eventOf(1))],
  ['a look at the events', 'callback-events.000000000000.jsonl', ({ events }) => events.read()],
];

const OBSTACLES: readonly (readonly [
  name: string,
  reason: RegExp,
  put: (path: string) => Promise<unknown>,
])[] = [
  [
    'a symbolic link',
    /symbolic link/,
    (path) => writeFile(`${path}.x`, '').then(() => symlink(`${path}.x`, path)),
  ],
  ['a link to nowhere', /symbolic link/, (path) => symlink(`${path}.x`, path)],
  ['a FIFO', /not a regular file/, async (path) => execFileSync('mkfifo', ['-m', '600', path])],
  ['a socket', /not a regular file/, listenAt],
  ['a folder', /is a folder/, (path) => mkdir(path)],
  [
    'a file that everybody may write to',
    /every user/,
    (path) => writeFile(path, '').then(() => chmod(path, 0o666)),
  ],
];

function listenAt(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return new Promise((resolve) => server.listen(path, resolve));
}

describe.skipIf(process.platform === 'win32').each(USES)('%s', (_, file, use) => {
  test.each(OBSTACLES)('is refused at once where %s stands for the file', async (__, reason, put) => {
    const folder = await temporaryFolder();
    await put(join(folder, file));
    const error = await use(openStore(folder)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).toContain(join(folder, file));
  });

  test('is refused in a folder that everybody may write to', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, file), '');
    await chmod(folder, 0o1777);
    await expect(use(openStore(folder))).rejects.toThrow(/every user.*chmod o-w/);
  });
});

test('a new folder and its files are for their owner alone', async () => {
  const folder = join(await temporaryFolder(), 'new', 'state');
  const store = openStore(folder);
  await begun(store);
  await store.approvals.ask(question(systemClock));
  await store.events.append(eventOf(1));
  const modeOf = async (name: string) => (await stat(join(folder, name))).mode & 0o777;
  expect([await modeOf(''), await modeOf('..')]).toEqual([0o700, 0o700]);
  for (const name of ['journal.jsonl', 'approvals.jsonl', 'callback-events.000000000000.jsonl']) {
    expect(await modeOf(name)).toBe(0o600);
  }
});

test('a folder is not made by looking', async () => {
  const folder = join(await temporaryFolder(), 'state');
  const store = openStore(folder);
  await store.start();
  expect(await store.journal.recent('project-a')).toEqual([]);
  expect(await store.journal.history('project-a', { limit: 1 })).toEqual({ entries: [] });
  expect(await store.approvals.find('caller-a', 'call-1')).toBeUndefined();
  expect(await store.events.read()).toEqual([]);
  await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
});
