/** V8's heap, for a server whose clients come and go. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Gives V8 its own growth of the young generation back. Calls of many clients at once would not fit into one that is
 * kept small: what outlives its call by that takes a tenth of each call, and memory that only a full collection frees.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}

/**
 * When memory is collected, in milliseconds after the last client has gone. Not at once: clients that come back soon find
 * all as it was. Several times: V8 gives free memory back bit by bit, and its young generation only after a quiet while.
 */
const COLLECTED_AFTER_MS = [3_000, 7_000, 8_000, 9_000];

/**
 * Gives memory back when the clients are gone. V8 collects nothing while nothing is allocated: a third of what a hundred
 * sessions took would be kept for as long as nobody comes.
 * @param sessions how many are open now
 * @returns to be called when none is open
 */
export function createCollector(sessions: () => number): () => void {
  let timers: NodeJS.Timeout[] = [];
  const collectIfEmpty = () => {
    if (sessions() === 0) collect();
  };
  return () => {
    for (const timer of timers) clearTimeout(timer);
    timers = COLLECTED_AFTER_MS.map((ms) => setTimeout(collectIfEmpty, ms).unref());
  };
}

/** Node has no function for it but the one that a flag puts into contexts made after it. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('globalThis.gc');
  if (typeof collectGarbage === 'function') collectGarbage();
}
