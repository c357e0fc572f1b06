import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutToLength, type Row, shortNames, table } from '../../../src/tools/format/table.ts';
import { estimateTokens } from '../../../src/tools/format/tokens.ts';
import { either } from '../../support/length.ts';

describe('a table', () => {
  test('says what all rows share once, in a line before them', () => {
    const rows = [
      ['+1', 'US', 'SMS', '0.80'],
      ['+2', 'US', 'VOICE', '0.80'],
    ];
    expect(table(rows)).toBe('All: US | 0.80\n+1 | SMS\n+2 | VOICE');
  });

  test('says what most rows say once, and in a row only what differs', () => {
    const rows = [
      ['+1', 'US', 'SMS', '0.80'],
      ['+2', 'US', 'VOICE', '0.80'],
      ['+3', 'GB', 'VOICE', '0.80'],
    ];
    expect(table(rows)).toBe('All: 0.80\nUnless said otherwise: US | VOICE\n+1 | SMS\n+2\n+3 | GB');
  });

  test('says once what exactly half of the rows say', () => {
    const rows = [
      ['+1', 'GB'],
      ['+2', 'US'],
      ['+3', 'SE'],
      ['+4', 'US'],
    ];
    expect(table(rows)).toBe('Unless said otherwise: US\n+1 | GB\n+2\n+3 | SE\n+4');
  });

  test('leaves in the rows what fewer than half of them say', () => {
    const rows = [
      ['+1', 'GB'],
      ['+2', 'US'],
      ['+3', 'SE'],
      ['+4', 'US'],
      ['+5', 'AU'],
    ];
    expect(table(rows)).toBe('+1 | GB\n+2 | US\n+3 | SE\n+4 | US\n+5 | AU');
  });

  test('of two rows that differ says both, though each is half of them', () => {
    const rows = [
      ['+1', 'GB'],
      ['+2', 'US'],
    ];
    expect(table(rows)).toBe('+1 | GB\n+2 | US');
  });

  test('takes nothing for granted in a column in which a row says nothing', () => {
    const rows = [
      ['+1', 'US', '"Sales"'],
      ['+2', 'US', '"Sales"'],
      ['+3', 'GB', '"Sales"'],
      ['+4', 'US', ''],
    ];
    expect(table(rows)).toBe('Unless said otherwise: US\n+1 | "Sales"\n+2 | "Sales"\n+3 | GB | "Sales"\n+4');
  });

  test('takes a cell that is missing for one that says nothing', () => {
    expect(table([['+1', 'US'], ['+2', 'US'], ['+3']])).toBe('+1 | US\n+2 | US\n+3');
  });

  test('of one row keeps everything on its line', () => {
    expect(table([['+1', 'US', '', '0.80']])).toBe('+1 | US | 0.80');
  });

  test('names every row even if the names are alike', () => {
    const rows = [
      ['(no number)', 'US'],
      ['(no number)', 'US'],
      ['(no number)', 'GB'],
    ];
    expect(table(rows)).toBe('Unless said otherwise: US\n(no number)\n(no number)\n(no number) | GB');
  });

  test('keeps what names a row in it, in as many columns as that are', () => {
    const rows = [
      ['+1', '"Sales"', 'US'],
      ['+2', '"Sales"', 'US'],
    ];
    expect(table(rows, 2)).toBe('All: US\n+1 | "Sales"\n+2 | "Sales"');
  });

  test('has no line for shared facts where there are none', () => {
    const rows = [
      ['+1', 'US', ''],
      ['+2', 'GB', ''],
    ];
    expect(table(rows)).toBe('+1 | US\n+2 | GB');
  });

  test('of nothing is empty', () => {
    expect(table([])).toBe('');
  });

  const WIDTH = 3;

  /** Every row as a reader puts it together again: what it says, and what the lines before it say of its columns. */
  function readBack(text: string, count: number): string[][] {
    const lines = text.split('\n');
    const heads = lines.splice(0, lines.length - count);
    expect(heads.map((head) => head.split(': ')[0])).toEqual(
      ['All', 'Unless said otherwise'].filter((head) => heads.some((line) => line.startsWith(`${head}: `))),
    );
    const common = heads.flatMap((head) => head.slice(head.indexOf(': ') + 2).split(' | '));
    return lines.map((line) => {
      const [name = '', ...said] = line.split(' | ');
      const columns = new Set(said.map(columnOf));
      return [name, ...[...said, ...common.filter((value) => !columns.has(columnOf(value)))].sort()];
    });
  }

  /** Cells of these tests tell their column, as those of real lists do by their words. */
  const columnOf = (cell: string) => cell.split(' ')[0];

  test('loses no fact of any row', () => {
    const row = fc.tuple(
      fc.stringMatching(/^\+\d{1,3}$/),
      ...Array.from({ length: WIDTH }, (_, column) =>
        fc.constantFrom('', ...['a', 'b', 'c d'].map((value) => `${column} ${value}`)),
      ),
    );
    const filled = row.map(([name, ...cells]) => [name, ...cells.map((cell, i) => cell || `${i} a`)]);
    const rows = fc.oneof(
      fc.array(row, { minLength: 1, maxLength: 6 }),
      fc.array(filled, { minLength: 1, maxLength: 6 }),
    );
    const headsSeen = new Set<string>();
    fc.assert(
      fc.property(rows, (named: readonly Row[]) => {
        const text = table(named);
        for (const [head] of text.matchAll(/^(All|Unless said otherwise): /gm)) headsSeen.add(head);
        expect(readBack(text, named.length)).toEqual(
          named.map(([name, ...cells]) => [name, ...cells.filter((cell) => cell !== '').sort()]),
        );
      }),
      { numRuns: either(500, 100) },
    );
    expect([...headsSeen].sort()).toEqual(['All: ', 'Unless said otherwise: ']);
  });
});

describe('short names', () => {
  const PLAN = 'a'.repeat(32);
  const APP = '01HE0000AB';
  const write = (id: string) => `<${id}>`;

  const nameOf = (id: string) => shortNames([id, id], write).show(id);

  test('are given to IDs that occur more than once, and explained once', () => {
    const { show, legend } = shortNames(['first-plan-id', PLAN, PLAN, 'first-plan-id', PLAN], write);
    expect(legend).toEqual([`${nameOf('first-plan-id')} = <first-plan-id>`, `${nameOf(PLAN)} = <${PLAN}>`]);
    expect([PLAN, 'first-plan-id'].map(show)).toEqual([nameOf(PLAN), nameOf('first-plan-id')]);
  });

  test('follow from the ID alone: in every text it has the same, and another ID has another', () => {
    expect(nameOf(PLAN)).toMatch(/^#\d{6}$/);
    const { show } = shortNames(['another-long-id', 'another-long-id', PLAN, PLAN], write);
    expect(show(PLAN)).toBe(nameOf(PLAN));
    expect(show('another-long-id')).not.toBe(nameOf(PLAN));
  });

  test('are given to neither of two IDs that would have the same, not even where one occurs once', () => {
    const ids = new Map<string, string>();
    let pair: string[] = [];
    for (let n = 0; pair.length === 0; n++) {
      const id = `a-long-plan-id-${n}`;
      const twin = ids.get(nameOf(id));
      if (twin !== undefined) pair = [twin, id];
      ids.set(nameOf(id), id);
    }
    const { show, legend } = shortNames([...pair, ...pair.slice(0, 1), PLAN, PLAN], write);
    expect(legend).toEqual([`${nameOf(PLAN)} = <${PLAN}>`]);
    expect(pair.map(show)).toEqual(pair.map(write));
  });

  test('are not given to an ID that occurs once', () => {
    const { show, legend } = shortNames([PLAN, 'another-long-id'], write);
    expect(legend).toEqual([]);
    expect(show(PLAN)).toBe(`<${PLAN}>`);
  });

  test.each([
    [11, false],
    [12, true],
  ])('are for long IDs: one of %i characters has one: %s', (length, isShortened) => {
    const id = 'x'.repeat(length);
    const { show, legend } = shortNames([id, id], write);
    expect(legend).toHaveLength(isShortened ? 1 : 0);
    expect(show(id)).toBe(isShortened ? nameOf(id) : `<${id}>`);
  });

  test('leave an ID that nobody announced as it is written', () => {
    expect(shortNames([PLAN, PLAN], write).show(APP)).toBe(`<${APP}>`);
    expect(shortNames([], write)).toMatchObject({ legend: [] });
  });
});

describe('a text cut to length', () => {
  const MOST = 19_000;
  const item = (n: number) => `+1202555${String(n).padStart(4, '0')} | SMS plan plan-a`;
  const render = (items: readonly string[]) => items.join('\n');

  test('holds everything where that is short enough', () => {
    const items = Array.from({ length: 100 }, (_, n) => item(n));
    expect(cutToLength(items, render)).toEqual({ text: items.join('\n'), shown: 100 });
  });

  test('of nothing is what the empty list is told as', () => {
    expect(cutToLength([], () => 'none')).toEqual({ text: 'none', shown: 0 });
  });

  test('holds the first items where all would be too long, and nearly as many as fit', () => {
    const items = Array.from({ length: 3_000 }, (_, n) => item(n));
    const { text, shown } = cutToLength(items, render);
    expect(text).toBe(render(items.slice(0, shown)));
    expect(estimateTokens(text)).toBeLessThanOrEqual(MOST);
    expect(estimateTokens(text)).toBeGreaterThan(0.9 * MOST);
  });

  test('is cut again where the first cut does not suffice, since the first items are the longest', () => {
    const items = Array.from({ length: 2_000 }, (_, n) => (n < 500 ? item(n).repeat(8) : 'x'));
    const { text, shown } = cutToLength(items, render);
    expect(shown).toBeGreaterThan(1);
    expect(estimateTokens(text)).toBeLessThanOrEqual(MOST);
  });

  test('may be shorter where that is said', () => {
    const items = Array.from({ length: 100 }, (_, n) => item(n));
    const { text, shown } = cutToLength(items, render, 500);
    expect(shown).toBeGreaterThan(10);
    expect(estimateTokens(text)).toBeLessThanOrEqual(500);
  });

  test('holds one item at least, however long it is', () => {
    const long = 'x1 '.repeat(30_000);
    expect(cutToLength([long, long], render)).toEqual({ text: long, shown: 1 });
  });
});
