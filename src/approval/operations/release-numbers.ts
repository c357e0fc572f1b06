import { counted, day, kindOf, quote } from '../../api/format.ts';
import { formatMoneys } from '../../api/money.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import { createCost } from '../../audit/cost.ts';
import {
  type BatchOperation,
  type BatchPart,
  type BatchStakes,
  batchQuestion,
  batchTerms,
  whatStops,
  worstFirst,
} from '../batch-operation.ts';
import { carryOut } from '../carry-out.ts';
import type { OperationContext } from '../operation.ts';
import { verbAndCount } from '../question.ts';
import { quoteRelease, releaseNumber, stopsWorking } from './release-number.ts';
import { isNoneMeant, NONE_MEANT, readRentedNumbers, type WhichNumbers } from './rented-numbers.ts';

export const MAX_RELEASES = 100;

const WANTED = {
  most: MAX_RELEASES,
  needsNothing: ({ expireAt }: ActiveNumber) => expireAt !== undefined,
  reason: 'is released already',
};

/** Journal and events, read once for all numbers. */
async function readOnce({ clock, recent, events }: OperationContext) {
  const [entries, all] = await Promise.all([recent(), events.read().catch(() => [])]);
  return { clock, recent: async () => entries, events: { read: async () => all } };
}

async function partOf(
  number: ActiveNumber,
  context: Awaited<ReturnType<typeof readOnce>>,
): Promise<BatchPart[]> {
  const quoted = await quoteRelease(number, context);
  if ('refusal' in quoted) return [];
  const { stakes } = quoted;
  const { phoneNumber = '', displayName, recentChanges = [] } = stakes;
  const stops = stopsWorking(stakes);
  const detail = [
    displayName && quote(displayName),
    stops.join(', ') || 'linked to nothing',
    recentChanges.length > 0 && `changed within the last hour: ${recentChanges.join('; ')}`,
  ];
  const group = `${kindOf(stakes)}${stops.length > 0 ? ', in use' : ', linked to nothing'}`;
  const part: BatchPart = {
    phoneNumber,
    terms: releaseNumber.terms(stakes),
    item: { phoneNumber, detail: detail.filter(Boolean).join(': '), group },
    stops,
    send: (execution) => carryOut(releaseNumber, { phoneNumber }, stakes, { ...execution, rents: 0 }),
  };
  return [part];
}

async function read(which: WhichNumbers, context: OperationContext): Promise<BatchStakes> {
  const { found, missing, skipped } = await readRentedNumbers(which, WANTED, context);
  const once = await readOnce(context);
  const parts = (await Promise.all(found.map((number) => partOf(number, once)))).flat();
  const cost = createCost();
  for (const number of found) cost.add(number);
  return { parts: worstFirst(parts), skipped, refused: missing, dueNow: [], monthly: cost.perMonth() };
}

export const releaseNumbers: BatchOperation<WhichNumbers> = {
  tool: 'release_numbers',
  atOnce: 4,
  namesDone: false,
  ...batchTerms,
  async quote(which, context) {
    const stakes = await read(which, context);
    if (isNoneMeant(which, stakes)) return { refusal: NONE_MEANT };
    return stakes.parts.length > 0 ? { stakes } : { harmless: stakes };
  },
  quoteSome: (_, phoneNumbers, context) => read({ phoneNumbers }, context),
  receipt(done) {
    const [last] = done
      .flatMap(({ number }) => number?.expireAt ?? [])
      .toSorted()
      .reverse();
    return (
      last && `Each works until its paid period ends, the last until ${day(last)}; none is charged again.`
    );
  },
  question: (_, stakes) => {
    const { parts, monthly } = stakes;
    return batchQuestion(
      {
        headline: `Release ${counted(parts.length, 'number')}. No undo is documented.`,
        facts: [
          { label: 'Will stop working', value: whatStops(parts, 'nothing: none of them is linked') },
          { label: 'No longer charged', value: `${formatMoneys(monthly) || 'nothing'} a month` },
          { label: 'Stay', value: 'each until its paid period ends' },
        ],
        ...verbAndCount('RELEASE', parts.length),
      },
      stakes,
    );
  },
};
