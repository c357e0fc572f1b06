/** Lists as text: what their rows have in common is said once, and what would be too long is cut. */
import { estimateTokens, isSurelyWithin } from './tokens.ts';

/** One fact a column; an empty text where a row has none. */
export type Row = readonly string[];

/** The text of a list takes no more tokens than this. */
const MAX_LIST_TOKENS = 19_000;

/** An ID is worth a short name from this length on. */
const LONG_ID = 12;

/**
 * One line a row. What all rows share is said once, in a line before them, and so is what at least
 * half of them say in a column where every row says something.
 * @param rows columns in the same order
 * @param naming how many of the first columns name a row: what they say always stands in it
 */
export function table(rows: readonly Row[], naming = 1): string {
  const usual = rows[0]?.map((_, column) => (column < naming ? '' : usualValue(rows, column))) ?? [];
  const isShared = usual.map((value, column) => rows.every((row) => row[column] === value));
  const shared = line(usual.filter((_, column) => isShared[column]));
  const frequent = line(usual.filter((_, column) => !isShared[column]));
  return [
    ...(shared === '' ? [] : [`All: ${shared}`]),
    ...(frequent === '' ? [] : [`Unless said otherwise: ${frequent}`]),
    ...rows.map((row) => line(row.filter((value, column) => value !== usual[column]))),
  ].join('\n');
}

/** What is said before the rows instead of in them; empty where there is no such thing. */
function usualValue(rows: readonly Row[], column: number): string {
  const counts = new Map<string, number>();
  for (const { [column]: value = '' } of rows) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size > 1 && counts.has('')) return '';
  let usual = '';
  let most = 1;
  for (const [value, count] of counts) {
    if (count <= most) continue;
    usual = value;
    most = count;
  }
  return most >= rows.length / 2 ? usual : '';
}

function line(values: Row): string {
  return values.filter((value) => value !== '').join(' | ');
}

/**
 * Short names for long IDs that occur more than once. A name follows from its ID alone, so that it means the same in
 * every text of a conversation. Of two IDs that would have the same name, neither gets it.
 * @param write how an ID is written out
 * @returns how to write each ID, and the lines that say what the short names stand for
 */
export function shortNames(ids: readonly string[], write: (id: string) => string) {
  const counts = new Map<string, number>();
  for (const id of ids) if (id.length >= LONG_ID) counts.set(id, (counts.get(id) ?? 0) + 1);
  if ([...counts.values()].every((count) => count === 1)) return { show: write, legend: [] };
  const bearers = new Map<string, string | undefined>();
  for (const id of counts.keys()) {
    const name = shortName(id);
    bearers.set(name, bearers.has(name) ? undefined : id);
  }
  const names = new Map<string, string>();
  for (const [name, id = ''] of bearers) if ((counts.get(id) ?? 0) > 1) names.set(id, name);
  return {
    show: (id: string) => names.get(id) ?? write(id),
    legend: Array.from(names, ([id, name]) => `${name} = ${write(id)}`),
  };
}

/** Six digits, which take two tokens: of a hundred IDs, hardly ever two have the same. By FNV-1a, which costs next to nothing. */
function shortName(id: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return `#${String((hash >>> 0) % 1_000_000).padStart(6, '0')}`;
}

/**
 * As many of the first items as a text of bearable length holds; one at least.
 * @param most how many tokens the text may take
 * @returns the text, and how many are in it
 */
export function cutToLength<T>(
  items: readonly T[],
  render: (items: readonly T[]) => string,
  most = MAX_LIST_TOKENS,
) {
  for (let shown = items.length; ; ) {
    const text = render(items.slice(0, shown));
    if (shown <= 1 || isSurelyWithin(most, text)) return { text, shown };
    const tokens = estimateTokens(text);
    if (tokens <= most) return { text, shown };
    shown = Math.max(1, Math.min(shown - 1, Math.floor((shown * most) / tokens)));
  }
}
