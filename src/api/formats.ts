/** How numbers, regions and amounts are written. */

/** An E.164 phone number: `+`, no leading zero, 7 to 15 digits. */
export const E164 = /^\+[1-9]\d{6,14}$/;

/** A decimal amount such as `5` or `5.00`. */
export const DECIMAL = /^\d+(\.\d+)?$/;

/** An ISO 4217 currency code. */
export const CURRENCY = /^[A-Z]{3}$/;

/** Two letters; case is put right by {@link toRegionCode}. */
export const REGION_CODE = /^[A-Za-z]{2}$/;

/**
 * The region code as the API spells it: upper case, and `GB` where people write `UK` (the API knows GB alone).
 * @param value two letters
 */
export function toRegionCode(value: string): string {
  const code = value.toUpperCase();
  return code === 'UK' ? 'GB' : code;
}

/** The keys of a telephone, and the letters on them. */
const KEYPAD = ['', '', 'ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ'];

/**
 * The digits that a keypad has for letters: `TAXI` is 8294.
 * @param text digits, letters, and a + where there is one, which stay as they are
 */
export function toDigits(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) =>
    String(KEYPAD.findIndex((letters) => letters.includes(letter.toUpperCase()))),
  );
}
