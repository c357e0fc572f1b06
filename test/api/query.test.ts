import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeQuery } from '../../src/api/query.ts';
import { either } from '../support/length.ts';

/** Any UTF-16 code unit, lone surrogates included, with those that mean something in a query more often. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('+', '&', '=', '%', '%20', ' ', '?', '#', '/', '.', ';', ',', '"', "'", '\n', '\0'),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  ),
});

const name = fc.stringMatching(/^[a-z][a-zA-Z]{0,8}$/);
const scalar = fc.oneof(anyText, fc.integer(), fc.boolean());
const flat = fc.oneof(
  scalar.map((value) => ({ value, pairs: [['', String(value)]] })),
  fc.array(scalar).map((value) => ({ value, pairs: value.map((item) => ['', String(item)]) })),
  fc.constant({ value: undefined, pairs: [] }),
);
const nested = fc.uniqueArray(fc.tuple(name, flat), { selector: ([key]) => key }).map((entries) => ({
  value: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
  pairs: entries.flatMap(([key, { pairs }]) => pairs.map(([, text]) => [`.${key}`, text])),
}));
/** Parameters, and the pairs that a reader is to find in their query. */
const parameters = fc
  .uniqueArray(fc.tuple(name, fc.oneof(flat, nested)), { selector: ([key]) => key })
  .map((entries) => ({
    input: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    pairs: entries.flatMap(([key, { pairs }]) =>
      pairs.map(([suffix = '', text = '']) => [key + suffix, text.toWellFormed()]),
    ),
  }));

/** Reads a query as web servers do: `+` is a space. */
function decode(query: string): string[][] {
  return [...new URLSearchParams(query)];
}

describe('encodeQuery', () => {
  test('begins with a question mark and joins with ampersands', () => {
    expect(encodeQuery({ regionCode: 'US', type: 'LOCAL', size: 3 })).toBe(
      '?regionCode=US&type=LOCAL&size=3',
    );
  });

  test('writes + as %2B, for a reader would take it for a space', () => {
    expect(encodeQuery({ pattern: '+1206' })).toBe('?pattern=%2B1206');
  });

  test('writes a space as %20', () => {
    expect(encodeQuery({ a: 'b c' })).toBe('?a=b%20c');
  });

  test('encodes the padding of a page token', () => {
    expect(encodeQuery({ pageToken: 'CgtwaG9uZU51bWJlcg==' })).toBe('?pageToken=CgtwaG9uZU51bWJlcg%3D%3D');
  });

  test('repeats the name for each item of an array', () => {
    expect(encodeQuery({ capabilities: ['SMS', 'VOICE'] })).toBe('?capabilities=SMS&capabilities=VOICE');
  });

  test('writes a nested object as dotted names with a literal dot', () => {
    expect(encodeQuery({ numberPattern: { pattern: '+1206', searchPattern: 'START' } })).toBe(
      '?numberPattern.pattern=%2B1206&numberPattern.searchPattern=START',
    );
  });

  test('leaves undefined out, at the top and inside', () => {
    expect(encodeQuery({ a: undefined, b: { c: undefined, d: 'e' } })).toBe('?b.d=e');
  });

  test('keeps zero, false and empty text', () => {
    expect(encodeQuery({ a: 0, b: false, c: '' })).toBe('?a=0&b=false&c=');
  });

  test.each([{}, { a: undefined }, { a: [] }, { a: {} }])('writes nothing for %j', (input) => {
    expect(encodeQuery(input)).toBe('');
  });

  test.each(['\ud800', 'a\udc00b', '\udc00\ud800'])('does not throw on a lone surrogate', (text) => {
    expect(decode(encodeQuery({ text }))).toEqual([['text', text.toWellFormed()]]);
  });

  test('whatever is written, a reader of the query gets back exactly', () => {
    fc.assert(
      fc.property(parameters, ({ input, pairs }) => {
        expect(decode(encodeQuery(input))).toEqual(pairs);
      }),
      { numRuns: either(500, 100) },
    );
  });

  test('whatever the text, nothing but unreserved characters and percent signs is written', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(encodeQuery({ text })).toMatch(/^\?text=(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/);
      }),
      { numRuns: either(500, 100) },
    );
  });
});
