import { parseJson } from '../../lib/json.ts';
import type { Logger } from '../../lib/log.ts';
import type { Apply, Feed } from '../feed.ts';
import type { ReadBack } from '../history.ts';
import { copyOf } from '../journal.ts';
import { headOf, type JournalLine, parseJournalLine } from '../journal-lines.ts';
import { INDEXED_MS, intentOf, type JournalState } from '../journal-state.ts';
import { readBackFrom } from './read-back.ts';
import { openSegmentedLog } from './segmented-log.ts';
import { segmentNames } from './segments.ts';

interface JournalLogOptions {
  readonly folder: string;
  readonly state: JournalState;
  readonly apply: Apply<JournalLine>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** The journal's lines on disk: each is durable before it is acknowledged. */
export function openJournalLog(options: JournalLogOptions): Feed<JournalLine> {
  const { folder, state, apply, now, log } = options;
  return openSegmentedLog({
    folder,
    names: segmentNames(folder, 'journal'),
    isDurable: true,
    readBackMs: INDEXED_MS,
    load: () => startLoading(options),
    take: (text) => takeLine(text, (line) => apply(line, true)),
    copies: () => state.open().map(({ intent }) => copyOf(intent)),
    now,
    log,
  });
}

/** Lines of the journal in a folder, newest first. */
export function readJournalBack(folder: string): ReadBack {
  return readBackFrom(segmentNames(folder, 'journal'));
}

function takeLine(text: string, apply: (line: JournalLine) => void): JournalLine | undefined {
  const line = parseJournalLine(parseJson(text));
  if (line !== undefined) apply(line);
  return line;
}

/** Fills the state. Of old entries, only those that turn out to be open are parsed: there may be very many. */
function startLoading({ state, apply, now }: JournalLogOptions) {
  state.clear();
  const from = new Date(now() - INDEXED_MS).toISOString();
  const old = new Map<string, string>();
  const full = (text: string) => takeLine(text, (line) => apply(line, false));

  function takeOldIntent(id: string, text: string): void {
    // Of a line that was torn, another copy follows.
    const isTorn = old.has(id) && parseJournalLine(parseJson(old.get(id) ?? '')) === undefined;
    if (isTorn || !old.has(id)) old.set(id, text);
  }

  return {
    take(text: string): JournalLine | undefined {
      const head = headOf(text);
      if (head === undefined) return full(text);
      if (head.step === 'outcome') {
        const isOld = old.delete(head.id);
        return isOld && head.at < from ? undefined : full(text);
      }
      if (head.at >= from) return full(text);
      takeOldIntent(head.id, text);
      return undefined;
    },
    end() {
      const lines = [...old.values()].map((text) => parseJournalLine(parseJson(text)));
      const intents = lines.flatMap((line) =>
        line === undefined || line.step === 'outcome' ? [] : [{ intent: intentOf(line) }],
      );
      state.addOld(intents);
    },
  };
}
