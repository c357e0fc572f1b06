import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { createRandom, type Random } from '../../src/simulator/random.ts';
import {
  type Connection,
  connectServer,
  type Deferred,
  deferred,
  envFor,
  eventually,
} from '../e2e/harness.ts';
import { either } from '../support/length.ts';
import { temporaryFolder } from '../support/stage.ts';
import {
  countEach,
  gatedAnswer,
  inLanes,
  type Mishap,
  numberIn,
  obliging,
  readJournal,
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

test('a server that is killed at any moment leaves a journal by which the next one learns the truth', {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = createRandom(String(SEED));
  const rounds = Array.from({ length: KILLS }, (_, index) => planRound(index, random));
  const folder = await temporaryFolder();
  const arrivals = new Map<string, Deferred<void>>(rounds.map(({ path }) => [path, deferred<void>()]));
  /** Requests that arrived before their intent was on disk. */
  const unannounced: string[] = [];
  const sent: string[] = [];

  const api = await simulatePlan({ active: 0 }, (request, project) => {
    const path = request.replace('POST ', '');
    const arrival = arrivals.get(path);
    if (path === request || arrival === undefined) return undefined;
    const round = rounds.find((it) => it.path === path);
    const isOpen = readJournal(folder).some(
      ({ intent, outcome }) =>
        outcome === undefined &&
        intent.tool === round?.tool &&
        intent.arguments.phoneNumber === round.args.phoneNumber,
    );
    if (!isOpen) unannounced.push(request);
    sent.push(path);
    arrival.resolve();
    if (sent.length <= LANES) return { delayMs: LONG_DELAY_MS };
    const delayMs = random.integer(MAX_DELAY_MS + 1);
    const actsAtOnce = random.integer(3) === 0 && round !== undefined;
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
      person: obliging,
    });
    servers.push(server);
    return server;
  };
  /** Waits until a server has written down what it is about to send. */
  const hasBegun = (pid: number) =>
    vi.waitUntil(() => readJournal(folder).some(({ intent }) => intent.pid === pid), {
      timeout: 10_000,
      interval: 1,
    });
  const killed = new Set<number>();
  const openIntents = () =>
    readJournal(folder).filter(({ intent, outcome }) => killed.has(intent.pid) && outcome === undefined);

  const lanes = await Promise.all(Array.from({ length: LANES }, open));
  const told = new Map<Round, string>();
  await inLanes(LANES, rounds, async (round, lane) => {
    const server = lanes[lane] ?? (await open());
    const answer = server.call(round.tool, round.args).then(
      ({ structured }) => void told.set(round, gatedAnswer.parse(structured).outcome),
      () => {},
    );
    if (round.moment === 'the intent') await Promise.race([hasBegun(server.pid), answer]);
    if (round.moment === 'the request') await Promise.race([arrivals.get(round.path)?.promise, answer]);
    if (round.moment === 'the answer') await answer;
    await delay(round.afterMs);
    process.kill(server.pid, 'SIGKILL');
    await answer;
    killed.add(server.pid);
    lanes[lane] = await open();
    await eventually(() => openIntents().filter(({ intent }) => intent.pid === server.pid)).toEqual([]);
  });

  const journal = readJournal(folder);
  const rented = rentedNumbers(api.project);
  tell('kill', {
    kills: killed.size,
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
    const { tool, args, phoneNumber, path, moment, afterMs } = round;
    const what = `${tool} ${phoneNumber}, killed ${afterMs} ms after ${moment}`;
    const came = [...rented.values()].filter((it) => it.phoneNumber.startsWith(phoneNumber));
    const effects = tool === 'release_number' ? came.filter((it) => it.expireAt !== undefined) : came;
    const entries = journal.filter(
      ({ intent }) =>
        intent.tool === tool &&
        (tool === 'rent_any_number'
          ? JSON.stringify(intent.arguments).includes(phoneNumber)
          : intent.arguments.phoneNumber === args.phoneNumber),
    );
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
