/** All that a folder holds, for whoever moves it elsewhere. */
import type { CallbackEvent } from '../../api/callback-event.ts';
import { parseJson } from '../../lib/json.ts';
import type { Logger } from '../../lib/log.ts';
import { type JournalLine, parseJournalLine } from '../journal-lines.ts';
import { createOrderState } from '../order-lines.ts';
import type { KnownOrder } from '../store.ts';
import { openEventLog } from './event-log.ts';
import { readLines, START } from './lines.ts';
import { openOrderLog } from './order-log.ts';
import { asStoreError } from './safe-open.ts';
import { parseSegmentLine, segmentNames } from './segments.ts';

const BLOCK_BYTES = 256 * 1024;

/** Every line of the journal that counts, oldest first, in blocks. */
export async function* readJournal(folder: string): AsyncGenerator<readonly JournalLine[]> {
  const names = segmentNames(folder, 'journal');
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  for (const segment of await asStoreError(names.list)) {
    let position = START;
    for (let isOver = false; !isOver; ) {
      const reading = await asStoreError(() => readLines(names.path(segment), position, buffer));
      position = reading.position;
      const seal = reading.lines.findIndex((text) => parseSegmentLine(text)?.isSeal);
      const counting = seal < 0 ? reading.lines : reading.lines.slice(0, seal);
      yield counting.flatMap((text) => parseJournalLine(parseJson(text)) ?? []);
      isOver = seal >= 0 || !reading.hasMore;
    }
  }
}

/** The events that are kept, in the order of their arrival. */
export function readEvents(folder: string, log: Logger): Promise<readonly CallbackEvent[]> {
  return asStoreError(openEventLog({ folder, log, onEvents: () => {} }).read);
}

export async function readOrders(folder: string, log: Logger): Promise<readonly KnownOrder[]> {
  const state = createOrderState();
  await openOrderLog({ folder, state, apply: state.apply, now: Date.now, log }).refresh();
  return state.all();
}
