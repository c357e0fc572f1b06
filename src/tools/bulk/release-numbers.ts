import * as z from 'zod';
import { MAX_RELEASES } from '../../approval/operations/release-numbers.ts';
import { selection } from '../../audit/select.ts';
import { batchAnswer } from '../format/batch-answer.ts';
import { batchTool, confirmationToken, isOneWay, ONE_WAY, phoneNumbersUpTo } from './batch-tool.ts';
import { isNotEmpty, NOT_EMPTY } from './selected.ts';

export const releaseNumbers = batchTool({
  name: 'release_numbers',
  title: 'Release several numbers',
  description:
    'Release (cancel) up to 100 rented phone numbers with one yes of the user. No undo. select takes the conditions of find_active_numbers, e.g. {"linked": false}. One number: release_number.',
  effect: 'destructive',
  input: z
    .strictObject({
      phoneNumbers: phoneNumbersUpTo(MAX_RELEASES),
      select: selection.refine(isNotEmpty, NOT_EMPTY).optional(),
      confirmationToken,
    })
    .refine(isOneWay, ONE_WAY),
  handler: async ({ confirmationToken: token, ...input }, { operations, confirmBatch }) =>
    batchAnswer(await confirmBatch(operations.releaseNumbers, input, token)),
});
