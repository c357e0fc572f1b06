/** Why a search found nothing, and the nearest that is on offer. */
import type { NumbersClient } from '../../api/client.ts';
import { CancelledError, isNumbersError } from '../../api/errors.ts';
import { enumValue, kindOf } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { AvailableNumber } from '../../api/schemas/numbers.ts';
import { patternHint, patternText } from '../format/pattern.ts';
import { table } from '../format/table.ts';
import { availableNumberRow } from '../format/text.ts';
import { within } from '../format/tokens.ts';
import { type Criteria, findNearest } from './nearest-criteria.ts';

type Search = OperationInput<typeof operations.listAvailableNumbers>;

/** How many of the nearest are listed. */
const NEAREST = 5;
/** Regions that are named may take so many tokens. */
const MAX_REGIONS = 300;

interface Explanation {
  readonly text: string;
  /** The text without the numbers in it. */
  readonly reason: string;
  /** What was asked for instead, and found. */
  readonly nearest?: Criteria & { readonly availableNumbers: readonly AvailableNumber[] };
}

interface Parts {
  readonly numbers: NumbersClient;
  readonly signal: AbortSignal;
}

/**
 * Finds out why nothing matches, with one request for the regions and at most three more searches. What cannot be read
 * is left out.
 * @throws {CancelledError}
 */
export async function explainNoMatch(search: Search, parts: Parts): Promise<Explanation> {
  const { regionCode, type, numberPattern } = search;
  const none = `No ${describe(search, search)} is on offer.`;
  const regions = await readRegions(parts);
  const region = regions.find((one) => one.regionCode === regionCode);
  const types = region?.types ?? [];
  if (regions.length > 0 && region === undefined) {
    const codes = within(
      MAX_REGIONS,
      regions.flatMap((one) => (one.regionCode ? [enumValue(one.regionCode)] : [])),
    );
    return onlyReason(
      `${none} ${regionCode} is not among the regions in which numbers are offered: ${codes.join(', ')}.`,
    );
  }
  if (types.length > 0 && !types.includes(type)) {
    return onlyReason(
      `${none} In ${regionCode} numbers are offered of type ${types.map(enumValue).join(', ')} alone.`,
    );
  }
  const reason = [none, patternHint(numberPattern)].filter(Boolean).join(' ');
  const near = await findNearest(search, (criteria) =>
    searchFor({ regionCode, type, ...criteria, size: NEAREST }, parts),
  );
  if (near !== undefined) {
    const { criteria, found } = near;
    const nearest = table(found.map(availableNumberRow));
    const told = `${reason} Nearest: ${describe(search, criteria)}, for example:`;
    return {
      text: `${told}\n${nearest}`,
      reason: told,
      nearest: { ...criteria, availableNumbers: found },
    };
  }
  const others = types.filter((other) => other !== type).map(enumValue);
  const more = others.length > 0 ? ` ${regionCode} has ${others.join(', ')} too.` : '';
  return onlyReason(`${reason} Nor is any other ${kindOf(search)} number at the moment.${more}`);
}

function onlyReason(reason: string): Explanation {
  return { text: reason, reason };
}

/** e.g. `US LOCAL number with SMS containing 8294`. */
function describe(
  kind: Pick<Search, 'regionCode' | 'type'>,
  { numberPattern, capabilities }: Criteria,
): string {
  const having = capabilities ? ` with ${capabilities.join('+')}` : '';
  return `${kindOf(kind)} number${having}${patternText(numberPattern)}`;
}

async function readRegions({ numbers, signal }: Parts) {
  const answer = await orNothing(numbers.call(operations.listAvailableRegions, {}, signal));
  return answer ? sanitize(answer).availableRegions : [];
}

async function searchFor(search: Search, { numbers, signal }: Parts): Promise<readonly AvailableNumber[]> {
  const answer = await orNothing(numbers.call(operations.listAvailableNumbers, search, signal));
  return answer ? sanitize(answer).availableNumbers : [];
}

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!isNumbersError(error) || error instanceof CancelledError) throw error;
    return undefined;
  }
}
