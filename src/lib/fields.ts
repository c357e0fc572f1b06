/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An object with each value replaced; what becomes undefined is left out. The same object where nothing changes: every
 * field of every answer passes here, several times, and a copy of each costs more than the rest.
 */
export function mapFields(object: Fields, replace: (value: unknown, key: string) => unknown): Fields {
  let copy: Record<string, unknown> | undefined;
  for (const key in object) {
    // As a key, __proto__ would set the prototype; the API has no such field.
    const value = key === '__proto__' ? undefined : replace(object[key], key);
    if (copy === undefined && value === object[key]) continue;
    copy ??= fieldsBefore(key, object);
    if (value !== undefined) copy[key] = value;
  }
  return copy ?? object;
}

function fieldsBefore(end: string, object: Fields): Record<string, unknown> {
  const before: Record<string, unknown> = {};
  for (const key in object) {
    if (key === end) break;
    before[key] = object[key];
  }
  return before;
}

/** A list with each item replaced, as {@link mapFields} does with the values of an object. */
export function mapItems(list: readonly unknown[], replace: (item: unknown) => unknown): readonly unknown[] {
  const items = list.map(replace);
  if (items.every((item, index) => item === list[index] && item !== undefined)) return list;
  return items.filter((item) => item !== undefined);
}

/** Whether a value is nested in more levels than that. */
export function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}
