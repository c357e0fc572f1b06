/** What goes wrong in the middle of a batch: for one number, or for all that are left. */
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { brokenStore, journalOf } from '../support/gate.ts';
import { either } from '../support/length.ts';
import { agreeable, openBeside, steppedClock } from '../support/stage.ts';
import { CALLBACK, CHANGE, callBatch, counts, onAnswer, openWith, SEATTLE, sentOf } from './batch-support.ts';

function refusal(status: number, apiStatus: string, message = '', details: readonly object[] = []) {
  return { status, body: { error: { code: status, status: apiStatus, message, details } } };
}

const GONE = [{ type: 'ResourceInfo', resourceType: 'AvailableNumber', resourceName: SEATTLE[2] }];
const BAD_PLAN = [{ type: 'BadRequest', fieldViolations: [{ field: 'servicePlanId', description: 'No' }] }];

/** What happens to the third rent, and what becomes of nine: done, failed, unknown. */
const ALONE: readonly [string, Omit<Fault, 'nth'>, number[], RegExp][] = [
  ['whose answer is lost before the effect', { drop: 'before' }, [8, 1, 0], /^The answer was lost/],
  ['whose answer is lost after the effect', { drop: 'after' }, [9, 0, 0], /./],
  ['whose gateway gives up', { answer: refusal(504, '') }, [8, 0, 1], /^The answer was lost .*does not show/],
  ['at which the API fails', { answer: refusal(500, 'INTERNAL') }, [8, 1, 0], /^The answer was lost/],
  [
    'that somebody else has taken',
    { answer: refusal(404, 'NOT_FOUND', '', GONE) },
    [8, 1, 0],
    /^HTTP 404 NOT_FOUND: no AvailableNumber \+12065550102\.$/,
  ],
  [
    'whose configuration is refused',
    { answer: refusal(400, 'INVALID_ARGUMENT', '', BAD_PLAN) },
    [8, 1, 0],
    /^HTTP 400 INVALID_ARGUMENT: servicePlanId: No\.$/,
  ],
];

/** From the third rent on; the reason that is told. */
const FOR_ALL: readonly [string, Fault['answer'], RegExp][] = [
  ['the key is not accepted any more', refusal(401, 'UNAUTHENTICATED'), /HTTP 401 UNAUTHENTICATED/],
  ['the key may not rent', refusal(403, 'PERMISSION_DENIED'), /HTTP 403 PERMISSION_DENIED/],
  ['the balance is gone', refusal(400, 'INVALID_ARGUMENT', 'Not enough credit'), /Not enough credit/],
  ['the balance is gone, as other APIs of Sinch say it', refusal(402, 'FAILED_PRECONDITION'), /HTTP 402/],
  ['there are too many requests', refusal(429, 'RESOURCE_EXHAUSTED'), /HTTP 429 RESOURCE_EXHAUSTED/],
];

const RENT = /:rent$/;
const ARGS = { phoneNumbers: SEATTLE };

describe('of nine rents', () => {
  test.each(ALONE)('one %s is told for itself', async (_, fault, expected, reason) => {
    const stage = await openWith(0);
    stage.simulator.faults.add({ ...fault, method: 'POST', path: RENT, nth: 3 });
    const result = await callBatch(stage, 'rent_numbers', ARGS, agreeable());
    expect(counts(result)).toEqual([...expected, 0, 0]);
    for (const { reason: told, phoneNumber } of result.results) {
      expect(told).toMatch(reason);
      expect(result.text).toContain(phoneNumber);
    }
    const isRented = (phoneNumber: string) => {
      const { project } = stage.simulator;
      return project.list(
        { ...ANY, pattern: phoneNumber, searchPattern: 'START' },
        'phoneNumber',
        1,
        undefined,
      ).totalSize;
    };
    expect(SEATTLE.filter(isRented)).toEqual(result.phoneNumbers?.toSorted());
    // None is repeated.
    expect(sentOf(stage)).toEqual(SEATTLE.map((it) => `POST /availableNumbers/${it}:rent`));
    const journal = await journalOf(stage);
    expect(journal.filter(({ outcome }) => outcome?.outcome === 'completed')).toHaveLength(expected[0] ?? 0);
  });

  test.each(FOR_ALL)('none is sent after it turns out that %s', async (_, answer, reason) => {
    const stage = await openWith(0);
    stage.simulator.faults.add({ method: 'POST', path: RENT, nth: 3, times: 99, ...(answer && { answer }) });
    const result = await callBatch(stage, 'rent_numbers', ARGS, agreeable());
    const [done, failed, , , notAttempted] = counts(result);
    expect(done).toBe(2);
    // At most four are under way when the first answer comes.
    expect(failed).toBeLessThanOrEqual(4);
    expect(notAttempted).toBe(9 - 2 - (failed ?? 0));
    expect(result.message).toMatch(new RegExp(`It ended .*at \\+1206555010\\d: .*${reason.source}`));
    expect(result.outcome).toBe('partly_completed');
  });

  test('of two kinds, those of one that is refused as a kind end, and the others go on', async () => {
    const stage = await openWith(0, { policies: { relink: 'reject', rent: 'us-local' } });
    const british = Array.from({ length: 9 }, (_, line) => `+44770090010${line}`);
    const args = { phoneNumbers: [...british, ...SEATTLE] };
    const result = await callBatch(stage, 'rent_numbers', args, agreeable());
    expect(result.done).toBe(9);
    expect(result.failed).toBeLessThanOrEqual(4);
    expect(result.message).toMatch(/It ended for GB MOBILE at \+4477009001\d\d: HTTP 400/);
    expect(result.message).toMatch(
      /create_number_order \{"regionCode":"GB","numberType":"MOBILE","numberOrderOption":\{"phoneNumbers":\["\+4477009001\d\d"\]\}\}/,
    );
  });

  test('one is too many where another server rents meanwhile', async () => {
    const stage = await openWith(0, {
      limits: { maxRentsPerDay: 9 },
      numbers: onAnswer((n) => n === 1 && rentBeside()),
    });
    const beside = await openBeside(stage);
    const rentBeside = () =>
      beside.store.journal.begin({
        ...{ projectId: stage.simulator.projectId, caller: 'b', arguments: {}, terms: {}, rents: 1 },
        ...{ tool: 'rent_number', operationId: 'NumberService_RentNumber' },
      });
    const result = await callBatch(stage, 'rent_numbers', ARGS, agreeable());
    const [done, failed, unknown, , notAttempted] = counts(result);
    expect([done, (failed ?? 0) + (notAttempted ?? 0), unknown]).toEqual([8, 1, 0]);
    expect(result.results[0]?.reason ?? result.message).toMatch(/MAX_RENTS allows 9 rents in 24 hours/);
    expect(stage.sent()).toHaveLength(8);
  });

  test.each(['begin', 'end'] as const)('the journal that cannot be written ends them: %s', async (part) => {
    let isBroken = false;
    const stage = await openWith(0, {
      store: brokenStore(part, () => isBroken),
      numbers: onAnswer((n) => {
        isBroken ||= n === 3;
      }),
    });
    const result = await callBatch(stage, 'rent_numbers', ARGS, agreeable());
    expect(result.message).toMatch(/It ended at \+1206555010\d: .*(journal)/);
    expect(result.done).toBe(stage.sent().length);
    expect(result.notAttempted).toBeGreaterThan(0);
    expect(result.done + result.failed + result.notAttempted).toBe(9);
  });
});

const ANY = { regionCode: undefined, type: undefined, capabilities: [] };

const UPDATES = either(1_000, 300);

test(`of ${UPDATES} updates of which 30 fail, all 30 are named with their reasons`, {
  timeout: 60_000,
}, async () => {
  const stage = await openWith(UPDATES);
  const failing = stage.rented.filter((_, line) => line % Math.ceil(UPDATES / 30) === 0);
  for (const [index, phoneNumber] of failing.entries()) {
    stage.simulator.faults.add({
      ...{ method: 'PATCH', path: new RegExp(`${phoneNumber.slice(1)}$`) },
      answer: refusal(400, 'INVALID_ARGUMENT', `Reason ${index % 3}`),
    });
  }
  const result = await callBatch(
    stage,
    'update_active_numbers',
    { select: { linked: false }, change: CHANGE },
    agreeable(),
  );
  expect(counts(result)).toEqual([UPDATES - 30, 30, 0, 0, 0]);
  expect(result.results.map(({ phoneNumber }) => phoneNumber).sort()).toEqual(failing);
  for (const { phoneNumber, reason } of result.results) {
    expect(reason).toBe(`HTTP 400 INVALID_ARGUMENT: Reason ${failing.indexOf(phoneNumber) % 3}.`);
    expect(result.text).toMatch(
      new RegExp(`^not_executed, "${reason?.replaceAll('.', '\\.')}": .*\\${phoneNumber}`, 'm'),
    );
  }
  const isSet = (phoneNumber: string) => stage.simulator.project.get(phoneNumber).callbackUrl === CALLBACK;
  expect(stage.rented.filter((it) => !isSet(it))).toEqual(failing);
});

test('numbers beyond a hundred that are not done are counted, and that they are left out is said', async () => {
  const clock = steppedClock();
  const stage = await openWith(200, { clock, numbers: onAnswer((n) => n === 8 && clock.advance(60_000)) });
  const args = { select: { linked: false }, change: CHANGE };
  const result = await callBatch(stage, 'update_active_numbers', args, agreeable());
  const { notAttempted } = result;
  expect(result.results).toHaveLength(100);
  expect(result.truncated).toEqual({ shown: 100, total: notAttempted });
  expect(result.text).toContain(`\nCUT: these are the first 100 of ${notAttempted}.`);
});
