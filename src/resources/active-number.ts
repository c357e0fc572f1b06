import { sanitize } from '../api/sanitize.ts';
import type { ActiveNumber } from '../api/schemas/numbers.ts';

/** A rented number as it leaves this process. One that is released is charged no more, whatever date it carries. */
export function presentActiveNumber(number: ActiveNumber): ActiveNumber {
  const { nextChargeDate, ...rest } = sanitize(number);
  return { ...rest, ...(nextChargeDate !== undefined && rest.expireAt === undefined && { nextChargeDate }) };
}
