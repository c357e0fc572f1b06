/** What came over the wire, read without trust in its shape: what is missing or of another kind reads as empty. */
import { type Fields, isFields } from '../../lib/fields.ts';

export { type Fields, isFields };

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** The text that stands for a code; undefined for a code that has none. */
export function labelOf(labels: Readonly<Record<string, string>>, code: unknown): string | undefined {
  return Object.hasOwn(labels, textOf(code)) ? labels[textOf(code)] : undefined;
}

/** The objects of a list. */
export function rowsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** The rows of a list, each with what the list's object says in `shared` of all that do not say otherwise. */
export function sharedRowsOf(object: unknown, list: string): readonly Fields[] {
  const { shared, [list]: rows } = fieldsOf(object);
  return rowsOf(rows).map((row) => ({ ...fieldsOf(shared), ...row }));
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
