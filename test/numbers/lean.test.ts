import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lean } from '../../src/numbers/lean.ts';

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

  test('keeps an empty list at the top, for an empty page is an answer', () => {
    expect(lean({ activeNumbers: [], nextPageToken: '' })).toEqual({ activeNumbers: [] });
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

  test.each([[undefined], [null], ['text'], [7], [[{ a: null }]]])(
    'gives back %j, which is no object',
    (value) => {
      expect(lean(value)).toBe(value);
    },
  );

  test('does not change what it is given', () => {
    const answer = { a: null, b: { c: '' }, d: [null] };
    lean(answer);
    expect(answer).toEqual({ a: null, b: { c: '' }, d: [null] });
  });

  test('whatever the answer, nothing unset is left and nothing new appears', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (answer) => {
        const result = lean(answer);
        for (const value of valuesIn(result)) expect([null, undefined, '']).not.toContain(value);
        const before = valuesIn(answer).map(String);
        for (const value of valuesIn(result)) expect(before).toContain(String(value));
        expect(lean(result)).toEqual(result);
      }),
    );
  });

  test('whatever the answer, every value that says something stays', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (answer) => {
        const said = valuesIn(answer).filter((value) => value !== null && value !== '');
        expect(valuesIn(lean(answer))).toEqual(said);
      }),
    );
  });
});

/** The values in a piece of JSON that are neither list nor object, in order. */
function valuesIn(json: unknown): unknown[] {
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(valuesIn) : [json];
}
