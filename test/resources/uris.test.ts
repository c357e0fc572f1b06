import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activeNumberUri, canonicalUri, phoneNumberOf } from '../../src/resources/uris.ts';

describe('the URI of a rented number', () => {
  test('holds the number with its + as it is', () => {
    expect(activeNumberUri('+12025550134')).toBe('sinch-numbers://active-numbers/+12025550134');
  });

  test.each(['+12025550134', '%2B12025550134', '%2b12025550134'])('is read back from %s', (written) => {
    expect(phoneNumberOf(`sinch-numbers://active-numbers/${written}`)).toBe('+12025550134');
  });

  test('is read back as the number that it was made of', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9]\d{6,14}$/), (phoneNumber) => {
        expect(phoneNumberOf(activeNumberUri(phoneNumber))).toBe(phoneNumber);
      }),
    );
  });

  test.each([
    'sinch-numbers://active-numbers',
    'sinch-numbers://active-numbers/',
    'sinch-numbers://active-numbers/12025550134',
    'sinch-numbers://active-numbers/+1202555013x',
    'sinch-numbers://active-numbers/+12025550134/',
    'sinch-numbers://active-numbers/+12025550134:release',
    'sinch-numbers://active-numbers/+12025550134?x=1',
    'sinch-numbers://active-numbers/%252B12025550134',
    'sinch-numbers://active-numbers/ 12025550134',
    'sinch-numbers://active-numbers/../active-numbers/+12025550134',
    'sinch-numbers://available-numbers/+12025550134',
    'https://active-numbers/+12025550134',
    '+12025550134',
    '',
  ])('is not %j', (uri) => {
    expect(phoneNumberOf(uri)).toBeUndefined();
  });
});

test('changes are told by the URI with a literal +, however a client wrote it', () => {
  const uri = 'sinch-numbers://active-numbers/+12025550134';
  expect(canonicalUri(uri.replace('+', '%2b'))).toBe(uri);
  expect(canonicalUri(uri)).toBe(uri);
  expect(canonicalUri('sinch-numbers://active-numbers')).toBe('sinch-numbers://active-numbers');
});
