/** What is told where the stakes cannot be read: nothing was sent, whatever the reason. */
import { describe, expect, test } from 'vitest';
import { OFFERED } from '../api/support.ts';
import { agreeable, GATED_CALLS, openRentedStage, openStage } from '../support/stage.ts';

describe.each(GATED_CALLS)('$tool', ({ tool, args }) => {
  test.each([
    ['a 500', { answer: { status: 500 } }],
    ['a 504', { answer: { status: 504 } }],
    ['a page of HTML with status 200', { answer: { status: 200, body: '<html>' } }],
    ['a broken connection', { drop: 'before' as const }],
  ])('says that nothing was sent when %s kept it from reading the stakes', async (_, fault) => {
    const stage = await openRentedStage();
    stage.simulator.faults.add({ method: 'GET', times: 100, ...fault });
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(answer.message).toMatch(/\nNothing was (changed|sent)/);
    expect(answer.message).not.toContain('may have been carried out');
    expect(stage.sent()).toEqual([]);
  });
});

test('a 404 of a wrong address is not told as a number that somebody else has', async () => {
  const stage = await openStage();
  stage.simulator.faults.add({ path: /^\/v1\//, times: 100, answer: { status: 404, body: '<html>' } });
  const { message } = await stage.ask('rent_number', { phoneNumber: OFFERED });
  expect(message).toContain('HTTP 404');
  expect(message).toContain('SINCH_NUMBERS_URL');
});
