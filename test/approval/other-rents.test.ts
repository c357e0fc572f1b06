/** A lost rent of any number, while other servers of the same user rent too. */
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/approval/journal.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import {
  agreeable,
  GATED_CALLS,
  openRentedStage,
  START,
  type Stage,
  steppedClock,
  temporaryFolder,
} from '../support/stage.ts';

const [RENT, RENT_ANY] = GATED_CALLS;

interface Other {
  readonly tool: string;
  readonly arguments: Record<string, unknown>;
  /** What became of it; absent where it is under way. */
  readonly outcome?: 'completed' | 'not_executed';
}

/**
 * Rents any number; the connection breaks, and what another server does falls between the request and the first
 * reading of the state.
 */
async function rentAnyBeside(drop: 'before' | 'after', other: Other, atMs = START) {
  const folder = await temporaryFolder();
  const journal = openJournal(folder, steppedClock(atMs));
  let pauses = 0;
  const meanwhile = async () => {
    if (pauses++ > 0) return;
    const { outcome, ...what } = other;
    stage.simulator.project.rent(OFFERED_TOO, {});
    const { projectId } = stage.simulator;
    const id = await journal.begin({ ...what, projectId, terms: {}, confirmedBy: 'page' });
    if (outcome) await journal.end(id, { outcome, phoneNumber: OFFERED_TOO });
  };
  const stage: Stage = await openRentedStage({ folder, pauses: { ...systemClock, sleep: meanwhile } });
  stage.simulator.faults.add({ method: 'POST', path: /rentAny/, drop });
  return stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
}

const any = { tool: RENT_ANY.tool, arguments: RENT_ANY.args };

describe('a lost rent of any number that had no effect', () => {
  test.each<[string, Other]>([
    ['rented any', { ...any, outcome: 'completed' }],
    ['rented that one', { tool: RENT.tool, arguments: { phoneNumber: OFFERED_TOO }, outcome: 'completed' }],
    ['is renting that one', { tool: RENT.tool, arguments: { phoneNumber: OFFERED_TOO } }],
  ])('does not claim the number of a server that %s', async (_, other) => {
    expect((await rentAnyBeside('before', other)).outcome).toBe('not_executed');
  });

  test('is unknown while another server is renting any, of which nobody knows what it will bring', async () => {
    expect((await rentAnyBeside('before', any)).outcome).toBe('unknown');
  });
});

describe('a lost rent of any number that had its effect', () => {
  test('names its own number, though another server has rented one too', async () => {
    const answer = await rentAnyBeside('after', { ...any, outcome: 'completed' });
    expect(answer.outcome).toBe('completed');
    expect(answer.number?.phoneNumber).not.toBe(OFFERED_TOO);
  });

  test('is not kept from it by what was rented and released long ago', async () => {
    const folder = await temporaryFolder();
    const stage = await openRentedStage({ folder });
    const journal = openJournal(folder, steppedClock(START - 1));
    const { projectId } = stage.simulator;
    for (const phoneNumber of [OFFERED, OFFERED_TOO]) {
      const what = { tool: RENT.tool, arguments: { phoneNumber }, terms: {}, confirmedBy: 'page' };
      await journal.end(await journal.begin({ ...what, projectId }), { outcome: 'completed', phoneNumber });
    }
    stage.simulator.faults.add({ method: 'POST', path: /rentAny/, drop: 'after' });
    expect((await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable())).outcome).toBe('completed');
  });
});
