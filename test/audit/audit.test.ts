import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { NumbersClient } from '../../src/api/client.ts';
import { ApiError, BudgetExceededError, CancelledError } from '../../src/api/errors.ts';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { type Audit, type AuditRequest, auditNumbers } from '../../src/audit/audit.ts';
import { VOICE_FAILURE } from '../../src/audit/diagnosis.ts';
import { manualClock } from '../../src/simulator/clock.ts';
import { POOLS } from '../../src/simulator/invented.ts';
import { type ActiveRecord, newRecord, type SmsJob } from '../../src/simulator/model.ts';
import {
  answerJson,
  connect,
  endpointAt,
  failure,
  serve,
  silent,
  simulate,
  type WatchedSimulator,
} from '../api/support.ts';
import { activeNumber, basic, request, START } from '../simulator/api.ts';
import { either } from '../support/length.ts';

const HOUR = 3_600_000;

interface Running {
  readonly simulator: WatchedSimulator;
  readonly numbers: NumbersClient;
}

async function simulateAt(active: number): Promise<Running> {
  const simulator = await simulate({ active, clock: manualClock(START) });
  return { simulator, numbers: connect(endpointAt(simulator)) };
}

function audit(
  numbers: NumbersClient,
  wanted: Partial<AuditRequest> = {},
  parts: { budgetMs?: number; signal?: AbortSignal; onProgress?: (read: number) => void } = {},
): Promise<Audit> {
  const { budgetMs = 20_000, signal = new AbortController().signal, onProgress = () => {} } = parts;
  return auditNumbers(
    { sections: ['summary', 'findings'], ...wanted },
    { numbers, now: START, budgetMs, signal, onProgress },
  );
}

/** Puts a US LOCAL number in place that no seed has. */
function put({ simulator }: Running, line: number, change: Partial<ActiveRecord> = {}): string {
  const [pool] = POOLS;
  if (pool === undefined) throw new Error('there is no pool');
  const phoneNumber = `+1999555${String(line).padStart(4, '0')}`;
  simulator.project.add({ ...newRecord(phoneNumber, pool, START - 40 * 24 * HOUR), ...change });
  return phoneNumber;
}

function failedJob(errorCodes: string[], servicePlanId = 'plan-a', campaignId = ''): SmsJob {
  return { status: 'FAILED', updatedAt: START, errorCodes, servicePlanId, campaignId };
}

type Body = z.output<typeof activeNumber> & {
  readonly money: { readonly currencyCode: string; readonly amount: string };
  readonly paymentIntervalMonths: number;
};

/** Every rented number as plain HTTP gives it. */
async function walk(simulator: WatchedSimulator): Promise<Body[]> {
  const page = z.looseObject({
    activeNumbers: z.array(
      activeNumber.extend({
        money: z.object({ currencyCode: z.string(), amount: z.string() }),
        paymentIntervalMonths: z.number(),
      }),
    ),
    nextPageToken: z.string(),
  });
  const found: Body[] = [];
  for (let token = ''; ; ) {
    const query = `pageSize=500&pageToken=${encodeURIComponent(token)}`;
    const url = `${simulator.url}/v1/projects/${simulator.projectId}/activeNumbers?${query}`;
    const { body } = await request(url, { headers: { authorization: basic(simulator) } });
    const { activeNumbers, nextPageToken } = page.parse(body);
    found.push(...activeNumbers);
    if (nextPageToken === '') return found;
    token = nextPageToken;
  }
}

/** What a number's state and codes are, read off its raw body. */
function judge(body: Body): [string, string[]] {
  const { expireAt, smsConfiguration: sms, voiceConfiguration: voice } = body;
  const smsJob = sms.scheduledProvisioning;
  const voiceJob = voice.scheduledVoiceProvisioning;
  const codes = [
    ...(smsJob?.status === 'FAILED' ? smsJob.errorCodes : []),
    ...(smsJob?.status === 'FAILED' && smsJob.errorCodes.length === 0 ? ['ERROR_CODE_UNSPECIFIED'] : []),
    ...(voiceJob?.status === 'FAILED' ? [VOICE_FAILURE] : []),
  ];
  if (codes.length > 0) return ['failed', codes];
  const times = [smsJob?.lastUpdatedTime, voiceJob?.lastUpdatedTime].filter((time) => time !== undefined);
  const dayBefore = new Date(START - 24 * HOUR).toISOString().slice(0, 23);
  if (times.some((time) => String(time).slice(0, 23) < dayBefore)) return ['stuck', ['STUCK']];
  if (times.length > 0) return ['inProgress', ['IN_PROGRESS']];
  if (expireAt !== null) return ['releasing', ['RELEASING']];
  const ids = [sms.servicePlanId, voice.appId, voice.trunkId, voice.serviceId];
  if (ids.every((id) => id === '')) return ['unlinked', ['UNLINKED']];
  const isSilent = body.regionCode === 'US' && body.type === 'LOCAL' && sms.servicePlanId !== '';
  return ['healthy', isSilent && sms.campaignId === '' ? ['NO_CAMPAIGN'] : []];
}

function count(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** In whole twelfths of a cent a month, rounded to a millionth. */
function monthlyCost(bodies: readonly Body[]): string {
  const twelfths = bodies.reduce(
    (sum, { money, paymentIntervalMonths: months }) =>
      sum + (BigInt(money.amount.replace('.', '')) * 12n) / BigInt(months),
    0n,
  );
  const millionths = (twelfths * 10_000n + 6n) / 12n;
  const text = millionths.toString();
  return `${text.slice(0, -6)}.${text.slice(-6).replace(/0{1,4}$/, '')}`;
}

describe('thousands of numbers', { timeout: 60_000 }, () => {
  const NUMBERS = either(20_000, 2_000);

  test('are counted as a plain walk counts them: states, every code, cost', async () => {
    const stage = await simulateAt(NUMBERS);
    put(stage, 1, { smsJob: failedJob(['INTERNAL_ERROR', 'CAMPAIGN_EXPIRED']) });
    put(stage, 2, { smsJob: failedJob([]), expireAt: START + HOUR });
    put(stage, 3, { smsJob: failedJob(['ON_THE_MOON']) });
    const target = { type: 'EST', appId: '', trunkId: 'trunk-a', serviceId: '' };
    put(stage, 4, { voiceJob: { target, status: 'WAITING', updatedAt: START - 25 * HOUR } });
    put(stage, 5, {
      voiceJob: { target, status: 'FAILED', updatedAt: START },
      smsJob: failedJob(['INVALID_NNID']),
    });
    put(stage, 6, { voice: target });
    put(stage, 7, { servicePlanId: 'plan-a' });
    const { report, total, unpriced } = await audit(stage.numbers);

    const bodies = await walk(stage.simulator);
    const judged = bodies.map(judge);
    expect(total).toBe(NUMBERS + 7);
    expect(unpriced).toBe(0);
    expect(report).toMatchObject({ scanned: NUMBERS + 7, complete: true });
    expect(report.summary).toEqual(count(judged.map(([state]) => state)));
    expect(Object.fromEntries((report.findings ?? []).map((found) => [found.code, found.count]))).toEqual(
      count(judged.flatMap(([, codes]) => codes)),
    );
    expect(report.findings?.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        ...SMS_ERROR_CODES,
        ...[VOICE_FAILURE, 'STUCK', 'IN_PROGRESS', 'NO_CAMPAIGN', 'UNLINKED', 'RELEASING'],
      ]),
    );
    expect(report.monthlyCost).toEqual([{ currencyCode: 'EUR', amount: monthlyCost(bodies) }]);
    for (const { code, phoneNumbers } of report.findings ?? []) {
      const all = bodies.filter((_, index) => judged[index]?.[1].includes(code));
      expect(phoneNumbers).toEqual(all.slice(0, 5).map(({ phoneNumber }) => phoneNumber));
    }
    expect(JSON.stringify(report).length).toBeLessThan(25_000);
  });

  test('that have one finding are listed a page at a time, each once, in order', async () => {
    const stage = await simulateAt(NUMBERS);
    for (let line = 0; line < 450; line++) put(stage, line);
    const bodies = await walk(stage.simulator);
    const expected = bodies
      .filter((body) => judge(body)[0] === 'unlinked')
      .map(({ phoneNumber }) => phoneNumber);
    const listed: (string | undefined)[] = [];
    for (let after = ''; ; ) {
      const { report, listed: page } = await audit(stage.numbers, {
        listing: { code: 'unlinked', limit: 200, after },
      });
      expect(report).toMatchObject({
        scanned: NUMBERS + 450,
        findings: [{ code: 'UNLINKED', count: expected.length, phoneNumbers: { length: 5 } }],
      });
      const numbers = page.slice(0, 200).map(({ phoneNumber }) => phoneNumber);
      listed.push(...numbers);
      if (page.length <= 200) break;
      after = numbers.at(-1) ?? '';
    }
    expect(listed).toEqual(expected);
    expect(listed.length).toBeGreaterThan(400);
  });

  test('are not kept: a page is let go once it was counted', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const inPages = either(20_000, 9_000);
    const { numbers } = await simulateAt(inPages);
    const pages: WeakRef<object>[] = [];
    let [calls, mostAlive] = [0, 0];
    const watched: NumbersClient = {
      ...numbers,
      async call(operation, input, signal) {
        if (++calls % 5 === 0) {
          await nextTurn();
          collectGarbage();
          mostAlive = Math.max(mostAlive, pages.filter((page) => page.deref() !== undefined).length);
        }
        const page = await numbers.call(operation, input, signal);
        pages.push(new WeakRef(page));
        return page;
      },
    };
    expect((await audit(watched)).report.scanned).toBe(inPages);
    expect(pages.length).toBeGreaterThan(10);
    expect(mostAlive).toBeLessThanOrEqual(6);
  });
});

describe('findings', () => {
  test('come worst first: by state, then by how many, then by code', async () => {
    const stage = await simulateAt(0);
    put(stage, 1, { expireAt: START + HOUR });
    for (const line of [2, 3]) put(stage, line);
    put(stage, 4, { smsJob: { ...failedJob([]), status: 'WAITING', updatedAt: START - 25 * HOUR } });
    put(stage, 5, { smsJob: failedJob(['INVALID_NNID', 'CAMPAIGN_EXPIRED', 'INTERNAL_ERROR']) });
    put(stage, 6, { smsJob: failedJob(['INTERNAL_ERROR']) });
    put(stage, 7, { smsJob: { ...failedJob([]), status: 'WAITING', updatedAt: START } });
    put(stage, 8, { servicePlanId: 'plan-a' });
    const { report } = await audit(stage.numbers);
    expect(report.findings?.map(({ code, kind, count: found }) => [code, kind, found])).toEqual([
      ['INTERNAL_ERROR', 'failed', 2],
      ['CAMPAIGN_EXPIRED', 'failed', 1],
      ['INVALID_NNID', 'failed', 1],
      ['STUCK', 'stuck', 1],
      ['NO_CAMPAIGN', 'warning', 1],
      ['UNLINKED', 'unlinked', 2],
      ['RELEASING', 'releasing', 1],
      ['IN_PROGRESS', 'inProgress', 1],
    ]);
    expect(report.summary).toMatchObject({ inProgress: 1, healthy: 1 });
  });

  test('tell meaning, remedy, owner and retry, up to five numbers, and plans and campaigns where there are', async () => {
    const stage = await simulateAt(0);
    for (const line of [9, 8, 7, 6, 5, 4]) {
      put(stage, line, { smsJob: failedJob(['CAMPAIGN_EXPIRED'], `plan-${line % 2}`, 'C3O84GA') });
    }
    put(stage, 1);
    const { report } = await audit(stage.numbers);
    expect(report.findings).toEqual([
      {
        code: 'CAMPAIGN_EXPIRED',
        kind: 'failed',
        count: 6,
        owner: 'customer',
        meaning: expect.stringMatching(/run out/),
        remedy: expect.stringMatching(/Renew/),
        retry: 'after_change',
        phoneNumbers: [4, 5, 6, 7, 8].map((line) => `+1999555000${line}`),
        servicePlanIds: ['plan-0', 'plan-1'],
        campaignIds: ['C3O84GA'],
      },
      expect.objectContaining({ code: 'UNLINKED', phoneNumbers: ['+19995550001'] }),
    ]);
    expect(report.findings?.[1]).not.toHaveProperty('servicePlanIds');
    expect(report.findings?.[1]).not.toHaveProperty('campaignIds');
  });

  test('of a listing are the one that is asked for, while the summary is about all numbers', async () => {
    const stage = await simulateAt(0);
    for (let line = 0; line < 200; line++) put(stage, line);
    put(stage, 900, { smsJob: failedJob(['INVALID_NNID']) });
    const listing = (code: string) => ({ listing: { code, limit: 300, after: '' } });
    const { report, listed } = await audit(stage.numbers, listing('UNLINKED'));
    expect(report.summary).toMatchObject({ failed: 1, unlinked: 200 });
    expect(report.findings).toMatchObject([{ code: 'UNLINKED', count: 200 }]);
    expect(listed).toHaveLength(200);
    const stuck = await audit(stage.numbers, listing('STUCK'));
    expect(stuck).toMatchObject({
      report: { findings: [] },
      listed: [],
      codes: ['UNLINKED', 'INVALID_NNID'],
    });
  });
});

test('a region and a type narrow the audit down', async () => {
  const { simulator, numbers } = await simulateAt(400);
  const bodies = await walk(simulator);
  const inRegion = bodies.filter(({ regionCode }) => regionCode === 'US');
  expect((await audit(numbers, { regionCode: 'US' })).report.scanned).toBe(inRegion.length);
  const { report, total } = await audit(numbers, { regionCode: 'US', type: 'TOLL_FREE' });
  expect(report.scanned).toBe(inRegion.filter(({ type }) => type === 'TOLL_FREE').length);
  expect(total).toBe(report.scanned);
});

describe('an audit that cannot read all', () => {
  const firstPage = {
    activeNumbers: [{ phoneNumber: '+12025550134' }, { phoneNumber: '+12025550135' }],
    nextPageToken: 'next',
    totalSize: 5,
  };

  test('because its time runs out tells what it has, and that it is not complete', async () => {
    const server = await serve((response, received) =>
      received.target.includes('pageToken') ? silent(response, received) : answerJson(response, firstPage),
    );
    const numbers = connect(endpointAt(server, { auth: 'basic' }));
    const { report, total, failure: reason } = await audit(numbers, { type: 'LOCAL' }, { budgetMs: 150 });
    expect(report).toMatchObject({ scanned: 2, complete: false, summary: { unlinked: 2 } });
    expect(total).toBe(5);
    expect(reason).toBeInstanceOf(BudgetExceededError);
    expect(reason).toMatchObject({ budgetMs: 150 });
  });

  test('because a page fails for good tells what it has, and why', async () => {
    const server = await serve((response, { target }) =>
      target.includes('pageToken') ? answerJson(response, {}, 500) : answerJson(response, firstPage),
    );
    const numbers = connect(endpointAt(server, { auth: 'basic' }));
    const { report, failure: reason } = await audit(numbers, { type: 'LOCAL' });
    expect(report).toMatchObject({ scanned: 2, complete: false });
    expect(reason).toBeInstanceOf(ApiError);
  });

  test('not even the first page fails with its reason', async () => {
    const { simulator, numbers } = await simulateAt(5);
    simulator.faults.add({ path: /activeNumbers/, answer: { status: 403, body: {} } });
    expect(await failure(audit(numbers))).toMatchObject({ name: 'ApiError', status: 403 });
  });

  test('because it is cancelled fails as cancelled, whatever it has', async () => {
    const controller = new AbortController();
    const server = await serve((response, { target }) => {
      if (target.includes('pageToken')) controller.abort();
      else answerJson(response, firstPage);
    });
    const numbers = connect(endpointAt(server, { auth: 'basic' }));
    const { signal } = controller;
    expect(await failure(audit(numbers, { type: 'LOCAL' }, { signal }))).toBeInstanceOf(CancelledError);
    expect(server.requests).toHaveLength(2);
  });
});
