/** Rows of a list that carry the same over and over: what most of them share is said once, beside the list. */
import { type Fields, isFields, mapFields } from '../lib/fields.ts';

/** What the output schemas and hints say of it. */
export const SHARED = 'shared holds for every row that does not say otherwise';

/** So few rows stand whole. */
const WHOLE_ROWS = 5;
/** A value moves out of its rows where at least one in so many has it. */
const ONE_IN = 3;

/**
 * The lists whose rows are lifted from, with what stays in each row: what it is called by, and what its schema requires.
 * A list has no other beside it in the same object.
 */
const KEPT: ReadonlyMap<string, readonly string[]> = new Map([
  ['availableNumbers', ['phoneNumber']],
  ['activeNumbers', ['phoneNumber', 'displayName']],
  ['numbers', ['phoneNumber', 'displayName']],
  ['orderNumbers', ['phoneNumber']],
  ['results', ['phoneNumber', 'outcome']],
  ['events', ['eventId', 'timestamp', 'resourceId']],
  ['activities', ['at', 'kind', 'tool', 'outcome', 'terms', 'phoneNumber']],
]);

/** Whether members of this list's rows may be said beside it. */
export function isLifted(list: string): boolean {
  return KEPT.has(list);
}

/**
 * An object whose rows leave out what its member `shared` says, which stands before them: `{...shared, ...row}` is
 * a row as it was. The same object where it has no such list, or one of a few rows.
 */
export function liftShared(object: Fields): Fields {
  for (const list in object) {
    const kept = KEPT.get(list);
    const rows = object[list];
    if (kept === undefined || !Array.isArray(rows) || rows.length <= WHOLE_ROWS) continue;
    return lifted(object, list, rows.filter(isFields), kept);
  }
  return object;
}

function lifted(object: Fields, list: string, rows: readonly Fields[], kept: readonly string[]): Fields {
  const shared: Record<string, unknown> = {};
  const isSaid = new Map<string, readonly boolean[]>();
  for (const key in rows[0]) {
    if (kept.includes(key) || !rows.every((row) => key in row)) continue;
    const values = rows.map((row) => comparable(row[key]));
    const place = mostFrequent(values);
    if (place === undefined) continue;
    shared[key] = rows[place]?.[key];
    isSaid.set(
      key,
      values.map((value) => value === values[place]),
    );
  }
  if (isSaid.size === 0) return object;
  const own = rows.map((row, index) =>
    mapFields(row, (value, key) => (isSaid.get(key)?.[index] ? undefined : value)),
  );
  return { shared, ...object, [list]: own };
}

/** Where the most frequent of these values stands first; undefined where none is frequent enough. */
function mostFrequent(values: readonly unknown[]): number | undefined {
  const counts = new Map<unknown, number>();
  let most = 0;
  let found: unknown;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count <= most) continue;
    most = count;
    found = value;
  }
  return most * ONE_IN >= values.length ? values.indexOf(found) : undefined;
}

/** Equal for values that are written alike. */
function comparable(value: unknown): unknown {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
