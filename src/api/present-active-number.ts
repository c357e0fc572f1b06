import { sanitize } from './sanitize.ts';
import type { ActiveNumber } from './schemas/numbers.ts';

/** A rented number as it leaves this process. One that is released is charged no more, whatever date it carries. */
export function presentActiveNumber(number: ActiveNumber): ActiveNumber {
  const { nextChargeDate, ...rest } = sanitize(number);
  return { ...rest, ...(nextChargeDate !== undefined && rest.expireAt === undefined && { nextChargeDate }) };
}
