import { expect, test } from 'vitest';
import { createRandom } from '../../src/simulator/random.ts';
import { agreeable, type Connection, connectServer, envFor, reads } from '../e2e/harness.ts';
import { readJournal } from '../support/journal.ts';
import { either } from '../support/length.ts';
import { temporaryFolder } from '../support/stage.ts';
import { DECLINED, FATES, type Fate } from './fault-cases.ts';
import {
  countEach,
  gatedAnswer,
  inLanes,
  numberIn,
  openQuestion,
  type Result,
  rentedNumbers,
  SEED,
  simulatePlan,
  TIMEOUT_MS,
  tell,
} from './support.ts';

const SERVERS = either(8, 6);
const RENTS = either(200, FATES.length);
const RELEASES = either(200, FATES.length);
const RENTS_OF_ANY = either(100, 4);

/** One call about one number, and what happens to its request. */
interface Errand {
  readonly tool: 'rent_number' | 'release_number';
  readonly phoneNumber: string;
  readonly fate: Fate;
  readonly target: string;
}

/** Each server rents any number in an area of its own. */
const AREAS = [213, 215, 303, 305, 312, 313, 404, 412];

const decline = reads(() => ({ action: 'decline' }));

function areaOf(phoneNumber: string): number {
  return Number(phoneNumber.slice(2, 5));
}

test('rents and releases under faults, by several servers, come to what is told of them, and each is sent once', {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = createRandom(String(SEED));
  const draw = () => FATES[random.integer(FATES.length)] ?? DECLINED;
  const fatesOfAny = FATES.filter((fate) => !fate.acts && fate !== DECLINED);
  // Each fate comes at least once.
  const rents = Array.from({ length: RENTS }, (_, index): Errand => {
    const phoneNumber = numberIn(index < 100 ? 202 : 206, index % 100);
    const target = `/availableNumbers/${phoneNumber}:rent`;
    return { tool: 'rent_number', phoneNumber, fate: FATES[index] ?? draw(), target };
  });
  const releases = Array.from({ length: RELEASES }, (_, index): Errand => {
    const phoneNumber = numberIn(index < 100 ? 208 : 212, index % 100);
    const target = `/activeNumbers/${phoneNumber}:release`;
    return { tool: 'release_number', phoneNumber, fate: FATES[index] ?? draw(), target };
  });
  const errands = [...rents, ...releases];
  const byTarget = new Map(errands.map((errand) => [errand.target, errand]));
  const byNumber = new Map(errands.map((errand) => [errand.phoneNumber, errand]));

  /** What arrived and was not refused at once, and so may have had an effect. */
  const mayHaveActed: string[] = [];
  const refused = new Set<string>();
  const api = await simulatePlan({ active: 0 }, (request, project) => {
    const target = request.replace('POST ', '');
    if (target === request || target === '/oauth2/token') return undefined;
    const errand = byTarget.get(target);
    // Which call of a rentAny it is cannot be seen; its effect is left to the simulator.
    const fate = errand?.fate ?? fatesOfAny[random.integer(fatesOfAny.length)];
    if (fate?.isRefusedOnce && !refused.has(target)) {
      if (errand) refused.add(target);
      return fate.mishap;
    }
    mayHaveActed.push(target);
    if (fate?.acts && errand?.tool === 'rent_number') project.rent(errand.phoneNumber, {});
    if (fate?.acts && errand?.tool === 'release_number') project.release(errand.phoneNumber);
    return fate?.isRefusedOnce ? undefined : fate?.mishap;
  });
  for (const { phoneNumber } of releases) api.project.rent(phoneNumber, {});

  const folder = await temporaryFolder();
  const open = (index: number) =>
    connectServer({
      env: {
        ...envFor(api),
        SINCH_NUMBERS_STATE_DIR: folder,
        SINCH_NUMBERS_MAX_RENTS_PER_DAY: '100000',
        SINCH_NUMBERS_CONFIRM: index % 2 === 0 ? 'auto' : 'token',
      },
      person: (question) => {
        const [phoneNumber = ''] = /\+\d+/.exec(question.message) ?? [];
        return byNumber.get(phoneNumber)?.fate === DECLINED ? decline(question) : agreeable(question);
      },
    });
  const servers = await Promise.all(Array.from({ length: SERVERS }, (_, index) => open(index)));

  /** Makes a gated call, with its token as often as one is asked for, unless the person declines. */
  async function carryOut(lane: number, tool: string, args: Record<string, unknown>, isDeclined = false) {
    const server: Connection | undefined = servers[lane % SERVERS];
    let answer = (await server?.call(tool, args))?.structured;
    // Once more where the terms have moved: a charge may fall due between the question and the yes.
    for (let asked = openQuestion.safeParse(answer); asked.success; asked = openQuestion.safeParse(answer)) {
      if (isDeclined) return gatedAnswer.parse({ outcome: 'declined' });
      const { token: confirmationToken } = asked.data.confirmation;
      answer = (await server?.call(tool, { ...args, confirmationToken }))?.structured;
    }
    return gatedAnswer.parse(answer);
  }

  const results = new Map<Errand, Result>();
  const resultsOfAny: { area: number; outcome: Result; phoneNumber: string | undefined }[] = [];
  async function run(errand: Errand, lane: number): Promise<void> {
    const { tool, phoneNumber, fate } = errand;
    results.set(errand, (await carryOut(lane, tool, { phoneNumber }, fate === DECLINED)).outcome);
  }
  async function rentAny(lane: number): Promise<void> {
    const area = AREAS[lane] ?? 0;
    const numberPattern = { pattern: `+1${area}`, searchPattern: 'START' };
    const args = { regionCode: 'US', type: 'LOCAL', numberPattern };
    const { outcome, number } = await carryOut(lane, 'rent_any_number', args);
    resultsOfAny.push({ area, outcome, phoneNumber: number?.phoneNumber });
  }

  const startedAt = performance.now();
  const every = Math.ceil(RENTS / RENTS_OF_ANY);
  const inTurn = rents.flatMap((errand, index) =>
    index % every === 0 ? [errand, 'any' as const] : [errand],
  );
  await Promise.all([
    inLanes(SERVERS, inTurn, (item, lane) => (item === 'any' ? rentAny(lane) : run(item, lane))),
    inLanes(2 * SERVERS, releases, run),
  ]);

  const rented = rentedNumbers(api.project);
  const isDone = ({ tool, phoneNumber }: Errand) => {
    const record = rented.get(phoneNumber);
    return tool === 'rent_number' ? record !== undefined : record?.expireAt !== undefined;
  };
  tell('rents', {
    rents: JSON.stringify(countEach(rents.map((it) => results.get(it) ?? 'lost'))),
    releases: JSON.stringify(countEach(releases.map((it) => results.get(it) ?? 'lost'))),
    'rents of any': JSON.stringify(countEach(resultsOfAny.map(({ outcome }) => outcome))),
    rented: rents.filter(isDone).length,
    released: releases.filter(isDone).length,
    'rented of any': [...rented.keys()].filter((it) => AREAS.includes(areaOf(it))).length,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
  });

  const journal = readJournal(folder);
  for (const errand of errands) {
    const { fate, phoneNumber, tool, target } = errand;
    const what = `${tool} ${phoneNumber}, ${fate.name}`;
    const result = results.get(errand);
    expect.soft(result, what).toBe(fate.result);
    if (result !== 'unknown') expect.soft(isDone(errand), what).toBe(result === 'completed');
    expect.soft(mayHaveActed.filter((it) => it === target).length, what).toBe(fate === DECLINED ? 0 : 1);
    const entries = journal.filter(({ intent }) => intent.arguments.phoneNumber === phoneNumber);
    const outcomes = entries.map(({ outcome }) => outcome?.outcome);
    expect.soft(outcomes, what).toEqual(fate === DECLINED ? [] : [result]);
  }

  const sentForAny = mayHaveActed.filter((it) => it.endsWith(':rentAny')).length;
  expect(sentForAny).toBe(resultsOfAny.length);
  for (const area of AREAS.slice(0, SERVERS)) {
    const came = [...rented.keys()].filter((it) => areaOf(it) === area);
    const told = resultsOfAny.filter((it) => it.area === area);
    const completed = told.filter(({ outcome }) => outcome === 'completed');
    const unknown = told.filter(({ outcome }) => outcome === 'unknown');
    const named = completed.map(({ phoneNumber }) => phoneNumber);
    expect(new Set(named).size).toBe(completed.length);
    expect(came).toEqual(expect.arrayContaining(named));
    expect(came.length).toBeGreaterThanOrEqual(completed.length);
    expect(came.length).toBeLessThanOrEqual(completed.length + unknown.length);
  }
});
