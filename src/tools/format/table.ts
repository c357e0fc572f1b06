/** Lists as text: what their rows have in common is said once, and what would be too long is cut. */
import { estimateTokens } from './tokens.ts';

/** One fact a column; an empty text where a row has none. */
export type Row = readonly string[];

/** The text of a list takes no more tokens than this. */
const MAX_LIST_TOKENS = 19_000;

/** An ID is worth a short name from this length on. */
const LONG_ID = 12;

/**
 * One line a row. What all rows share is said once, in a line before them, and so is what at least
 * half of them say in a column where every row says something.
 * @param rows columns in the same order; the first one names the row
 */
export function table(rows: readonly Row[]): string {
  const usual = rows[0]?.map((_, column) => usualValue(rows, column)) ?? [];
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
  if (column === 0) return '';
  const counts = new Map<string, number>();
  for (const { [column]: value = '' } of rows) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size > 1 && counts.has('')) return '';
  const [value, count] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
  return count > 1 && count >= rows.length / 2 ? value : '';
}

function line(values: Row): string {
  return values.filter((value) => value !== '').join(' | ');
}

/**
 * Short names for long IDs that occur more than once.
 * @param write how an ID is written out
 * @returns how to write each ID, and the lines that say what the short names stand for
 */
export function shortNames(ids: readonly (string | undefined)[], write: (id: string) => string) {
  const seen = new Set<string>();
  const names = new Map<string, string>();
  for (const id of ids) {
    if (id === undefined || id.length < LONG_ID) continue;
    if (seen.has(id) && !names.has(id)) names.set(id, `#${names.size + 1}`);
    seen.add(id);
  }
  return {
    show: (id: string) => names.get(id) ?? write(id),
    legend: Array.from(names, ([id, name]) => `${name} = ${write(id)}`),
  };
}

/**
 * As many of the first items as a text of bearable length holds.
 * @returns the text, and how many are in it
 */
export function cutToLength<T>(items: readonly T[], render: (items: readonly T[]) => string) {
  for (let shown = items.length; ; ) {
    const text = render(items.slice(0, shown));
    const tokens = estimateTokens(text);
    if (tokens <= MAX_LIST_TOKENS || shown <= 1) return { text, shown };
    shown = Math.max(1, Math.floor((shown * MAX_LIST_TOKENS) / tokens));
  }
}
