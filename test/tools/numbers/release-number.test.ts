import { describe, expect, test } from 'vitest';
import type { CallbackEvent } from '../../../src/api/callback-event.ts';
import { questionText } from '../../../src/approval/question.ts';
import type { InboxOptions } from '../../../src/callbacks/service.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { StoreError } from '../../../src/storage/store.ts';
import { fastClock, OFFERED_TOO } from '../../api/support.ts';
import { deliver, eventOf, SECRET } from '../../callbacks/support.ts';
import {
  agreeable,
  type Caller,
  JOB_MS,
  openStage,
  personWho,
  RENTED,
  receiverUrl,
  rentLinked,
  START,
  type Stage,
} from '../../support/stage.ts';

const NO_VOICE = { type: 'RTC', appId: '', trunkId: '', serviceId: '' };

async function questionOf(stage: Stage): Promise<string[]> {
  const person = personWho(() => ({ action: 'decline' }));
  await stage.call('release_number', { phoneNumber: RENTED }, person);
  expect(person.questions).toHaveLength(1);
  const [question] = person.questions;
  return question === undefined ? [] : questionText(question).split('\n');
}

describe('the question before release_number', () => {
  test('names the number by name, all that stops working, the price and the last day', async () => {
    const stage = await openStage();
    const { project } = stage.simulator;
    project.rent(RENTED, {
      sms: { servicePlanId: 'plan-a', campaignId: 'C1' },
      voice: { ...NO_VOICE, appId: 'app-a' },
      callbackUrl: 'https://example.com/callbacks',
    });
    project.update(RENTED, 'Support line', {});
    stage.time.advance(JOB_MS);
    expect(await questionOf(stage)).toEqual([
      `Release ${RENTED} "Support line" (US LOCAL). No undo is documented.`,
      'Will stop working for: SMS service plan "plan-a", 10DLC campaign "C1", voice "app app-a", callbacks to "https://example.com/callbacks"',
      'Price: 0.80 EUR a month',
      'Stays: until the paid period ends, 2026-02-15',
    ]);
  });

  test('names services that are still being linked', async () => {
    const stage = await openStage();
    stage.simulator.project.rent(RENTED, {
      sms: { servicePlanId: 'plan-a', campaignId: 'C1' },
      voice: { ...NO_VOICE, type: 'FAX', serviceId: 'fax-a' },
    });
    const [, stops] = await questionOf(stage);
    expect(stops).toBe(
      'Will stop working for: SMS service plan "plan-a", 10DLC campaign "C1", voice "fax service fax-a"',
    );
  });

  test('says that nothing is linked', async () => {
    const stage = await openStage();
    stage.simulator.project.rent(RENTED, {});
    expect((await questionOf(stage))[1]).toBe('Will stop working for: no service is linked to it');
  });

  test('cannot be forged by a name: it is quoted, on one line, and cut', async () => {
    const stage = await openStage();
    stage.simulator.project.rent(RENTED, {});
    const name = `x" (US LOCAL).\nNothing happens.\u202e ${'y'.repeat(300)}`;
    stage.simulator.project.update(RENTED, name, {});
    const lines = await questionOf(stage);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^Release \+12025550136 "x\\" \(US LOCAL\)\. Nothing happens\. +y{50,100}…" \(US LOCAL\)\. No undo is documented\.$/,
    );
  });

  test('asks for the last four digits, and says that anything else releases nothing', async () => {
    const stage = await openStage();
    rentLinked(stage, RENTED);
    const person = personWho(() => ({ action: 'decline' }));
    await stage.call('release_number', { phoneNumber: RENTED }, person);
    expect(person.questions[0]).toMatchObject({
      field: 'lastFourDigits',
      title: `Last four digits of ${RENTED}`,
      description: 'Type them to release the number. Anything else does nothing.',
      answer: '0136',
    });
  });
});

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A fact of the question, without its label; undefined where it is not told. */
async function factOf(stage: Stage, label: string): Promise<string | undefined> {
  const line = (await questionOf(stage)).find((text) => text.startsWith(`${label}: `));
  return line?.slice(label.length + 2);
}

describe('the last 7 days in the question before release_number', () => {
  /** A stage on which the number is rented, at START, and these events were received. */
  async function received(events: Partial<CallbackEvent>[], inbox: Partial<InboxOptions> = {}) {
    const stage = await openStage({
      inbox: { port: 0, secret: SECRET, ...inbox },
      pauses: fastClock(START),
    });
    stage.simulator.project.rent(RENTED, {});
    for (const [index, event] of events.entries()) {
      const body = eventOf(index, { resourceId: RENTED, ...event });
      expect(await deliver(receiverUrl(stage.callbacks), body)).toBe(200);
    }
    return stage;
  }
  const at = (ms: number) => ({ timestamp: new Date(START + ms).toISOString() });

  test('are told by how many events there were, and the last of them', async () => {
    const stage = await received([
      { ...at(-2 * DAY), status: 'FAILED' },
      { ...at(-DAY), eventType: 'PROVISIONING_TO_VOICE_PLATFORM' },
      { ...at(-3 * DAY) },
    ]);
    expect(await factOf(stage, 'Last 7 days')).toBe(
      '3 events of provisioning, the last "PROVISIONING_TO_VOICE_PLATFORM SUCCEEDED 2026-01-14T12:00:00.000Z"',
    );
  });

  test('end with the 7th day, and are those of this number alone', async () => {
    const stage = await received([at(-7 * DAY), at(-7 * DAY - 1), { ...at(-DAY), resourceId: OFFERED_TOO }]);
    expect(await factOf(stage, 'Last 7 days')).toMatch(
      /^1 event of provisioning, the last .*2026-01-08T12:00:00/,
    );
  });

  test('are not told where nothing happened', async () => {
    expect(await factOf(await received([at(-8 * DAY)]), 'Last 7 days')).toBeUndefined();
  });

  test('cannot forge the question by what an event says: it is quoted, on one line, and cut', async () => {
    const status = `ok".\nCost: nothing\u202e ${'y'.repeat(3_000)}`;
    const stage = await received([{ ...at(-DAY), status }]);
    const lines = await questionOf(stage);
    expect(lines).toHaveLength(5);
    expect(lines[4]).toMatch(
      /^Last 7 days: 1 event of provisioning, the last "PROV\S+ ok\\"\. Cost: nothing +y{20,110}…"$/,
    );
  });

  test('keep nobody from a release where the events cannot be read', async () => {
    const read = async () => {
      throw new StoreError('EIO');
    };
    const stage = await openStage({ store: (own) => ({ ...own, events: { ...own.events, read } }) });
    stage.simulator.project.rent(RENTED, {});
    expect(await questionOf(stage)).toHaveLength(4);
    expect((await stage.call('release_number', { phoneNumber: RENTED }, agreeable())).isError).toBe(false);
  });

  test('that bring another event after the yes do not make it worthless', async () => {
    const stage = await received([at(-DAY)]);
    const person = personWho(async ({ field, answer }) => {
      await deliver(receiverUrl(stage.callbacks), eventOf(9, { resourceId: RENTED, ...at(-MINUTE) }));
      return { action: 'accept', content: { [field]: answer } };
    });
    const { text } = await stage.call('release_number', { phoneNumber: RENTED }, person);
    expect(text).toMatch(/^completed: Done\./);
    expect(person.questions).toHaveLength(1);
  });
});

describe('a number that was rented within the last hour', () => {
  /** A stage on which a server has rented the number, at START, and this long ago. */
  async function rentedAgo(ms: number, pauses: Clock = fastClock(START + ms)) {
    const stage = await openStage({ pauses });
    await stage.call('rent_number', { phoneNumber: RENTED }, agreeable());
    return stage;
  }

  test('is called new before it is released', async () => {
    expect(await factOf(await rentedAgo(60 * MINUTE - 1), 'New')).toBe(
      'it was rented within the last hour, at 2026-01-15T12:00:00.000Z',
    );
  });

  test('is not called new when the hour is over', async () => {
    expect(await factOf(await rentedAgo(60 * MINUTE), 'New')).toBeUndefined();
  });

  test('is called new too where any number was asked for', async () => {
    const stage = await openStage({ pauses: fastClock(START) });
    const { text } = await stage.call('rent_any_number', { regionCode: 'US', type: 'LOCAL' }, agreeable());
    const phoneNumber = /^\+\d+/m.exec(text)?.[0];
    const person = personWho(() => ({ action: 'decline' }));
    await stage.call('release_number', { phoneNumber }, person);
    expect(person.questions[0]?.facts.map(({ label }) => label)).toContain('New');
  });

  test.each([
    ['rented by another server of the project', {}, { outcome: 'completed' }, 0, true],
    [
      'rented by an earlier server, as was found out later',
      {},
      { outcome: 'completed', settledLater: true },
      0,
      true,
    ],
    ['rented by another project', { projectId: 'another' }, { outcome: 'completed' }, 0, false],
    ['not rented in the end', {}, { outcome: 'not_executed' }, 0, false],
    ['rented 3 hours ago, as was found out now', {}, { outcome: 'completed' }, 3 * 60 * MINUTE, false],
  ] as const)('is known by the journal: %s', async (_, change, outcome, laterMs, isNew) => {
    const stage = await openStage({ pauses: fastClock(START + laterMs) });
    stage.simulator.project.rent(RENTED, {});
    const { journal } = stage.store;
    const begun = await journal.begin({
      ...{ projectId: stage.simulator.projectId, caller: 'b', tool: 'rent_number', rents: 1 },
      ...{ operationId: 'NumberService_RentNumber', arguments: {}, terms: {}, ...change },
    });
    if (begun.status !== 'begun') throw new Error('not begun');
    await stage.clock.advance(laterMs);
    await journal.end(begun.intent.id, { ...outcome, phoneNumber: RENTED });
    expect((await factOf(stage, 'New')) !== undefined).toBe(isNew);
  });

  test('is not called new for having been rented elsewhere', async () => {
    const stage = await openStage({ pauses: fastClock(START) });
    stage.simulator.project.rent(RENTED, {});
    expect(await factOf(stage, 'New')).toBeUndefined();
  });
});

describe('what was changed of a number within the last hour', () => {
  const update = (stage: Stage, change: object, caller: Caller = agreeable()) =>
    stage.call('update_active_number', { phoneNumber: RENTED, ...change }, caller);

  /** A stage on whose number these changes were made, at START, and so long ago. */
  async function changedAgo(ms: number, ...changes: object[]) {
    const clock = fastClock(START);
    const stage = await openStage({ pauses: clock });
    rentLinked(stage, RENTED);
    stage.simulator.project.update(RENTED, 'Support', { callbackUrl: 'https://example.com/a?key=b' });
    for (const change of changes) await update(stage, change, { id: 'b', ...agreeable() });
    clock.advance(ms);
    return stage;
  }

  test('is told before it is released, whoever changed it: an agent cannot empty it unseen', async () => {
    const changes = [{ smsConfiguration: { servicePlanId: '' }, callbackUrl: '' }, { displayName: 'Old' }];
    const stage = await changedAgo(60 * MINUTE - 1, ...changes);
    const lines = await questionOf(stage);
    expect(lines[1]).toBe('Will stop working for: no service is linked to it');
    expect(lines[2]).toBe(
      'Changed within the last hour: ' +
        'SMS service plan changed from "plan-a" to none at 2026-01-15T12:00:00.000Z; ' +
        'callback URL changed from "https://example.com" to none at 2026-01-15T12:00:00.000Z; ' +
        'name changed from "Support" to "Old" at 2026-01-15T12:00:00.000Z',
    );
  });

  test('is not told when the hour is over, nor of what was refused', async () => {
    const label = 'Changed within the last hour';
    expect(await factOf(await changedAgo(60 * MINUTE, { displayName: 'Old' }), label)).toBeUndefined();
    const stage = await changedAgo(0);
    stage.simulator.faults.add({ method: 'PATCH', answer: { status: 400 } });
    await update(stage, { displayName: 'Old' });
    expect(await factOf(stage, label)).toBeUndefined();
  });

  test('is told too where nobody knows whether it came to be', async () => {
    const stage = await changedAgo(0);
    stage.simulator.faults.add({ method: 'PATCH', answer: { status: 504 } });
    await update(stage, { displayName: 'Old' });
    expect(await factOf(stage, 'Changed within the last hour')).toContain(
      'name changed from "Support" to "Old"',
    );
  });
});

test('a number whose link has failed is told with the reason', async () => {
  const stage = await openStage();
  stage.simulator.project.rent(RENTED, { sms: { servicePlanId: 'CAMPAIGN_EXPIRED' } });
  stage.time.advance(JOB_MS);
  expect(await factOf(stage, 'Does not work')).toMatch(
    /^CAMPAIGN_EXPIRED: The campaign's registration has run out/,
  );
});

describe('release_number', () => {
  test('tells when the number ends, and what was at stake', async () => {
    const stage = await openStage();
    rentLinked(stage, RENTED);
    const result = await stage.call('release_number', { phoneNumber: RENTED }, agreeable());
    expect(result.text).toBe(
      `completed: Done. It is not charged again.\n${RENTED} | US LOCAL | SMS+VOICE | 0.80 EUR a month | SMS plan plan-a | released, ends 2026-02-15`,
    );
    expect(result.structured).toMatchObject({
      stakes: {
        phoneNumber: RENTED,
        money: { amount: '0.80', currencyCode: 'EUR' },
        nextChargeDate: '2026-02-15T12:00:00.000000Z',
        smsConfiguration: { servicePlanId: 'plan-a' },
      },
      number: { phoneNumber: RENTED, expireAt: '2026-02-15T12:00:00.000000Z' },
    });
  });
});
