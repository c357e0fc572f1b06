/** Rents are counted in the journal: over restarts, and over all servers that share its folder. */
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/approval/journal.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import {
  agreeable,
  journalOf,
  openStage,
  type Stage,
  type StageOptions,
  steppedClock,
  temporaryFolder,
} from '../support/stage.ts';

const DAY = 24 * 3_600_000;
const THIRD = '+12025550137';

/** A server that allows so many rents a day. */
function open(folder: string, maxRentsPerDay: number, options: StageOptions = {}): Promise<Stage> {
  return openStage({ folder, limits: { maxRentsPerDay }, ...options });
}

function rent(stage: Stage, phoneNumber: string) {
  return stage.ask('rent_number', { phoneNumber }, agreeable());
}

/** What another server of this user did, before any that a test opens. */
async function writeEntry(folder: string, tool: string, outcome?: 'completed' | 'not_executed' | 'unknown') {
  const { simulator } = await openStage();
  const journal = openJournal(folder, steppedClock());
  const { projectId } = simulator;
  const what = { projectId, tool, arguments: {}, terms: {}, confirmedBy: 'page' };
  const id = await journal.begin(what);
  if (outcome !== undefined) await journal.end(id, { outcome });
}

describe('the rents of a day', () => {
  test('are counted over two servers that share a folder', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [await open(folder, 2), await open(folder, 2)];
    expect(await rent(a, OFFERED)).toMatchObject({ outcome: 'completed' });
    expect(await rent(b, OFFERED_TOO)).toMatchObject({ outcome: 'completed' });
    for (const stage of [a, b]) {
      const { outcome, message } = await rent(stage, THIRD);
      expect(outcome).toBe('not_executed');
      expect(message).toContain('MAX_RENTS allows 2 rents in 24 hours, and 2 were made');
      expect(stage.sent()).toHaveLength(1);
    }
  });

  test('are counted over a restart', async () => {
    const folder = await temporaryFolder();
    await rent(await open(folder, 1), OFFERED);
    const restarted = await open(folder, 1);
    expect((await rent(restarted, OFFERED_TOO)).message).toContain('and 1 were made');
    expect(restarted.sent()).toEqual([]);
  });

  test('are those of the last 24 hours, to the millisecond', async () => {
    const stage = await open(await temporaryFolder(), 1);
    await rent(stage, OFFERED);
    await stage.clock.advance(DAY - 1);
    expect((await rent(stage, OFFERED_TOO)).outcome).toBe('not_executed');
    await stage.clock.advance(1);
    expect((await rent(stage, OFFERED_TOO)).outcome).toBe('completed');
    expect((await rent(stage, THIRD)).outcome).toBe('not_executed');
  });

  test.each(['rent_number', 'rent_any_number'])('count %s', async (tool) => {
    const folder = await temporaryFolder();
    await writeEntry(folder, tool, 'completed');
    expect((await rent(await open(folder, 1), OFFERED)).outcome).toBe('not_executed');
  });

  test.each([
    ['completed', true],
    ['unknown', true],
    [undefined, true],
    ['not_executed', false],
  ] as const)('with the outcome %s: counted is %s', async (outcome, isCounted) => {
    const folder = await temporaryFolder();
    await writeEntry(folder, 'rent_number', outcome);
    const answer = await rent(await open(folder, 1), OFFERED);
    expect(answer.outcome).toBe(isCounted ? 'not_executed' : 'completed');
  });

  test('do not count releases', async () => {
    const folder = await temporaryFolder();
    await writeEntry(folder, 'release_number', 'completed');
    await writeEntry(folder, 'release_number');
    expect((await rent(await open(folder, 1), OFFERED)).outcome).toBe('completed');
  });

  test('do not count those of another project', async () => {
    const folder = await temporaryFolder();
    await rent(await open(folder, 1, { seed: 'another project' }), OFFERED);
    expect((await rent(await open(folder, 1), OFFERED)).outcome).toBe('completed');
  });

  test('do not count what the limit itself refused', async () => {
    const folder = await temporaryFolder();
    const stage = await open(folder, 1);
    await rent(stage, OFFERED);
    for (let tries = 0; tries < 3; tries++) await rent(stage, OFFERED_TOO);
    expect((await rent(await open(folder, 2), OFFERED_TOO)).outcome).toBe('completed');
  });
});

test('of two servers that rent at the same moment exactly one gets the last rent', async () => {
  const folder = await temporaryFolder();
  const stages = [await open(folder, 2), await open(folder, 2)];
  await writeEntry(folder, 'rent_number', 'completed');
  let agree = () => {};
  const bothAsked = new Promise<void>((resolve) => {
    agree = resolve;
  });
  let asked = 0;
  const answers = await Promise.all(
    stages.map((stage) => {
      const elicit = async () => {
        if (++asked === stages.length) agree();
        await bothAsked;
        return { action: 'accept', content: { lastFourDigits: '0134' } };
      };
      return stage.ask('rent_number', { phoneNumber: OFFERED }, { elicit });
    }),
  );
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'not_executed']);
  const refused = answers.find(({ outcome }) => outcome === 'not_executed');
  expect(refused?.message).toContain('MAX_RENTS allows 2 rents in 24 hours, and 2 were made');
  expect(refused?.message).toContain('Nothing was sent.');
  expect(stages.flatMap((stage) => stage.sent())).toHaveLength(1);
  const ends = (await journalOf(folder)).filter(({ step }) => step === 'outcome').slice(1);
  expect(ends.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'not_executed']);
});
