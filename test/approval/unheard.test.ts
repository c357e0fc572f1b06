/** What is told of a rent whose caller was gone when its outcome came. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { agreeable, GATED_CALLS, openRentedStage } from '../support/stage.ts';

const [, RENT_ANY] = GATED_CALLS;

test.each(GATED_CALLS)(
  'the same call of $tool made again tells it, once, and sends nothing',
  async ({ tool, args, request }) => {
    const stage = await openRentedStage();
    const caller = new AbortController();
    stage.simulator.faults.add({ method: 'POST', path: /:re/, delayMs: 50 });
    const first = stage.ask(tool, args, { ...agreeable(), signal: caller.signal });
    await expect.poll(stage.sent, { interval: 1 }).toEqual([request]);
    caller.abort();
    const person = agreeable();
    const again = await stage.ask(tool, args, person);
    expect(again).toMatchObject({ outcome: 'completed', isError: false });
    expect(again.message).toMatch(
      /^This came of the same call made before, .* nothing was sent again\. Done\./,
    );
    expect(again.number?.phoneNumber).toBe((await first).number?.phoneNumber);
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([request]);
  },
);

test('a call that was heard is asked about anew when it is made again', async () => {
  const stage = await openRentedStage();
  const person = agreeable();
  for (let n = 1; n <= 2; n++) await stage.ask(RENT_ANY.tool, RENT_ANY.args, person);
  expect(person.questions).toHaveLength(2);
  expect(stage.sent()).toHaveLength(2);
});

test('an outcome that nobody asks for within 5 minutes is not told to a new call', async () => {
  const stage = await openRentedStage();
  const caller = new AbortController();
  stage.simulator.faults.add({ method: 'POST', path: /:re/, delayMs: 20 });
  const first = stage.ask(RENT_ANY.tool, RENT_ANY.args, { ...agreeable(), signal: caller.signal });
  await expect.poll(stage.sent, { interval: 1 }).toHaveLength(1);
  caller.abort();
  await first;
  await stage.clock.advance(5 * 60_000);
  const person = agreeable();
  await stage.ask(RENT_ANY.tool, RENT_ANY.args, person);
  expect(person.questions).toHaveLength(1);
});

test('a lost rent of any number is unknown, not undone, where the journal cannot be read any more', async () => {
  let path = '';
  const pauses = {
    ...systemClock,
    sleep: async () => {
      await rm(path, { force: true, recursive: true });
      await mkdir(path);
    },
  };
  const stage = await openRentedStage({ pauses });
  path = join(stage.folder, 'journal.jsonl');
  stage.simulator.faults.add({ method: 'POST', path: /rentAny/, drop: 'after' });
  const answer = await stage.ask(RENT_ANY.tool, RENT_ANY.args, agreeable());
  expect(answer.outcome).toBe('unknown');
  expect(answer.message).toContain('could not be written to the journal');
  expect(answer.message).not.toContain('Nothing was sent');
});
