import { sanitize } from './sanitize.ts';
import type { ActiveNumber } from './schemas/numbers.ts';

/** A rented number as it leaves this process. One that is released is charged no more, whatever date it carries. */
export function presentActiveNumber(number: ActiveNumber): ActiveNumber {
  const safe = sanitize(number);
  if (safe.expireAt === undefined || safe.nextChargeDate === undefined) return safe;
  const { nextChargeDate: _, ...released } = safe;
  return released;
}
