/** Why a search found nothing, and the nearest that is on offer. */

import type { NumbersClient } from '../../api/client.ts';
import { CancelledError, isNumbersError } from '../../api/errors.ts';
import { enumValue, kindOf } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { AvailableNumber } from '../../api/schemas/numbers.ts';
import type { Signal } from '../../lib/signal.ts';
import { patternHint, patternText } from '../format/pattern.ts';
import { phoneNumberOf } from '../format/text.ts';
import { within } from '../format/tokens.ts';
import { type Criteria, findNearest } from './nearest-criteria.ts';

type Search = OperationInput<typeof operations.listAvailableNumbers>;

/** So many of the nearest are named: enough to see that there are some. */
const NEAREST = 2;
/** Regions that are named may take so many tokens. */
const MAX_REGIONS = 300;

interface Explanation {
  readonly text: string;
  /** What was asked for instead, and the phone numbers that were found: a search for it tells the rest. */
  readonly nearest?: Criteria & {
    readonly availableNumbers: readonly Pick<AvailableNumber, 'phoneNumber'>[];
  };
}

interface Parts {
  readonly numbers: NumbersClient;
  readonly signal: Signal;
}

/**
 * Finds out why nothing matches, with one request for the regions and at most three more searches. What cannot be read
 * is left out.
 * @throws {CancelledError}
 */
export async function explainNoMatch(search: Search, parts: Parts): Promise<Explanation> {
  const { regionCode, type, numberPattern } = search;
  const regions = await readRegions(parts);
  const region = regions.find((one) => one.regionCode === regionCode);
  const types = region?.types ?? [];
  if (regions.length > 0 && region === undefined) {
    const codes = within(
      MAX_REGIONS,
      regions.flatMap((one) => (one.regionCode ? [enumValue(one.regionCode)] : [])),
    );
    return { text: `No numbers are offered in ${regionCode}, only in ${codes.join(', ')}.` };
  }
  if (types.length > 0 && !types.includes(type)) {
    return { text: `${regionCode} has no ${type} numbers, only ${types.map(enumValue).join(', ')}.` };
  }
  const reason = [`No ${describe(search)}.`, patternHint(numberPattern)].filter(Boolean).join(' ');
  const near = await findNearest(search, (criteria) =>
    searchFor({ regionCode, type, ...criteria, size: NEAREST }, parts),
  );
  if (near !== undefined) {
    const { criteria, found } = near;
    const availableNumbers = found.map(({ phoneNumber }) => ({ phoneNumber }));
    const named = found.map(phoneNumberOf).join(', ');
    return {
      text: `${reason} Nearest, ${difference(search, criteria)}: ${named}`,
      nearest: { ...criteria, availableNumbers },
    };
  }
  const others = types.filter((other) => other !== type).map(enumValue);
  const more = others.length > 0 ? ` ${regionCode} has ${others.join(', ')} too.` : '';
  return { text: `${reason} Nor is any other ${kindOf(search)} number on offer now.${more}` };
}

/** e.g. `US LOCAL number with SMS containing 8294`. */
function describe({ numberPattern, capabilities, ...kind }: Search): string {
  const having = capabilities ? ` with ${capabilities.join('+')}` : '';
  return `${kindOf(kind)} number${having}${patternText(numberPattern)}`;
}

/** What a search asks for in place of another, e.g. `containing 206` or `with any digits and capability`. */
function difference(asked: Criteria, { numberPattern, capabilities }: Criteria): string {
  if (numberPattern) return patternText(numberPattern).trim();
  const open = [asked.numberPattern && 'digits', asked.capabilities && !capabilities && 'capability'];
  return `with any ${open.filter(Boolean).join(' and ')}`;
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
