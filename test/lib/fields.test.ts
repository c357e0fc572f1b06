import { describe, expect, test } from 'vitest';
import { isFields, mapFields } from '../../src/lib/fields.ts';

test('a JSON object has fields; lists, texts and null have none', () => {
  expect([{}, { a: 1 }, JSON.parse('{}')].every(isFields)).toBe(true);
  expect([[], null, undefined, 'text', 7, true].filter(isFields)).toEqual([]);
});

describe('mapping fields', () => {
  test('replaces every value, knows its key, and keeps the order', () => {
    const result = mapFields({ b: 1, a: 2, c: null }, (value, key) => `${key}=${value}`);
    expect(Object.entries(result)).toEqual([
      ['b', 'b=1'],
      ['a', 'a=2'],
      ['c', 'c=null'],
    ]);
  });

  test('leaves out what becomes undefined, and nothing else', () => {
    const values = { gone: 1, zero: 2, no: 3, nothing: 4, text: 5 };
    const mapped = { gone: undefined, zero: 0, no: false, nothing: null, text: '' };
    const result = mapFields(values, (_, key) => mapped[key as keyof typeof mapped]);
    expect(Object.keys(result)).toEqual(['zero', 'no', 'nothing', 'text']);
  });

  test('does not touch the object that it is given', () => {
    const given = Object.freeze({ a: 1 });
    expect(mapFields(given, () => 2)).toEqual({ a: 2 });
    expect(given).toEqual({ a: 1 });
  });

  test('lets no answer set a prototype', () => {
    const result = mapFields(JSON.parse('{"__proto__":{"isAdmin":true},"a":1}'), (value) => value);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(result).toEqual({ a: 1 });
    expect('isAdmin' in result).toBe(false);
  });

  test('keeps keys that every object knows', () => {
    const result = mapFields(JSON.parse('{"toString":1,"constructor":2}'), (value) => value);
    expect(Object.entries(result)).toEqual([
      ['toString', 1],
      ['constructor', 2],
    ]);
  });
});
