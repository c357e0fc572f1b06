import { CancelledError, isNumbersError } from '../../api/errors.ts';
import { enumValue, kindOf } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { Criteria } from '../number-state.ts';
import type { OperationContext } from '../operation.ts';

/** So many regions are named. */
const MAX_NAMED = 100;

/**
 * Why no number can be rented: region or type are not offered at all, or what was asked for is too narrow. What cannot
 * be read is left out.
 * @throws {CancelledError}
 */
export async function noMatch(
  { regionCode, type, numberPattern, capabilities }: Criteria,
  { numbers, signal }: Pick<OperationContext, 'numbers' | 'signal'>,
): Promise<string> {
  const regions = await numbers.call(operations.listAvailableRegions, {}, signal).then(
    (answer) => sanitize(answer).availableRegions,
    (error: unknown) => {
      if (!isNumbersError(error) || error instanceof CancelledError) throw error;
      return [];
    },
  );
  const region = regions.find((one) => one.regionCode === regionCode);
  if (regions.length > 0 && region === undefined) {
    const codes = regions.flatMap((one) => (one.regionCode ? [enumValue(one.regionCode)] : []));
    return `No numbers are offered in ${regionCode}, only in ${codes.slice(0, MAX_NAMED).join(', ')}.`;
  }
  const types = region?.types ?? [];
  if (types.length > 0 && !types.includes(type)) {
    return `No ${type} numbers are offered in ${regionCode}, only ${types.map(enumValue).join(', ')}.`;
  }
  const narrow = [numberPattern && 'numberPattern', capabilities && 'capabilities'].filter(Boolean);
  return narrow.length > 0
    ? `No number matches. Loosen ${narrow.join(' or ')}; search_available_numbers shows the nearest there are.`
    : `No ${kindOf({ regionCode, type })} number is on offer at the moment.`;
}
