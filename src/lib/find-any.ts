/** Characters that are looked at in one place. */
const GRAM = 4;
/** Shorter ones are better searched one by one. */
const MIN_LENGTH = 16;

/**
 * Whether a text holds any of several others. Of a long text it looks at every n-th place only, since an occurrence
 * of even the shortest covers one: for a dozen needles a third of what as many searches take.
 */
export function createFinder(needles: readonly string[]): (text: string) => boolean {
  const short = needles.filter(({ length }) => length < MIN_LENGTH);
  const long = needles.filter(({ length }) => length >= MIN_LENGTH);
  const step = Math.min(...long.map(({ length }) => length)) - GRAM + 1;
  const places = placesOf(long);
  const isKnown = new Uint8Array(1 << 16);
  for (const key of places.keys()) isKnown[key] = 1;

  function holdsLong(text: string): boolean {
    for (let at = 0; at + GRAM <= text.length; at += step) {
      const key = keyAt(text, at);
      if (isKnown[key] === 0) continue;
      for (const { needle, offset } of places.get(key) ?? []) {
        if (offset <= at && text.startsWith(needle, at - offset)) return true;
      }
    }
    return false;
  }
  return (text) => (long.length > 0 && holdsLong(text)) || short.some((needle) => text.includes(needle));
}

/** Where each gram of the needles stands in them. */
function placesOf(needles: readonly string[]) {
  const places = new Map<number, { readonly needle: string; readonly offset: number }[]>();
  for (const needle of needles) {
    for (let offset = 0; offset + GRAM <= needle.length; offset++) {
      const key = keyAt(needle, offset);
      places.set(key, [...(places.get(key) ?? []), { needle, offset }]);
    }
  }
  return places;
}

/** A number of 16 bits that equal grams share. */
function keyAt(text: string, at: number): number {
  const high = Math.imul(text.charCodeAt(at), 31) + text.charCodeAt(at + 1);
  const low = Math.imul(text.charCodeAt(at + 2), 31) + text.charCodeAt(at + 3);
  return (Math.imul(high, 2_053) + low) & 0xffff;
}
