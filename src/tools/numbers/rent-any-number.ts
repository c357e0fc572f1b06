import { isNumbersError } from '../../api/errors.ts';
import { describeFailure } from '../../api/failure.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type Criteria, readRented } from '../../approval/number-state.ts';
import { settleRentAny } from '../../approval/reconcile.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import { gateAnswer } from '../format/gated-result.ts';
import { kindOf } from '../format/text.ts';
import { gatedTool } from '../tool.ts';
import {
  dearerNote,
  type RentTerms,
  recurringPrice,
  rentFacts,
  rentTerms,
  worstTerms,
} from './rent-terms.ts';

/** How many matches are looked at to quote a price. */
const QUOTE_SIZE = 10;

export const rentAnyNumber = gatedTool({
  name: 'rent_any_number',
  title: 'Rent any number',
  description:
    'Rent the first number that matches, unseen; US LOCAL only. Costs money until released. Asks the user first. Better: search_available_numbers and rent_number, which name the number beforehand. In doubt never repeat, that buys a second number: list_active_numbers shows what came.',
  operation: operations.rentAnyNumber,
  async handler({ confirmationToken, ...input }, { numbers, confirm, clock, signal }) {
    const { regionCode, type, numberPattern, capabilities } = input;
    const criteria: Criteria = {
      regionCode,
      type,
      ...(numberPattern && { numberPattern }),
      ...(capabilities && { capabilities }),
    };
    let agreed: RentTerms | undefined;
    let before: ReadonlySet<string> | undefined;
    const result = await confirm({
      tool: 'rent_any_number',
      arguments: input,
      confirmationToken,
      quote: async () => {
        const search = { ...criteria, size: QUOTE_SIZE };
        const { availableNumbers } = await numbers.call(operations.listAvailableNumbers, search, signal);
        agreed = worstTerms(availableNumbers);
        if (agreed === undefined) {
          return {
            refusal:
              'No number matches. Loosen numberPattern or capabilities; search_available_numbers shows what there is.',
          };
        }
        return { stakes: sanitize({ ...agreed, ...input }) };
      },
      terms: (stakes) => rentTerms(stakes),
      question: (stakes) => ({
        headline: headline(criteria),
        facts: rentFacts(stakes),
        field: 'confirm',
        title: 'Type RENT',
        description: 'Type RENT in capitals to rent a number. Anything else rents nothing.',
        answer: 'RENT',
      }),
      rent: (stakes) => ({ regionCode, price: recurringPrice(stakes) }),
      prepare: async () => {
        before = await readBefore();
        return before && [...before];
      },
      execute: () => numbers.call(operations.rentAnyNumber, input, signal),
      settle: (lost, others) => settleRentAny({ numbers, clock }, criteria, before, others, lost),
      describe: (error) => describeFailure(error, { name: 'rent_any_number', effect: 'billing', input }),
    });
    return gateAnswer(result, undefined, dearerNote(agreed, result.number));

    /** The numbers of this kind before the rent, by which the new one is known should the answer get lost. */
    async function readBefore(): Promise<ReadonlySet<string> | undefined> {
      try {
        const rented = await readRented(numbers, criteria, signal);
        return rented && new Set(rented.flatMap(({ phoneNumber }) => phoneNumber ?? []));
      } catch (error) {
        if (!isNumbersError(error) || signal.aborted) throw error;
        return undefined;
      }
    }
  },
});

/** What the API may pick, and where the price comes from. */
function headline({ numberPattern, capabilities, ...criteria }: Criteria): string {
  const kind = [kindOf(criteria), capabilities?.join('+')].filter(Boolean).join(' ');
  const { pattern, searchPattern = 'CONTAINS' } = numberPattern ?? {};
  const digits = pattern === undefined ? '' : ` with digits ${sanitizeText(pattern)} (${searchPattern})`;
  return `Rent whichever ${kind} number${digits} the API picks. The prices are the highest of its first ${QUOTE_SIZE} offers.`;
}
