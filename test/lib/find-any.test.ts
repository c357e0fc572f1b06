import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFinder } from '../../src/lib/find-any.ts';
import { either } from '../support/length.ts';

/** Few characters, so that needles share parts and are found by chance too. */
const letters = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '€'), minLength, maxLength });

test('it finds what as many plain searches find, wherever that stands', () => {
  fc.assert(
    fc.property(
      fc.array(letters(1, 40), { minLength: 1, maxLength: 5 }),
      letters(0, 200),
      letters(0, 50),
      fc.nat(4),
      (needles, before, after, chosen) => {
        const holds = createFinder(needles);
        const text = before + needles[chosen % needles.length] + after;
        expect(holds(text)).toBe(true);
        for (const cut of [text.slice(1), text.slice(0, -1), before, after]) {
          expect(holds(cut)).toBe(needles.some((needle) => cut.includes(needle)));
        }
      },
    ),
    { numRuns: either(1_000, 100) },
  );
});

test('it finds nothing where there is nothing to look for', () => {
  expect(createFinder([])('any text at all')).toBe(false);
});
