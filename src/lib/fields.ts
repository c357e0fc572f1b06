/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A copy of an object with each value replaced; what becomes undefined is left out. Every field of every answer
 * passes here, and a loop takes a third of what `Object.entries` and `fromEntries` do.
 */
export function mapFields(object: Fields, replace: (value: unknown, key: string) => unknown): Fields {
  const result: Record<string, unknown> = {};
  for (const key in object) {
    const value = replace(object[key], key);
    // As a key, __proto__ would set the prototype; the API has no such field.
    if (value !== undefined && key !== '__proto__') result[key] = value;
  }
  return result;
}
