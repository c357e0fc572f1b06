import type { NumbersClient } from '../numbers/client.ts';
import type { Clock } from '../numbers/clock.ts';
import type { Logger } from '../numbers/log.ts';
import { rentAnyNumberRequest } from '../numbers/schemas.ts';
import type { Intent, Journal } from './journal.ts';
import { type Settlement, settleRelease, settleRent, settleRentAny } from './settlement.ts';

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

  async function settleOne(intent: Intent): Promise<string> {
    const settlement = await settle({ numbers, clock }, intent);
    const { outcome } = settlement;
    const phoneNumber =
      textOf(intent.arguments.phoneNumber) ??
      (outcome === 'completed' ? settlement.number?.phoneNumber : undefined);
    if (outcome !== 'unknown') {
      const { id } = intent;
      await journal.end(id, { outcome, settledLater: true, ...(phoneNumber && { phoneNumber }) });
    }
    const check = outcome === 'unknown' ? ` Check ${settlement.check}.` : '';
    const what = `${intent.tool}${phoneNumber ? ` of ${phoneNumber}` : ''} at ${intent.at}`;
    const sentence = `${what} was sent, and the server ended before its answer was written down: ${outcome}.${check}`;
    log.warn(sentence);
    return sentence;
  }

  const abandoned = await journal.abandoned(projectId);
  return Promise.all(abandoned.map(({ intent }) => settleOne(intent)));
}

async function settle(
  reading: Pick<RecoveryParts, 'numbers' | 'clock'>,
  intent: Intent,
): Promise<Settlement> {
  const phoneNumber = textOf(intent.arguments.phoneNumber);
  if (intent.tool === 'rent_number' && phoneNumber) return settleRent(reading, phoneNumber, undefined);
  if (intent.tool === 'release_number' && phoneNumber) return settleRelease(reading, phoneNumber, undefined);
  const criteria = rentAnyNumberRequest.safeParse(intent.arguments);
  if (intent.tool === 'rent_any_number' && criteria.success) {
    const { regionCode, type, numberPattern } = criteria.data;
    const before = intent.before && new Set(intent.before);
    return settleRentAny(
      reading,
      { regionCode, type, ...(numberPattern && { numberPattern }) },
      before,
      undefined,
    );
  }
  return { outcome: 'unknown', check: 'list_active_numbers' };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
