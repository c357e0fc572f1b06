import { createHash } from 'node:crypto';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { VOICE_FAILURE } from '../../src/audit/diagnosis.ts';
import { SECTIONS } from '../../src/audit/tally.ts';
import { either } from '../support/length.ts';
import { START, type Stage } from '../support/stage.ts';
import { failedJob, HOUR, NAME, openAudit, put, running } from './audit-support.ts';

const MAX_TOKENS = 2_000;

describe('the text stays under 2,000 tokens', () => {
  const hex = (seed: number) => createHash('md5').update(String(seed)).digest('hex');

  /** Every code of the API and each finding, all with five plans and five campaigns. */
  function putEveryFinding(stage: Stage): void {
    for (const [index, code] of SMS_ERROR_CODES.entries()) {
      for (let example = 0; example < 6; example++) {
        const seed = index * 10 + example;
        put(stage, seed, { smsJob: failedJob(code, hex(seed), `C${hex(seed).slice(0, 6).toUpperCase()}`) });
      }
    }
    const target = { type: 'RTC', appId: hex(1), trunkId: '', serviceId: '' };
    for (let line = 5_000; line < 5_006; line++) {
      put(stage, line, { voiceJob: { target, status: 'FAILED', updatedAt: START } });
      put(stage, line + 10, running(START - 48 * HOUR));
      put(stage, line + 20, { expireAt: START + HOUR });
      put(stage, line + 30);
      put(stage, line + 40, { servicePlanId: hex(line) });
      put(stage, line + 50, running(START));
    }
  }

  test('with thousands of numbers and every known finding', { timeout: 60_000 }, async () => {
    const seeded = either(99_000, 2_000);
    const stage = await openAudit(seeded);
    putEveryFinding(stage);
    const { text, structured } = await stage.call(NAME);
    expect(structured).toMatchObject({ scanned: seeded + 144, complete: true });
    const kinds = [
      ...SMS_ERROR_CODES,
      'STUCK',
      'IN_PROGRESS',
      'NO_CAMPAIGN',
      'UNLINKED',
      'RELEASING',
      VOICE_FAILURE,
    ];
    for (const code of kinds) expect(text).toMatch(new RegExp(`\\b${code}: \\d+ numbers`));
    expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
  });

  test.each([
    ['without names', () => ''],
    ['with names', (line: number) => `Customer ${hex(line)}`],
    ['with names in a script of many tokens', (line: number) => `${'錯誤龘靐齉爩'.repeat(25)}${line}`],
  ])('with 300 numbers of one finding: %s', async (_, nameOf) => {
    const stage = await openAudit();
    for (let line = 0; line < 300; line++) {
      const smsJob = failedJob('CAMPAIGN_EXPIRED', hex(line), hex(line + 1));
      put(stage, (line * 7_919_317) % 10_000_000, { smsJob, displayName: nameOf(line) });
    }
    for (const args of [{}, { sections: SECTIONS }]) {
      const { text } = await stage.call(NAME, { finding: 'CAMPAIGN_EXPIRED', ...args });
      expect(text.match(/^\+1999\d{7}/gm)?.length).toBeGreaterThan(0);
      expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
    }
  });

  test('with every section of an inventory of many kinds, currencies, days and links', async () => {
    const stage = await openAudit(0);
    const activeNumbers = Array.from({ length: 900 }, (_, line) => ({
      phoneNumber: `+1999${String(line).padStart(7, '0')}`,
      regionCode: `A${'BCDEFGHIJKLMNOPQRSTUVWXYZ'[line % 25]}`,
      type: ['LOCAL', 'MOBILE', 'TOLL_FREE'][line % 3],
      money: { currencyCode: `X${'ABCDEFGHIJ'[line % 10]}X`, amount: `${line}.${line}` },
      nextChargeDate: new Date(START + (line % 30) * 24 * HOUR).toISOString(),
      smsConfiguration: {
        scheduledProvisioning: {
          status: 'FAILED',
          errorCodes: [hex(line % 40).toUpperCase()],
          servicePlanId: hex(line % 20),
        },
      },
    }));
    const body = { activeNumbers, totalSize: 900 };
    stage.simulator.faults.add({ path: /activeNumbers/, answer: { status: 200, body }, times: 99 });
    for (const sections of [SECTIONS, ['inventory', 'charges', 'links'], ['inventory']]) {
      const { text } = await stage.call(NAME, { type: 'LOCAL', sections });
      expect(text).toMatch(/^and \d+ more: ask by regionCode and type to see them$/m);
      expect(countTokens(text), sections.join()).toBeLessThan(MAX_TOKENS);
    }
  });

  test.each([{}, { select: { hasDisplayName: true } }])('of find_active_numbers, %j', async (args) => {
    const stage = await openAudit();
    for (let line = 0; line < 100; line++) {
      put(stage, line, {
        displayName: `${'錯誤龘靐齉爩'.repeat(25)}${line}`,
        servicePlanId: hex(line),
        campaignId: hex(line + 1_000),
        callbackUrl: `https://example.com/${hex(line)}/${hex(line + 1)}`,
      });
    }
    const { text } = await stage.call('find_active_numbers', { select: {}, limit: 200, ...args });
    expect(text).toMatch(/^Next page: /m);
    expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
  });

  const longCode = (seed: number) => `${hex(seed)}${hex(seed + 1_000)}`.toUpperCase();
  function putCodes(stage: Stage, codes: readonly string[]): void {
    for (const [index, code] of codes.entries()) {
      for (let example = 0; example < 6; example++) {
        const seed = 10_000 + index * 10 + example;
        put(stage, seed, { smsJob: failedJob(code, hex(seed), `C${hex(seed).slice(0, 6).toUpperCase()}`) });
      }
    }
  }
  test('with every known finding and 60 unknown codes', async () => {
    const stage = await openAudit(1_000);
    putEveryFinding(stage);
    putCodes(
      stage,
      Array.from({ length: 60 }, (_, seed) => longCode(seed)),
    );
    const { text } = await stage.call(NAME);
    expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
  });
  test('with 60 unknown codes alone', async () => {
    const stage = await openAudit();
    putCodes(
      stage,
      Array.from({ length: 60 }, (_, seed) => longCode(seed)),
    );
    const { text } = await stage.call(NAME);
    expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
  });
  test('with 60 codes in a script of many tokens', async () => {
    const stage = await openAudit();
    putCodes(
      stage,
      Array.from({ length: 60 }, (_, i) => `${'錯誤龘靐齉爩'.repeat(15)}${i}`),
    );
    const { text } = await stage.call(NAME);
    expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
  });
  test('with every known finding, and a failure of many words', async () => {
    const stage = await openAudit(1_500);
    putEveryFinding(stage);
    const fieldViolations = Array.from({ length: 9 }, (_, seed) => ({
      field: `field_${seed}`,
      description: Array.from({ length: 12 }, (_, part) => hex(seed * 20 + part)).join(' '),
    }));
    const message = Array.from({ length: 20 }, (_, part) => hex(part + 500)).join(' ');
    const error = {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message,
      details: [{ type: 'BadRequest', fieldViolations }],
    };
    stage.simulator.faults.add({
      path: /pageToken|type=/,
      answer: { status: 400, body: { error } },
      times: 100,
    });
    const { text } = await stage.call(NAME);
    expect(text).toMatch(/^INCOMPLETE: /);
    expect(countTokens(text)).toBeLessThan(MAX_TOKENS);
  });
});
