import * as z from 'zod';
import { updateNumberRequest } from '../../api/schemas/numbers.ts';
import { MAX_UPDATES } from '../../approval/operations/update-active-numbers.ts';
import { selection } from '../../audit/select.ts';
import { batchAnswer } from '../format/batch-answer.ts';
import { batchTool, confirmationToken, isOneWay, ONE_WAY, phoneNumbersUpTo } from './batch-tool.ts';
import { isNotEmpty, NOT_EMPTY } from './selected.ts';

export const updateActiveNumbers = batchTool({
  name: 'update_active_numbers',
  title: 'Update several rented numbers',
  description:
    'Make one change to up to 1,000 rented numbers with one yes of the user: callback URL, links, name. select takes the conditions of find_active_numbers, e.g. {"finding": "CAMPAIGN_EXPIRED"} mends what an audit found. One number: update_active_number.',
  effect: 'write',
  input: z
    .strictObject({
      phoneNumbers: phoneNumbersUpTo(MAX_UPDATES),
      select: selection.refine(isNotEmpty, NOT_EMPTY).optional(),
      change: updateNumberRequest.refine(isNotEmpty, 'must hold at least one change'),
      confirmationToken,
    })
    .refine(isOneWay, ONE_WAY),
  handler: async ({ confirmationToken: token, ...input }, { operations, confirmBatch }) =>
    batchAnswer(await confirmBatch(operations.updateActiveNumbers, input, token)),
});
