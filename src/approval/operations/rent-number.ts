import { isNotFound } from '../../api/errors.ts';
import { capabilityOf, kindOf } from '../../api/format.ts';
import { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { sanitize } from '../../api/sanitize.ts';
import { findActive } from '../number-state.ts';
import type { GatedOperation } from '../operation.ts';
import { lastFourDigits } from '../question.ts';
import { reconcileRent } from '../reconcile.ts';
import {
  configurationFacts,
  costFacts,
  offerTerms,
  orderFacts,
  type RentStakes,
  rentReceipt,
  rentStakes,
} from './rent.ts';

type Input = OperationInput<typeof operations.rentNumber>;

export const rentNumber: GatedOperation<Input, RentStakes> = {
  tool: 'rent_number',
  operation: operations.rentNumber,
  async quote({ phoneNumber, ...configuration }, { numbers, signal }) {
    try {
      const offer = sanitize(await numbers.call(operations.getAvailableNumber, { phoneNumber }, signal));
      return { stakes: rentStakes(offer, configuration), offers: [offer] };
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
  terms: offerTerms,
  question: ({ phoneNumber, ...configuration }, stakes) => ({
    headline: `Rent ${phoneNumber} (${[kindOf(stakes), capabilityOf(stakes)].filter(Boolean).join(' ')}).`,
    facts: [...costFacts(stakes), ...orderFacts(stakes), ...configurationFacts(configuration, [stakes])],
    ...lastFourDigits(phoneNumber, 'rent the number'),
  }),
  phoneNumber: ({ phoneNumber }) => phoneNumber,
  send: async (input, { numbers, signal }) => ({
    number: await numbers.call(operations.rentNumber, input, signal),
  }),
  receipt: rentReceipt,
  reconcile: ({ arguments: { phoneNumber }, error }, reading) =>
    reconcileRent(reading, String(phoneNumber), error),
};
