import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lean } from '../../src/lib/strip-empty.ts';

describe('lean', () => {
  test('leaves out null and empty text at every depth', () => {
    expect(
      lean({
        phoneNumber: '+12025550134',
        displayName: '',
        expireAt: null,
        smsConfiguration: { servicePlanId: 'plan', campaignId: '', scheduledProvisioning: null },
      }),
    ).toEqual({ phoneNumber: '+12025550134', smsConfiguration: { servicePlanId: 'plan' } });
  });

  test('leaves out an object that has nothing left', () => {
    expect(lean({ a: 1, voiceConfiguration: { type: '', appId: null, inner: { b: '' } } })).toEqual({ a: 1 });
  });

  test('leaves out an empty list inside an object', () => {
    expect(lean({ job: { status: 'WAITING', errorCodes: [] } })).toEqual({ job: { status: 'WAITING' } });
  });

  test('leaves out an empty list at the top too', () => {
    expect(lean({ activeNumbers: [], nextPageToken: '', totalSize: 0 })).toEqual({ totalSize: 0 });
  });

  test('keeps zero and false', () => {
    expect(lean({ paymentIntervalMonths: 0, supportingDocumentationRequired: false })).toEqual({
      paymentIntervalMonths: 0,
      supportingDocumentationRequired: false,
    });
  });

  test('cleans the items of a list and drops those that say nothing', () => {
    expect(lean({ list: [{ a: '', b: 'c' }, null, '', {}, 'd'] })).toEqual({ list: [{ b: 'c' }, 'd'] });
  });

  test('keeps free-form fields as they came, and drops them only where they are nothing', () => {
    const whole = { data: [[{ a: '' }, {}], null, []], more: { b: null } };
    expect(lean({ fields: whole, data: [{}, 1], rest: [{}] }, ['fields', 'data'])).toEqual({
      fields: { data: [[{ a: '' }, {}], null, []], more: { b: null } },
      data: [{}, 1],
    });
    expect(lean({ fields: {}, other: {} }, ['fields'])).toEqual({ fields: {} });
    expect(lean({ fields: null, data: [], other: '' }, ['fields', 'data'])).toEqual({});
  });

  test('finds free-form fields that are nested too deeply', () => {
    const deep: unknown = JSON.parse(`{"fields":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`);
    expect(() => lean(deep, ['fields'])).toThrow(RangeError);
  });

  test.each([[undefined], [null], ['text'], [7], [[{ a: null }]]])(
    'gives back %j, which is no object',
    (value) => {
      expect(lean(value)).toBe(value);
    },
  );

  test('makes no second list of a long page: the one given is used up', () => {
    const page = [{ phoneNumber: '+12025550134', displayName: '' }, null, { phoneNumber: '+12025550135' }];
    const result = lean({ page });
    expect(result).toEqual({ page: [{ phoneNumber: '+12025550134' }, { phoneNumber: '+12025550135' }] });
    expect(result).toHaveProperty(
      'page',
      expect.toSatisfy((list) => list === page),
    );
  });

  test('whatever the answer, nothing unset is left and nothing new appears', () => {
    fc.assert(
      fc.property(jsonObject, (answer) => {
        const before = valuesIn(answer).map(String);
        const result = lean(answer);
        for (const value of valuesIn(result)) expect([null, undefined, '']).not.toContain(value);
        for (const value of valuesIn(result)) expect(before).toContain(String(value));
        expect(lean(structuredClone(result))).toEqual(result);
      }),
    );
  });

  test('whatever the answer, every value that says something stays', () => {
    fc.assert(
      fc.property(jsonObject, (answer) => {
        const said = valuesIn(answer).filter((value) => value !== null && value !== '');
        expect(valuesIn(lean(answer))).toEqual(said);
      }),
    );
  });
});

/** Any JSON object, but for a key that would be taken for a prototype. */
const jsonObject = fc
  .dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
  .filter((answer) => !JSON.stringify(answer).includes('"__proto__":'));

/** The values in a piece of JSON that are neither list nor object, in order. */
function valuesIn(json: unknown): unknown[] {
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(valuesIn) : [json];
}
