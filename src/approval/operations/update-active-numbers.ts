import { counted, kindOf, quote } from '../../api/format.ts';
import type { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  batchQuestion,
  batchTerms,
  partTerms,
} from '../batch-operation.ts';
import { carryOut } from '../carry-out.ts';
import type { OperationContext } from '../operation.ts';
import { verbAndCount } from '../question.ts';
import { readRentedNumbers, type WhichNumbers } from './rented-numbers.ts';
import { quoteUpdate, updateActiveNumber, wantedFacts } from './update-active-number.ts';

type Change = Omit<OperationInput<typeof operations.updateActiveNumber>, 'phoneNumber'>;
type Input = WhichNumbers & { readonly change: Change };

export const MAX_UPDATES = 1_000;

/** @param asks whether to ask; where not, all is carried out at once */
export function updateActiveNumbers(asks: boolean): BatchOperation<Input> {
  const single = updateActiveNumber(asks);

  async function read(input: Input, which: WhichNumbers, context: OperationContext): Promise<BatchStakes> {
    const { change } = input;
    const { found, missing } = await readRentedNumbers(which, MAX_UPDATES, context);
    const parts: BatchPart[] = [];
    const skipped: { phoneNumber: string; reason: string }[] = [];
    for (const number of found) {
      const { phoneNumber = '' } = number;
      const { stakes, isHarmless, needsNothing } = quoteUpdate(number, change);
      if (needsNothing) {
        skipped.push({ phoneNumber, reason: 'is so already' });
        continue;
      }
      const name = stakes.displayName ? `${quote(stakes.displayName)}: ` : '';
      const changes = Object.entries(stakes.changes).map(([what, { from }]) =>
        from === undefined ? '' : `${what} ${quote(from)} now`,
      );
      const warning = isHarmless ? '' : 'cuts off or moves what works: ';
      parts.push({
        phoneNumber,
        terms: partTerms(single.terms(stakes)),
        item: {
          phoneNumber,
          detail: `${name}${warning}${changes.filter(Boolean).join(', ') || 'none now'}`,
          group: `${kindOf(stakes)}${isHarmless ? '' : ', cut off or moved'}`,
        },
        send: (execution) => carryOut(single, { phoneNumber, ...change }, stakes, { ...execution, rents: 0 }),
      });
    }
    return { parts, skipped, refused: missing, dueNow: [], monthly: [] };
  }

  return {
    tool: 'update_active_numbers',
    atOnce: 8,
    ...batchTerms,
    async quote(input, context) {
      const stakes = await read(input, input, context);
      return asks && stakes.parts.length > 0 ? { stakes } : { harmless: stakes };
    },
    quoteSome: (input, phoneNumbers, context) => read(input, { phoneNumbers }, context),
    question: (input, stakes) => {
      const { length } = stakes.parts;
      const cutOff = stakes.parts.filter(({ item }) => item.group.endsWith('moved')).length;
      return batchQuestion(
        {
          headline: `Change ${counted(length, 'rented number')}.`,
          facts: [
            ...wantedFacts(input.change),
            {
              label: 'Cut off or moved',
              value: cutOff === 0 ? 'nothing that works now' : `what works now of ${cutOff} of them`,
            },
          ],
          ...verbAndCount('UPDATE', length),
        },
        stakes,
      );
    },
  };
}
