import { isNotFound } from '../../api/errors.ts';
import { describeFailure } from '../../api/failure.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { findActive } from '../../approval/number-state.ts';
import { settleRent } from '../../approval/reconcile.ts';
import { gateAnswer } from '../format/gated-result.ts';
import { capabilityOf, kindOf } from '../format/text.ts';
import { gatedTool } from '../tool.ts';
import { dearerNote, type RentTerms, recurringPrice, rentFacts, rentTerms } from './rent-terms.ts';

export const rentNumber = gatedTool({
  name: 'rent_number',
  title: 'Rent number',
  description:
    'Rent one number: costs its setup price now, its price every interval until released. Asks the user first. Find it with search_available_numbers. Newer accounts may be limited to US LOCAL. Links are jobs: follow with wait_for_provisioning. In doubt whether it worked, never repeat: get_active_number.',
  operation: operations.rentNumber,
  async handler({ confirmationToken, ...input }, { numbers, confirm, clock, signal }) {
    const { phoneNumber, ...configuration } = input;
    let agreed: RentTerms | undefined;
    const result = await confirm({
      tool: 'rent_number',
      arguments: input,
      confirmationToken,
      quote: async () => {
        try {
          const number = await numbers.call(operations.getAvailableNumber, { phoneNumber }, signal);
          agreed = rentTerms(number);
          return { stakes: sanitize({ ...number, ...configuration }) };
        } catch (error) {
          if (!isNotFound(error)) throw error;
          const own = await findActive(numbers, phoneNumber, signal);
          return {
            refusal: own
              ? `${phoneNumber} is already rented by this project: there is nothing to rent.`
              : `${phoneNumber} is not available: another customer has it, or it is not offered. Choose another with search_available_numbers.`,
          };
        }
      },
      terms: (stakes) => rentTerms(stakes),
      question: (stakes) => ({
        headline: `Rent ${phoneNumber} (${[kindOf(stakes), capabilityOf(stakes)].filter(Boolean).join(' ')}).`,
        facts: rentFacts(stakes),
        field: 'lastFourDigits',
        title: `Last four digits of ${phoneNumber}`,
        description: 'Type them to rent the number. Anything else rents nothing.',
        answer: phoneNumber.slice(-4),
      }),
      rent: (stakes) => ({ regionCode: stakes.regionCode, price: recurringPrice(stakes) }),
      execute: () => numbers.call(operations.rentNumber, input, signal),
      settle: (lost) => settleRent({ numbers, clock }, phoneNumber, lost),
      describe: (error) => describeFailure(error, { name: 'rent_number', effect: 'billing', input }),
    });
    return gateAnswer(result, phoneNumber, dearerNote(agreed, result.number));
  },
});
