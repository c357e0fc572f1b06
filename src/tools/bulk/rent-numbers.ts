import * as z from 'zod';
import {
  capabilities,
  numberPattern,
  numberType,
  regionCode,
  rentNumberRequest,
} from '../../api/schemas/numbers.ts';
import { batchAnswer } from '../format/batch-answer.ts';
import { batchTool, confirmationToken, isOneWay, ONE_WAY, phoneNumbersUpTo } from './batch-tool.ts';

const MAX_RENTS = 100;

export const rentNumbers = batchTool({
  name: 'rent_numbers',
  title: 'Rent several numbers',
  description:
    'Rent (buy) up to 100 phone numbers with one yes of the user: those named, or the first that match. Costs money until released. Never repeat unknown ones. Follow with wait_for_provisioning. One number: rent_number.',
  effect: 'billing',
  input: z
    .strictObject({
      phoneNumbers: phoneNumbersUpTo(MAX_RENTS),
      select: z
        .strictObject({
          regionCode,
          type: numberType,
          numberPattern: numberPattern.optional(),
          capabilities: capabilities.optional(),
          count: z.int().min(1).max(MAX_RENTS),
        })
        .optional(),
      ...rentNumberRequest.shape,
      confirmationToken,
    })
    .refine(isOneWay, ONE_WAY),
  handler: async ({ confirmationToken: token, ...input }, { operations, confirmBatch }) =>
    batchAnswer(await confirmBatch(operations.rentNumbers, input, token)),
});
