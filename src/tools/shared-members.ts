/** Rows of a list that carry the same over and over: what most of them share is said once, beside the list. */
import { type Fields, isFields } from '../lib/fields.ts';

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
    const shared = sharedMembers(rows.filter(isFields), kept);
    if (Object.keys(shared).length === 0) return object;
    return { shared, ...object, [list]: rows.map((row) => without(row, shared)) };
  }
  return object;
}

/** The most frequent value of each member that every row has, where it is frequent enough. */
function sharedMembers(rows: readonly Fields[], kept: readonly string[]): Fields {
  const shared: Record<string, unknown> = {};
  for (const key in rows[0]) {
    if (kept.includes(key) || !rows.every((row) => key in row)) continue;
    const counts = new Map<unknown, number>();
    let most = 0;
    for (const row of rows) {
      const value = comparable(row[key]);
      const count = (counts.get(value) ?? 0) + 1;
      counts.set(value, count);
      if (count <= most) continue;
      most = count;
      shared[key] = row[key];
    }
    if (most * ONE_IN < rows.length) delete shared[key];
  }
  return shared;
}

function without(row: Fields, shared: Fields): Fields {
  const own: Record<string, unknown> = {};
  for (const key in row) {
    if (!(key in shared) || comparable(row[key]) !== comparable(shared[key])) own[key] = row[key];
  }
  return own;
}

/** Equal for values that are written alike. */
function comparable(value: unknown): unknown {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
