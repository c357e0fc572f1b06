import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { E164, REGION_CODE, toDigits, toRegionCode } from '../../src/api/formats.ts';

const digit = fc.constantFrom(...'0123456789');
const firstDigit = fc.constantFrom(...'123456789');
const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');
const twoLetters = fc.tuple(letter, letter).map(([a, b]) => a + b);

function digits(minLength: number, maxLength: number) {
  return fc.string({ unit: digit, minLength, maxLength });
}

const valid = fc.tuple(firstDigit, digits(6, 14)).map(([first, rest]) => `+${first}${rest}`);

describe('E164', () => {
  test.each(['+12025550134', '+447700900123', '+46846500412', '+1234567', '+123456789012345'])(
    'takes %s',
    (number) => {
      expect(number).toMatch(E164);
    },
  );

  test.each([
    '12025550134',
    '0012025550134',
    '+02025550134',
    '+123456',
    '+1234567890123456',
    '+1 202 555 0134',
    '+1-202-555-0134',
    '+1(202)5550134',
    '+1202555O134',
    '++12025550134',
    '+12025550134\n',
    ' +12025550134',
    '%2B12025550134',
    '+１２０２５５５０１３４',
    '+',
    '',
  ])('refuses %j', (number) => {
    expect(number).not.toMatch(E164);
  });

  test('takes every number of 7 to 15 digits that does not begin with zero', () => {
    fc.assert(
      fc.property(valid, (number) => {
        expect(number).toMatch(E164);
      }),
    );
  });

  test('refuses every number that is too short or too long', () => {
    const rest = fc.oneof(digits(0, 5), digits(15, 40));
    fc.assert(
      fc.property(firstDigit, rest, (first, tail) => {
        expect(`+${first}${tail}`).not.toMatch(E164);
      }),
    );
  });

  test('refuses a number with anything but digits after the plus sign', () => {
    const notDigit = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 3 })
      .filter((it) => !/[0-9]/.test(it));
    fc.assert(
      fc.property(valid, notDigit, fc.nat(), (number, strange, place) => {
        const at = place % (number.length + 1);
        expect(number.slice(0, at) + strange + number.slice(at)).not.toMatch(E164);
      }),
    );
  });
});

describe('REGION_CODE', () => {
  test.each(['US', 'us', 'Gb'])('takes %s in any case', (code) => {
    expect(code).toMatch(REGION_CODE);
  });

  test.each(['USA', 'U', '', 'U1', 'ÅÄ', 'ſſ', 'US\n', ' US'])('refuses %j', (code) => {
    expect(code).not.toMatch(REGION_CODE);
  });
});

describe('toRegionCode', () => {
  test.each([
    ['us', 'US'],
    ['Se', 'SE'],
    ['GB', 'GB'],
    ['UK', 'GB'],
    ['uk', 'GB'],
    ['UA', 'UA'],
  ])('turns %s into %s', (written, code) => {
    expect(toRegionCode(written)).toBe(code);
  });

  test('always gives two capital letters, and the same again when repeated', () => {
    fc.assert(
      fc.property(twoLetters, (written) => {
        const code = toRegionCode(written);
        expect(code).toMatch(/^[A-Z]{2}$/);
        expect(code).not.toBe('UK');
        expect(toRegionCode(code)).toBe(code);
      }),
    );
  });

  test('changes nothing but the case, except for the United Kingdom', () => {
    fc.assert(
      fc.property(
        twoLetters.filter((written) => written.toUpperCase() !== 'UK'),
        (written) => {
          expect(toRegionCode(written)).toBe(written.toUpperCase());
        },
      ),
    );
  });
});

test('toDigits has for each letter the digit of its key, and leaves digits and + as they are', () => {
  expect(toDigits('ABCDEFGHIJKLMNOPQRSTUVWXYZ')).toBe('22233344455566677778889999');
  expect(toDigits('+1206Taxi')).toBe('+12068294');
});
