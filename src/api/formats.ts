/** How numbers, regions and amounts are written. */

/** An E.164 phone number: `+`, no leading zero, 7 to 15 digits. */
export const E164 = /^\+[1-9]\d{6,14}$/;

/** A decimal amount such as `5` or `5.00`. */
export const DECIMAL = /^\d+(\.\d+)?$/;

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
