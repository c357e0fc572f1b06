import { expect, test } from 'vitest';
import { operations } from '../../src/api/operations/numbers.ts';
import { readAnswer } from '../../src/api/response.ts';
import { createMask } from '../../src/lib/mask.ts';

const nothing = createMask([]);
const answered = (body: unknown) => ({ status: 200, header: () => undefined, body: JSON.stringify(body) });

test.each([
  ['listActiveNumbers', 'activeNumbers'],
  ['listAvailableNumbers', 'availableNumbers'],
  ['listAvailableRegions', 'availableRegions'],
] as const)('%s always answers with its list, though it be empty', (operation, list) => {
  for (const body of [{}, { [list]: [] }, { [list]: null }, { [list]: [null, {}] }]) {
    expect(readAnswer(operations[operation], answered(body), nothing)).toEqual({ [list]: [] });
  }
});

test('an empty list further down is left out', () => {
  const number = { phoneNumber: '+12025550134', capability: [], smsConfiguration: { errors: [] } };
  expect(readAnswer(operations.getActiveNumber, answered(number), nothing)).toEqual({
    phoneNumber: '+12025550134',
  });
});
