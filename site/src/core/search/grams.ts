// What an entry can be found by: hashes of pieces of its names; docs/search.md § Grams.

export const PAIR = 1;
export const SKIP = 2;
export const START = 3;
export const END = 4;
export const UNIT = 5;
export const SYLLABLES = 6;
export const SYLLABLE_LETTER = 7;
export const SYLLABLE_START = 8;
export const SYLLABLE = 9;
export const INITIALS = 10;
export const INITIAL_START = 11;
export const LETTERS = 12;
export const WORD_START = 13;
export const FIRST = 14;

/** The hash of one gram, 32 bits; the same as the pipeline's. */
export function hashGram(kind: number, a: number, b = 0, c = 0): number {
  let h = Math.imul((kind + 0x9e3779b1) | 0, 0x85ebca6b);
  for (const value of [a, b, c]) {
    h = Math.imul(h ^ value, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca77);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae3d);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a of a word's UTF-8, 32 bits. */
export function wordCode(word: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** Letters a … z to the base 27. */
export function lettersCode(letters: string): number {
  let code = 0;
  for (const letter of letters) code = (code * 27 + Math.max(0, Math.min(26, letter.codePointAt(0)! - 96))) % 2 ** 32;
  return code;
}
