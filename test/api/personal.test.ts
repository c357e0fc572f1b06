import { expect, test } from 'vitest';
import { ApiError } from '../../src/api/errors.ts';
import { textsIn, withoutValues } from '../../src/api/personal.ts';

function told(message: string, values: unknown): string | undefined {
  const problem = { message, violations: [{ field: 'data.name', description: message }] };
  const { violations, ...rest } = withoutValues(
    new ApiError('Update', 400, problem),
    textsIn(values),
  ).problem;
  expect(violations).toEqual([{ field: 'data.name', description: rest.message }]);
  return rest.message;
}

test.each([
  ['Art Vandelay is no (name)', { name: 'Art Vandelay', last: 'Vandelay' }, '**** is no (name)'],
  ['ART VANDELAY, art vandelay', [['Art Vandelay']], '****, ****'],
  ['Artful, smart; art.', ['Art'], 'Artful, smart; ****.'],
  ['number 2000 of 12000', { postalCode: 2000 }, 'number **** of 12000'],
  ['Wert (a+b)* fehlt', ['(a+b)*'], 'Wert **** fehlt'],
  ['x is missing', { code: 'x', isTrue: true, none: null }, 'x is missing'],
  ['straße Straße', ['Straße'], '**** ****'],
])('%j of %j', (message, values, expected) => {
  expect(told(message, values)).toBe(expected);
});

test('of a registration of any size, no value is told', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `Person ${index} of Vandelay`);
  expect(told(`no ${many[4_999]}`, { many, long: 'Vandelay'.repeat(50_000) })).toBe('no ****');
  expect(told(`${' '.repeat(2_000)}Person`, ['Person'])).toBe('****');
});
