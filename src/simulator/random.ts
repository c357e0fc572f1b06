/** A deterministic source of pseudo-random values: the same seed gives the same sequence. */
export interface Random {
  /** An integer in [0, below). */
  integer(below: number): number;
  /** `length` characters of an alphabet. */
  text(alphabet: string, length: number): string;
  /** A version 4 UUID. */
  uuid(): string;
}

export const HEX = '0123456789abcdef';

/** mulberry32 over an FNV-1a hash of the seed. Not for secrets. */
export function createRandom(seed: string): Random {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const integer = (below: number) => Math.floor(next() * below);
  const text = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(integer(alphabet.length))).join('');
  const uuid = () =>
    `${text(HEX, 8)}-${text(HEX, 4)}-4${text(HEX, 3)}-${text('89ab', 1)}${text(HEX, 3)}-${text(HEX, 12)}`;
  return { integer, text, uuid };
}

/**
 * 26 characters in lower case: 48 bits of time, 80 of randomness.
 * @param now milliseconds since the epoch
 */
export function ulid(now: number, random: Random): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
    time = alphabet.charAt(rest % 32) + time;
  }
  return time + random.text(alphabet, 16);
}
