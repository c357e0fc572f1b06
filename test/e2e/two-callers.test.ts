/** Two sessions of one server over HTTP that make the same call: what one was asked and told is none of the other's. */
import { expect, test } from 'vitest';
import { simulate } from '../api/support.ts';
import { readJournal } from '../support/journal.ts';
import { temporaryFolder } from '../support/stage.ts';
import { envFor, eventually, tellingBrowser } from './harness.ts';
import { openHeldWorld } from './held-api.ts';
import { connectOverHttp } from './http-harness.ts';
import { runHttp } from './inside.ts';

const ANY = { regionCode: 'US', type: 'LOCAL' };
const REPLAY = 'outcome of the same call made before';

test('what came of a rent that one has cancelled is told to that one alone', async () => {
  const world = await openHeldWorld();
  const { url } = await runHttp([], { ...world.env, SINCH_NUMBERS_CONFIRM: 'token' });
  const [one, other] = [await connectOverHttp(url), await connectOverHttp(url)];
  const { confirmation } = await one.call('rent_any_number', ANY);
  const controller = new AbortController();
  const args = { ...ANY, confirmationToken: confirmation?.token };
  const rent = expect(one.call('rent_any_number', args, controller)).rejects.toThrow('too slow');
  await world.arrived;
  controller.abort('too slow');
  await rent;
  world.release();
  await eventually(world.journal).toEqual([expect.stringContaining('rent_any_number completed')]);

  const theirs = await other.call('rent_any_number', ANY);
  expect(theirs).toMatchObject({ outcome: 'confirmation_required' });
  expect(theirs.message).not.toContain(REPLAY);
  const own = await one.call('rent_any_number', ANY);
  expect(own).toMatchObject({ outcome: 'completed', message: expect.stringContaining(REPLAY) });
  expect(world.posts()).toHaveLength(1);
});

test('a yes on the page of one is not spent by the same call of the other', async () => {
  const browser = await tellingBrowser();
  const api = await simulate();
  const folder = await temporaryFolder();
  const { url } = await runHttp([], { ...envFor(api), ...browser.env, SINCH_NUMBERS_STATE_DIR: folder });
  const one = await connectOverHttp(url, { name: 'the first' });
  const other = await connectOverHttp(url, { name: 'the second' });
  const controller = new AbortController();
  const late = expect(one.call('rent_any_number', ANY, controller)).rejects.toThrow();
  const page = await browser.address();
  expect(await (await fetch(page)).text()).toContain('the first');
  // As a client says that has run out of patience.
  controller.abort('Request timed out');
  await late;
  for (let time = 0; time < 3; time++) await one.client.ping();
  expect(await decide(page, 'approve')).toContain('If it asks again within 5 minutes');

  const theirs = other.call('rent_any_number', ANY);
  await eventually(browser.addresses).toHaveLength(2);
  const [, theirPage = ''] = await browser.addresses();
  await decide(theirPage, 'decline');
  expect(await theirs).toMatchObject({ outcome: 'declined' });
  expect(api.count('POST /availableNumbers')).toBe(0);

  expect(await one.call('rent_any_number', ANY)).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
  expect(await browser.addresses()).toHaveLength(2);
  expect(readJournal(folder).map(({ intent }) => intent.client)).toEqual(['the first']);
});

async function decide(page: string, decision: 'approve' | 'decline'): Promise<string> {
  return (await fetch(page, { method: 'POST', body: new URLSearchParams({ decision }) })).text();
}
