import { describe, expect, test } from 'vitest';
import { createLimits, type LimitSettings, type Rent } from '../../src/approval/limits.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { agreeable, LIMIT_VARIABLES, openStage, tokenOf } from '../support/stage.ts';

const HOUR = 3_600_000;

function limitsOf(settings: Partial<LimitSettings>) {
  const { refusal } = createLimits({ maxRentsPerDay: 20, variables: LIMIT_VARIABLES, ...settings });
  return { refusal: (rent: Rent, made = 0) => refusal(rent, made) };
}

function rentAt(amount: string | undefined, { intervalMonths = 1, currencyCode = 'EUR' } = {}): Rent {
  return {
    regionCode: 'US',
    price: { price: amount === undefined ? undefined : { amount, currencyCode }, intervalMonths },
  };
}

describe('a limit on the monthly price', () => {
  test.each(['0', '4.99', '5', '5.00', '5.000', '05.00'])('of 5.00 lets a number at %s pass', (amount) => {
    const limits = limitsOf({ maxMonthlyPrice: { amount: '5.00' } });
    expect(limits.refusal(rentAt(amount))).toBeUndefined();
  });

  test.each(['5.01', '5.000000000000000000001', '10', '1000000000000000000000'])(
    'of 5.00 refuses a number at %s, and names limit, variable and price',
    (amount) => {
      const limits = limitsOf({ maxMonthlyPrice: { amount: '5.00' } });
      const refusal = limits.refusal(rentAt(amount));
      expect(refusal).toContain('MAX_PRICE allows at most 5.00 a month');
      expect(refusal).toContain(`this number costs ${amount}`);
    },
  );

  test('is held against the price of one month where a number is charged for several', () => {
    const limits = limitsOf({ maxMonthlyPrice: { amount: '1.00' } });
    expect(limits.refusal(rentAt('3.00', { intervalMonths: 3 }))).toBeUndefined();
    expect(limits.refusal(rentAt('3.01', { intervalMonths: 3 }))).toContain('3.01 every 3 months');
    expect(limits.refusal(rentAt('1.01', { intervalMonths: 0 }))).toContain('costs 1.01');
  });

  test('in a currency refuses a number that is priced in another one, however cheap', () => {
    const limits = limitsOf({ maxMonthlyPrice: { amount: '5.00', currencyCode: 'EUR' } });
    expect(limits.refusal(rentAt('5.00'))).toBeUndefined();
    const refusal = limits.refusal(rentAt('0.01', { currencyCode: 'USD' }));
    expect(refusal).toBe('MAX_PRICE allows at most 5.00 EUR a month, and this number is priced in USD');
  });

  test.each([undefined, '', 'free', '-1', '1e3', '1,00', 'NaN'])(
    'refuses a number whose price is %j: what is not known may be too much',
    (amount) => {
      const limits = limitsOf({ maxMonthlyPrice: { amount: '5.00' } });
      expect(limits.refusal(rentAt(amount))).toContain('the price of this number is not known');
    },
  );

  test('that is not set lets any price pass', () => {
    expect(limitsOf({}).refusal(rentAt('1000000'))).toBeUndefined();
    expect(limitsOf({}).refusal(rentAt(undefined))).toBeUndefined();
  });
});

describe('a limit on regions', () => {
  const limits = limitsOf({ regions: ['US', 'GB'] });
  const price = { price: undefined, intervalMonths: undefined };

  test('lets those that it names pass', () => {
    expect(limits.refusal({ regionCode: 'US', price })).toBeUndefined();
    expect(limits.refusal({ regionCode: 'GB', price })).toBeUndefined();
  });

  test('refuses any other, and one that is not known', () => {
    expect(limits.refusal({ regionCode: 'SE', price })).toBe(
      'REGIONS allows renting in US, GB only, not in SE',
    );
    expect(limits.refusal({ regionCode: undefined, price })).toContain('not in an unknown region');
  });
});

describe('a limit on rents', () => {
  test('lets the last one pass and refuses the next, and says where it stands', () => {
    const limits = limitsOf({ maxRentsPerDay: 2 });
    expect(limits.refusal(rentAt('1'), 1)).toBeUndefined();
    expect(limits.refusal(rentAt('1'), 2)).toBe('MAX_RENTS allows 2 rents in 24 hours, and 2 were made');
  });

  test('of none refuses the first', () => {
    expect(limitsOf({ maxRentsPerDay: 0 }).refusal(rentAt('1'))).toContain('allows 0 rents');
  });
});

describe('a limit that refuses a rent', () => {
  test('does so before anybody is asked, names the stakes, and sends nothing', async () => {
    const stage = await openStage({ limits: { maxMonthlyPrice: { amount: '0.79' } } });
    const person = agreeable();
    const answer = await stage.ask('rent_number', { phoneNumber: OFFERED }, person);
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true, stakes: { type: 'LOCAL' } });
    expect(answer.message).toContain('MAX_PRICE allows at most 0.79 a month');
    expect(answer.message).toContain('Only the user can change it. Nothing was sent.');
    expect(answer).not.toHaveProperty('confirmation');
    expect(person.questions).toEqual([]);
    expect(stage.sent()).toEqual([]);
  });

  test.each([
    ['rent_number', { phoneNumber: '+447700900100' }],
    ['rent_any_number', { regionCode: 'GB', type: 'MOBILE' }],
  ])('by region holds for %s', async (tool, args) => {
    const stage = await openStage({ limits: { regions: ['US'] } });
    const answer = await stage.ask(tool, args, agreeable());
    expect(answer.message).toContain('REGIONS allows renting in US only, not in GB');
    expect(stage.sent()).toEqual([]);
  });

  test('is held again when a token is spent: rents made in between count', async () => {
    const stage = await openStage({ limits: { maxRentsPerDay: 1 } });
    const waiting = await stage.ask('rent_number', { phoneNumber: OFFERED });
    await stage.ask('rent_number', { phoneNumber: OFFERED_TOO }, agreeable());
    const confirmationToken = tokenOf(waiting);
    const answer = await stage.ask('rent_number', { phoneNumber: OFFERED, confirmationToken });
    expect(answer.outcome).toBe('not_executed');
    expect(answer.message).toContain('MAX_RENTS allows 1 rents in 24 hours, and 1 were made');
    expect(stage.sent()).toEqual([`POST /availableNumbers/${OFFERED_TOO}:rent`]);
  });

  test('holds for two calls at the same time, each with a yes: one of them is sent', async () => {
    const stage = await openStage({ limits: { maxRentsPerDay: 1 } });
    const rent = (phoneNumber: string) => stage.ask('rent_number', { phoneNumber }, agreeable());
    const answers = await Promise.all([rent(OFFERED), rent(OFFERED_TOO)]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'not_executed']);
    expect(stage.sent()).toHaveLength(1);
  });

  test('counts a rent whose outcome is unknown, and none that failed', async () => {
    const stage = await openStage({ limits: { maxRentsPerDay: 1 } });
    stage.simulator.faults.add({ method: 'POST', path: /:rent$/, answer: { status: 400 } });
    stage.simulator.faults.add({ method: 'POST', path: /:rent$/, nth: 2, answer: { status: 504 } });
    const rent = (phoneNumber: string) => stage.ask('rent_number', { phoneNumber }, agreeable());
    expect(await rent(OFFERED)).toMatchObject({ outcome: 'not_executed' });
    expect(await rent(OFFERED)).toMatchObject({ outcome: 'unknown' });
    expect((await rent(OFFERED_TOO)).message).toContain('MAX_RENTS');
    await stage.clock.advance(24 * HOUR);
    expect(await rent(OFFERED_TOO)).toMatchObject({ outcome: 'completed' });
  });

  test('has no say in a release', async () => {
    const stage = await openStage({ limits: { maxRentsPerDay: 0, regions: ['SE'] } });
    stage.simulator.project.rent(OFFERED, {});
    const answer = await stage.ask('release_number', { phoneNumber: OFFERED }, agreeable());
    expect(answer.outcome).toBe('completed');
  });
});
