import { expect, test } from 'vitest';
import { money, recurring, roundedSum, speak, sum, total } from '../../src/views/browser/format.ts';

speak('en-GB', 'UTC');

const of = (...amounts: string[]) => amounts.map((amount) => ({ currencyCode: 'EUR', amount }));

test.each([
  ['0.8', '0.80 EUR'],
  ['12345678901234567.005', '12,345,678,901,234,567.005 EUR'],
  ['-0.50', '-0.50 EUR'],
  ['7', '7.00 EUR'],
  ['1e3', ''],
  ['', ''],
])('an amount of %j is written exactly: %j', (amount, expected) => {
  expect(money({ currencyCode: 'EUR', amount })).toBe(expected);
});

test('amounts add up exactly, by currency', () => {
  const amounts = [...of('0.1', '0.2', '12345678901234567.005'), { currencyCode: 'USD', amount: '1' }];
  expect(sum(total(amounts))).toBe('12,345,678,901,234,567.305 EUR + 1.00 USD');
  expect(sum(total(of('0.1', '-0.35')))).toBe('-0.25 EUR');
  expect(sum([])).toBe('–');
});

test.each([
  ['198.683333', '198.68 EUR'],
  ['0.995', '1.00 EUR'],
  ['0.004', '0.00 EUR'],
  ['9.99999', '10.00 EUR'],
])('a month that costs %s is told to the cent: %s', (amount, expected) => {
  expect(roundedSum(of(amount))).toBe(expected);
});

test('what recurs says how often', () => {
  const price = { currencyCode: 'EUR', amount: '2.50' };
  expect(recurring(price, 1)).toBe('2.50 EUR a month');
  expect(recurring(price, undefined)).toBe('2.50 EUR a month');
  expect(recurring(price, 3)).toBe('2.50 EUR every 3 months');
});

test('a language or a time zone that is unknown changes nothing', () => {
  expect(speak('en-GB', 'UTC')).toBe(false);
  expect(speak('de-DE', 'UTC')).toBe(true);
  expect(money({ currencyCode: 'EUR', amount: '1234.5' })).toBe('1.234,50 EUR');
  speak('no language', 'Nowhere/Land');
  expect(money({ currencyCode: 'EUR', amount: '0.5' })).toContain('50 EUR');
});
