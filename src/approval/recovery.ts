import type { NumbersClient } from '../api/client.ts';
import { rentAnyNumberRequest } from '../api/schemas/numbers.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { type Intent, type Journal, otherRents } from './journal.ts';
import { type OtherRents, type Settlement, settleRelease, settleRent, settleRentAny } from './reconcile.ts';

interface RecoveryParts {
  readonly journal: Journal;
  readonly projectId: string;
  readonly numbers: NumbersClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes a sentence for each that was settled, or tried. */
  readonly tell: (sentence: string) => void;
}

/** An API that is slow may carry out a request this long after it was sent, in milliseconds. */
const LATE_MS = 30_000;
/** What could not be settled in this time is not tried again. */
const GIVE_UP_MS = 24 * 60 * 60_000;

/**
 * Finds out what became of requests whose process ended before it could write down an outcome. Nothing is
 * repeated: the state is read. A request that is a few seconds old and shows no effect is looked at once more,
 * later, without being waited for. What the state does not tell stays open, and is tried at each start of a day.
 * @throws {JournalError}
 */
export async function settleAbandoned(parts: RecoveryParts): Promise<void> {
  const { journal, projectId, numbers, clock, log } = parts;
  const abandoned = (await journal.abandoned(projectId)).map(({ intent }) => intent);
  const ids = abandoned.map(({ id }) => id);

  function tell(sentence: string): void {
    log.warn(sentence);
    parts.tell(sentence);
  }

  async function read(intent: Intent): Promise<Settlement> {
    const others = async () => otherRents(await journal.entries(projectId), intent.id, ids);
    return settle({ numbers, clock }, intent, others);
  }

  async function settleOne(intent: Intent): Promise<void> {
    const settlement = await read(intent);
    const age = clock.now() - Date.parse(intent.at);
    const isFinal = settlement.outcome !== 'unknown' || age > GIVE_UP_MS;
    if (isFinal && !(await conclude(intent, settlement))) return;
    const check = settlement.outcome === 'unknown' ? ` Check ${settlement.check}.` : '';
    tell(
      `${nameOf(intent, settlement)} was about to be sent, or was sent, when the server ended: ${settlement.outcome}.${check}`,
    );
    if (settlement.outcome === 'not_executed' && age < LATE_MS) void lookAgain(intent, LATE_MS - age);
  }

  /** @returns whether nobody else had written an outcome down before */
  async function conclude(intent: Intent, settlement: Settlement): Promise<boolean> {
    const phoneNumber = phoneNumberOf(intent, settlement);
    return journal.end(intent.id, {
      outcome: settlement.outcome,
      settledLater: true,
      ...(phoneNumber && { phoneNumber }),
    });
  }

  async function lookAgain(intent: Intent, pauseMs: number): Promise<void> {
    try {
      await clock.sleep(pauseMs);
      const settlement = await read(intent);
      if (settlement.outcome !== 'completed') return;
      await conclude(intent, settlement);
      tell(`${nameOf(intent, settlement)} was carried out late after all: completed.`);
    } catch (error) {
      log.warn(`journal: ${String(error)}`);
    }
  }

  const isAny = ({ tool }: Intent) => tool === RENT_ANY;
  await Promise.all(abandoned.filter((intent) => !isAny(intent)).map(settleOne));
  // One after the other, so that each new number is the work of one of them only.
  for (const intent of abandoned.filter(isAny)) await settleOne(intent);
}

/** e.g. `rent_number of +12025550134 at 2026-01-31T12:00:00.000Z`. */
function nameOf(intent: Intent, settlement: Settlement): string {
  const phoneNumber = phoneNumberOf(intent, settlement);
  return `${intent.tool}${phoneNumber ? ` of ${phoneNumber}` : ''} at ${intent.at}`;
}

function phoneNumberOf(intent: Intent, settlement: Settlement): string | undefined {
  const found = settlement.outcome === 'completed' ? settlement.number?.phoneNumber : undefined;
  return textOf(intent.arguments.phoneNumber) ?? found;
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
