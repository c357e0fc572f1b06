import { counted, kindOf, quote } from '../../api/format.ts';
import { formatMoneys } from '../../api/money.ts';
import { createCost } from '../../audit/cost.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  batchQuestion,
  batchTerms,
  partTerms,
} from '../batch-operation.ts';
import { carryOut } from '../carry-out.ts';
import type { OperationContext } from '../operation.ts';
import { verbAndCount } from '../question.ts';
import { quoteRelease, releaseNumber, stopsWorking } from './release-number.ts';
import { readRentedNumbers, type WhichNumbers } from './rented-numbers.ts';

export const MAX_RELEASES = 100;

async function read(which: WhichNumbers, context: OperationContext): Promise<BatchStakes> {
  const { found, missing } = await readRentedNumbers(which, MAX_RELEASES, context);
  const parts: BatchPart[] = [];
  const skipped: { phoneNumber: string; reason: string }[] = [];
  const cost = createCost();
  const [recent, events] = await Promise.all([context.recent(), context.events.read().catch(() => [])]);
  const once = { clock: context.clock, recent: async () => recent, events: { read: async () => events } };
  for (const number of found) {
    const { phoneNumber = '' } = number;
    const quoted = await quoteRelease(number, once);
    if ('refusal' in quoted) {
      skipped.push({ phoneNumber, reason: 'is released already' });
      continue;
    }
    const { stakes } = quoted;
    cost.add(number);
    const stops = stopsWorking(stakes);
    const recently = stakes.recentChanges?.join('; ');
    parts.push({
      phoneNumber,
      terms: partTerms(releaseNumber.terms(stakes)),
      item: {
        phoneNumber,
        detail: [
          stakes.displayName && quote(stakes.displayName),
          stops.join(', ') || 'linked to nothing',
          recently && `changed within the last hour: ${recently}`,
        ]
          .filter(Boolean)
          .join(': '),
        group: `${kindOf(stakes)}${stops.length > 0 ? ', in use' : ', linked to nothing'}`,
      },
      send: (execution) => carryOut(releaseNumber, { phoneNumber }, stakes, { ...execution, rents: 0 }),
    });
  }
  return { parts, skipped, refused: missing, dueNow: [], monthly: cost.perMonth() };
}

export const releaseNumbers: BatchOperation<WhichNumbers> = {
  tool: 'release_numbers',
  atOnce: 4,
  ...batchTerms,
  async quote(input, context) {
    const stakes = await read(input, context);
    return stakes.parts.length > 0 ? { stakes } : { harmless: stakes };
  },
  quoteSome: (_, phoneNumbers, context) => read({ phoneNumbers }, context),
  question: (_, stakes) => {
    const { length } = stakes.parts;
    const inUse = stakes.parts.filter(({ item }) => item.group.endsWith('in use')).length;
    return batchQuestion(
      {
        headline: `Release ${counted(length, 'number')}. No undo is documented.`,
        facts: [
          {
            label: 'Will stop working',
            value: inUse === 0 ? 'nothing: none of them is linked' : `what is linked to ${inUse} of them`,
          },
          { label: 'No longer charged', value: `${formatMoneys(stakes.monthly) || 'nothing'} a month` },
          { label: 'Stay', value: 'each until its paid period ends' },
        ],
        ...verbAndCount('RELEASE', length),
      },
      stakes,
    );
  },
};
