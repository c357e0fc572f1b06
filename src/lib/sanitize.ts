/**
 * Control characters (line feeds too), line separators, bidirectional controls, zero-width and filler
 * characters, variation selectors and tag characters: what can hide or reorder text.
 */
const UNSAFE =
  /(?:[\p{Cc}\u00ad\u061c\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e01ef}])+/gu;

/** The most characters that are kept of a text that somebody else wrote. */
export const MAX_FREE_TEXT = 120;

/** Text in which nothing can be unsafe, as nearly all is. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Makes foreign text safe to show: on one line, nothing hidden, `…` where it was cut. */
export function sanitizeText(text: string, maxLength = MAX_FREE_TEXT): string {
  const visible = PLAIN.test(text) ? text : text.replace(UNSAFE, ' ').trim();
  return visible.length > maxLength ? `${visible.slice(0, maxLength).toWellFormed()}…` : visible;
}
