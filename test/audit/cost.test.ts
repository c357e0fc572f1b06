import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ActiveNumber, Money } from '../../src/api/schemas/numbers.ts';
import { createCost } from '../../src/audit/cost.ts';
import { either } from '../support/length.ts';

/** Amount, payment interval in months (absent: none given), currency. */
type Price = readonly [amount: string, months?: number, currencyCode?: string];

function numberAt([amount, months, currencyCode = 'EUR']: Price): ActiveNumber {
  return { money: { currencyCode, amount }, ...(months !== undefined && { paymentIntervalMonths: months }) };
}

function costOf(prices: readonly Price[]) {
  const cost = createCost();
  for (const price of prices) cost.add(numberAt(price));
  return cost;
}

const monthly = (...prices: Price[]): Money[] => costOf(prices).perMonth();
const eur = (amount: string) => [{ currencyCode: 'EUR', amount }];

/** The same sums in whole numbers: a fraction of 10^-6 a month, rounded half up. */
function independently(prices: readonly Price[]): Money[] {
  const currencies = [...new Set(prices.map(([, , currency = 'EUR']) => currency))].sort();
  return currencies.map((currencyCode) => {
    let [above, below] = [0n, 1n];
    for (const [amount, months] of prices.filter(([, , currency = 'EUR']) => currency === currencyCode)) {
      const [whole = '', decimals = ''] = amount.split('.');
      const divisor = 10n ** BigInt(decimals.length) * BigInt(months || 1);
      above = above * divisor + BigInt(whole + decimals) * below;
      below *= divisor;
    }
    const millionths = (2n * above * 1_000_000n + below) / (2n * below);
    const text = millionths.toString().padStart(7, '0');
    const decimals = text.slice(-6).replace(/0+$/, '').padEnd(2, '0');
    return { currencyCode, amount: `${text.slice(0, -6)}.${decimals}` };
  });
}

describe('what numbers cost a month', () => {
  test.each<[string, Price[], string]>([
    ['a tenth and two tenths are three tenths', [['0.1'], ['0.2']], '0.30'],
    ['a price of 3 months counts a third', [['2.50', 3]], '0.833333'],
    [
      'three thirds are one',
      [
        ['1.00', 3],
        ['1.00', 3],
        ['1.00', 3],
      ],
      '1.00',
    ],
    [
      'thirds of different intervals add up',
      [
        ['1', 3],
        ['2', 6],
        ['4', 12],
      ],
      '1.00',
    ],
    [
      'intervals are mixed',
      [
        ['0.80', 1],
        ['2.40', 3],
        ['12.00', 12],
      ],
      '2.60',
    ],
    ['an interval of 0 or none counts as a month', [['0.80', 0], ['0.80']], '1.60'],
    [
      'nothing is lost of a small amount beside a big one',
      [['99999999999999999999.99'], ['0.01']],
      '100000000000000000000.00',
    ],
    ['a free number costs nothing', [['0.00']], '0.00'],
    [
      'more than two decimals stay',
      [
        ['0.0125', 1],
        ['0.0125', 1],
      ],
      '0.025',
    ],
  ])('%s', (_, prices, amount) => {
    expect(monthly(...prices)).toEqual(eur(amount));
  });

  test('a hundred thousand prices add up to the cent', () => {
    expect(monthly(...Array.from({ length: 100_000 }, (): Price => ['0.01', 1]))).toEqual(eur('1000.00'));
  });

  test('each currency has a sum of its own, in the order of their codes', () => {
    expect(monthly(['2.00', 1, 'USD'], ['0.80', 1, 'EUR'], ['1.00', 1, 'USD'])).toEqual([
      { currencyCode: 'EUR', amount: '0.80' },
      { currencyCode: 'USD', amount: '3.00' },
    ]);
  });

  test('without numbers there is no sum', () => {
    expect(monthly()).toEqual([]);
  });

  test('it is what whole numbers give, for any prices, currencies and intervals', () => {
    const amount = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.integer({ min: 0, max: 4 }))
      .map(([whole, decimals]) => {
        const digits = whole.toString().padStart(decimals + 1, '0');
        return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
      });
    const price = fc.tuple(
      amount,
      fc.constantFrom(0, 1, 2, 3, 4, 6, 7, 12, 24),
      fc.constantFrom('EUR', 'USD', 'SEK'),
    );
    fc.assert(
      fc.property(fc.array(price, { maxLength: 60 }), (prices) => {
        expect(monthly(...prices)).toEqual(independently(prices));
      }),
      { numRuns: either(300, 100) },
    );
  });
});

describe('a number without a usable price', () => {
  test.each<[string, ActiveNumber]>([
    ['no price', {}],
    ['no amount', { money: { currencyCode: 'EUR' } }],
    ['no currency', { money: { amount: '0.80' } }],
    ['words', { money: { currencyCode: 'EUR', amount: 'free' } }],
    ['a negative amount', { money: { currencyCode: 'EUR', amount: '-0.80' } }],
    ['an exponent', { money: { currencyCode: 'EUR', amount: '1e3' } }],
    ['a decimal comma', { money: { currencyCode: 'EUR', amount: '0,80' } }],
  ])('%s: it is counted, and changes no sum', (_, number) => {
    const cost = costOf([['0.80']]);
    cost.add(number);
    expect(cost.unpriced).toBe(1);
    expect(cost.perMonth()).toEqual(eur('0.80'));
  });
});

test('two costs merged are what one would be, unpriced numbers included', () => {
  const [one, other] = [
    costOf([
      ['1', 3],
      ['0.10', 1, 'USD'],
    ]),
    costOf([
      ['1', 3],
      ['1', 3],
      ['5', 1, 'SEK'],
    ]),
  ];
  one.add({});
  other.add({});
  one.merge(other);
  expect(one.unpriced).toBe(2);
  expect(one.perMonth()).toEqual([
    { currencyCode: 'EUR', amount: '1.00' },
    { currencyCode: 'SEK', amount: '5.00' },
    { currencyCode: 'USD', amount: '0.10' },
  ]);
  expect(other.perMonth()).toEqual([
    { currencyCode: 'EUR', amount: '0.666667' },
    { currencyCode: 'SEK', amount: '5.00' },
  ]);
});

test('any mix of intervals adds up', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 12n }).map(String);
  const price = fc.tuple(amount, fc.integer({ min: 1, max: 36 }));
  fc.assert(
    fc.property(fc.array(price, { maxLength: 80 }), (prices) => {
      expect(monthly(...prices)).toEqual(independently(prices));
    }),
    { numRuns: either(300, 100) },
  );
});

test('many intervals at once are no matter', () => {
  const prices = Array.from({ length: 200 }, (_, months): Price => ['1.00', months + 1]);
  expect(monthly(...prices)).toEqual(independently(prices));
});
