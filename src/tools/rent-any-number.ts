import { type Criteria, readMatching, settleRentAny } from '../confirmation/settlement.ts';
import { isNumbersError } from '../numbers/errors.ts';
import { dearestFirst } from '../numbers/money.ts';
import { operations } from '../numbers/operations.ts';
import { sanitize, sanitizeText } from '../numbers/sanitize.ts';
import { describeFailure } from './failure.ts';
import { gateAnswer } from './gate-answer.ts';
import { recurring, rentQuestion } from './rent-number.ts';
import { gatedTool } from './tool.ts';

/** How many matches are looked at to quote a price. */
const QUOTE_SIZE = 10;

export const rentAnyNumber = gatedTool({
  name: 'rent_any_number',
  title: 'Rent any number',
  description:
    'Rent the first number that matches, unseen; the API offers this for US LOCAL only. Costs money until released. Asks the user first. Prefer search_available_numbers and rent_number, which name the number beforehand. Never repeat it when in doubt, that buys a second number: list_active_numbers shows what came.',
  operation: operations.rentAnyNumber,
  async handler({ confirmationToken, ...input }, { numbers, confirm, clock, signal }) {
    const { regionCode, type, numberPattern, capabilities } = input;
    const criteria: Criteria = {
      regionCode,
      type,
      ...(numberPattern && { numberPattern }),
      ...(capabilities && { capabilities }),
    };
    let before: ReadonlySet<string> | undefined;
    const result = await confirm({
      tool: 'rent_any_number',
      arguments: input,
      confirmationToken,
      quote: async () => {
        const search = { ...criteria, size: QUOTE_SIZE };
        const { availableNumbers } = await numbers.call(operations.listAvailableNumbers, search, signal);
        const [dearest] = availableNumbers.sort((a, b) => dearestFirst(a.monthlyPrice, b.monthlyPrice));
        if (dearest === undefined) {
          return {
            refusal:
              'No number matches. Loosen numberPattern or capabilities; search_available_numbers shows what there is.',
          };
        }
        const { phoneNumber: _, ...price } = dearest;
        return { stakes: sanitize({ ...price, ...input }) };
      },
      terms: ({ setupPrice, monthlyPrice, paymentIntervalMonths }) => ({
        setupPrice,
        monthlyPrice,
        paymentIntervalMonths,
      }),
      question: (stakes) => ({
        message: rentQuestion(`Rent the first number${matching(criteria)} that the API picks`, stakes),
        field: 'confirm',
        title: 'Type RENT',
        description: 'Type RENT in capitals to rent a number. Anything else rents nothing.',
        answer: 'RENT',
      }),
      rent: (stakes) => ({ regionCode, price: recurring(stakes) }),
      execute: async () => {
        before = await readBefore();
        return numbers.call(operations.rentAnyNumber, input, signal);
      },
      settle: (lost) => settleRentAny({ numbers, clock }, criteria, before, lost),
      describe: (error) => describeFailure(error, { name: 'rent_any_number', effect: 'billing', input }),
    });
    return gateAnswer(result);

    /** The matching numbers before the rent, by which the new one is known should the answer get lost. */
    async function readBefore(): Promise<ReadonlySet<string> | undefined> {
      try {
        const matching = await readMatching(numbers, criteria, signal);
        return matching && new Set(matching.flatMap(({ phoneNumber }) => phoneNumber ?? []));
      } catch (error) {
        if (!isNumbersError(error) || signal.aborted) throw error;
        return undefined;
      }
    }
  },
});

/** e.g. ` with digits +1206 (START)`. */
function matching({ numberPattern }: Criteria): string {
  if (numberPattern?.pattern === undefined) return '';
  return ` with digits ${sanitizeText(numberPattern.pattern)} (${numberPattern.searchPattern ?? 'CONTAINS'})`;
}
