import { randomUUID } from 'node:crypto';
import { parseJson } from '../../lib/json.ts';
import type { Logger } from '../../lib/log.ts';
import type { States } from '../assemble.ts';
import { type CoordinationLine, parseCoordinationLine } from '../coordination-lines.ts';
import type { Apply, Feed } from '../feed.ts';
import { APPROVAL_KEPT_MS } from '../store.ts';
import { openSegmentedLog } from './segmented-log.ts';
import { segmentNames } from './segments.ts';

interface CoordinationLogOptions {
  readonly folder: string;
  readonly states: Pick<States, 'approvals' | 'turns'>;
  readonly apply: Apply<CoordinationLine>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Approvals and turns on disk. They outlive the process, not the machine: nothing waits for the disk. */
export function openCoordinationLog(options: CoordinationLogOptions): Feed<CoordinationLine> {
  const { folder, states, apply, now, log } = options;

  const take = (isNews: boolean) => (text: string, isBegun: boolean) => {
    const line = parseCoordinationLine(parseJson(text));
    // Where two processes began a segment at once, the copies of the second are out of date.
    const isStale = line?.step === 'turn' && line.isCopy && isBegun;
    if (line !== undefined && !isStale) apply(line, isNews);
    return line;
  };

  function copies(): CoordinationLine[] {
    const at = now();
    const head = () => ({ line: randomUUID(), at });
    return [
      ...states.approvals.all().map((approval) => ({ step: 'copy', ...head(), approval }) as const),
      ...states.turns.all().map((claim) => ({ step: 'turn', ...head(), ...claim, isCopy: true }) as const),
    ];
  }

  return openSegmentedLog({
    folder,
    names: segmentNames(folder, 'approvals'),
    isDurable: false,
    maxAgeMs: APPROVAL_KEPT_MS,
    readBackMs: 0,
    load() {
      states.approvals.clear();
      states.turns.clear();
      return { take: take(false), end: () => {} };
    },
    take: take(true),
    copies,
    now,
    log,
  });
}
