/** How much of a pattern that matches nothing exists, in at most three searches. */
import { describe, expect, test } from 'vitest';
import { type Criteria, findNearest } from '../../../src/tools/numbers/nearest-criteria.ts';

/** Searches numbers of which one has so many of the digits, with the capability or without. */
async function search(asked: Criteria, exists: (criteria: Criteria) => boolean) {
  let searches = 0;
  const nearest = await findNearest(asked, async (criteria) => {
    searches++;
    return exists(criteria) ? ['+12065550100'] : [];
  });
  return { nearest, searches };
}

const lengthOf = ({ numberPattern }: Criteria) => numberPattern?.pattern?.replace('+', '').length ?? 0;

test.each([2, 3, 4, 5, 6, 7, 8])('of %i digits the longest end that exists is found', async (length) => {
  const pattern = '12345678'.slice(-length);
  for (let longest = Math.ceil(length / 2); longest < length; longest++) {
    const asked: Criteria = { numberPattern: { pattern, searchPattern: 'END' }, capabilities: ['SMS'] };
    const { nearest, searches } = await search(asked, (criteria) => lengthOf(criteria) <= longest);
    const numberPattern = { pattern: pattern.slice(-longest), searchPattern: 'END' };
    expect(nearest?.criteria).toEqual({ numberPattern, capabilities: ['SMS'] });
    expect(searches).toBeLessThanOrEqual(3);
  }
});

describe('where', () => {
  test.each<[string, Criteria, number, Criteria | undefined]>([
    ['no digit exists, any number is', { numberPattern: { pattern: '8294' } }, 0, {}],
    ['nothing exists, nothing is', { numberPattern: { pattern: '8294' } }, -1, undefined],
    [
      'a start exists, it is, its + kept',
      { numberPattern: { pattern: '+1206555', searchPattern: 'START' } },
      4,
      { numberPattern: { pattern: '+1206', searchPattern: 'START' } },
    ],
    [
      'a START without + exists elsewhere, that is',
      { numberPattern: { pattern: '206', searchPattern: 'START' } },
      3,
      { numberPattern: { pattern: '206', searchPattern: 'CONTAINS' } },
    ],
  ])('%s found', async (_, asked, longest, found) => {
    const { nearest, searches } = await search(asked, (criteria) => lengthOf(criteria) <= longest);
    expect(nearest?.criteria).toEqual(found);
    expect(searches).toBeLessThanOrEqual(3);
  });

  test('no number has the capability, one without it is found', async () => {
    const asked: Criteria = { numberPattern: { pattern: '12345678' }, capabilities: ['SMS'] };
    const { nearest, searches } = await search(asked, ({ capabilities }) => capabilities === undefined);
    expect(nearest?.criteria).toEqual({});
    expect(searches).toBe(3);
  });
});
