import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';
import { sanitizeText } from '../../src/lib/sanitize.ts';
import { anyCharacter } from '../support/characters.ts';
import { either } from '../support/length.ts';

const HIDDEN: readonly [string, string][] = [
  ['a zero-width space', '\u200b'],
  ['a zero-width non-joiner', '\u200c'],
  ['a zero-width joiner', '\u200d'],
  ['a combining grapheme joiner', '\u034f'],
  ['a Braille blank', '\u2800'],
  ['a musical beam', '\u{1d173}'],
  ['a null notehead', '\u{1d159}'],
  ['a Khitan filler', '\u{16fe4}'],
  ['a Khmer vowel that is not shown', '\u17b4'],
  ['a Mongolian vowel separator', '\u180e'],
  ['a Hangul filler', '\u3164'],
  ['a half-width Hangul filler', '\uffa0'],
  ['a variation selector', '\ufe0f'],
  ['a tag', '\u{e0041}'],
  ['an unassigned character that is to be ignored', '\u{e0fff}'],
  ['an annotation', '\ufff9'],
  ['a soft hyphen', '\u00ad'],
  ['a right-to-left override', '\u202e'],
  ['an isolate', '\u2066'],
  ['an Arabic letter mark', '\u061c'],
  ['a line separator', '\u2028'],
  ['a paragraph separator', '\u2029'],
  ['a no-break space', '\u00a0'],
  ['an ideographic space', '\u3000'],
  ['an escape', '\u001b[31m'.slice(0, 1)],
  ['a control of the upper half', '\u009b'],
  ['a line feed', '\n'],
  ['half a character', '\ud800'],
];

describe('a text that others wrote', () => {
  test.each(HIDDEN)('loses %s', (_, char) => {
    expect(sanitizeText(`Pay${char}Pal`)).toBe('Pay Pal');
    expect(sanitizeText(`${char}${char}PayPal${char}`)).toBe('PayPal');
    expect(sanitizeText(char.repeat(10))).toBe('');
  });

  test.each([
    'Support, Berlin',
    'a  b',
    'Zoë Ångström',
    '東京 サポート',
    'Поддержка',
    'العربية',
    'हिन्दी',
    'emoji 😀',
    '1 € = ½',
  ])('keeps what is seen: %s', (text) => {
    expect(sanitizeText(text)).toBe(text);
  });

  test('is cut where it is too long, and never within a character', () => {
    expect(sanitizeText('x'.repeat(121))).toBe(`${'x'.repeat(120)}…`);
    expect(sanitizeText('😀'.repeat(10), 5).isWellFormed()).toBe(true);
  });

  test('is safe whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        const safe = sanitizeText(text);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u);
        expect(safe.isWellFormed()).toBe(true);
        expect(sanitizeText(safe)).toBe(safe);
      }),
      { numRuns: either(500, 100) },
    );
  });
});

describe('a line of the log', () => {
  test('is one line, and holds nothing that a terminal obeys', () => {
    const lines: string[] = [];
    const log = createLogger('debug', (line) => lines.push(line));
    log.error('HTTP 400 \u001b]0;title\u0007\u001b[2J\u009b31mred\r\n  at x\u202e\u0000');
    log.warn(`Error: a\n    at b (file.js:1)\n    at c`);
    expect(lines).toEqual([
      expect.stringMatching(/^\S+ error HTTP 400 +\]0;title \[2J 31mred at x\n$/),
      expect.stringMatching(/^\S+ warn Error: a at b \(file\.js:1\) at c\n$/),
    ]);
  });
});
