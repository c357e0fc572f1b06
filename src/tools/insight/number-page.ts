import { presentActiveNumber } from '../../api/present-active-number.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import { cutToLength } from '../format/table.ts';
import { activeNumberRows, type NumberField, pickFields } from '../format/text.ts';

export interface NumberPage {
  /** Those that the text shows, with the fields that were asked for. */
  readonly numbers: readonly ActiveNumber[];
  readonly text: string;
  /** The last phone number, where more follow. */
  readonly nextCursor?: string;
}

/**
 * A page of numbers of which the text has one line each: as many as fit, and no more than the limit.
 * @param kept the numbers of the page, and one more where another follows
 * @param mostTokens how many the text may take
 */
export function pageOfNumbers(
  kept: readonly ActiveNumber[],
  limit: number,
  fields: readonly NumberField[],
  mostTokens: number,
): NumberPage {
  const wanted = kept.slice(0, limit).map((number) => pickFields(presentActiveNumber(number), fields));
  if (wanted.length === 0) return { numbers: [], text: '' };
  const { text, shown } = cutToLength(wanted, (numbers) => activeNumberRows(numbers, fields), mostTokens);
  const numbers = wanted.slice(0, shown);
  const last = numbers.at(-1)?.phoneNumber;
  return { numbers, text, ...(last !== undefined && shown < kept.length && { nextCursor: last }) };
}
