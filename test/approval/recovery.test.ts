/** What is found out, at the next start, about requests whose process did not live to see an answer. */
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/approval/journal.ts';
import { endpointAt, OFFERED, OFFERED_TOO } from '../api/support.ts';
import { recorder } from '../callbacks/support.ts';
import { eventually } from '../e2e/harness.ts';
import { resourceAt } from '../resources/support.ts';
import {
  agreeable,
  GATED_CALLS,
  JOB_MS,
  journalOf,
  openRentedStage,
  openStage,
  RENTED,
  type Stage,
  type StageOptions,
  steppedClock,
} from '../support/stage.ts';

const [RENT, RENT_ANY, RELEASE] = GATED_CALLS;

async function openLogged(options: StageOptions = {}) {
  const { log, lines } = recorder();
  return { ...(await openRentedStage({ log, ...options })), log: lines };
}

/** Writes what a process has written that was killed while its request was under way. */
async function leaveOpen({ folder, simulator }: Stage, tool: string, args: object, before?: string[]) {
  const { projectId } = simulator;
  const what = { projectId, tool, arguments: { ...args }, terms: {}, confirmedBy: 'page' };
  return openJournal(folder, steppedClock()).begin({ ...what, ...(before && { before }) });
}

/** Does what the API did with that request. */
function carryOut({ simulator: { project } }: Stage, tool: string): void {
  if (tool === RELEASE.tool) project.release(RENTED);
  else project.rent(OFFERED, {});
}

/** What a start does, its pauses passing at once. */
async function start({ gate, clock }: Stage): Promise<void> {
  let isOver = false;
  const recovery = gate.recover().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    if (clock.sleeping() > 0) await clock.advance(3_000);
    await new Promise(setImmediate);
  }
  await recovery;
}

/** What the next gated call says, whatever it is about. */
async function nextMessage(stage: Stage): Promise<string> {
  const { message } = await stage.ask('rent_number', { phoneNumber: OFFERED_TOO });
  return message;
}

/** The newest entry of the journal, as clients read it. */
async function newestEntry({ numbers, callbacks, gate }: Stage) {
  const { signal } = new AbortController();
  const sources = { numbers, callbacks, journal: () => gate.history(), signal };
  return JSON.stringify(await resourceAt('sinch-numbers://journal').read(sources));
}

describe.each(GATED_CALLS)('$tool without an outcome', ({ tool, args }) => {
  const number = tool === RELEASE.tool ? RENTED : OFFERED;
  const before = tool === RENT_ANY.tool ? [RENTED] : undefined;

  test.each([
    ['completed', true],
    ['not_executed', false],
  ])('is settled as %s where that the API acted is %s', async (outcome, hasActed) => {
    const stage = await openLogged();
    const id = await leaveOpen(stage, tool, args, before);
    if (hasActed) carryOut(stage, tool);
    await start(stage);
    const isNamed = hasActed || tool !== RENT_ANY.tool;
    const [, ended, ...others] = await journalOf(stage.folder);
    expect(others).toEqual([]);
    expect(ended).toMatchObject({ step: 'outcome', id, outcome, settledLater: true });
    expect(ended?.phoneNumber).toBe(isNamed ? number : undefined);
    const told = `${tool}${isNamed ? ` of ${number}` : ''} at 2026-01-15T12:00:00.000Z was about to be sent, or was sent, when the server ended: ${outcome}.`;
    expect(stage.log.filter((line) => line.includes(told))).toEqual([expect.stringContaining(' warn ')]);
    expect(await nextMessage(stage)).toContain(`\nTell the user also: ${told}`);
    expect(await nextMessage(stage)).not.toContain('Tell the user also');
    const entry = await newestEntry(stage);
    expect(entry).toContain(`"outcome":"${outcome}"`);
    expect(entry).toContain('"settledLater":true');
    expect(stage.sent()).toEqual([]);
  });

  test('stays open where the API cannot be reached, is told with what to check, and settled by a later start', async () => {
    const stage = await openLogged();
    await leaveOpen(stage, tool, args, before);
    carryOut(stage, tool);
    stage.simulator.faults.add({ method: 'GET', drop: 'before', times: 1_000 });
    await start(stage);
    expect(await journalOf(stage.folder)).toHaveLength(1);
    expect(await newestEntry(stage)).toContain('"outcome":"under way"');
    stage.simulator.faults.clear();
    const message = await nextMessage(stage);
    expect(message).toContain('Tell the user also: ');
    expect(message).toMatch(/: unknown\. Check (get_active_number|list_active_numbers)/);
    await start(stage);
    expect((await journalOf(stage.folder))[1]).toMatchObject({ outcome: 'completed', phoneNumber: number });
    expect(await nextMessage(stage)).toContain(': completed.');
  });
});

describe('a rent of any number without an outcome', () => {
  const { tool, args } = RENT_ANY;

  test('stays open where it is not known what was rented before', async () => {
    const stage = await openLogged();
    await leaveOpen(stage, tool, args);
    carryOut(stage, tool);
    await start(stage);
    expect(await journalOf(stage.folder)).toHaveLength(1);
    expect(await nextMessage(stage)).toContain('unknown. Check list_active_numbers with the same region');
  });

  test('does not take a number for its own that does not match its pattern', async () => {
    const stage = await openLogged();
    const numberPattern = { pattern: '999', searchPattern: 'END' };
    await leaveOpen(stage, tool, { ...args, numberPattern }, [RENTED]);
    carryOut(stage, tool);
    await start(stage);
    expect((await journalOf(stage.folder))[1]).toMatchObject({ outcome: 'not_executed' });
  });

  test('does not take a number for its own that a later rent of the journal brought', async () => {
    const stage = await openLogged();
    await leaveOpen(stage, tool, args, [RENTED]);
    const { outcome } = await stage.ask(RENT.tool, RENT.args, agreeable());
    expect(outcome).toBe('completed');
    await start(stage);
    const ends = (await journalOf(stage.folder)).filter(({ step }) => step === 'outcome');
    expect(ends.filter(({ phoneNumber }) => phoneNumber === OFFERED)).toHaveLength(1);
  });

  test('stays open where two numbers came, and only one can be its own', async () => {
    const stage = await openLogged();
    await leaveOpen(stage, tool, args, [RENTED]);
    carryOut(stage, tool);
    stage.simulator.project.rent('+12025550137', {});
    await start(stage);
    expect(await journalOf(stage.folder)).toHaveLength(1);
  });
});

test('is told by one server alone where two start at once', async () => {
  const stage = await openLogged();
  await leaveOpen(stage, RENT.tool, RENT.args);
  const other = await openLogged({ folder: stage.folder, endpoint: () => endpointAt(stage.simulator) });
  await Promise.all([start(stage), start(other)]);
  const told = [...stage.log, ...other.log].filter((line) => line.includes('when the server ended'));
  expect(told).toHaveLength(1);
});

test('what shows no effect within seconds is looked at again, and told if it has come late', async () => {
  const stage = await openLogged();
  await leaveOpen(stage, RENT.tool, RENT.args);
  await start(stage);
  expect((await journalOf(stage.folder))[1]).toMatchObject({ outcome: 'not_executed' });
  carryOut(stage, RENT.tool);
  await stage.clock.advance(30_000);
  await eventually(() => stage.log.join('\n')).toContain('was carried out late after all: completed.');
  const [entry] = await stage.gate.history();
  expect(entry?.outcome).toMatchObject({ outcome: 'completed', phoneNumber: OFFERED });
  expect(await nextMessage(stage)).toContain('carried out late after all');
});

test('what cannot be settled within a day is given up as unknown', async () => {
  const stage = await openLogged();
  await leaveOpen(stage, RENT_ANY.tool, RENT_ANY.args);
  await stage.clock.advance(25 * 3_600_000);
  await start(stage);
  expect((await journalOf(stage.folder))[1]).toMatchObject({ outcome: 'unknown', settledLater: true });
});

test('several are settled at one start, each told once, in one message', async () => {
  const stage = await openLogged();
  await leaveOpen(stage, RENT.tool, RENT.args);
  await leaveOpen(stage, RELEASE.tool, RELEASE.args);
  carryOut(stage, RENT.tool);
  await start(stage);
  const message = await nextMessage(stage);
  expect(message).toMatch(
    /rent_number of \+12025550134 .*: completed\..*release_number of .*: not_executed\.$/,
  );
});

test('what this server carries out itself is not settled while it is under way', async () => {
  const stage = await openLogged();
  stage.simulator.faults.add({ method: 'POST', path: /:rent$/, delayMs: 150 });
  const call = stage.ask(RENT.tool, RENT.args, agreeable());
  await expect.poll(() => stage.sent(), { interval: 5 }).toEqual([RENT.request]);
  await start(stage);
  expect(await call).toMatchObject({ outcome: 'completed', message: 'Done.' });
  expect(await journalOf(stage.folder)).toHaveLength(2);
});

test('a gated call waits for what the start finds out', async () => {
  const stage = await openLogged();
  await leaveOpen(stage, RENT.tool, RENT.args);
  stage.time.advance(JOB_MS);
  const starting = start(stage);
  const message = await nextMessage(stage);
  await starting;
  expect(message).toContain('Tell the user also: rent_number of');
});

test('what is of another project is left to its own servers', async () => {
  const stage = await openLogged();
  const other = { ...stage, simulator: { ...stage.simulator, projectId: 'another' } };
  await leaveOpen(other, RENT.tool, RENT.args);
  await start(stage);
  expect(await journalOf(stage.folder)).toHaveLength(1);
  expect(await nextMessage(stage)).not.toContain('Tell the user also');
});

test('with nothing in the journal a start reads nothing, and asks for no credentials', async () => {
  let asked = 0;
  const stage = await openStage({
    endpoint: (own) => {
      asked++;
      return own;
    },
  });
  await start(stage);
  expect(asked).toBe(0);
  expect(stage.simulator.requests).toEqual([]);
  expect(await readdir(stage.folder)).toEqual([]);
});
