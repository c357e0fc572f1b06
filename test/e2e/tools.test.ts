import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/simulator/clock.ts';
import { toolsetNames } from '../../src/tools/definitions.ts';
import { DEFAULT_TOOLSETS } from '../../src/tools/enabled-tools.ts';
import { OFFERED, OFFERED_TOO, UNKNOWN } from '../api/support.ts';
import { shared } from '../support/lifetime.ts';
import { JOB_MS, rentLinked, START } from '../support/stage.ts';
import { agreeable, eventually, type Setup, start as startBuilt, types } from './harness.ts';
import { connectServer, start } from './inside.ts';

/** The tools of the toolsets that are on by default, in their order. */
const EVERY_TOOL = DEFAULT_TOOLSETS.flatMap((toolset) => toolsetNames[toolset] ?? []);
const READ_TOOLS = EVERY_TOOL.filter((name) => /^(search|check|list|get|audit|find|wait|lookup)_/.test(name));
const SECRET = 'a-secret-of-thirty-two-characters';

const MISTAKES: readonly [string, Record<string, unknown>, RegExp][] = [
  ['search_available_numbers', { regionCode: 'USA', type: 'LOCAL' }, /regionCode: must be a two-letter/],
  ['rent_number', { phoneNumber: OFFERED, limit: 3 }, /unknown: limit; known here: /],
  ['check_number_availability', { phoneNumber: UNKNOWN }, /HTTP 404.*\n.*search_available_numbers/],
  ['rent_number', { phoneNumber: UNKNOWN }, /not available.*Nothing was sent/],
  [
    'rent_any_number',
    { regionCode: 'US', type: 'MOBILE' },
    /No MOBILE numbers are offered in US.*Nothing was sent/,
  ],
  ['list_active_numbers', { pageToken: 'nonsense' }, /HTTP 400 INVALID_ARGUMENT: page_token/],
  ['get_active_number', { phoneNumber: UNKNOWN }, /HTTP 404.*\n.*list_active_numbers/],
  ['update_active_number', { phoneNumber: OFFERED }, /nothing to change/],
  ['release_number', { phoneNumber: UNKNOWN }, /HTTP 404.*\n.*list_active_numbers/],
  ['list_available_regions', { types: ['LANDLINE'] }, /types\.0: /],
  ['update_callback_configuration', { hmacSecret: 'too-short' }, /hmacSecret: must be 32 to 64/],
  ['audit_provisioning', { cursor: OFFERED }, /cursor goes with the finding.*\n.*Nothing was sent/],
  [
    'find_active_numbers',
    { select: { finding: 'UNLINKD' } },
    /no such finding: "UNLINKD".*\n.*Nothing was changed/,
  ],
  ['list_callback_events', { since: 'yesterday' }, /since: must be a date or time/],
  ['list_activity', { cursor: 'nonsense' }, /cursor is not a nextCursor/],
  ['rent_numbers', {}, /phoneNumbers.*select/],
  ['update_active_numbers', { phoneNumbers: [OFFERED], change: {} }, /change: must hold/],
  ['release_numbers', { phoneNumbers: [UNKNOWN] }, /0 numbers done, 1 failed.\n.*does not rent it/],
  ['wait_for_provisioning', { phoneNumber: UNKNOWN }, /HTTP 404.*\n.*list_active_numbers/],
];

/** The built server, for what rents, links and releases nothing. */
const serving = shared(() => startBuilt());

async function toolNames({ client }: Pick<Setup, 'client'>): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

describe('every tool does its work on a real connection', () => {
  test('search_available_numbers finds what is asked for', async () => {
    const { call } = serving();
    const { text, structured } = await call('search_available_numbers', {
      regionCode: 'us',
      type: 'LOCAL',
      numberPattern: { pattern: '+1206', searchPattern: 'START' },
      capabilities: ['SMS', 'VOICE'],
      size: 3,
    });
    const number = { phoneNumber: expect.stringMatching(/^\+1206/), regionCode: 'US', type: 'LOCAL' };
    const found = Array.from({ length: 3 }, () => expect.objectContaining(number));
    expect(structured).toEqual({
      availableNumbers: found,
      hints: [expect.stringContaining('There may be more')],
    });
    expect(text).toContain('0.80 EUR a month');
  });

  test('check_number_availability tells the price of one number', async () => {
    const { call } = serving();
    const { text, structured } = await call('check_number_availability', { phoneNumber: OFFERED });
    expect(structured).toMatchObject({
      phoneNumber: OFFERED,
      monthlyPrice: { currencyCode: 'EUR', amount: '0.80' },
    });
    expect(text).toContain(OFFERED);
  });

  test('rent_number rents it with its configuration', async () => {
    const { call, api, writes } = await start({ person: types('0134') });
    const { structured, isError } = await call('rent_number', {
      phoneNumber: OFFERED,
      smsConfiguration: { servicePlanId: 'plan-1', campaignId: 'C1234567' },
    });
    expect(isError).toBe(false);
    expect(structured).toMatchObject({
      outcome: 'completed',
      confirmedBy: 'elicitation',
      number: {
        phoneNumber: OFFERED,
        smsConfiguration: { scheduledProvisioning: { servicePlanId: 'plan-1', campaignId: 'C1234567' } },
      },
    });
    expect(api.project.get(OFFERED).smsJob?.servicePlanId).toBe('plan-1');
    expect(writes()).toEqual([`POST /availableNumbers/${OFFERED}:rent`]);
  });

  test('rent_any_number rents one that matches', async () => {
    const { call, api, writes } = await start({ simulator: { active: 0 }, person: types('RENT') });
    const { structured } = await call('rent_any_number', {
      regionCode: 'US',
      type: 'LOCAL',
      numberPattern: { pattern: '+1206', searchPattern: 'START' },
    });
    const number = { phoneNumber: expect.stringMatching(/^\+1206/) };
    expect(structured).toMatchObject({ outcome: 'completed', number });
    expect(writes()).toEqual(['POST /availableNumbers:rentAny']);
    const { text } = await call('list_active_numbers');
    expect(text).toContain('1 of 1.');
    expect(api.count('POST /availableNumbers')).toBe(1);
  });

  test('list_active_numbers shows a page of what is rented', async () => {
    const { call } = await start({ simulator: { active: 7 } });
    const { text, structured } = await call('list_active_numbers', { orderBy: 'displayName' });
    expect(structured).toMatchObject({ totalSize: 7 });
    expect(structured.activeNumbers).toHaveLength(7);
    expect(text).toContain('7 of 7.');
  });

  test('get_active_number reads one number', async () => {
    const { call, api } = await start({ simulator: { active: 0 } });
    api.project.rent(OFFERED, { callbackUrl: 'https://example.com/callbacks' });
    const { text, structured } = await call('get_active_number', { phoneNumber: OFFERED });
    expect(structured).toMatchObject({ phoneNumber: OFFERED, callbackUrl: 'https://example.com/callbacks' });
    expect(text).toContain('not linked');
  });

  test('update_active_number changes the number', async () => {
    const { call, api } = await start({ simulator: { active: 0 } });
    api.project.rent(OFFERED, {});
    const { text, structured } = await call('update_active_number', {
      phoneNumber: OFFERED,
      displayName: 'Front desk',
      voiceConfiguration: { appId: 'app-1' },
    });
    expect(structured).toMatchObject({
      outcome: 'completed',
      number: {
        displayName: 'Front desk',
        voiceConfiguration: { scheduledVoiceProvisioning: { appId: 'app-1' } },
      },
    });
    expect(structured).not.toHaveProperty('confirmedBy');
    expect(text).toContain('"Front desk"');
    expect(api.project.get(OFFERED).displayName).toBe('Front desk');
  });

  test('release_number ends the subscription', async () => {
    const { call, api, writes } = await start({ simulator: { active: 0 }, person: types('0134') });
    api.project.rent(OFFERED, {});
    const { structured } = await call('release_number', { phoneNumber: OFFERED });
    const number = { phoneNumber: OFFERED, expireAt: expect.any(String) };
    expect(structured).toMatchObject({ outcome: 'completed', number });
    expect(writes()).toEqual([`POST /activeNumbers/${OFFERED}:release`]);
  });

  test('list_available_regions tells where numbers are offered', async () => {
    const { call } = serving();
    const { text, structured } = await call('list_available_regions', { types: ['TOLL_FREE'] });
    expect(structured.availableRegions).toEqual([
      { regionCode: 'GB', regionName: 'United Kingdom', types: ['MOBILE', 'TOLL_FREE'] },
      { regionCode: 'US', regionName: 'United States', types: ['LOCAL', 'TOLL_FREE'] },
    ]);
    expect(text).toContain('GB United Kingdom');
  });

  test('the callback secret can be replaced and is only ever shown masked', async () => {
    const { call, questions } = await start({ person: agreeable });
    const updated = await call('update_callback_configuration', { hmacSecret: SECRET });
    const read = await call('get_callback_configuration');
    const masked = { hmacSecret: '****ters' };
    expect(updated.structured).toMatchObject({ outcome: 'completed', callbackConfiguration: masked });
    expect(read.structured).toEqual(masked);
    for (const text of [updated.text, read.text, questions[0]?.message]) {
      expect(text).toContain('****ters');
      expect(text).not.toContain(SECRET);
    }
  });
});

describe('so does every tool for many numbers', () => {
  test('rent_numbers rents them all on one yes', async () => {
    const { call, questions, writes } = await start({ person: types('RENT 2') });
    const { structured } = await call('rent_numbers', { phoneNumbers: [OFFERED, OFFERED_TOO] });
    expect(structured).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation', done: 2 });
    expect(questions).toHaveLength(1);
    expect(writes().sort()).toEqual([OFFERED, OFFERED_TOO].map((it) => `POST /availableNumbers/${it}:rent`));
  });

  test('update_active_numbers changes them all on one yes, and says what is cut off', async () => {
    const time = manualClock(START);
    const { call, api, questions } = await start({
      simulator: { active: 0, clock: time },
      person: types('UPDATE 2'),
    });
    for (const it of [OFFERED, OFFERED_TOO]) rentLinked({ simulator: api, time }, it);
    const phoneNumbers = [OFFERED, OFFERED_TOO];
    const change = { displayName: 'Front desk', smsConfiguration: { servicePlanId: '' } };
    const { structured } = await call('update_active_numbers', { phoneNumbers, change });
    expect(structured).toMatchObject({ outcome: 'completed', confirmedBy: 'elicitation', done: 2 });
    expect(questions).toMatchObject([
      { message: expect.stringContaining('Cut off or moved: SMS service plan "plan-a" (2 numbers)') },
    ]);
    for (const it of phoneNumbers) {
      expect(api.project.get(it)).toMatchObject({ displayName: 'Front desk', servicePlanId: '' });
    }
  });

  test('release_numbers releases them all on one yes, and list_activity tells of them', async () => {
    const { call, api, writes } = await start({ simulator: { active: 0 }, person: types('RELEASE 2') });
    for (const it of [OFFERED, OFFERED_TOO]) api.project.rent(it, {});
    const { structured } = await call('release_numbers', { select: { regionCode: 'US' } });
    expect(structured).toMatchObject({ outcome: 'completed', done: 2 });
    expect(writes()).toHaveLength(2);
    const activity = await call('list_activity', { kind: 'release' });
    expect(activity.structured.activities).toMatchObject([
      { kind: 'release', outcome: 'completed', confirmedBy: 'elicitation' },
      { kind: 'release', outcome: 'completed', confirmedBy: 'elicitation' },
    ]);
    expect(activity.text).toContain(OFFERED);
  });
});

describe('so does every tool that goes beyond the operations', () => {
  test('audit_provisioning counts each number once', async () => {
    const { call } = await start({ simulator: { active: 40 } });
    const { text, structured } = await call('audit_provisioning');
    expect(structured).toMatchObject({ scanned: 40, complete: true });
    const counts = Object.values(structured.summary ?? {}).map(Number);
    expect(counts.reduce((sum, count) => sum + count)).toBe(40);
    expect(text).toContain('All 40 rented numbers were read.');
  });

  test('find_active_numbers finds what meets every condition', async () => {
    const { call, api } = await start({ simulator: { active: 12 } });
    api.project.rent(OFFERED, {});
    const select = { finding: 'UNLINKED', numberPattern: { pattern: '0134', searchPattern: 'END' } };
    const { structured } = await call('find_active_numbers', { select });
    expect(structured).toMatchObject({ matched: 1, scanned: 13, numbers: [{ phoneNumber: OFFERED }] });
  });

  test('list_callback_events says that nothing can come without a receiver', async () => {
    const { call } = serving();
    const { text, structured } = await call('list_callback_events');
    expect(structured).toMatchObject({ events: [], receiver: { listening: false } });
    expect(text).toContain('SINCH_NUMBERS_CALLBACK_PORT');
  });

  test('wait_for_provisioning reads until the link stands', async () => {
    const clock = manualClock(START);
    const { call, api } = await start({ simulator: { active: 0, clock } });
    api.project.rent(OFFERED, { sms: { servicePlanId: 'plan-1' } });
    const wait = call('wait_for_provisioning', { phoneNumber: OFFERED });
    await eventually(() => api.count('GET /activeNumbers')).toBe(1);
    clock.advance(JOB_MS);
    const { text, structured } = await wait;
    expect(structured).toMatchObject({
      outcome: 'provisioned',
      number: { phoneNumber: OFFERED, smsConfiguration: { servicePlanId: 'plan-1' } },
    });
    expect(text).toMatch(/^provisioned after \d/);
  });
});

describe('every tool tells what went wrong, and what to do', () => {
  test('in the first line why, in the last what next', async () => {
    const { call, writes } = await start({ person: types('RENT') });
    for (const [tool, args, problem] of MISTAKES) {
      const { text, isError } = await call(tool, args);
      expect(text, tool).toMatch(problem);
      expect(isError, tool).toBe(true);
    }
    expect(writes()).toEqual([]);
  });

  test('get_callback_configuration of a project that is not there', async () => {
    const { call } = await start({ env: { SINCH_PROJECT_ID: 'elsewhere' } });
    const { text, isError } = await call('get_callback_configuration');
    expect(text).toMatch(/HTTP 404.*Could not find project.*\n.*SINCH_PROJECT_ID/);
    expect(isError).toBe(true);
  });

  test('update_active_number of a number that is linked elsewhere names the two calls that work', async () => {
    const { call, api } = await start({ simulator: { active: 12 }, person: agreeable });
    const linked = api.project
      .list({ capabilities: [], pattern: '', searchPattern: 'START' }, 'phoneNumber', 12, undefined)
      .records.find(({ servicePlanId }) => servicePlanId !== '');
    const { text, isError } = await call('update_active_number', {
      phoneNumber: linked?.phoneNumber,
      smsConfiguration: { servicePlanId: 'another-plan' },
    });
    expect(isError).toBe(true);
    expect(text).toMatch(/HTTP 400.*unlink.*\n.*\(1\) update_active_number.*\(2\) this call again/);
  });

  test('a number that is released already is not released again', async () => {
    const { call, api, questions, writes } = await start({
      simulator: { active: 0 },
      person: types('0134'),
    });
    api.project.rent(OFFERED, {});
    api.project.release(OFFERED);
    const { structured, isError } = await call('release_number', { phoneNumber: OFFERED });
    expect(isError).toBe(true);
    expect(structured).toMatchObject({
      outcome: 'not_executed',
      message: expect.stringContaining('released already'),
    });
    expect(questions).toEqual([]);
    expect(writes()).toEqual([]);
  });

  test('rent_any_number outside of US LOCAL tells the refusal of the API', async () => {
    const { call } = await start({ person: types('RENT') });
    const { text, structured } = await call('rent_any_number', { regionCode: 'GB', type: 'MOBILE' });
    expect(structured.outcome).toBe('not_executed');
    expect(text).toContain('Only US LOCAL numbers can be rented through this operation');
  });

  test('a failure of the API is told with its status, without a body of HTML', async () => {
    const { call, api } = serving();
    api.faults.add({ path: /availableRegions/, answer: { status: 500, body: '<h1>oops</h1>' } });
    const { text, isError } = await call('list_available_regions');
    expect(isError).toBe(true);
    expect(text).toContain('HTTP 500');
    expect(text).not.toContain('<h1>');
  });
});

test('the tools of these tests are all there are', async () => {
  expect(await toolNames(serving())).toEqual(EVERY_TOOL);
});

test('a read gets through a fault that passes, and the person never hears of it', async () => {
  const { call, api } = serving();
  api.faults.add({ path: /availableRegions/, answer: { status: 503 } });
  const before = api.count('GET /availableRegions');
  expect((await call('list_available_regions')).isError).toBe(false);
  expect(api.count('GET /availableRegions')).toBe(before + 2);
});

test('one token serves all calls, however many there are at once', async () => {
  const { call, api } = await start();
  await Promise.all(Array.from({ length: 8 }, () => call('list_available_regions')));
  await call('list_active_numbers');
  expect(api.count('POST /oauth2/token')).toBe(1);
});

test('a token that expires is replaced within the call', async () => {
  const { call, api } = serving();
  await call('list_available_regions');
  const before = api.count('POST /oauth2/token');
  api.expireTokens();
  expect((await call('list_available_regions')).isError).toBe(false);
  expect(api.count('POST /oauth2/token')).toBe(before + 1);
});

test('following nextPageToken through list_active_numbers shows each number once', async () => {
  const { call } = await start({ simulator: { active: 45 } });
  const seen: string[] = [];
  const counts: number[] = [];
  for (let pageToken: unknown; ; ) {
    const { text, structured } = await call('list_active_numbers', pageToken ? { pageToken } : {});
    const page = text.match(/^\+\d+/gm) ?? [];
    counts.push(page.length);
    seen.push(...page);
    pageToken = structured.nextPageToken;
    if (pageToken === undefined) break;
    expect(text).toContain(`pageToken ${pageToken}`);
  }
  expect(counts).toEqual([20, 20, 5]);
  expect(new Set(seen).size).toBe(45);
});

describe('what is offered', () => {
  test('read-only, nothing can be changed', async () => {
    const server = await start({ env: { SINCH_NUMBERS_READ_ONLY: '1' }, person: types('0134') });
    expect(await toolNames(server)).toEqual(READ_TOOLS);
    await expect(server.call('rent_number', { phoneNumber: OFFERED })).rejects.toThrow('no tool');
    expect((await server.call('list_available_regions')).isError).toBe(false);
  });

  test('a list of tools offers those and no others', async () => {
    const server = await start({
      env: { SINCH_NUMBERS_TOOLS: 'get_active_number, search_available_numbers' },
    });
    expect(await toolNames(server)).toEqual(['search_available_numbers', 'get_active_number']);
    await expect(server.call('list_active_numbers')).rejects.toThrow('no tool');
  });

  test('read-only holds for listed tools too', async () => {
    const server = await start({
      env: { SINCH_NUMBERS_TOOLS: 'release_number,get_active_number', SINCH_NUMBERS_READ_ONLY: 'true' },
    });
    expect(await toolNames(server)).toEqual(['get_active_number']);
  });
});

test('an unknown tool is an error of the protocol, not a result', async () => {
  const { call } = serving();
  await expect(call('buy_everything')).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining('buy_everything'),
  });
});

describe('credentials', () => {
  test('without them the server starts, and a call says what to set', async () => {
    const server = await connectServer();
    expect(await toolNames(server)).toEqual(EVERY_TOOL);
    const { text, isError } = await server.call('list_active_numbers');
    expect(isError).toBe(true);
    for (const name of ['SINCH_PROJECT_ID', 'SINCH_KEY_ID', 'SINCH_KEY_SECRET', '--simulator']) {
      expect(text).toContain(name);
    }
  });

  test('only those that are missing are named', async () => {
    const { call } = await connectServer({ env: { SINCH_PROJECT_ID: 'project', SINCH_KEY_ID: 'key' } });
    const { text } = await call('rent_number', { phoneNumber: OFFERED });
    expect(text).toContain('SINCH_KEY_SECRET not set');
    expect(text).not.toMatch(/SINCH_PROJECT_ID|SINCH_KEY_ID/);
  });

  test('that are wrong are blamed, without being shown', async () => {
    const { call, api } = await start({ env: { SINCH_KEY_SECRET: 'not-this-one' } });
    const { text, isError } = await call('list_active_numbers');
    expect(isError).toBe(true);
    expect(text).toMatch(/HTTP 401.*\n.*SINCH_KEY_ID and SINCH_KEY_SECRET/);
    expect(text).not.toContain('not-this-one');
    expect(api.count('GET ')).toBe(0);
  });

  test('with --simulator none are needed', async () => {
    const { call } = await connectServer({ args: ['--simulator'] });
    expect((await call('list_active_numbers')).text).toContain('12 of 12.');
  });
});
