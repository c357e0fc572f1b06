import { describe, expect, test } from 'vitest';
import { createLimits, type LimitSettings, type Offer } from '../../src/approval/limits.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { HOUR, RENT_ANY, yes } from '../support/gate.ts';
import { LIMIT_VARIABLES, openBeside, openStage, personWho, reader, tokenOf } from '../support/stage.ts';

const EUR = (amount: string | undefined) => ({
  currencyCode: 'EUR',
  ...(amount !== undefined && { amount }),
});
const USD = (amount: string) => ({ amount, currencyCode: 'USD' });

/** An offer of this setup price, price, and interval in months. */
function offer(setupPrice: Offer['setupPrice'], monthlyPrice: Offer['monthlyPrice'], months = 1): Offer {
  return { regionCode: 'US', setupPrice, monthlyPrice, paymentIntervalMonths: months };
}

const FIVE = { maxMonthlyPrice: { amount: '5.00' } };
const FIVE_EUR = { maxMonthlyPrice: { amount: '5.00', currencyCode: 'EUR' } };
const SETUP = { maxSetupPrice: { amount: '3.00' } };
const A_MONTH = 'MAX_PRICE allows at most 5.00 a month, and';
const AT_ONCE = 'twice MAX_PRICE allows at most 10.00 due at once for setup and first interval, and';

type Case = [settings: Partial<LimitSettings>, offer: Offer, refusal?: string];
const [HUGE, FINE] = ['1000000000000000000000', '5.000000000000000000001'];
const NOT_KNOWN = 'the price of this number is not known';
const DEARER =
  'MAX_SETUP allows at most 3.00 due at once for setup and first interval, and for this number 3.01';

/** What may be rented under which limits, or the words of the refusal. */
const CASES: Case[] = [
  ...['0', '4.99', '5', '5.000', '05.00'].map((sum): Case => [FIVE, offer(EUR('0'), EUR(sum))]),
  ...[undefined, '', 'free', '-1', '1e3', '1,00', 'NaN'].map(
    (sum): Case => [FIVE, offer(EUR('0'), EUR(sum)), `${A_MONTH} ${NOT_KNOWN}`],
  ),
  [FIVE, offer(EUR('0'), EUR(FINE)), `${A_MONTH} this number costs "${FINE}" EUR`],
  [FIVE, offer(EUR('0'), EUR(HUGE)), `${A_MONTH} this number costs "${HUGE}" EUR`],
  [FIVE, offer(EUR('0'), undefined), `${A_MONTH} ${NOT_KNOWN}`],
  [FIVE, offer(undefined, EUR('1')), `${AT_ONCE} ${NOT_KNOWN}`],
  [FIVE, offer(EUR('0'), EUR('10.00'), 3)],
  [FIVE, offer(EUR('0'), EUR('15.01'), 3), `${A_MONTH} this number costs 15.01 EUR every 3 months`],
  [FIVE, offer(EUR('0'), EUR('15.00'), 3), `${AT_ONCE} for this number 15.00 EUR is due now`],
  [FIVE, offer(EUR('0'), EUR('5.01'), 0), `${A_MONTH} this number costs 5.01 EUR`],
  [FIVE, offer(EUR('5.00'), EUR('5.00'))],
  [FIVE, offer(EUR('5.01'), EUR('5.00')), `${AT_ONCE} for this number 10.01 EUR is due now`],
  [FIVE, offer(USD('1.00'), EUR('1.00')), `${AT_ONCE} ${NOT_KNOWN}`],
  [FIVE_EUR, offer(EUR('0'), EUR('5.00'))],
  [FIVE_EUR, offer(USD('0'), USD('0.01')), '5.00 EUR a month, and this number is priced in USD'],
  [SETUP, offer(EUR('2.00'), EUR('1.00'))],
  [SETUP, offer(EUR('2.01'), EUR('1.00')), DEARER],
  [{ ...FIVE, ...SETUP }, offer(EUR('0'), EUR('4.00')), 'MAX_SETUP allows at most 3.00'],
  [{}, offer(undefined, EUR('1000000'))],
  [{ regions: ['US', 'GB'] }, offer(undefined, undefined)],
  [{ regions: ['GB', 'SE'] }, offer(undefined, undefined), 'in GB, SE only, not in US'],
  [{ regions: ['GB'] }, { ...offer(undefined, undefined), regionCode: undefined }, 'an unknown region'],
];

test.each(CASES)('%j, for %j: %s', (settings, offered, refusal) => {
  const limits = createLimits({ maxRentsPerDay: 20, variables: LIMIT_VARIABLES, ...settings });
  const cheap = { ...offered, setupPrice: EUR('0'), monthlyPrice: EUR('0') };
  for (const offers of [[offered], [cheap, offered], [offered, cheap]]) {
    if (refusal === undefined) expect(limits.refusal(offers)).toBeUndefined();
    else expect(limits.refusal(offers)).toContain(refusal);
  }
});

describe('a limit that refuses a rent', () => {
  test.each([
    ['rent_number', { phoneNumber: OFFERED }, { maxMonthlyPrice: { amount: '0.79' } }, 'MAX_PRICE'],
    ['rent_any_number', RENT_ANY.args, { maxMonthlyPrice: { amount: '0.79' } }, 'MAX_PRICE'],
    ['rent_number', { phoneNumber: OFFERED }, { maxSetupPrice: { amount: '1.59' } }, 'MAX_SETUP'],
    ['rent_number', { phoneNumber: '+447700900100' }, { regions: ['US'] }, 'REGIONS'],
    ['rent_any_number', { regionCode: 'GB', type: 'MOBILE' }, { regions: ['US'] }, 'REGIONS'],
    ['rent_any_number', RENT_ANY.args, { maxRentsPerDay: 0 }, 'MAX_RENTS allows 0 rents'],
  ])(
    'does so before anybody is asked, names the stakes, and sends nothing: %s %j %j',
    async (tool, args, limits, why) => {
      const stage = await openStage({ limits });
      const person = personWho(yes);
      const answer = await stage.ask(tool, args, person);
      expect(answer).toMatchObject({ outcome: 'not_executed', isError: true, stakes: expect.any(Object) });
      expect(answer.message).toContain(`Refused by a limit of this server: ${why}`);
      expect(answer.message).toMatch(/Only the user can change it\. Nothing was sent\.$/);
      expect(person.questions).toEqual([]);
      expect(stage.sent()).toEqual([]);
    },
  );

  test('is held against each offer of a rent of any number, in whichever currency and place', async () => {
    const stage = await openStage({ limits: { maxMonthlyPrice: { amount: '5.00', currencyCode: 'EUR' } } });
    const kind = { regionCode: 'US', type: 'LOCAL', setupPrice: EUR('0') };
    const availableNumbers = [
      { ...kind, monthlyPrice: EUR('1.00') },
      { ...kind, monthlyPrice: USD('900.00') },
    ];
    const answer = { status: 200, body: { availableNumbers } };
    stage.simulator.faults.add({ path: /availableNumbers\?/, answer, times: 9 });
    const { message } = await stage.ask(RENT_ANY.tool, RENT_ANY.args, reader(stage, yes));
    expect(message).toContain('this number is priced in USD');
    expect(stage.sent()).toEqual([]);
  });

  test('counts over all servers and callers, also at the moment of sending: of two at once one is sent', async () => {
    const stage = await openStage({ limits: { maxRentsPerDay: 1 } });
    const beside = await openBeside(stage, { limits: { maxRentsPerDay: 1 } });
    const waiting = await stage.ask('rent_number', { phoneNumber: OFFERED });
    const rent = (at: typeof stage, id: string) =>
      at.ask('rent_number', { phoneNumber: OFFERED_TOO }, { id, ...reader(at, yes) });
    const answers = await Promise.all([rent(stage, 'a'), rent(beside, 'b')]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'not_executed']);
    const late = await stage.ask('rent_number', {
      phoneNumber: OFFERED,
      confirmationToken: tokenOf(waiting),
    });
    expect(late.message).toContain('MAX_RENTS allows 1 rents in 24 hours, and 1 were made');
    expect(stage.sent()).toHaveLength(1);
  });

  test('counts a rent whose outcome is unknown, and none that failed, for 24 hours; releases never', async () => {
    const stage = await openStage({ limits: { maxRentsPerDay: 1, regions: ['US'] } });
    stage.simulator.faults.add({ method: 'POST', path: /:rent$/, answer: { status: 400 } });
    stage.simulator.faults.add({ method: 'POST', path: /:rent$/, nth: 2, answer: { status: 504 } });
    const rent = (phoneNumber: string) => stage.ask('rent_number', { phoneNumber }, reader(stage, yes));
    expect(await rent(OFFERED)).toMatchObject({ outcome: 'not_executed' });
    expect(await rent(OFFERED)).toMatchObject({ outcome: 'unknown' });
    expect((await rent(OFFERED_TOO)).message).toContain('MAX_RENTS');
    stage.simulator.project.rent('+447700900100', {});
    const release = await stage.ask('release_number', { phoneNumber: '+447700900100' }, reader(stage, yes));
    expect(release).toMatchObject({ outcome: 'completed' });
    await stage.clock.advance(24 * HOUR);
    expect(await rent(OFFERED_TOO)).toMatchObject({ outcome: 'completed' });
  });
});
