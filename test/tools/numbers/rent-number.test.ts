import { describe, expect, test } from 'vitest';
import { questionText } from '../../../src/approval/question.ts';
import { OFFERED } from '../../api/support.ts';
import { agreeable, openStage, personWho, type Stage } from '../../support/stage.ts';

const BRITISH_MOBILE = '+447700900100';
const SWEDISH_LOCAL = '+46846500401';

/** The question that a person is asked, line by line. They decline. */
async function questionOf(stage: Stage, args: object): Promise<string[]> {
  const person = personWho(() => ({ action: 'decline' }));
  await stage.call('rent_number', args, person);
  expect(person.questions).toHaveLength(1);
  const [question] = person.questions;
  return question === undefined ? [] : questionText(question).split('\n');
}

describe('the question before rent_number', () => {
  test('names number, kind, capability, both prices and how long they are paid', async () => {
    expect(await questionOf(await openStage(), { phoneNumber: OFFERED })).toEqual([
      `Rent ${OFFERED} (US LOCAL SMS+VOICE).`,
      'Due now: 1.60 EUR, setup and first interval',
      'Then: 0.80 EUR a month until it is released',
    ]);
  });

  test('tells that documents are needed', async () => {
    expect(await questionOf(await openStage(), { phoneNumber: BRITISH_MOBILE })).toEqual([
      `Rent ${BRITISH_MOBILE} (GB MOBILE SMS+VOICE).`,
      'Due now: 4.50 EUR, setup and first interval',
      'Then: 3.50 EUR a month until it is released',
      expect.stringMatching(/^May need an order: .*GB MOBILE is ordered instead$/),
      'Documents: this kind of number needs supporting documents',
    ]);
  });

  test('tells a price for several months as such', async () => {
    const [, due, then] = await questionOf(await openStage(), { phoneNumber: SWEDISH_LOCAL });
    expect(due).toBe('Due now: 2.50 EUR, setup and first interval');
    expect(then).toBe('Then: 2.50 EUR every 3 months until it is released');
  });

  test('names everything that is to be configured', async () => {
    const args = {
      phoneNumber: OFFERED,
      smsConfiguration: { servicePlanId: 'plan-a', campaignId: 'C1' },
      voiceConfiguration: { type: 'EST', trunkId: 'trunk-a' },
      callbackUrl: 'https://example.com/callbacks',
    };
    const [, , , ...configured] = await questionOf(await openStage(), args);
    expect(configured).toEqual([
      'SMS service plan: "plan-a"',
      '10DLC campaign: "C1"',
      'Voice: trunk "trunk-a"',
      'Callbacks to example.com: "https://example.com/callbacks"',
    ]);
  });

  test('warns of a link to what the number cannot do, and of no other', async () => {
    const links = { smsConfiguration: { servicePlanId: 'plan-a' }, voiceConfiguration: { appId: 'app-a' } };
    const lines = await questionOf(await openStage(), { phoneNumber: SWEDISH_LOCAL, ...links });
    expect(lines.filter((line) => line.startsWith('Warning'))).toEqual([
      'Warning: this number cannot do SMS: the link will not work',
    ]);
  });

  test.each([
    [{ appId: 'app-a' }, 'Voice: app "app-a"'],
    [{ type: 'RTC', appId: 'app-a' }, 'Voice: app "app-a"'],
    [{ type: 'FAX', serviceId: 'fax-a' }, 'Voice: fax service "fax-a"'],
  ])('names the voice service of %j', async (voiceConfiguration, line) => {
    const lines = await questionOf(await openStage(), { phoneNumber: OFFERED, voiceConfiguration });
    expect(lines).toContain(line);
  });

  test('names the host of a callback URL first, which a long user name cannot hide', async () => {
    const callbackUrl = `https://good.example.com:${'a'.repeat(150)}@evil.example.net/`;
    const [, , , line] = await questionOf(await openStage(), { phoneNumber: OFFERED, callbackUrl });
    expect(line).toMatch(/^Callbacks to evil\.example\.net: /);
  });

  test('shows IDs and URLs whole, as they are sent: 128 and 1,024 characters', async () => {
    const [id, host] = ['i'.repeat(128), 'https://example.com/'];
    const callbackUrl = host.padEnd(1_024, 'u');
    const smsConfiguration = { servicePlanId: id, campaignId: id.replace(/^./, 'c') };
    const args = { phoneNumber: OFFERED, smsConfiguration, voiceConfiguration: { appId: id }, callbackUrl };
    expect((await questionOf(await openStage(), args)).slice(3)).toEqual([
      `SMS service plan: "${id}"`,
      `10DLC campaign: "${smsConfiguration.campaignId}"`,
      `Voice: app "${id}"`,
      `Callbacks to example.com: "${callbackUrl}"`,
    ]);
  });

  test.each([
    ['a service plan ID over 128 characters', { smsConfiguration: { servicePlanId: 'x'.repeat(129) } }],
    [
      'a campaign ID with a line feed',
      { smsConfiguration: { servicePlanId: 'a', campaignId: 'C1\nDue now: 0' } },
    ],
    ['a service plan ID with a space at its end', { smsConfiguration: { servicePlanId: 'a ' } }],
    ['an app ID that turns its text around', { voiceConfiguration: { appId: 'a\u202e' } }],
    ['a trunk ID with a hidden character', { voiceConfiguration: { type: 'EST', trunkId: 'a\u200bb' } }],
    ['a callback URL over 1,024 characters', { callbackUrl: 'https://example.com/'.padEnd(1_025, 'u') }],
    ['a callback URL with a hidden character', { callbackUrl: 'https://example.com/\u{e0041}' }],
  ])('is not put for what it cannot show whole: %s', async (_, configuration) => {
    for (const [tool, args] of [
      ['rent_number', { phoneNumber: OFFERED }],
      ['rent_any_number', { regionCode: 'US', type: 'LOCAL' }],
    ] as const) {
      const stage = await openStage();
      const person = personWho(() => ({ action: 'decline' }));
      const answer = await stage.ask(tool, { ...args, ...configuration }, person);
      expect(answer).toMatchObject({ outcome: 'not_executed', isError: true });
      expect(answer.message).toMatch(
        /^\w+: invalid arguments: .* all of them visible\.\nCorrect the arguments and call again\. Nothing was sent\.$/,
      );
      expect(person.questions).toEqual([]);
      expect(stage.sent()).toEqual([]);
    }
  });

  test('asks for the last four digits, and says that anything else rents nothing', async () => {
    const stage = await openStage();
    const person = personWho(() => ({ action: 'decline' }));
    await stage.call('rent_number', { phoneNumber: OFFERED }, person);
    expect(person.questions[0]).toMatchObject({
      field: 'lastFourDigits',
      title: `Last four digits of ${OFFERED}`,
      description: 'Type them to rent the number. Anything else does nothing.',
      answer: '0134',
    });
  });

  test('says that a price is unknown where the API does not tell it', async () => {
    const stage = await openStage();
    const body = { phoneNumber: OFFERED, regionCode: 'US', type: 'LOCAL' };
    stage.simulator.faults.add({ method: 'GET', path: /availableNumbers/, answer: { status: 200, body } });
    expect(await questionOf(stage, { phoneNumber: OFFERED })).toEqual([
      `Rent ${OFFERED} (US LOCAL).`,
      'Due now: an unknown price, setup and first interval',
      'Then: an unknown price a month until it is released',
    ]);
  });
});

describe('rent_number', () => {
  test('configures what was agreed to, and tells the jobs', async () => {
    const stage = await openStage();
    const args = {
      phoneNumber: OFFERED,
      smsConfiguration: { servicePlanId: 'plan-a', campaignId: 'C1' },
      voiceConfiguration: { appId: 'app-a' },
      callbackUrl: 'https://example.com/callbacks',
    };
    const result = await stage.call('rent_number', args, agreeable());
    expect(result.text).toBe(
      `completed: Done. 1.60 EUR is due now. Its links are not ready yet: wait_for_provisioning tells when they work.\n${OFFERED} | US LOCAL | SMS+VOICE | 0.80 EUR a month | SMS WAITING since 2026-01-15T12:00Z to plan plan-a campaign C1 | voice WAITING since 2026-01-15T12:00Z to app app-a | callbacks to https://example.com/callbacks | charge 2026-02-15`,
    );
    expect(result.structured).toMatchObject({
      stakes: {
        phoneNumber: OFFERED,
        setupPrice: { amount: '0.80', currencyCode: 'EUR' },
        smsConfiguration: args.smsConfiguration,
        voiceConfiguration: args.voiceConfiguration,
        callbackUrl: args.callbackUrl,
      },
    });
    expect(stage.simulator.project.get(OFFERED)).toMatchObject({
      callbackUrl: 'https://example.com/callbacks',
      smsJob: { servicePlanId: 'plan-a', campaignId: 'C1' },
      voiceJob: { target: { appId: 'app-a' } },
    });
  });

  test('tells where this way of renting is closed, and that nothing was rented', async () => {
    const stage = await openStage({ policies: { rent: 'us-local' } });
    const result = await stage.call('rent_number', { phoneNumber: BRITISH_MOBILE }, agreeable());
    const [first, last] = result.text.split('\n');
    expect(first).toBe(
      'not_executed: rent_number failed: HTTP 400 INVALID_ARGUMENT: Only US LOCAL numbers can be rented through this operation.',
    );
    expect(last).toContain('newer accounts can rent only US LOCAL numbers this way');
    expect(last).toMatch(/Nothing was rented\.$/);
    expect(result.isError).toBe(true);
  });

  test('tells a trial account what the API says, and what to tell the user', async () => {
    const stage = await openStage();
    const message = 'Trial account is not enabled to rent number';
    const details = [{ type: 'ResourceInfo', resourceType: 'AvailableNumber', resourceName: '' }];
    const body = { error: { code: 403, message, status: 'PERMISSION_DENIED', details } };
    stage.simulator.faults.add({ method: 'POST', path: /:rent/, answer: { status: 403, body } });
    const result = await stage.call('rent_number', { phoneNumber: OFFERED }, agreeable());
    expect(result.text.split('\n')).toEqual([
      `not_executed: rent_number failed: HTTP 403 PERMISSION_DENIED: ${message}.`,
      'Tell the user: check that the access key belongs to SINCH_PROJECT_ID. A trial account cannot rent or order numbers.',
    ]);
  });
});

test('a number that comes dearer than quoted is told', async () => {
  const stage = await openStage();
  const body = {
    phoneNumber: OFFERED,
    money: { amount: '9.90', currencyCode: 'EUR' },
    paymentIntervalMonths: 1,
  };
  stage.simulator.faults.add({ method: 'POST', path: /:rent/, answer: { status: 200, body } });
  const { message } = await stage.ask('rent_number', { phoneNumber: OFFERED }, agreeable());
  expect(message).toBe('Done. Tell the user: it costs 9.90 EUR a month, and 0.80 EUR a month was quoted.');
});
