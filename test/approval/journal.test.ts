/** What stands in the journal, and when: by the gate, and by the journal alone. */
import { spawnSync } from 'node:child_process';
import { appendFile, type FileHandle, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { operations } from '../../src/api/operations/numbers.ts';
import { JournalError, openJournal } from '../../src/approval/journal.ts';
import { failure, fastClock, OFFERED, OFFERED_TOO } from '../api/support.ts';
import { deferred } from '../e2e/harness.ts';
import {
  agreeable,
  GATED_CALLS,
  journalOf,
  openRentedStage,
  openStage,
  personWho,
  RENTED,
  START,
  temporaryFolder,
  tokenOf,
} from '../support/stage.ts';

const AT = new Date(START).toISOString();

async function handles(): Promise<FileHandle> {
  const file = await open(join(await temporaryFolder(), 'any'), 'w');
  await file.close();
  return Object.getPrototypeOf(file);
}

/** Keeps files from reaching the disk until it is released. */
async function holdDisk() {
  const asked = deferred<void>();
  const released = deferred<void>();
  const prototype = await handles();
  const { datasync } = prototype;
  const spy = vi.spyOn(prototype, 'datasync').mockImplementation(async function (this: FileHandle) {
    asked.resolve();
    await released.promise;
    return datasync.call(this);
  });
  onTestFinished(() => void spy.mockRestore());
  return { asked: asked.promise, release: () => released.resolve() };
}

/** Lets the first writes succeed, and fills the disk then. */
async function fillDiskAfter(writes: number): Promise<void> {
  const prototype = await handles();
  const { write } = prototype;
  let left = writes;
  const spy = vi.spyOn(prototype, 'write').mockImplementation(async function (
    this: FileHandle,
    bytes: string | Uint8Array,
  ) {
    if (left-- > 0) return Reflect.apply(write, this, [bytes]);
    throw new Error('ENOSPC: no space left on device, write');
  });
  onTestFinished(() => void spy.mockRestore());
}

describe.each(GATED_CALLS)('a call of $tool', ({ tool, args, request }) => {
  test('leaves two lines: what was agreed to by whom, and what came of it', async () => {
    const stage = await openRentedStage();
    const { number } = await stage.ask(tool, args, { ...agreeable(), client: 'test-client' });
    const [intent, outcome, ...others] = await journalOf(stage.folder);
    expect(others).toEqual([]);
    expect(intent).toMatchObject({
      step: 'intent',
      at: AT,
      projectId: stage.simulator.projectId,
      pid: process.pid,
      tool,
      arguments: args,
      terms: tool === 'release_number' ? { servicePlanId: 'plan-a' } : { monthlyPrice: { amount: '0.80' } },
      confirmedBy: 'elicitation',
      client: 'test-client',
    });
    expect(outcome).toEqual({
      step: 'outcome',
      id: intent?.id,
      at: AT,
      outcome: 'completed',
      phoneNumber: number?.phoneNumber,
      server: intent?.server,
    });
  });

  test('is not sent before the disk has its intent', async () => {
    const stage = await openRentedStage();
    const disk = await holdDisk();
    const call = stage.ask(tool, args, agreeable());
    await disk.asked;
    await stage.numbers.call(operations.listAvailableRegions, {});
    expect(await journalOf(stage.folder)).toMatchObject([{ step: 'intent', tool }]);
    expect(stage.sent()).toEqual([]);
    disk.release();
    expect((await call).outcome).toBe('completed');
    expect(stage.sent()).toEqual([request]);
  });

  test('has no outcome in it while the API has not answered', async () => {
    const stage = await openRentedStage();
    stage.simulator.faults.add({ method: 'POST', path: /:re/, delayMs: 200 });
    const call = stage.ask(tool, args, agreeable());
    await expect.poll(() => stage.sent(), { interval: 5 }).toEqual([request]);
    expect(await journalOf(stage.folder)).toHaveLength(1);
    await call;
    expect(await journalOf(stage.folder)).toHaveLength(2);
  });

  test.each([
    [400, 'not_executed'],
    [504, 'unknown'],
  ])('that the API answers with %i ends in it as %s, without a number', async (status, outcome) => {
    const stage = await openRentedStage();
    stage.simulator.faults.add({ method: 'POST', path: /:re/, answer: { status } });
    await stage.ask(tool, args, agreeable());
    const [intent, last] = await journalOf(stage.folder);
    const server = expect.any(String);
    expect(last).toEqual({ step: 'outcome', id: intent?.id, at: AT, outcome, server });
  });

  test('that nobody agrees to is not in it', async () => {
    const stage = await openRentedStage();
    await stage.ask(
      tool,
      args,
      personWho(() => ({ action: 'decline' })),
    );
    await stage.ask(tool, args);
    expect(await stage.gate.history()).toEqual([]);
  });

  test('by token says so, and holds neither the token nor the access key', async () => {
    const stage = await openRentedStage();
    const confirmationToken = tokenOf(await stage.ask(tool, args));
    await stage.ask(tool, { ...args, confirmationToken });
    expect(await journalOf(stage.folder)).toMatchObject([{ confirmedBy: 'token' }, { step: 'outcome' }]);
    const text = await readFile(join(stage.folder, 'journal.jsonl'), 'utf8');
    const { keyId, keySecret } = stage.simulator;
    for (const secret of [confirmationToken, keyId, keySecret]) expect(text).not.toContain(secret);
  });

  test.each([
    ['is no folder', async (folder: string) => writeFile(folder, '')],
    [
      'holds a folder where the journal belongs',
      async (folder: string) => mkdir(join(folder, 'journal.jsonl'), { recursive: true }),
    ],
    ['is on a full disk', async () => fillDiskAfter(0)],
  ])('is refused, with what to do, where the state folder %s', async (_, spoil) => {
    const folder = join(await temporaryFolder(), 'state');
    const stage = await openRentedStage({ folder });
    await spoil(folder);
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toContain('Nothing is rented or released without a journal');
    expect(answer.message).toMatch(/E(NOTDIR|EXIST|ISDIR|NOSPC)/);
    expect(answer.message).toContain('SINCH_NUMBERS_STATE_DIR');
    expect(answer.message).toContain('Nothing was sent.');
    expect(stage.sent()).toEqual([]);
    const read = await stage.call('get_active_number', { phoneNumber: RENTED });
    expect(read.isError ?? false).toBe(false);
  });

  test('stands, and says so, where its outcome can no longer be written', async () => {
    const stage = await openRentedStage();
    await fillDiskAfter(1);
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer).toMatchObject({ outcome: 'completed', isError: false, number: { type: 'LOCAL' } });
    expect(answer.message).toMatch(/^Done\. This outcome could not be written to the journal \(.*ENOSPC/);
    expect(stage.sent()).toEqual([request]);
    expect(await journalOf(stage.folder)).toHaveLength(1);
  });
});

test.each(GATED_CALLS.slice(0, 2))(
  'the callback URL that $tool sets is in the journal by its origin alone',
  async ({ tool, args }) => {
    const stage = await openStage();
    const callbackUrl = 'https://name:word@example.com:8443/hidden/path?key=value#part';
    const { outcome } = await stage.ask(tool, { ...args, callbackUrl }, agreeable());
    expect(outcome).toBe('completed');
    const text = await readFile(join(stage.folder, 'journal.jsonl'), 'utf8');
    expect(text).toContain('"callbackUrl":"https://example.com:8443"');
    for (const part of ['name', 'word', 'hidden', 'path', 'key', 'value', 'part']) {
      expect(text.replaceAll('phoneNumber', '')).not.toMatch(new RegExp(`\\b${part}\\b`));
    }
  },
);

test('the callback URL that release_number cuts off is in the journal by its origin alone', async () => {
  const stage = await openStage();
  stage.simulator.project.rent(RENTED, { callbackUrl: 'https://name:word@example.com/hidden?key=value' });
  await stage.ask('release_number', { phoneNumber: RENTED }, agreeable());
  const text = await readFile(join(stage.folder, 'journal.jsonl'), 'utf8');
  expect(text).toContain('https://example.com');
  for (const part of ['word', 'hidden', 'value']) expect(text).not.toContain(part);
});

describe('a rent of any number', () => {
  const { tool, args } = GATED_CALLS[1];

  test('names in its intent the numbers that were rented before', async () => {
    const stage = await openRentedStage();
    await stage.ask(tool, args, agreeable());
    expect((await journalOf(stage.folder))[0]).toMatchObject({ before: [RENTED] });
  });

  test('names none where they could not be read: that is not the same as none', async () => {
    const stage = await openRentedStage();
    stage.simulator.faults.add({ method: 'GET', path: /\/activeNumbers\?/, answer: { status: 500 } });
    await stage.ask(tool, args, agreeable());
    expect((await journalOf(stage.folder))[0]).not.toHaveProperty('before');
  });
});

test('a new journal and its folders are for their owner alone', async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, 'new', 'state');
  const stage = await openStage({ folder });
  await stage.ask('rent_number', { phoneNumber: OFFERED }, agreeable());
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'journal.jsonl'))).mode & 0o777).toBe(0o600);
});

test('a rent is still made where the journal was deleted before', async () => {
  const stage = await openStage();
  await stage.ask('rent_number', { phoneNumber: OFFERED }, agreeable());
  await rm(join(stage.folder, 'journal.jsonl'));
  const answer = await stage.ask('release_number', { phoneNumber: OFFERED }, agreeable());
  expect(answer).toMatchObject({ outcome: 'completed', message: 'Done.' });
  expect(await stage.gate.history()).toMatchObject([{ intent: { tool: 'release_number' } }]);
});

const PROJECT = 'project-a';

/** What a journal is told of a rent that is about to be sent. */
function rentOf(phoneNumber: string, projectId = PROJECT) {
  return { projectId, tool: 'rent_number', arguments: { phoneNumber }, terms: {}, confirmedBy: 'page' };
}

/** The line that another process, or an earlier one, wrote. */
function intentLine(fields: object): string {
  const line = { step: 'intent', id: 'id-0', at: AT, pid: process.ppid, ...rentOf(OFFERED), ...fields };
  return `${JSON.stringify(line)}\n`;
}

describe('a journal', () => {
  test('is empty, and makes no folder, until something is written', async () => {
    const folder = join(await temporaryFolder(), 'state');
    const journal = openJournal(folder, fastClock(START));
    expect(await journal.isEmpty()).toBe(true);
    expect(await journal.entries(PROJECT)).toEqual([]);
    expect(await failure(stat(folder))).toMatchObject({ code: 'ENOENT' });
    await journal.begin(rentOf(OFFERED));
    expect(await journal.isEmpty()).toBe(false);
  });

  test('sees what another one of the same folder writes, in the order of the file', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [openJournal(folder, fastClock(START)), openJournal(folder, fastClock(START))];
    const first = await a.begin(rentOf(OFFERED));
    const second = await b.begin(rentOf(OFFERED_TOO));
    await a.end(first, { outcome: 'completed', phoneNumber: OFFERED });
    for (const journal of [a, b]) {
      expect(await journal.entries(PROJECT)).toMatchObject([
        { intent: { id: first }, outcome: { outcome: 'completed', phoneNumber: OFFERED } },
        { intent: { id: second } },
      ]);
      expect((await journal.entries(PROJECT))[1]).not.toHaveProperty('outcome');
    }
  });

  test('keeps every line of two that write at once', async () => {
    const folder = await temporaryFolder();
    const journals = [openJournal(folder, fastClock(START)), openJournal(folder, fastClock(START))];
    const rents = journals.flatMap((journal) =>
      Array.from({ length: 25 }, async () => {
        await journal.end(await journal.begin(rentOf(OFFERED)), { outcome: 'unknown' });
      }),
    );
    await Promise.all(rents);
    const entries = await openJournal(folder, fastClock()).entries(PROJECT);
    expect(entries.map(({ outcome }) => outcome?.outcome)).toEqual(Array(50).fill('unknown'));
  });

  test('tells the entries of one project from those of others', async () => {
    const journal = openJournal(await temporaryFolder(), fastClock(START));
    await journal.begin(rentOf(OFFERED));
    await journal.begin(rentOf(OFFERED_TOO, 'project-b'));
    expect(await journal.entries('project-b')).toMatchObject([{ intent: rentOf(OFFERED_TOO, 'project-b') }]);
  });

  test('keeps the outcome that was written first', async () => {
    const journal = openJournal(await temporaryFolder(), fastClock(START));
    const id = await journal.begin(rentOf(OFFERED));
    await journal.end(id, { outcome: 'completed' });
    await journal.end(id, { outcome: 'not_executed' });
    expect(await journal.entries(PROJECT)).toMatchObject([{ outcome: { outcome: 'completed' } }]);
  });

  test('skips a line that a crash has torn, and loses none after it', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'journal.jsonl');
    await writeFile(
      path,
      `${intentLine({})}null\n{"step":"intent","id":7}\n{"step":"outcome","id":"id-0","at`,
    );
    const journal = openJournal(folder, fastClock(START));
    const id = await journal.begin(rentOf(OFFERED_TOO));
    const entries = await openJournal(folder, fastClock()).entries(PROJECT);
    expect(entries.map(({ intent }) => intent.id)).toEqual(['id-0', id]);
    expect(entries[0]).not.toHaveProperty('outcome');
  });

  test('writes a line again that another process has torn in the moment of writing', async () => {
    const folder = await temporaryFolder();
    const prototype = await handles();
    const { write } = prototype;
    let isFirst = true;
    const spy = vi.spyOn(prototype, 'write').mockImplementation(async function (
      this: FileHandle,
      bytes: string | Uint8Array,
    ) {
      if (isFirst) await appendFile(join(folder, 'journal.jsonl'), '{"step":"inte');
      isFirst = false;
      return Reflect.apply(write, this, [bytes]);
    });
    onTestFinished(() => void spy.mockRestore());
    const id = await openJournal(folder, fastClock(START)).begin(rentOf(OFFERED));
    const entries = await openJournal(folder, fastClock()).entries(PROJECT);
    expect(entries.map(({ intent }) => intent.id)).toEqual([id]);
  });

  test('that does not keep what is written to it is an error', async () => {
    const prototype = await handles();
    const spy = vi.spyOn(prototype, 'write').mockImplementation(async (bytes: string | Uint8Array) => {
      return { bytesWritten: bytes.length, buffer: '' };
    });
    onTestFinished(() => void spy.mockRestore());
    const journal = openJournal(await temporaryFolder(), fastClock(START));
    const error = await failure(journal.begin(rentOf(OFFERED)));
    expect(error).toBeInstanceOf(JournalError);
    expect(error).toMatchObject({ message: expect.stringContaining('does not keep what is written') });
  });

  test('that failed once works again when the folder does', async () => {
    const folder = join(await temporaryFolder(), 'state');
    await writeFile(folder, '');
    const journal = openJournal(folder, fastClock(START));
    expect(await failure(journal.begin(rentOf(OFFERED)))).toBeInstanceOf(JournalError);
    expect(await failure(journal.entries(PROJECT))).toBeInstanceOf(JournalError);
    await rm(folder);
    const id = await journal.begin(rentOf(OFFERED));
    expect(await journal.entries(PROJECT)).toMatchObject([{ intent: { id } }]);
  });
});

describe('an entry without an outcome is abandoned', () => {
  const { pid: deadPid } = spawnSync(process.execPath, ['--version']);
  const MINUTES = 60_000;

  async function isAbandoned(fields: object, afterMs = 0, more = ''): Promise<boolean> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'journal.jsonl'), `${intentLine(fields)}${more}`);
    const found = await openJournal(folder, fastClock(START + afterMs)).abandoned(PROJECT);
    return found.some(({ intent }) => intent.id === 'id-0');
  }

  test('when its process has ended', async () => {
    expect(await isAbandoned({ pid: deadPid })).toBe(true);
  });

  test('not while its process runs, until it is older than 2 minutes', async () => {
    expect(await isAbandoned({ pid: process.ppid })).toBe(false);
    expect(await isAbandoned({ pid: process.ppid }, 2 * MINUTES)).toBe(false);
    expect(await isAbandoned({ pid: process.ppid }, 2 * MINUTES + 1)).toBe(true);
  });

  test('when an earlier process had the ID that this one has', async () => {
    expect(await isAbandoned({ pid: process.pid })).toBe(true);
  });

  test('not when it is of another project, or has an outcome', async () => {
    expect(await isAbandoned({ pid: deadPid, projectId: 'project-b' })).toBe(false);
    const outcome = { step: 'outcome', id: 'id-0', at: AT, outcome: 'unknown' };
    expect(await isAbandoned({ pid: deadPid }, 0, `${JSON.stringify(outcome)}\n`)).toBe(false);
  });

  test('not while this process carries it out, however long that takes', async () => {
    const clock = fastClock(START);
    const journal = openJournal(await temporaryFolder(), clock);
    await journal.begin(rentOf(OFFERED));
    clock.advance(60 * MINUTES);
    expect(await journal.abandoned(PROJECT)).toEqual([]);
  });
});
