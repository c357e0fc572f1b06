/** Batches whose server is killed at any moment: what the next server makes of them. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { batchResult } from '../../src/approval/batch-result.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { type Connection, connectServer, deferred, envFor, eventually, type Person } from '../e2e/harness.ts';
import { endLeases, readJournal } from '../support/journal.ts';
import { temporaryFolder } from '../support/stage.ts';
import { countEach, numberIn, rentedNumbers, SEED, simulatePlan, tell } from './support.ts';

/** Numbers of a batch: three times as many as are under way at once, or four. */
const NUMBERS = 16;
const MAX_DELAY_MS = 40;
/** The server ends so long after the first request of its batch, at most. */
const MAX_LIFE_MS = 250;
const CALLBACK = 'https://example.com/callbacks';
/** The state is read for four seconds before it counts as unchanged, and longer on a busy machine. */
const SETTLED = { timeout: 30_000, interval: 10 };

/** A person who types the verb and the count that a question asks for. */
export const agreeing: Person = ({ field, message }) => {
  const [, verb = '', count] = /^(Rent|Change|Release) (\d+)/m.exec(message) ?? [];
  const typed = `${verb === 'Change' ? 'UPDATE' : verb.toUpperCase()} ${count}`;
  return { action: 'accept', content: { [field]: typed } };
};

/** One batch, and the end of the server that carries it out. */
interface Round {
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly phoneNumbers: readonly string[];
  readonly afterMs: number;
}

const TOOLS = ['update_active_numbers', 'rent_numbers', 'release_numbers'];
/** No two rounds are about the same numbers: each has an area, and a sixth of its numbers. */
export const AREAS = [202, 206, 208, 212, 213, 215, 303, 305, 312];

function planRound(index: number, random: () => number): Round {
  const tool = TOOLS[index % TOOLS.length] ?? '';
  const area = AREAS[Math.floor(index / 6)] ?? 0;
  const phoneNumbers = Array.from({ length: NUMBERS }, (_, line) =>
    numberIn(area, (index % 6) * NUMBERS + line),
  );
  const change = tool.startsWith('update') && { change: { callbackUrl: `${CALLBACK}/${index}` } };
  return { tool, args: { phoneNumbers, ...change }, phoneNumbers, afterMs: random() };
}

/** What one yes allowed is done once, whoever is killed: journal and simulator agree after each of so many kills. */
export async function killBatches(kills: number): Promise<void> {
  const random = createRandom(String(SEED));
  const rounds = Array.from({ length: kills }, (_, index) =>
    planRound(index, () => random.integer(MAX_LIFE_MS)),
  );
  const folder = await temporaryFolder();
  let arrival = deferred<void>();
  const sent: string[] = [];
  const api = await simulatePlan({ active: 0 }, (request) => {
    const [method = '', path = ''] = request.split(' ');
    if (method === 'GET' || path === '/oauth2/token') return undefined;
    sent.push(/\+\d+/.exec(path)?.[0] ?? path);
    arrival.resolve();
    const delayMs = random.integer(MAX_DELAY_MS);
    return random.integer(8) === 0 ? { delayMs, drop: 'after' } : { delayMs };
  });
  for (const { tool, phoneNumbers } of rounds) {
    if (tool === 'rent_numbers') continue;
    for (const phoneNumber of phoneNumbers) api.project.rent(phoneNumber, {});
  }
  const open = (): Promise<Connection> =>
    connectServer({
      env: { ...envFor(api), SINCH_NUMBERS_STATE_DIR: folder, SINCH_NUMBERS_MAX_RENTS_PER_DAY: '100000' },
      person: agreeing,
    });
  const isDone = ({ tool }: Round, index: number, phoneNumber: string) => {
    const record = rentedNumbers(api.project).get(phoneNumber);
    if (tool === 'rent_numbers') return record !== undefined;
    return tool === 'release_numbers'
      ? record?.expireAt !== undefined
      : record?.callbackUrl === `${CALLBACK}/${index}`;
  };

  const settledLater: string[] = [];
  const left: number[] = [];
  let server = await open();
  for (const [index, round] of rounds.entries()) {
    const { tool, args, phoneNumbers, afterMs } = round;
    arrival = deferred();
    const call = server.call(tool, args).catch(() => {});
    await arrival.promise;
    await delay(afterMs);
    process.kill(server.pid, 'SIGKILL');
    await call;
    // What had arrived is carried out before anybody looks.
    await delay(3 * MAX_DELAY_MS);
    const ofRound = () =>
      readJournal(folder).filter(({ intent }) => phoneNumbers.includes(intent.part ?? ''));
    const begun = ofRound().length;
    const wasOpen = ofRound().some(({ outcome }) => outcome === undefined);
    endLeases(folder);
    server = await open();
    await expect.poll(() => ofRound().filter(({ outcome }) => outcome === undefined), SETTLED).toEqual([]);
    if (wasOpen || begun < NUMBERS)
      await eventually(server.stderr).toContain(`${tool} of ${NUMBERS} numbers at`);
    left.push(NUMBERS - begun);
    for (const { intent, outcome } of ofRound()) {
      const what = `${intent.tool} ${intent.part}, killed ${afterMs} ms after the first request`;
      expect.soft(intent.batch, what).toBe(ofRound()[0]?.intent.batch);
      expect.soft(outcome?.outcome === 'completed', what).toBe(isDone(round, index, intent.part ?? ''));
      if (outcome?.settledLater) settledLater.push(outcome.outcome);
    }
    const completed = ofRound().filter(({ outcome }) => outcome?.outcome === 'completed').length;
    const rest = batchResult.parse((await server.call(tool, args)).structured);
    expect.soft([rest.done, rest.skipped, rest.failed], tool).toEqual([NUMBERS - completed, completed, 0]);
    for (const phoneNumber of phoneNumbers) expect.soft(isDone(round, index, phoneNumber)).toBe(true);
  }

  const journal = readJournal(folder);
  tell('killed batches', {
    kills: kills,
    outcomes: JSON.stringify(countEach(journal.map(({ outcome }) => outcome?.outcome ?? 'open'))),
    'settled later': JSON.stringify(countEach(settledLater)),
    'not attempted': left.reduce((sum, count) => sum + count, 0),
  });
  for (const [phoneNumber, times] of Object.entries(countEach(sent))) {
    const entries = journal.filter(({ intent }) => intent.part === phoneNumber);
    const completed = entries.filter(({ outcome }) => outcome?.outcome === 'completed');
    expect.soft(completed.length, phoneNumber).toBe(1);
    expect.soft(times, phoneNumber).toBeLessThanOrEqual(entries.length);
  }
}
