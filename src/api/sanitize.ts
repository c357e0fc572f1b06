import { isFields, mapFields, mapItems } from '../lib/fields.ts';
import { MAX_FREE_TEXT, sanitizeText } from '../lib/sanitize.ts';

const MAX_TEXT = 2_000;

/** An API answer with every string made safe. Page tokens stay as they are: they are opaque. */
export function sanitize<T>(value: T): T {
  return sanitizeValue(value, '') as T;
}

function sanitizeValue(value: unknown, key: string): unknown {
  if (typeof value === 'string') {
    if (key === 'nextPageToken') return value;
    return sanitizeText(value, key === 'displayName' ? MAX_FREE_TEXT : MAX_TEXT) || undefined;
  }
  if (Array.isArray(value)) return mapItems(value, (item) => sanitizeValue(item, key));
  return isFields(value) ? mapFields(value, sanitizeValue) : value;
}
