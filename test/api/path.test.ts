import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidRequestError } from '../../src/api/errors.ts';
import { expandPath } from '../../src/api/path.ts';
import { either } from '../support/length.ts';

const RENT = '/v1/projects/{projectId}/availableNumbers/{phoneNumber}:rent';

/** Any UTF-16 code unit, lone surrogates included, with the dangerous ones more often. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('..', '.', '/', '?', '#', ':', '\\', '%', '%2e', '%2F', '\n', '\r', '\t', ' ', '\0', '@'),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('+', '1', '2', 'a', 'Z', '-', '_', '~'),
  ),
});

function expandOrRefuse(values: Readonly<Record<string, unknown>>): string | undefined {
  try {
    return expandPath(RENT, values);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError);
    return undefined;
  }
}

describe('expandPath', () => {
  test('puts each value in its place', () => {
    expect(expandPath(RENT, { projectId: 'my-project', phoneNumber: '+12025550134' })).toBe(
      '/v1/projects/my-project/availableNumbers/+12025550134:rent',
    );
  });

  test('keeps the + of a phone number literal', () => {
    expect(expandPath('/{phoneNumber}', { phoneNumber: '+46555123456' })).toBe('/+46555123456');
  });

  test('leaves a template without parameters as it is', () => {
    expect(expandPath('/oauth2/token', {})).toBe('/oauth2/token');
  });

  test.each([
    '../availableNumbers/+12025550134:rent?',
    '..',
    '.',
    '%2e%2e',
    '%2E%2E%2F',
    '',
    '+12025550134/',
    '+12025550134:rent',
    '+12025550134?x=1',
    '+12025550134#',
    '+12025550134\n',
    '\r\nHost: example.com',
    '+1 202 555 0134',
    '\\..\\',
    '+１２０２５５５０１３４',
    '\ud800',
  ])('refuses the value %j', (phoneNumber) => {
    expect(() => expandPath(RENT, { projectId: 'project', phoneNumber })).toThrow(InvalidRequestError);
  });

  test.each([undefined, null, 12025550134, ['+12025550134'], {}])('refuses %j, which is no text', (value) => {
    expect(() => expandPath(RENT, { projectId: 'project', phoneNumber: value })).toThrow(InvalidRequestError);
  });

  test('names the parameter that it refuses', () => {
    expect(() => expandPath(RENT, { projectId: 'project', phoneNumber: 'a/b' })).toThrow(
      /phoneNumber.*"a\/b"/,
    );
    expect(() => expandPath(RENT, { phoneNumber: '+12025550134' })).toThrow(/projectId/);
  });

  test('says of a refused request that the API cannot have acted', () => {
    expect(new InvalidRequestError('x').acted).toBe('no');
  });

  test('whatever the text, it becomes exactly that one segment or is refused', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const path = expandOrRefuse({ projectId: 'project', phoneNumber: value });
        if (path === undefined) return;
        expect(path).toBe(`/v1/projects/project/availableNumbers/${value}:rent`);
        const url = new URL(path, 'http://127.0.0.1');
        expect(url.pathname).toBe(path);
        expect(url.href).toBe(`http://127.0.0.1${path}`);
      }),
      { numRuns: either(1_000, 100) },
    );
  });

  test('whatever the project, the path cannot leave it', () => {
    fc.assert(
      fc.property(anyText, (projectId) => {
        const path = expandOrRefuse({ projectId, phoneNumber: '+12025550134' });
        if (path === undefined) return;
        expect(new URL(path, 'http://127.0.0.1').pathname.split('/')).toEqual([
          '',
          'v1',
          'projects',
          projectId,
          'availableNumbers',
          '+12025550134:rent',
        ]);
      }),
      { numRuns: either(1_000, 100) },
    );
  });

  test('no phone number and no UUID is refused', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 7, maxLength: 15 });
    fc.assert(
      fc.property(digits, fc.uuid(), (number, projectId) => {
        expect(expandPath(RENT, { projectId, phoneNumber: `+${number}` })).toContain(
          `/${projectId}/availableNumbers/+${number}:rent`,
        );
      }),
    );
  });
});
