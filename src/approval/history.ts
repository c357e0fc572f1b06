/** What happened to a number lately, as questions tell it. */
import type { CallbackEvent } from '../api/callback-event.ts';
import { timeKey } from '../api/callback-event.ts';
import { quote } from '../api/format.ts';
import type { JournalEntry } from '../storage/store.ts';
import type { OperationContext } from './operation.ts';

/** A value that a request changed; absent where there was, or is, none. */
export interface Change {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * Events of a number, oldest first; none where they cannot be read.
 * @param since milliseconds since the epoch
 */
export async function recentEvents(
  { events }: Pick<OperationContext, 'events'>,
  phoneNumber: string,
  since: number,
): Promise<readonly CallbackEvent[]> {
  const all = await events.read().catch(() => []);
  const from = timeKey({ timestamp: new Date(since).toISOString() });
  return all
    .filter((event) => event.resourceId === phoneNumber && timeKey(event) >= from)
    .sort((a, b) => (timeKey(a) < timeKey(b) ? -1 : 1));
}

/**
 * When servers of this project rented a number, and what they changed of it. What they may have changed counts.
 * @param since milliseconds since the epoch
 * @throws {StoreError}
 */
export async function recentSends(
  { recent }: Pick<OperationContext, 'recent'>,
  phoneNumber: string,
  since: number,
): Promise<{ readonly rentedAt?: string; readonly changes: readonly string[] }> {
  const entries = (await recent()).filter(
    ({ intent, outcome }) =>
      (outcome?.phoneNumber ?? intent.phoneNumber) === phoneNumber &&
      outcome?.outcome !== 'not_executed' &&
      Date.parse(intent.at) > since,
  );
  const rent = entries.findLast(
    ({ intent, outcome }) => intent.rents > 0 && outcome?.outcome === 'completed',
  );
  return { ...(rent && { rentedAt: rent.intent.at }), changes: entries.flatMap(changesOf) };
}

/** What was taken away or moved, and any name: a first link or callback URL hides nothing. */
function isTelling([what, { from }]: [string, Change]): boolean {
  return from !== undefined || what === 'name';
}

function changesOf({ intent: { terms, at } }: JournalEntry): string[] {
  const { changes } = terms;
  if (typeof changes !== 'object' || changes === null) return [];
  const lost = Object.entries(changes as Record<string, Change>).filter(isTelling);
  return lost.map(([what, { from, to }]) => {
    const was = from === undefined ? 'none' : quote(from);
    return `${what} changed from ${was} to ${to === undefined ? 'none' : quote(to)} at ${at}`;
  });
}
