import { operations } from '../../api/operations/numbers.ts';
import { concernedNumber } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool } from '../tool.ts';

export const rentAnyNumber = gatedTool({
  name: 'rent_any_number',
  title: 'Rent any number',
  description:
    'Rent the first phone number that matches, unseen; US LOCAL only. Costs money until released. Asks the user first. Better: search_available_numbers, then rent_number. In doubt never repeat, that buys a second number: list_active_numbers shows what came.',
  operation: operations.rentAnyNumber,
  handler: async ({ confirmationToken, ...input }, { operations: gated, confirm }) =>
    gatedResult(await confirm(gated.rentAnyNumber, input, confirmationToken), concernedNumber()),
});
