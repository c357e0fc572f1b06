/**
 * What can hide or reorder text, steer a terminal, or leave a gap that nobody sees: controls (line feeds too),
 * format and bidirectional characters, whatever Unicode lets a reader ignore, separators other than the space, halves
 * of characters, and the blanks among the letters and symbols.
 */
const UNSAFE =
  /(?:[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{16fe4}\u{1d159}]|[^\P{Zs} ])+/gu;

/** The most characters that are kept of a text that somebody else wrote. */
export const MAX_FREE_TEXT = 120;

/** Text in which nothing can be unsafe, as nearly all is. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Makes foreign text safe to show: on one line, nothing hidden, `…` where it was cut. */
export function sanitizeText(text: string, maxLength = MAX_FREE_TEXT): string {
  const visible = PLAIN.test(text) ? text : text.replace(UNSAFE, ' ').trim();
  return visible.length > maxLength ? `${visible.slice(0, maxLength).toWellFormed()}…` : visible;
}
