import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/simulator/random.ts';
import type { JournalEntry } from '../../src/storage/store.ts';
import {
  agreeable,
  type Connection,
  connectServer,
  type Deferred,
  deferred,
  envFor,
  eventually,
} from '../e2e/harness.ts';
import { endLeases, readJournal } from '../support/journal.ts';
import { either } from '../support/length.ts';
import { temporaryFolder } from '../support/stage.ts';
import {
  countEach,
  gatedAnswer,
  type Mishap,
  numberIn,
  rentedNumbers,
  SEED,
  simulatePlan,
  TIMEOUT_MS,
  tell,
} from './support.ts';

const KILLS = either(52, 4);
/** Servers that live at the same time, on one folder. */
const LANES = 4;
const MAX_DELAY_MS = 300;
/** The first requests take effect when the next server has read the state once. */
const LONG_DELAY_MS = 1_500;

/** A server's end comes a while after this. */
type Moment = 'the call' | 'the intent' | 'the request' | 'the answer';
/** How much later at most, in milliseconds. */
const MOMENTS: readonly (readonly [Moment, number])[] = [
  ['the request', 350],
  ['the intent', 1],
  ['the request', 350],
  ['the answer', 20],
  ['the call', 600],
];

/** One call, and the end of the server that carries it out. */
interface Round {
  readonly tool: 'rent_number' | 'release_number' | 'rent_any_number';
  readonly args: Record<string, unknown>;
  /** The number, or the beginning of all it can be. */
  readonly phoneNumber: string;
  readonly path: string;
  readonly moment: Moment;
  readonly afterMs: number;
}

function planRound(index: number, random: Random): Round {
  // Each moment comes, at its first without a pause.
  const [moment, mostMs] = MOMENTS[index] ?? MOMENTS[random.integer(MOMENTS.length)] ?? ['the call', 0];
  const end = { moment, afterMs: index < MOMENTS.length ? 0 : random.integer(mostMs) };
  if (index % 4 === 1) {
    const phoneNumber = numberIn(208, index);
    const path = `/activeNumbers/${phoneNumber}:release`;
    return { tool: 'release_number', args: { phoneNumber }, phoneNumber, path, ...end };
  }
  if (index % 4 === 3) {
    // Ten numbers that no other round is about.
    const block = numberIn(index < 40 ? 213 : 215, (Math.floor(index / 4) % 10) * 10).slice(0, -1);
    const numberPattern = { pattern: block, searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const path = '/availableNumbers:rentAny';
    return { tool: 'rent_any_number', args, phoneNumber: block, path, ...end };
  }
  const phoneNumber = numberIn(202, index);
  const path = `/availableNumbers/${phoneNumber}:rent`;
  return { tool: 'rent_number', args: { phoneNumber }, phoneNumber, path, ...end };
}

/** Whether an entry of the journal is about this round. */
function isOf({ intent }: JournalEntry, { tool, args }: Round): boolean {
  return intent.tool === tool && JSON.stringify(intent.arguments) === JSON.stringify(args);
}

test('a server that is killed at any moment leaves a journal by which the next one learns the truth', {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = createRandom(String(SEED));
  const rounds = Array.from({ length: KILLS }, (_, index) => planRound(index, random));
  const folder = await temporaryFolder();
  const arrivals = new Map<Round, Deferred<void>>(rounds.map((round) => [round, deferred<void>()]));
  /** Those of the servers that live now. No two of them send to one path. */
  let playing: readonly Round[] = [];
  /** Requests that arrived before their intent was on disk. */
  const unannounced: string[] = [];
  const sent: string[] = [];

  const api = await simulatePlan({ active: 0 }, (request, project) => {
    const path = request.replace('POST ', '');
    const round = playing.find((it) => it.path === path);
    if (path === request || round === undefined) return undefined;
    const isOpen = readJournal(folder).some((entry) => isOf(entry, round) && entry.outcome === undefined);
    if (!isOpen) unannounced.push(request);
    sent.push(path);
    arrivals.get(round)?.resolve();
    if (sent.length <= LANES) return { delayMs: LONG_DELAY_MS };
    const delayMs = random.integer(MAX_DELAY_MS + 1);
    const actsAtOnce = random.integer(3) === 0;
    if (actsAtOnce && round.tool === 'rent_number') project.rent(round.phoneNumber, {});
    else if (actsAtOnce && round.tool === 'release_number') project.release(round.phoneNumber);
    else return SLOW[random.integer(SLOW.length)]?.(delayMs);
    return { delayMs, answer: { status: 500 } };
  });
  for (const { tool, phoneNumber } of rounds) {
    if (tool === 'release_number') api.project.rent(phoneNumber, {});
  }

  const servers: Connection[] = [];
  const open = async (): Promise<Connection> => {
    const server = await connectServer({
      env: {
        ...envFor(api),
        SINCH_NUMBERS_STATE_DIR: folder,
        SINCH_NUMBERS_MAX_RENTS_PER_DAY: '100000',
      },
      person: agreeable,
    });
    servers.push(server);
    return server;
  };
  /** Waits until a server has written down what it is about to send. */
  const hasBegun = (round: Round) =>
    vi.waitUntil(() => readJournal(folder).some((entry) => isOf(entry, round)), {
      timeout: 10_000,
      interval: 1,
    });
  const openIntents = () => readJournal(folder).filter(({ outcome }) => outcome === undefined);

  const told = new Map<Round, string>();
  let kills = 0;
  async function play(round: Round, server: Connection): Promise<void> {
    const answer = server.call(round.tool, round.args).then(
      ({ structured }) => void told.set(round, gatedAnswer.parse(structured).outcome),
      () => {},
    );
    if (round.moment === 'the intent') await Promise.race([hasBegun(round), answer]);
    if (round.moment === 'the request') await Promise.race([arrivals.get(round)?.promise, answer]);
    if (round.moment === 'the answer') await answer;
    await delay(round.afterMs);
    process.kill(server.pid, 'SIGKILL');
    await answer;
    await server.client.close();
    kills++;
  }

  /** Servers that live at the same time. What those before them left open is settled when these are there. */
  async function startGeneration(size: number): Promise<Connection[]> {
    if (existsSync(join(folder, 'journal.jsonl'))) endLeases(folder);
    const generation = await Promise.all(Array.from({ length: size }, open));
    await eventually(openIntents).toEqual([]);
    return generation;
  }

  for (let from = 0; from < rounds.length; from += LANES) {
    playing = rounds.slice(from, from + LANES);
    const living = await startGeneration(playing.length);
    await Promise.all(living.map((server, index) => playing[index] && play(playing[index], server)));
  }
  await startGeneration(1);

  const journal = readJournal(folder);
  const rented = rentedNumbers(api.project);
  tell('kill', {
    kills,
    moments: JSON.stringify(countEach(rounds.map(({ moment }) => moment))),
    'told before the end': JSON.stringify(countEach(told.values())),
    'never begun': KILLS - journal.length,
    sent: sent.length,
    outcomes: JSON.stringify(countEach(journal.map(({ outcome }) => outcome?.outcome ?? 'open'))),
    'settled later': journal.filter(({ outcome }) => outcome?.settledLater).length,
  });

  expect(unannounced).toEqual([]);
  if (journal.some(({ outcome }) => outcome?.settledLater)) {
    // It is written after the journal.
    const logs = () => servers.map(({ stderr }) => stderr()).join('\n');
    await eventually(logs).toContain('was about to be sent, or was sent, when the server ended');
  }
  for (const round of rounds) {
    const { tool, phoneNumber, path, moment, afterMs } = round;
    const what = `${tool} ${phoneNumber}, killed ${afterMs} ms after ${moment}`;
    const came = [...rented.values()].filter((it) => it.phoneNumber.startsWith(phoneNumber));
    const effects = tool === 'release_number' ? came.filter((it) => it.expireAt !== undefined) : came;
    const entries = journal.filter((entry) => isOf(entry, round));
    expect.soft(entries.length, what).toBeLessThanOrEqual(1);
    const outcome = entries[0]?.outcome;
    // Which of two servers that rent any number at once brought a number, nobody can tell.
    const isUntold = tool === 'rent_any_number' && outcome?.outcome === 'unknown';
    if (isUntold) expect.soft(effects.length, what).toBeLessThanOrEqual(1);
    else {
      expect.soft([undefined, 'completed', 'not_executed'], what).toContain(outcome?.outcome);
      expect.soft(effects.length, what).toBe(outcome?.outcome === 'completed' ? 1 : 0);
    }
    if (told.has(round)) expect.soft(outcome?.outcome, what).toBe(told.get(round));
    if (outcome?.outcome === 'completed') {
      expect
        .soft(
          effects.map((it) => it.phoneNumber),
          what,
        )
        .toContain(outcome.phoneNumber);
    }
    if (tool !== 'rent_any_number') {
      expect.soft(sent.filter((it) => it === path).length, what).toBeLessThanOrEqual(1);
    }
  }
  const ofAny = journal.filter(({ intent }) => intent.tool === 'rent_any_number').length;
  expect(sent.filter((path) => path.endsWith(':rentAny')).length).toBeLessThanOrEqual(ofAny);
});

/** What is slow, and how it ends. */
const SLOW: readonly ((delayMs: number) => Mishap)[] = [
  (delayMs) => ({ delayMs }),
  (delayMs) => ({ delayMs }),
  (delayMs) => ({ delayMs, drop: 'after' }),
  (delayMs) => ({ delayMs, drop: 'before' }),
];
