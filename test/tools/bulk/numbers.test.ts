/** The tools for many numbers: what they take, what they tell, and how much of it. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { CALLBACK, CHANGE, callBatch, counts, SEATTLE } from '../../approval/batch-support.ts';
import { absent, agreeable, JOB_MS, openStage } from '../../support/stage.ts';
import { failedJob, openAudit, put } from '../audit-support.ts';

const RENT = 'rent_numbers';
const UPDATE = 'update_active_numbers';
const IN_SEATTLE = {
  ...{ regionCode: 'US', type: 'LOCAL', capabilities: ['SMS'], count: 5 },
  numberPattern: { pattern: '+1206', searchPattern: 'START' },
};

describe('arguments', () => {
  const [phoneNumber] = SEATTLE;
  test.each([
    [RENT, {}, 'give exactly one of phoneNumbers and select'],
    [RENT, { phoneNumbers: [phoneNumber], select: IN_SEATTLE }, 'give exactly one of'],
    [RENT, { phoneNumbers: [] }, 'phoneNumbers'],
    [RENT, { phoneNumbers: Array(101).fill(phoneNumber) }, 'phoneNumbers'],
    [RENT, { select: { ...IN_SEATTLE, count: 101 } }, 'select.count'],
    [RENT, { select: { ...IN_SEATTLE, linked: true } }, 'unknown: select.linked'],
    [UPDATE, { select: {}, change: CHANGE }, 'select: must hold at least one condition'],
    [UPDATE, { select: { linked: true } }, 'change: is missing'],
    [UPDATE, { select: { linked: true }, change: {} }, 'change: must hold at least one change'],
    [UPDATE, { phoneNumbers: Array(1_001).fill(phoneNumber), change: CHANGE }, 'phoneNumbers'],
    ['release_numbers', { select: { displayName: {} } }, 'must hold equals or contains'],
    ['release_numbers', { phoneNumbers: ['12065550100'] }, 'write "+12065550100"'],
  ])('%s refuses %j', async (tool, args, problem) => {
    const stage = await openStage();
    const result = await stage.call(tool, args, absent());
    expect(result.text).toMatch(new RegExp(`^${tool}: invalid arguments: `));
    expect(result.text).toContain(problem);
    expect(result).toMatchObject({
      isError: true,
      structured: { outcome: 'not_executed', done: 0, results: [] },
    });
    expect(stage.simulator.requests).toEqual([]);
  });
});

describe('rent_numbers', () => {
  test('five in Seattle are found, rented and awaited in two calls', async () => {
    const stage = await openStage();
    const smsConfiguration = { servicePlanId: 'plan-a', campaignId: 'C1' };
    const person = agreeable();
    const rented = await callBatch(stage, RENT, { select: IN_SEATTLE, smsConfiguration }, person);
    expect(person.questions[0]?.facts).toEqual([
      { label: 'Due now', value: '8.00 EUR in all, setup and first interval' },
      { label: 'Then', value: '4.00 EUR a month in all, until they are released' },
      { label: 'SMS service plan', value: '"plan-a"' },
      { label: '10DLC campaign', value: '"C1"' },
    ]);
    const { phoneNumbers } = rented;
    expect(phoneNumbers).toHaveLength(5);
    for (const phoneNumber of phoneNumbers ?? []) expect(phoneNumber).toMatch(/^\+1206/);
    expect(rented.text).toBe(
      `completed: 5 numbers done. 8.00 EUR is due now (setup and first interval), then 4.00 EUR a month. Some links are under way: wait_for_provisioning tells when they work.\ndone: ${phoneNumbers?.join(' ')}`,
    );
    stage.time.advance(JOB_MS);
    const awaited = await stage.call('wait_for_provisioning', { phoneNumbers });
    expect(awaited.text).toContain('provisioned 5');
  });

  test('tells the costs of each currency and interval, and documents that are needed', async () => {
    const stage = await openStage();
    const person = agreeable();
    const args = { phoneNumbers: ['+12065550100', '+447700900100', '+46846500400', '+46846500401'] };
    const { stakes, text } = await callBatch(stage, RENT, args, person);
    expect(stakes).toMatchObject({
      dueNow: [{ amount: '11.10', currencyCode: 'EUR' }],
      monthly: [{ amount: '5.966667', currencyCode: 'EUR' }],
    });
    expect(text).toContain(
      '11.10 EUR is due now (setup and first interval), then 5.966667 EUR a month. Tell the user: 3 of the numbers need supporting documents; until they are accepted they may not work.',
    );
    expect(person.questions[0]?.facts.map(({ label }) => label)).toContain('Documents');
  });

  test('warns of links to what some of the numbers cannot do', async () => {
    const person = agreeable();
    const phoneNumbers = ['+12065550100', '+46846500401'];
    const smsConfiguration = { servicePlanId: 'plan-a' };
    await callBatch(await openStage(), RENT, { phoneNumbers, smsConfiguration }, person);
    expect(person.questions[0]?.facts).toContainEqual({
      label: 'Warning',
      value: '1 of 2 cannot do SMS: the link will not work',
    });
  });

  test('rents nothing where fewer match than are wanted, and says how many', async () => {
    const stage = await openStage();
    const person = agreeable();
    const select = {
      ...IN_SEATTLE,
      numberPattern: { pattern: '+1206555010', searchPattern: 'START' },
      count: 20,
    };
    const few = await callBatch(stage, RENT, { select }, person);
    expect(few).toMatchObject({ outcome: 'not_executed', isError: true });
    expect(few.message).toMatch(/^Only 10 numbers can be found, and 20 are wanted: ask for 10, or loosen /);
    expect(person.questions).toEqual([]);
  });

  test.each([
    [{ regionCode: 'FR', type: 'LOCAL' }, 'No numbers are offered in FR, only in AU, CA, DE, GB, SE, US.'],
    [{ regionCode: 'SE', type: 'TOLL_FREE' }, 'No TOLL_FREE numbers are offered in SE, only LOCAL.'],
    [
      { regionCode: 'SE', type: 'LOCAL', capabilities: ['SMS'] },
      'No number matches. Loosen capabilities; search_available_numbers shows the nearest there are.',
    ],
  ])('says why nothing matches %j, as rent_any_number does', async (kind, why) => {
    const stage = await openStage();
    const many = await stage.call(RENT, { select: { ...kind, count: 2 } }, absent());
    const any = await stage.call('rent_any_number', kind, absent());
    for (const { text } of [many, any]) expect(text).toBe(`not_executed: ${why} Nothing was sent.`);
  });

  test('says so where nothing of the kind is on offer, and where the regions cannot be read', async () => {
    const stage = await openStage();
    const empty = { path: /availableNumbers/, answer: { status: 200, body: {} }, times: 9 };
    stage.simulator.faults.add(empty);
    const rent = () => stage.call(RENT, { select: { regionCode: 'US', type: 'LOCAL', count: 2 } }, absent());
    expect((await rent()).text).toContain('No US LOCAL number is on offer at the moment.');
    stage.simulator.faults.add({ path: /availableRegions/, answer: { status: 403, body: {} } });
    expect((await rent()).text).toContain('No US LOCAL number is on offer at the moment.');
  });

  test('tells which numbers are rented already, which are not on offer, and which came dearer than agreed', async () => {
    const stage = await openStage();
    const [own = '', taken = '', dear = '', fine = ''] = SEATTLE;
    stage.simulator.project.rent(own, {});
    stage.simulator.project.take(taken);
    const body = { phoneNumber: dear, money: { currencyCode: 'EUR', amount: '2.00' } };
    stage.simulator.faults.add({ path: new RegExp(`${dear.slice(1)}:rent`), answer: { status: 200, body } });
    const result = await callBatch(stage, RENT, { phoneNumbers: [own, taken, dear, fine] }, agreeable());
    expect(counts(result)).toEqual([2, 1, 0, 1, 0]);
    expect(result.results).toEqual([
      { phoneNumber: taken, outcome: 'not_executed', reason: 'is not available' },
    ]);
    expect(result.message).toContain(
      `Tell the user: ${dear} costs 2.00 EUR a month, and 0.80 EUR a month was quoted.`,
    );
  });
});

describe('update_active_numbers', () => {
  test('sets the callback URL of 105 numbers in one call, in at most 1,500 tokens', async () => {
    const stage = await openStage();
    for (let line = 0; line < 105; line++) put(stage, line, { displayName: `Clinic ${line}` });
    const args = { select: { hasCallbackUrl: false }, change: CHANGE };
    const result = await stage.call(UPDATE, args, agreeable());
    expect(result.structured).toMatchObject({ outcome: 'completed', done: 105 });
    expect(countTokens(result.text)).toBeLessThanOrEqual(1_500);
    expect(countTokens(JSON.stringify(result.structured))).toBeLessThanOrEqual(1_500);
    const asked = await stage.call(UPDATE, {
      ...args,
      change: { callbackUrl: `${CALLBACK}/2` },
      select: { hasCallbackUrl: true },
    });
    expect(countTokens(asked.text)).toBeLessThanOrEqual(1_500);
  });

  test('mends all numbers of a finding with the very call that the audit names, in one consent', async () => {
    const stage = await openAudit();
    for (const line of [1, 2, 3])
      put(stage, line, { smsJob: failedJob('CAMPAIGN_EXPIRED', 'plan-a', 'C-OLD') });
    put(stage, 4, { smsJob: failedJob('INTERNAL_ERROR', 'plan-a', 'C-OLD') });
    const audit = await stage.call('audit_provisioning', {});
    const [, call = ''] = /update_active_numbers (\{.*\})$/m.exec(audit.text) ?? [];
    const args = JSON.parse(call.replace('<campaignId>', 'C-NEW'));
    expect(args.select).toEqual({ finding: 'CAMPAIGN_EXPIRED' });
    const person = agreeable();
    expect(await callBatch(stage, UPDATE, args, person)).toMatchObject({ outcome: 'completed', done: 3 });
    expect(person.questions[0]?.facts).toEqual([
      { label: 'SMS service plan', value: 'becomes "plan-a"' },
      { label: '10DLC campaign', value: 'becomes "C-NEW"' },
      { label: 'Cut off or moved', value: 'nothing that works now' },
    ]);
    stage.time.advance(JOB_MS);
    const after = await stage.call('audit_provisioning', { finding: 'CAMPAIGN_EXPIRED' });
    expect(after.text).toContain('No number has CAMPAIGN_EXPIRED.');
  });

  test('begins a failed job anew with the same link, and leaves numbers out that are so already', async () => {
    const stage = await openStage();
    put(stage, 1, { smsJob: failedJob('INTERNAL_ERROR', 'plan-a', 'C1'), displayName: 'A' });
    put(stage, 2, { servicePlanId: 'plan-a', campaignId: 'C1', displayName: 'A' });
    const select = { regionCode: 'US' };
    const smsConfiguration = { servicePlanId: 'plan-a', campaignId: 'C1' };
    const link = await callBatch(stage, UPDATE, { select, change: { smsConfiguration } }, agreeable());
    expect(counts(link)).toEqual([1, 0, 0, 1, 0]);
    const name = await callBatch(stage, UPDATE, { select, change: { displayName: 'A' } }, agreeable());
    expect(counts(name)).toEqual([0, 0, 0, 2, 0]);
  });

  test('says what is cut off or moved, most frequent first', async () => {
    const stage = await openStage();
    for (const line of [1, 2, 3]) {
      put(stage, line, { servicePlanId: line < 3 ? 'plan-a' : 'plan-b', campaignId: 'C1' });
    }
    put(stage, 4);
    const person = agreeable();
    const change = { smsConfiguration: { servicePlanId: '' } };
    await callBatch(stage, UPDATE, { select: { regionCode: 'US' }, change }, person);
    expect(person.questions[0]?.facts).toEqual([
      { label: 'SMS service plan', value: 'is removed' },
      {
        label: 'Cut off or moved',
        value: 'SMS service plan "plan-a" (2 numbers), SMS service plan "plan-b" (1 number)',
      },
      { label: 'Left out', value: 'is so already: +19990000004' },
    ]);
  });

  test('refuses a selection of more than a thousand, where those that are so already do not count', async () => {
    const stage = await openStage();
    for (let line = 0; line < 1_002; line++) put(stage, line, line < 2 ? { callbackUrl: CALLBACK } : {});
    const args = (change: object) => ({ select: { regionCode: 'US' }, change });
    const named = await stage.call(UPDATE, args({ displayName: 'A' }));
    expect(named.text).toMatch(/^update_active_numbers failed: more than 1000 numbers are meant/);
    const asked = await callBatch(stage, UPDATE, args(CHANGE));
    expect(asked).toMatchObject({ outcome: 'confirmation_required', stakes: { count: 1_000 } });
  });
});

test('a release speaks of no link to wait for, though a job is under way', async () => {
  const stage = await openStage();
  const [first = '', second = ''] = SEATTLE;
  for (const number of [first, second])
    stage.simulator.project.rent(number, { sms: { servicePlanId: 'plan-a' } });
  const many = await stage.call('release_numbers', { phoneNumbers: [first] }, agreeable());
  const one = await stage.call('release_number', { phoneNumber: second }, agreeable());
  for (const { text } of [many, one]) {
    expect(text).toMatch(/^completed: /);
    expect(text).not.toContain('wait_for_provisioning');
  }
  expect(many.text).toMatch(
    /Each works until its paid period ends, the last until 2026-.*; none is charged again\./,
  );
});

test('which numbers, what they cost by country, and when they are charged takes one call and at most 1,500 tokens', async () => {
  const stage = await openAudit(400);
  const { text, structured } = await stage.call('audit_provisioning', {
    sections: ['summary', 'inventory', 'charges'],
  });
  for (const kind of ['US LOCAL', 'GB MOBILE', 'SE LOCAL']) {
    expect(text).toMatch(new RegExp(`^${kind}: \\d+ numbers, [\\d.]+ EUR a month`, 'm'));
  }
  expect(text).toMatch(/^2026-01-\d\d [\d.]+ EUR$/m);
  expect(countTokens(text)).toBeLessThanOrEqual(1_500);
  expect(Object.keys(structured ?? {})).toEqual(expect.arrayContaining(['inventory', 'charges']));
});
