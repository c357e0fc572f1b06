import { describe, expect, test } from 'vitest';
import { questionText } from '../../src/confirmation/question.ts';
import { agreeable, JOB_MS, openStage, personWho, RENTED, rentLinked, type Stage } from '../support/stage.ts';

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
      'Stops working for: SMS service plan "plan-a", 10DLC campaign "C1", voice app "app-a", callbacks to "https://example.com/callbacks"',
      'Cost: 0.80 EUR a month',
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
      'Stops working for: SMS service plan "plan-a", 10DLC campaign "C1", voice fax service "fax-a"',
    );
  });

  test('says that nothing is linked', async () => {
    const stage = await openStage();
    stage.simulator.project.rent(RENTED, {});
    expect((await questionOf(stage))[1]).toBe('Stops working for: no service is linked to it');
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
      description: 'Type them to release the number. Anything else releases nothing.',
      answer: '0136',
    });
  });
});

describe('release_number', () => {
  test('tells when the number ends, and what was at stake', async () => {
    const stage = await openStage();
    rentLinked(stage, RENTED);
    const result = await stage.call('release_number', { phoneNumber: RENTED }, agreeable());
    expect(result.text).toBe(
      `completed: Done.\n${RENTED} | US LOCAL | SMS+VOICE | 0.80 EUR a month | SMS plan plan-a | released, ends 2026-02-15`,
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
