import { decodeCursor, encodeCursor } from './cursor.ts';
import type { JournalLine, LineHead, OutcomeLine } from './journal-lines.ts';
import { intentOf, type JournalState, withOutcome } from './journal-state.ts';
import type { HistoryPage, HistoryQuery, JournalEntry } from './store.ts';

/** Where a line stands; never changes. */
interface LinePosition {
  readonly segment: number;
  readonly offset: number;
}

export interface KeptLine extends LinePosition {
  readonly head: LineHead;
  /** The whole line; undefined where it is broken. */
  parse(): JournalLine | undefined;
}

/** All lines that count, newest first, in blocks that are read as they are asked for. */
export type ReadBack = () => AsyncIterable<readonly KeptLine[]>;

interface FoundEntry {
  readonly line: KeptLine;
  /** The entry with its outcome; undefined where its intent lost a race, or its line is broken. */
  read(): JournalEntry | undefined;
}

/** Clocks differ, and lines may be written a little later than they are stamped. */
const DISORDER_MS = 60 * 60_000;

/** Entries newest first, however old, in blocks. */
async function* entriesBack(readBack: ReadBack): AsyncGenerator<readonly FoundEntry[]> {
  // Outcomes of intents that are still to come, each list newest first.
  const outcomes = new Map<string, KeptLine[]>();
  for await (const block of readBack()) {
    const entries: FoundEntry[] = [];
    for (const line of block) {
      const { id, step } = line.head;
      const found = outcomes.get(id) ?? [];
      if (step === 'outcome') {
        found.push(line);
        outcomes.set(id, found);
      } else if (step === 'intent') {
        outcomes.delete(id);
        entries.push({ line, read: () => entryOf(line, found) });
      }
    }
    yield entries;
  }
}

function entryOf(line: KeptLine, outcomes: readonly KeptLine[]): JournalEntry | undefined {
  const intent = line.parse();
  if (intent === undefined || intent.step === 'outcome') return undefined;
  const parsed = outcomes.toReversed().map((outcome) => outcome.parse());
  const lines = parsed.filter((outcome): outcome is OutcomeLine => outcome?.step === 'outcome');
  if (lines.some(({ isVoid }) => isVoid)) return undefined;
  return lines.reduce<JournalEntry>(withOutcome, { intent: intentOf(intent) });
}

/** @throws {InvalidRequestError} for a cursor that is none of this list */
export async function readHistory(
  readBack: ReadBack,
  state: Pick<JournalState, 'refusal'>,
  projectId: string,
  { limit, matches = () => true, since, cursor }: HistoryQuery,
): Promise<HistoryPage> {
  const [segment, offset] = cursor === undefined ? [] : decodeCursor(cursor);
  const before = segment === undefined || offset === undefined ? undefined : { segment, offset };
  const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  const entries: JournalEntry[] = [];
  let last: LinePosition | undefined;
  for await (const block of entriesBack(readBack)) {
    for (const { line, read } of block) {
      const at = Date.parse(line.head.at);
      if (at < from || (before && !isBefore(line, before)) || state.refusal(line.head.id)) continue;
      const entry = read();
      if (entry?.intent.projectId !== projectId || !matches(entry)) continue;
      if (entries.length === limit && last)
        return { entries, nextCursor: encodeCursor(last.segment, last.offset) };
      entries.push(entry);
      last = line;
    }
    const isAllOlder = block.every(({ line }) => Date.parse(line.head.at) < from - DISORDER_MS);
    if (block.length > 0 && isAllOlder) break;
  }
  return { entries };
}

/** An entry that is too old to be in the index. */
export async function findEntry(readBack: ReadBack, id: string): Promise<JournalEntry | undefined> {
  for await (const block of entriesBack(readBack)) {
    const found = block.find(({ line }) => line.head.id === id);
    if (found !== undefined) return found.read();
  }
  return undefined;
}

function isBefore(a: LinePosition, b: LinePosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);
}
