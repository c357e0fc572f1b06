/** Rows of a list that carry the same over and over: what most of them share is said once, beside the list. */
import { type Fields, isFields } from '../lib/fields.ts';

/** What the output schemas and hints say of it. */
export const SHARED = 'shared holds for every row that does not say otherwise';

/** So few rows stand whole. */
const WHOLE_ROWS = 5;
/** A value moves out of its rows where more than one in so many has it. */
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
  /** Of each shared member, the rows whose own it is not. */
  const others = new Map<string, ReadonlySet<Fields>>();
  for (const key in rows[0]) {
    if (kept.includes(key) || !rows.every((row) => Object.hasOwn(row, key) && row[key] !== undefined))
      continue;
    const usual = usualValue(rows, key);
    if (usual === undefined) continue;
    shared[key] = usual.value;
    others.set(key, usual.others);
  }
  if (others.size === 0) return object;
  const own = rows.map((row) => {
    const rest: Record<string, unknown> = {};
    for (const key in row) if (others.get(key)?.has(row) ?? true) rest[key] = row[key];
    return rest;
  });
  return { shared, ...object, [list]: own };
}

const NONE: ReadonlySet<Fields> = new Set();

/** What more rows than one in so many say, and most of them; and which rows say something else. */
function usualValue(rows: readonly Fields[], key: string) {
  const first = rows[0]?.[key];
  if (rows.every((row) => isSame(row[key], first))) return { value: first, others: NONE };
  let usual: { value: unknown; others: Set<Fields> } | undefined;
  for (const value of candidates(rows, key)) {
    const others = new Set(rows.filter((row) => !isSame(row[key], value)));
    if (others.size < (usual?.others.size ?? rows.length * (1 - 1 / ONE_IN))) usual = { value, others };
  }
  return usual;
}

/** All values that more rows than one in so many can have (Misra and Gries), and perhaps others. */
function candidates(rows: readonly Fields[], key: string): unknown[] {
  let found: { readonly value: unknown; count: number }[] = [];
  for (const { [key]: value } of rows) {
    const known = found.find((one) => isSame(one.value, value));
    if (known !== undefined) known.count++;
    else if (found.length < ONE_IN - 1) found.push({ value, count: 1 });
    else {
      for (const one of found) one.count--;
      found = found.filter(({ count }) => count > 0);
    }
  }
  return found.map(({ value }) => value);
}

/** Whether two values of JSON are the same: in a fraction of what it takes to write them out. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (!isFields(one) || !isFields(other)) return false;
  for (const key in other) if (!(key in one)) return false;
  for (const key in one) if (!isSame(one[key], other[key])) return false;
  return true;
}
