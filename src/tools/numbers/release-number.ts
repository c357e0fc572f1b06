import { operations } from '../../api/operations/numbers.ts';
import { concernedNumber } from '../../resources/uris.ts';
import { gatedResult } from '../format/gated-result.ts';
import { gatedTool } from '../tool.ts';

export const releaseNumber = gatedTool({
  name: 'release_number',
  title: 'Release number',
  description:
    'Cancel a rented phone number: end its subscription. Asks the user first. It works until the paid period ends (expireAt), then it is gone; no undo or refund is documented. To stop only its traffic, unlink it: update_active_number.',
  operation: operations.releaseNumber,
  handler: async ({ confirmationToken, ...input }, { operations: gated, confirm }) =>
    gatedResult(
      await confirm(gated.releaseNumber, input, confirmationToken),
      concernedNumber(input.phoneNumber),
    ),
});
