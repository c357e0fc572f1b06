/** IDs and URLs that a person cannot be shown as they are sent, over the built server. */
import { expect, test } from 'vitest';
import { MAX_ID, MAX_URL } from '../../src/api/schemas/numbers.ts';
import { OFFERED } from '../api/support.ts';
import { shared } from '../support/lifetime.ts';
import { tokenIn } from './harness.ts';
import { start } from './inside.ts';

const LONGEST_ID = 'p'.repeat(MAX_ID);
const LONGEST_URL = 'https://example.com/'.padEnd(MAX_URL, 'u');

const IDS: readonly (readonly [string, string])[] = [
  ['longer than can be shown', `${LONGEST_ID}p`],
  ['an invisible space', 'plan-\u200b1'],
  ['letters that turn around', 'plan-\u202e1'],
  ['a tag', 'plan-\u{e0041}1'],
  ['a line feed', 'plan\n1'],
  ['a zero', 'plan\u00001'],
  ['half a character', 'plan-\ud800'],
  ['a space after it', 'plan-1 '],
];
const URLS: readonly (readonly [string, string])[] = [
  ['longer than can be shown', `${LONGEST_URL}u`],
  ['an invisible space', 'https://example.com/\u200b'],
  ['letters that turn around', 'https://example.com/\u202e'],
];

/** Why each of them is refused. */
const REASON =
  /(servicePlanId|campaignId|appId|trunkId|callbackUrl): must be .*at most (128|1024) characters.*visible/;

type Arguments = Readonly<Record<string, unknown>>;

const PLACES: readonly (readonly [string, typeof IDS, (text: string) => Arguments])[] = [
  ['a service plan ID', IDS, (servicePlanId) => ({ smsConfiguration: { servicePlanId } })],
  ['a campaign ID', IDS, (campaignId) => ({ smsConfiguration: { servicePlanId: 'plan-1', campaignId } })],
  ['an app ID', IDS, (appId) => ({ voiceConfiguration: { appId } })],
  ['a trunk ID', IDS, (trunkId) => ({ voiceConfiguration: { type: 'EST', trunkId } })],
  ['a callback URL', URLS, (callbackUrl) => ({ callbackUrl })],
];

const TOOLS: readonly (readonly [string, (configuration: Arguments) => Arguments])[] = [
  ['rent_number', (configuration) => ({ phoneNumber: OFFERED, ...configuration })],
  ['rent_any_number', (configuration) => ({ regionCode: 'US', type: 'LOCAL', ...configuration })],
  ['rent_numbers', (configuration) => ({ phoneNumbers: [OFFERED], ...configuration })],
  ['update_active_number', (configuration) => ({ phoneNumber: RENTED, ...configuration })],
  ['update_active_numbers', (change) => ({ phoneNumbers: [RENTED], change })],
];

const RENTED = '+12025550199';

const serving = shared(async () => {
  const server = await start({ simulator: { active: 0 } });
  server.api.project.rent(RENTED, {});
  return server;
});

test.each(TOOLS)('%s refuses each of them in words, and sends nothing', async (tool, argumentsWith) => {
  const { call, writes } = serving();
  for (const [place, texts, configurationWith] of PLACES) {
    for (const [name, text] of texts) {
      const answer = await call(tool, { ...argumentsWith(configurationWith(text)) });
      expect(answer.isError, `${place}: ${name}`).toBe(true);
      expect(answer.text, `${place}: ${name}`).toMatch(REASON);
      expect(answer.text, `${place}: ${name}`).not.toMatch(/internal error/);
      expect(answer.text.length, `${place}: ${name}`).toBeLessThan(1_000);
      expect(answer.structured, `${place}: ${name}`).not.toHaveProperty('confirmation');
    }
  }
  expect(writes()).toEqual([]);
});

test('the longest that can be shown is shown whole, and sent as it was shown', async () => {
  const { call, api } = await start();
  const configuration = {
    smsConfiguration: { servicePlanId: LONGEST_ID, campaignId: 'C'.repeat(MAX_ID) },
    callbackUrl: LONGEST_URL,
  };
  const args = { phoneNumber: OFFERED, ...configuration };
  const asked = await call('rent_number', args);
  for (const text of [LONGEST_ID, 'C'.repeat(MAX_ID), LONGEST_URL]) expect(asked.text).toContain(`"${text}"`);
  await call('rent_number', { ...args, confirmationToken: tokenIn(asked) });
  expect(api.project.get(OFFERED)).toMatchObject({
    smsJob: { servicePlanId: LONGEST_ID, campaignId: 'C'.repeat(MAX_ID) },
    callbackUrl: LONGEST_URL,
  });
});
