/** Characters for texts that are made up. */
import fc from 'fast-check';

const SURROGATES = { from: 0xd800, count: 0x800 };

/**
 * Any character of Unicode, whether it is assigned or not. It is what fast-check calls `binary`, which takes
 * more than a second to list them all before it makes the first text.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.nat(0x10_ffff - SURROGATES.count).map(
  (index) => String.fromCodePoint(index < SURROGATES.from ? index : index + SURROGATES.count),
  (character) => {
    const code = typeof character === 'string' ? character.codePointAt(0) : undefined;
    if (code === undefined || character !== String.fromCodePoint(code)) throw new Error('not a character');
    return code < SURROGATES.from ? code : code - SURROGATES.count;
  },
);
