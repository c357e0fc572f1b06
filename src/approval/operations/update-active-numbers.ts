import { counted, kindOf, quote } from '../../api/format.ts';
import type { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  batchQuestion,
  batchTerms,
  whatStops,
  worstFirst,
} from '../batch-operation.ts';
import { carryOut } from '../carry-out.ts';
import type { OperationContext } from '../operation.ts';
import { verbAndCount } from '../question.ts';
import { isNoneMeant, NONE_MEANT, readRentedNumbers, type WhichNumbers } from './rented-numbers.ts';
import { quoteUpdate, type UpdateStakes, updateActiveNumber, wantedFacts } from './update-active-number.ts';

type Change = Omit<OperationInput<typeof operations.updateActiveNumber>, 'phoneNumber'>;
type Input = WhichNumbers & { readonly change: Change };

export const MAX_UPDATES = 1_000;
/** A list tells this much of what a number has now. */
const MAX_NOW = 60;

/** @param asks whether to ask; where not, all is carried out at once */
export function updateActiveNumbers(asks: boolean): BatchOperation<Input> {
  const single = updateActiveNumber(asks);

  function partOf(number: ActiveNumber, change: Change): BatchPart {
    const { stakes, cutOff: stops } = quoteUpdate(number, change);
    const { phoneNumber = '' } = stakes;
    const group = `${kindOf(stakes)}${stops.length > 0 ? ', cut off or moved' : ''}`;
    return {
      phoneNumber,
      terms: single.terms(stakes),
      item: { phoneNumber, detail: detailOf(stakes, stops.length > 0), group },
      stops,
      send: (execution) => carryOut(single, { phoneNumber, ...change }, stakes, { ...execution, rents: 0 }),
    };
  }

  async function read(change: Change, which: WhichNumbers, context: OperationContext): Promise<BatchStakes> {
    const wanted = {
      most: MAX_UPDATES,
      needsNothing: (number: ActiveNumber) => quoteUpdate(number, change).needsNothing,
      reason: 'is so already',
    };
    const { found, missing, skipped } = await readRentedNumbers(which, wanted, context);
    const parts = worstFirst(found.map((number) => partOf(number, change)));
    return { parts, skipped, refused: missing, dueNow: [], monthly: [] };
  }

  return {
    tool: 'update_active_numbers',
    atOnce: 8,
    namesDone: false,
    ...batchTerms,
    async quote({ change, ...which }, context) {
      const stakes = await read(change, which, context);
      if (isNoneMeant(which, stakes)) return { refusal: NONE_MEANT };
      return asks && stakes.parts.length > 0 ? { stakes } : { harmless: stakes };
    },
    quoteSome: ({ change }, phoneNumbers, context) => read(change, { phoneNumbers }, context),
    question: ({ change }, stakes) => {
      const { parts } = stakes;
      return batchQuestion(
        {
          headline: `Change ${counted(parts.length, 'rented number')}.`,
          facts: [
            ...wantedFacts(change),
            { label: 'Cut off or moved', value: whatStops(parts, 'nothing that works now') },
          ],
          ...verbAndCount('UPDATE', parts.length),
        },
        stakes,
      );
    },
  };
}

/** What is of a number now that will change. */
function detailOf({ displayName, changes }: UpdateStakes, isCutOff: boolean): string {
  const now = Object.entries(changes).flatMap(([what, { from }]) =>
    from === undefined ? [] : [`${what} ${quote(from, MAX_NOW)}`],
  );
  return [
    displayName && `${quote(displayName)}:`,
    isCutOff && 'cuts off or moves',
    now.join(', ') || 'none so far',
    now.length > 0 && !isCutOff && 'now',
  ]
    .filter(Boolean)
    .join(' ');
}
