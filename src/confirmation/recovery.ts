import type { NumbersClient } from '../numbers/client.ts';
import type { Clock } from '../numbers/clock.ts';
import type { Logger } from '../numbers/log.ts';
import { rentAnyNumberRequest } from '../numbers/schemas.ts';
import { type Intent, type Journal, otherRents } from './journal.ts';
import { type OtherRents, type Settlement, settleRelease, settleRent, settleRentAny } from './settlement.ts';

interface RecoveryParts {
  readonly journal: Journal;
  readonly projectId: string;
  readonly numbers: NumbersClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Finds out what became of requests whose process ended before it could write down an outcome. Nothing is
 * repeated: the state is read. What it does not tell stays open, to be tried again at the next start.
 * @returns a sentence for each
 * @throws {JournalError}
 */
export async function settleAbandoned(parts: RecoveryParts): Promise<readonly string[]> {
  const { journal, projectId, numbers, clock, log } = parts;

  const abandoned = (await journal.abandoned(projectId)).map(({ intent }) => intent);
  const ids = abandoned.map(({ id }) => id);

  /** @returns what to tell; undefined where another server has settled it, and tells it */
  async function settleOne(intent: Intent): Promise<string | undefined> {
    const { id, tool, at, arguments: args } = intent;
    const others = async () => otherRents(await journal.entries(projectId), id, ids);
    const settlement = await settle({ numbers, clock }, intent, others);
    const { outcome } = settlement;
    const phoneNumber =
      textOf(args.phoneNumber) ?? (outcome === 'completed' ? settlement.number?.phoneNumber : undefined);
    if (outcome !== 'unknown') {
      const isFirst = await journal.end(id, {
        outcome,
        settledLater: true,
        ...(phoneNumber && { phoneNumber }),
      });
      if (!isFirst) return undefined;
    }
    const check = outcome === 'unknown' ? ` Check ${settlement.check}.` : '';
    const what = `${tool}${phoneNumber ? ` of ${phoneNumber}` : ''} at ${at}`;
    const sentence = `${what} was sent, and the server ended before its answer was written down: ${outcome}.${check}`;
    log.warn(sentence);
    return sentence;
  }

  const isAny = ({ tool }: Intent) => tool === RENT_ANY;
  const sentences = await Promise.all(abandoned.filter((intent) => !isAny(intent)).map(settleOne));
  // One after the other, so that each new number is the work of one of them only.
  for (const intent of abandoned.filter(isAny)) sentences.push(await settleOne(intent));
  return sentences.filter((sentence) => sentence !== undefined);
}

const RENT_ANY = 'rent_any_number';

async function settle(
  reading: Pick<RecoveryParts, 'numbers' | 'clock'>,
  intent: Intent,
  others: () => Promise<OtherRents>,
): Promise<Settlement> {
  const phoneNumber = textOf(intent.arguments.phoneNumber);
  if (intent.tool === 'rent_number' && phoneNumber) return settleRent(reading, phoneNumber, undefined);
  if (intent.tool === 'release_number' && phoneNumber) return settleRelease(reading, phoneNumber, undefined);
  const criteria = rentAnyNumberRequest.safeParse(intent.arguments);
  if (intent.tool !== RENT_ANY || !criteria.success) {
    return { outcome: 'unknown', check: 'list_active_numbers' };
  }
  const { regionCode, type, numberPattern } = criteria.data;
  const wanted = { regionCode, type, ...(numberPattern && { numberPattern }) };
  const before = intent.before && new Set(intent.before);
  return settleRentAny(reading, wanted, before, others, undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
