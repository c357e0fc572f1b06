import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { OFFERED, OFFERED_TOO } from '../../api/support.ts';
import { CHANGE, callBatch, SEATTLE } from '../../approval/batch-support.ts';
import { agreeable, openRentedStage, RENTED, type Stage } from '../../support/stage.ts';

const NAME = 'list_activity';
const answer = z.object({
  activities: z.array(
    z.looseObject({
      kind: z.string(),
      tool: z.string(),
      outcome: z.string(),
      phoneNumber: z.string().optional(),
      batch: z.string().optional(),
    }),
  ),
  nextCursor: z.string().optional(),
});

async function listed(stage: Stage, args: object = {}) {
  const { structured, text } = await stage.call(NAME, args);
  return { ...answer.parse(structured), text };
}

/** A rent, an update without asking, a batch of two, a release, each a minute after the other. */
async function openBusy(): Promise<Stage> {
  const stage = await openRentedStage();
  const person = { ...agreeable(), client: 'claude-code' };
  await stage.call('rent_number', { phoneNumber: OFFERED }, person);
  await stage.clock.advance(60_000);
  await stage.call('update_active_number', { phoneNumber: OFFERED, displayName: 'Sales' }, person);
  await stage.clock.advance(60_000);
  await callBatch(stage, 'rent_numbers', { phoneNumbers: SEATTLE.slice(0, 2) }, person);
  await stage.clock.advance(60_000);
  await stage.call('release_number', { phoneNumber: RENTED }, person);
  return stage;
}

test('tells what was sent, newest first: when, what, at which price, by whom, confirmed how, in which batch', async () => {
  const stage = await openBusy();
  const { text, activities } = await listed(stage);
  const [, one, other] = activities;
  expect(one?.batch).toBeDefined();
  expect(one?.batch).toBe(other?.batch);
  const price = 'US LOCAL setup 0.80 EUR 0.80 EUR a month';
  expect(text.replaceAll(one?.batch?.slice(0, 8) ?? '', 'ID').split('\n')).toEqual([
    'All: by "claude-code"',
    'Unless said otherwise: confirmed by elicitation',
    `2026-01-15T12:03Z | release_number completed | ${RENTED}`,
    `2026-01-15T12:02Z | rent_number completed | ${one?.phoneNumber} | ${price} | batch ID`,
    `2026-01-15T12:02Z | rent_number completed | ${other?.phoneNumber} | ${price} | batch ID`,
    `2026-01-15T12:01Z | update_active_number completed | ${OFFERED} | name none to "Sales" | not asked`,
    `2026-01-15T12:00Z | rent_number completed | ${OFFERED} | ${price}`,
  ]);
});

describe('narrowed', () => {
  test.each([
    ['to a number', { phoneNumber: OFFERED }, ['update', 'rent']],
    ['to a kind', { kind: 'rent' }, ['rent', 'rent', 'rent']],
    ['to an outcome', { outcome: 'not_executed' }, []],
    ['to what came since', { since: '2026-01-15T13:02:00+01:00' }, ['release', 'rent', 'rent']],
    ['to one of a kind', { kind: 'update', phoneNumber: OFFERED_TOO }, []],
  ])('%s', async (_, args, kinds) => {
    const { activities, text } = await listed(await openBusy(), args);
    expect(activities.map(({ kind }) => kind)).toEqual(kinds);
    if (kinds.length === 0) expect(text).toBe('Nothing was sent that matches.');
  });

  test('to pages, each entry once', async () => {
    const stage = await openBusy();
    const seen: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
      expect(pages).toBeLessThan(4);
      const page = await listed(stage, { limit: 2, ...(cursor && { cursor }) });
      seen.push(...page.activities.map(({ kind }) => kind));
      if (page.nextCursor) expect(page.text).toContain(`cursor ${page.nextCursor}`);
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(['release', 'rent', 'rent', 'update', 'rent']);
  });
});

test('what is under way, failed or cut off is told as that', async () => {
  const stage = await openRentedStage();
  stage.simulator.faults.add({ method: 'PATCH', answer: { status: 400 } });
  await callBatch(stage, 'update_active_numbers', { phoneNumbers: [RENTED], change: CHANGE }, agreeable());
  await stage.call(
    'update_active_number',
    { phoneNumber: RENTED, smsConfiguration: { servicePlanId: '' } },
    agreeable(),
  );
  await stage.store.journal.begin({
    ...{ projectId: stage.simulator.projectId, caller: 'x', arguments: {}, terms: {}, rents: 0 },
    ...{ tool: 'release_number', operationId: 'NumberService_ReleaseNumber', phoneNumber: RENTED },
  });
  const { activities, text } = await listed(stage);
  expect(activities.map(({ outcome }) => outcome)).toEqual(['under_way', 'completed', 'not_executed']);
  expect(text).toContain('SMS service plan "plan-a" to none');
  expect(text).not.toContain('/callbacks');
});

test('a cursor of another list is refused', async () => {
  const { text, isError } = await (await openRentedStage()).call(NAME, { cursor: 'x' });
  expect(isError).toBe(true);
  expect(text).toMatch(/^list_activity failed: cursor is not a nextCursor of this list/);
});
