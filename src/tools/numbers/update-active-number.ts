import { operations } from '../../api/operations/numbers.ts';
import { concernedNumber } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool } from '../tool.ts';

export const updateActiveNumber = gatedTool({
  name: 'update_active_number',
  title: 'Update rented number',
  description:
    'Rename a rented phone number, set its callback URL, link or unlink SMS, 10DLC campaign or voice. Asks the user where that cuts off what works. "" unlinks a plan or campaign. Unlink before linking to another: two calls. Leave out what shall stay. Links are jobs: follow with wait_for_provisioning.',
  operation: operations.updateActiveNumber,
  handler: async ({ confirmationToken, ...input }, { operations: gated, confirm }) =>
    gatedResult(
      await confirm(gated.updateActiveNumber, input, confirmationToken),
      concernedNumber(input.phoneNumber),
    ),
});
