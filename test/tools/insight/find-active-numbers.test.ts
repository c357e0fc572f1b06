/** find_active_numbers: every rented number read once, and those told that meet a selection. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { activeNumber } from '../../../src/api/schemas/numbers.ts';
import { linesOf, START, structuredAs, toolNamed } from '../../support/stage.ts';
import { failedJob, HOUR, openAudit, put } from '../audit-support.ts';

const NAME = 'find_active_numbers';

const answer = z.strictObject({
  numbers: z.array(activeNumber),
  matched: z.int(),
  scanned: z.int(),
  complete: z.boolean(),
  nextCursor: z.string().optional(),
});

test('tells the numbers that meet every condition, and of how many', async () => {
  const stage = await openAudit(400);
  const wanted = put(stage, 1, { displayName: 'Desk 7', servicePlanId: 'plan-a', campaignId: 'C1' });
  put(stage, 2, { displayName: 'Desk 8' });
  const result = await stage.call(NAME, { select: { displayName: { contains: 'desk' }, linked: true } });
  expect(linesOf(result)).toEqual([
    'All 402 rented numbers were read.',
    `${wanted} | "Desk 7" | US LOCAL | SMS+VOICE | 0.80 EUR a month | SMS plan plan-a campaign C1 | charge 2026-02-06`,
    '1 number found, 1 shown.',
  ]);
  expect(structuredAs(answer, result)).toMatchObject({
    numbers: [{ phoneNumber: wanted, displayName: 'Desk 7', smsConfiguration: { campaignId: 'C1' } }],
    matched: 1,
    scanned: 402,
    complete: true,
  });
  expect(result.structured).not.toHaveProperty('nextCursor');
  expect(structuredAs(answer, result).numbers[0]).not.toHaveProperty('projectId');
  expect(toolNamed(NAME).output.parse(result.structured)).toEqual(result.structured);
});

test('reads the inventory once, and no more of it than region and type need', async () => {
  const stage = await openAudit(400);
  await stage.call(NAME, { select: { regionCode: 'gb', type: 'MOBILE', hasCallbackUrl: false } });
  const lists = stage.simulator.requests.filter((it) => it.startsWith('GET '));
  expect(lists).toEqual(['GET /activeNumbers?regionCode=GB&type=MOBILE&pageSize=1000']);
});

test('says that nothing is found', async () => {
  const { text } = await (await openAudit()).call(NAME, { select: { campaignId: 'C2' } });
  expect(text).toBe('All 0 rented numbers were read.\n0 numbers found, 0 shown.');
});

describe('a page', () => {
  test('is as long as is asked, and the cursor in its text leads on to every other, in order', async () => {
    const stage = await openAudit();
    const numbers = Array.from({ length: 23 }, (_, line) => put(stage, 22 - line)).sort();
    const found: (string | undefined)[] = [];
    const pages: number[] = [];
    for (let cursor: string | undefined; pages.length === 0 || cursor !== undefined; ) {
      const result = await stage.call(NAME, { select: {}, limit: 10, ...(cursor && { cursor }) });
      const page = structuredAs(answer, result);
      expect(page).toMatchObject({ matched: 23, scanned: 23 });
      expect(result.text).toContain(`23 numbers found, ${page.numbers.length} shown.`);
      found.push(...page.numbers.map(({ phoneNumber }) => phoneNumber));
      pages.push(page.numbers.length);
      cursor = /^Next page: the same arguments and cursor (\S+)$/m.exec(result.text)?.[1];
      expect(page.nextCursor).toBe(cursor);
    }
    expect(found).toEqual(numbers);
    expect(pages).toEqual([10, 10, 3]);
  });

  test('holds 50 numbers unless told otherwise', async () => {
    const stage = await openAudit();
    for (let line = 0; line < 60; line++) put(stage, line);
    expect(structuredAs(answer, await stage.call(NAME, { select: {} })).numbers).toHaveLength(50);
  });

  test('holds fewer where their text would be too long, and the structure has those that are shown', async () => {
    const stage = await openAudit();
    for (let line = 0; line < 60; line++) put(stage, line, { displayName: `${'錯誤'.repeat(20)}${line}` });
    const result = await stage.call(NAME, { select: {} });
    const { numbers, nextCursor } = structuredAs(answer, result);
    expect(numbers.length).toBeLessThan(50);
    expect(result.text.match(/^\+\d+/gm)).toEqual(numbers.map(({ phoneNumber }) => phoneNumber));
    expect(nextCursor).toBe(numbers.at(-1)?.phoneNumber);
  });
});

test('tells only the fields that are asked for', async () => {
  const stage = await openAudit();
  put(stage, 1, { displayName: 'Desk', servicePlanId: 'plan-a' });
  const result = await stage.call(NAME, { select: {}, fields: ['displayName', 'callbackUrl'] });
  expect(linesOf(result)[1]).toBe('+19990000001 | "Desk"');
  expect(result.text).not.toContain('plan-a');
  expect(structuredAs(answer, result).numbers).toEqual([
    { phoneNumber: '+19990000001', displayName: 'Desk' },
  ]);
});

test('shows no next charge of a released number, and finds none by it', async () => {
  const stage = await openAudit();
  put(stage, 1, { expireAt: START + HOUR });
  const [released] = structuredAs(answer, await stage.call(NAME, { select: { releasing: true } })).numbers;
  expect(released).toMatchObject({ expireAt: '2026-01-15T13:00:00.000000Z' });
  expect(released).not.toHaveProperty('nextChargeDate');
  expect(await stage.call(NAME, { select: { chargedBefore: '2030-01-01' } })).toMatchObject({
    structured: { matched: 0 },
  });
});

test('warns of callback URLs that cannot work, where it shows them', async () => {
  const stage = await openAudit();
  put(stage, 1, { callbackUrl: 'http://foo/callbacks' });
  const warning = 'Sinch cannot reach foo: ';
  expect((await stage.call(NAME, { select: {} })).text).toContain(warning);
  expect((await stage.call(NAME, { select: {}, fields: ['money'] })).text).not.toContain(warning);
});

describe('a finding', () => {
  test('is understood by its former name, and its codes are explained elsewhere', async () => {
    const stage = await openAudit();
    const target = { type: 'RTC', appId: 'app-a', trunkId: '', serviceId: '' };
    put(stage, 1, { voiceJob: { target, status: 'FAILED', updatedAt: START } });
    put(stage, 2, { smsJob: failedJob('INTERNAL_ERROR') });
    const result = await stage.call(NAME, { select: { finding: 'VOICE_PROVISIONING_FAILED' } });
    expect(structuredAs(answer, result).matched).toBe(1);
    expect(linesOf(result).at(-1)).toBe(
      'What a code means: sinch-numbers://provisioning-errors, or audit_provisioning.',
    );
  });

  test('that nobody knows is an error, which lists those that are known', async () => {
    const stage = await openAudit();
    put(stage, 1, { smsJob: failedJob('ON_THE_MOON') });
    expect(await stage.call(NAME, { select: { finding: 'ON_THE_MOON' } })).toMatchObject({
      structured: { matched: 1 },
    });
    const result = await stage.call(NAME, { select: { finding: 'UNLINKD' } });
    expect(result).toMatchObject({ isError: true });
    expect(result.text).toMatch(
      /^find_active_numbers failed: no such finding: "UNLINKD"\. Known: .*UNLINKED/,
    );
    expect(await stage.call(NAME, { select: { finding: 'unlinked' } })).toMatchObject({
      structured: { matched: 0 },
    });
  });
});

test('what could not be read is said in the first line', async () => {
  const stage = await openAudit(2_000);
  stage.simulator.faults.add({ path: /pageToken/, answer: { status: 500, body: {} }, times: 100 });
  const result = await stage.call(NAME, { select: { regionCode: 'US', type: 'LOCAL' } });
  expect(linesOf(result)[0]).toMatch(
    /^INCOMPLETE: 1000 of 1\d\d\d rented numbers of US LOCAL were read: HTTP 500/,
  );
  expect(structuredAs(answer, result)).toMatchObject({ scanned: 1_000, complete: false });
});
