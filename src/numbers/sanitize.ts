import { isFields, mapFields } from './fields.ts';

/**
 * Control characters (line feeds too), line separators, bidirectional controls, zero-width and filler
 * characters, variation selectors and tag characters: what can hide or reorder text.
 */
const UNSAFE =
  /(?:[\p{Cc}\u00ad\u061c\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e01ef}])+/gu;

/** The most characters that are kept of a text that somebody else wrote. */
const MAX_FREE_TEXT = 120;
const MAX_TEXT = 2_000;

/** Text in which nothing can be unsafe, as nearly all is. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Makes foreign text safe to show: on one line, nothing hidden, `…` where it was cut. */
export function sanitizeText(text: string, maxLength = MAX_FREE_TEXT): string {
  const visible = PLAIN.test(text) ? text : text.replace(UNSAFE, ' ').trim();
  return visible.length > maxLength ? `${visible.slice(0, maxLength).toWellFormed()}…` : visible;
}

/** A copy of an API answer with every string made safe. Page tokens stay as they are: they are opaque. */
export function sanitize<T>(value: T): T {
  return sanitizeValue(value, '') as T;
}

function sanitizeValue(value: unknown, key: string): unknown {
  if (typeof value === 'string') {
    if (key === 'nextPageToken') return value;
    return sanitizeText(value, key === 'displayName' ? MAX_FREE_TEXT : MAX_TEXT) || undefined;
  }
  if (Array.isArray(value)) {
    return value.map((item) => sanitizeValue(item, key)).filter((item) => item !== undefined);
  }
  return isFields(value) ? mapFields(value, sanitizeValue) : value;
}
