import { describe, expect, test } from 'vitest';
import { completeFrom } from '../../src/resources/completion.ts';

const CODES = ['CAMPAIGN_EXPIRED', 'INTERNAL_ERROR', 'CAMPAIGN_MNO_REJECTED', 'CRS0018', '501'];

describe('what is being typed', () => {
  test.each([
    ['CAMPAIGN_M', ['CAMPAIGN_MNO_REJECTED']],
    ['campaign', ['CAMPAIGN_EXPIRED', 'CAMPAIGN_MNO_REJECTED']],
    ['Internal_Error', ['INTERNAL_ERROR']],
    ['  crs ', ['CRS0018']],
    ['01', ['CRS0018', '501']],
    ['expired', ['CAMPAIGN_EXPIRED']],
    ['NOTHING', []],
    ['.*', []],
  ])('%j is completed with %j', (typed, values) => {
    expect(completeFrom(CODES, typed)).toEqual({ values, total: values.length });
  });

  test.each(['', '   '])('%j is completed with everything, in its order', (typed) => {
    expect(completeFrom(CODES, typed)).toEqual({ values: CODES, total: 5 });
  });

  test('is completed with what begins so before what contains it, each once', () => {
    const { values } = completeFrom(['MNO_E', 'E_MNO', 'X', 'ENE', 'NEE'], 'e');
    expect(values).toEqual(['E_MNO', 'ENE', 'MNO_E', 'NEE']);
  });

  test('is completed in any case where the choices are in lower case', () => {
    expect(completeFrom(['us', 'se'], 'US').values).toEqual(['us']);
  });
});

describe('more than the protocol allows', () => {
  const many = Array.from({ length: 130 }, (_, index) => `CODE_${index}`);

  test('is cut to a hundred, and counted', () => {
    expect(completeFrom(many, 'code')).toEqual({ values: many.slice(0, 100), total: 130 });
  });

  test('is not what a hundred are', () => {
    expect(completeFrom(many.slice(0, 100), '').values).toHaveLength(100);
  });

  test('keeps what begins so, whatever else contains it', () => {
    const { values, total } = completeFrom([...many.map((code) => `X_${code}`), 'CODE'], 'code');
    expect(values[0]).toBe('CODE');
    expect(values).toHaveLength(100);
    expect(total).toBe(131);
  });
});

test('without choices nothing is offered', () => {
  expect(completeFrom([], 'a')).toEqual({ values: [], total: 0 });
});
