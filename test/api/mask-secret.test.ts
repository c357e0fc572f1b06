import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskSecret, presentCallbackConfiguration } from '../../src/api/mask-secret.ts';

describe('a secret', () => {
  test.each([
    ['0123456789abcdef0123456789abcdef', '****cdef'],
    ['123456789', '****6789'],
    ['12345678', '****'],
    ['abcd', '****'],
    ['', '****'],
  ])('%j is shown as %j', (secret, shown) => {
    expect(maskSecret(secret)).toBe(shown);
  });

  test('never shows more than its last four characters', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{5,64}$/), (secret) => {
        const shown = maskSecret(secret).replaceAll('*', '');
        expect(shown.length).toBeLessThanOrEqual(4);
        expect(secret.endsWith(shown)).toBe(true);
      }),
    );
  });
});

describe('a callback configuration', () => {
  test('is shown with everything but its secret as it is', () => {
    const configuration = { projectId: 'project', hmacSecret: `${'a'.repeat(28)}wxyz`, note: 'more' };
    expect(presentCallbackConfiguration(configuration)).toEqual({
      projectId: 'project',
      hmacSecret: '****wxyz',
      note: 'more',
    });
  });

  test('without a secret is shown without one', () => {
    expect(presentCallbackConfiguration({ projectId: 'project' })).toEqual({ projectId: 'project' });
  });
});
