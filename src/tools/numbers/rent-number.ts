import { operations } from '../../api/operations/numbers.ts';
import { concernedNumber } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool } from '../tool.ts';

export const rentNumber = gatedTool({
  name: 'rent_number',
  title: 'Rent number',
  description:
    'Rent (buy) one phone number: costs its setup price now, its price every interval until released. Asks the user first. Find it with search_available_numbers. Newer accounts may be limited to US LOCAL. Links are jobs: follow with wait_for_provisioning. In doubt never repeat: get_active_number.',
  operation: operations.rentNumber,
  handler: async ({ confirmationToken, ...input }, { operations: gated, confirm }) =>
    gatedResult(
      await confirm(gated.rentNumber, input, confirmationToken),
      concernedNumber(input.phoneNumber),
    ),
});
