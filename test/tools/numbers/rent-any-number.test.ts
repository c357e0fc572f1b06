import { describe, expect, test } from 'vitest';
import { questionText } from '../../../src/approval/question.ts';
import { agreeable, openStage, personWho, type Stage } from '../../support/stage.ts';

const US_LOCAL = { regionCode: 'US', type: 'LOCAL' };

async function questionOf(stage: Stage, args: object): Promise<string[]> {
  const person = personWho(() => ({ action: 'decline' }));
  await stage.call('rent_any_number', args, person);
  expect(person.questions).toHaveLength(1);
  const [question] = person.questions;
  return question === undefined ? [] : questionText(question).split('\n');
}

describe('the question before rent_any_number', () => {
  test('says that the API picks the number, of which kind, and what it costs', async () => {
    const [headline, ...facts] = await questionOf(await openStage(), US_LOCAL);
    expect(headline).toBe(
      'Rent whichever US LOCAL number the API picks. The prices are the highest of its first 10 offers.',
    );
    expect(facts).toEqual([
      'Due now: at most 1.60 EUR, setup and first interval',
      'Then: at most 0.80 EUR a month until it is released',
      'All offers have: SMS+VOICE',
    ]);
  });

  test.each([
    [{ pattern: '+1206', searchPattern: 'START' }, '+1206 (START)'],
    [{ pattern: '99', searchPattern: 'END' }, '99 (END)'],
    [{ pattern: '206' }, '206 (CONTAINS)'],
  ])('names the digits of %j', async (numberPattern, digits) => {
    const [headline] = await questionOf(await openStage(), { ...US_LOCAL, numberPattern });
    expect(headline).toContain(`Rent whichever US LOCAL number with digits ${digits} the API picks.`);
  });

  test('names everything that is to be configured', async () => {
    const args = {
      ...US_LOCAL,
      smsConfiguration: { servicePlanId: 'plan-a', campaignId: 'C1' },
      voiceConfiguration: { appId: 'app-a' },
      callbackUrl: 'https://example.com/callbacks',
    };
    const [, , , , ...configured] = await questionOf(await openStage(), args);
    expect(configured).toEqual([
      'SMS service plan: "plan-a"',
      '10DLC campaign: "C1"',
      'Voice: app "app-a"',
      'Callbacks to example.com: "https://example.com/callbacks"',
    ]);
  });

  test('warns of a link that not every number on offer can do', async () => {
    const stage = await openStage();
    const availableNumbers = [{ capability: ['SMS', 'VOICE'] }, { capability: ['SMS'] }].map((number) => ({
      ...{ ...US_LOCAL, ...number, paymentIntervalMonths: 1 },
      setupPrice: { amount: '0.00', currencyCode: 'EUR' },
      monthlyPrice: { amount: '1.00', currencyCode: 'EUR' },
    }));
    stage.simulator.faults.add({
      path: /availableNumbers\?/,
      answer: { status: 200, body: { availableNumbers } },
    });
    const links = { smsConfiguration: { servicePlanId: 'plan-a' }, voiceConfiguration: { appId: 'app-a' } };
    const lines = await questionOf(stage, { ...US_LOCAL, ...links });
    expect(lines.filter((line) => line.startsWith('Warning'))).toEqual([
      'Warning: not every number on offer can do VOICE: on one that cannot, the link will not work',
    ]);
  });

  test('names the dearest setup price of the matches, even where another one is dearer by the month', async () => {
    const stage = await openStage();
    const euro = (amount: string) => ({ amount, currencyCode: 'EUR' });
    const availableNumbers = [
      { ...US_LOCAL, setupPrice: euro('0.00'), monthlyPrice: euro('2.00'), paymentIntervalMonths: 1 },
      { ...US_LOCAL, setupPrice: euro('50.00'), monthlyPrice: euro('3.00'), paymentIntervalMonths: 3 },
    ];
    stage.simulator.faults.add({
      path: /availableNumbers\?/,
      answer: { status: 200, body: { availableNumbers } },
    });
    expect((await questionOf(stage, US_LOCAL)).slice(1, 3)).toEqual([
      'Due now: at most 53.00 EUR, setup and first interval',
      'Then: at most 2.00 EUR a month until it is released',
    ]);
  });

  test('asks for the word RENT, and says that anything else rents nothing', async () => {
    const stage = await openStage();
    const person = personWho(() => ({ action: 'decline' }));
    await stage.call('rent_any_number', US_LOCAL, person);
    expect(person.questions[0]).toMatchObject({
      field: 'confirm',
      title: 'Type RENT',
      description: 'Type RENT in capitals to rent a number. Anything else rents nothing.',
      answer: 'RENT',
    });
  });

  test.each([
    ['0.80', '12.00'],
    ['12.00', '0.80'],
    ['2.00', '12.00'],
  ])('quotes the dearest of the numbers that match, for prices %s and %s', async (first, second) => {
    const stage = await openStage();
    const availableNumbers = [first, second].map((amount) => ({
      ...US_LOCAL,
      monthlyPrice: { amount, currencyCode: 'EUR' },
    }));
    const answer = { status: 200, body: { availableNumbers } };
    stage.simulator.faults.add({ path: /availableNumbers\?/, answer });
    expect((await questionOf(stage, US_LOCAL))[2]).toContain('at most 12.00 EUR a month');
  });

  test('quotes a price that is not known as the dearest', async () => {
    const stage = await openStage();
    const availableNumbers = [{ ...US_LOCAL, monthlyPrice: { amount: '1.00' } }, US_LOCAL];
    const answer = { status: 200, body: { availableNumbers } };
    stage.simulator.faults.add({ path: /availableNumbers\?/, answer });
    expect((await questionOf(stage, US_LOCAL))[2]).toContain('an unknown price a month');
  });
});

describe('rent_any_number', () => {
  test('rents one number that matches, configured as agreed, and tells which', async () => {
    const stage = await openStage();
    const args = {
      ...US_LOCAL,
      numberPattern: { pattern: '+1206', searchPattern: 'START' },
      capabilities: ['SMS'],
      smsConfiguration: { servicePlanId: 'plan-a' },
    };
    const result = await stage.call('rent_any_number', args, agreeable());
    const [first, number] = result.text.split('\n');
    expect(first).toBe(
      'completed: Done. 1.60 EUR is due now. Its links are not ready yet: wait_for_provisioning tells when they work.',
    );
    expect(number).toMatch(/^\+1206\d+ \| US LOCAL .* SMS WAITING since .* to plan plan-a/);
    const { phoneNumber } = /^(?<phoneNumber>\+\d+)/.exec(number ?? '')?.groups ?? {};
    expect(stage.simulator.project.get(phoneNumber ?? '').smsJob).toMatchObject({ servicePlanId: 'plan-a' });
    expect(stage.sent()).toHaveLength(1);
  });

  test('looks at numbers of the same kind to quote, and at rented ones to know the new one by', async () => {
    const stage = await openStage();
    const numberPattern = { pattern: '+1206', searchPattern: 'START' };
    await stage.call('rent_any_number', { ...US_LOCAL, numberPattern, capabilities: ['SMS'] }, agreeable());
    const query = 'regionCode=US&type=LOCAL&numberPattern.pattern=%2B1206&numberPattern.searchPattern=START';
    const search = `GET /availableNumbers?${query}&capabilities=SMS&size=10`;
    expect(stage.simulator.requests.filter((request) => request !== 'POST /oauth2/token')).toEqual([
      search,
      search,
      'GET /activeNumbers?regionCode=US&type=LOCAL&pageSize=1000',
      'POST /availableNumbers:rentAny',
    ]);
  });

  test('tells where the API offers it only for US LOCAL, and that nothing was rented', async () => {
    const stage = await openStage();
    const args = { regionCode: 'US', type: 'TOLL_FREE' };
    const result = await stage.call('rent_any_number', args, agreeable());
    expect(result.text).toMatch(/^not_executed: rent_any_number failed: HTTP 400 .*Only US LOCAL/);
    expect(result.text).toMatch(/Nothing was rented\.$/);
    expect(result.isError).toBe(true);
  });
});
