// What somebody typed, in all the ways it can be meant.

import type { Unit } from './fold.ts';

/** A piece of a query: what one unit of a name must be like. */
export interface Token {
  readonly kind: 'han' | 'word' | 'syllable' | 'initial';
  readonly value: string;
  readonly partial: boolean; // unfinished: the unit only begins like this
}

export type Tokens = readonly Token[];

/** A query that ends in a house number. */
export interface HouseNumber {
  readonly street: readonly Unit[];
  readonly number: number;
  readonly suffix: string; // "2" of 18-2, "甲", "a"; "" where there is none
  readonly open: boolean; // 号 does not follow: more digits may come
}

export type Syllables = ReadonlyMap<string, number>; // how often each occurs

const READINGS = 3; // ways to take a run of letters apart
const BEAM = 6;
const LONGEST = 6; // letters of a syllable
const MOST_LETTERS = 32; // of a run that is read as pinyin
const NO_INITIAL = /[iuv]/;
const DIGITS = new Map([...[...'零一二三四五六七八九'].map((c, i) => [c, i] as const), ['〇', 0], ['两', 2]]);
const TENS = new Map([['十', 10], ['百', 100], ['千', 1000]]);
const TWENTIES = new Map([['廿', 20], ['卅', 30]]);
const BETWEEN = new Set('之甲乙丙丁');
const NUMBER = /^([0-9]{1,6})([a-z]?)$/;
const SPELLED_NUMBER = /^([a-z]{2,})([0-9]{1,6})$/;

const token = (kind: Token['kind'], value: string, partial = false): Token => ({ kind, value, partial });
const initial = (letter: string): Token => token('initial', letter);

/** The ways to read a query: as words, as pinyin, as initials; the likeliest first. */
export function ways(units: readonly Unit[], syllables: Syllables, beginnings: ReadonlySet<string>): readonly Tokens[] {
  const words = units.map((unit) => token(unit.han ? 'han' : 'word', unit.value));
  const found: Tokens[] = [words];
  const last = words.at(-1);
  if (last?.kind === 'word') found.push([...words.slice(0, -1), { ...last, partial: true }]);
  const runs = runsOf(words);
  const letters = runs.filter((run) => typeof run === 'string');
  if (letters.length > 0) {
    const apart = runs.map((run, i): readonly Tokens[] => (typeof run === 'string' ? segmentations(run, syllables, beginnings, i === runs.length - 1) : [run]));
    if (apart.every((options) => options.length > 0)) {
      for (let k = 0; k < READINGS; k++) found.push(apart.flatMap((options) => options[Math.min(k, options.length - 1)]!));
    }
    if (letters.every((run) => run.length <= 8 && !NO_INITIAL.test(run))) {
      found.push(runs.flatMap((run) => (typeof run === 'string' ? [...run].map(initial) : run)));
    }
  }
  return [...new Map(found.map((tokens) => [JSON.stringify(tokens), tokens])).values()];
}

interface Option {
  readonly cost: number;
  readonly tokens: Tokens;
}

/** The likeliest ways to take a run of letters apart into syllables and initials; `last`: it may be unfinished. */
export function segmentations(letters: string, syllables: Syllables, beginnings: ReadonlySet<string>, last: boolean): readonly Tokens[] {
  if (letters.length > MOST_LETTERS) return [];
  const best: Option[][] = Array.from({ length: letters.length + 1 }, () => []);
  best[0] = [{ cost: 0, tokens: [] }];
  for (let at = 0; at < letters.length; at++) {
    const here = best[at]!.sort(cheaper).slice(0, BEAM);
    for (let end = at + 1; end <= Math.min(at + LONGEST, letters.length); end++) {
      const piece = letters.slice(at, end);
      const known = syllables.has(piece);
      const options: (readonly [number, Token])[] = [];
      if (known) options.push([10, token('syllable', piece)]);
      else if (last && end === letters.length && end - at >= 2 && beginnings.has(piece)) options.push([12, token('syllable', piece, true)]);
      if (end - at === 1 && !NO_INITIAL.test(piece) && !known) options.push([21, initial(piece)]);
      else if (['zh', 'ch', 'sh'].includes(piece)) options.push([22, initial(piece)]);
      for (const { cost, tokens } of here) for (const [more, one] of options) best[end]!.push({ cost: cost + more, tokens: [...tokens, one] });
    }
  }
  return best.at(-1)!.sort(cheaper).slice(0, READINGS).map(({ tokens }) => tokens);
}

/** Whatever syllables begin with. */
export function beginningsOf(syllables: Syllables): ReadonlySet<string> {
  return new Set([...syllables.keys()].flatMap((syllable) => [...syllable].map((_, n) => syllable.slice(0, n + 1))));
}

/** Pinyin that is one letter off: taken apart wholly into known syllables, the commonest first; `most` at most. */
export function corrections(letters: string, syllables: Syllables, most: number): readonly Tokens[] {
  const found = new Map<string, { readonly tokens: Tokens; readonly commonness: number }>();
  for (const text of edited(letters)) {
    for (const tokens of segmentations(text, syllables, new Set(), false)) {
      const key = tokens.map(({ value }) => value).join(' ');
      if (found.has(key) || tokens.some(({ kind }) => kind !== 'syllable')) continue;
      found.set(key, { tokens, commonness: Math.min(...tokens.map(({ value }) => syllables.get(value)!)) });
    }
  }
  return [...found.values()]
    .sort((a, b) => a.tokens.length - b.tokens.length || b.commonness - a.commonness || byValues(a.tokens, b.tokens))
    .slice(0, most).map(({ tokens }) => tokens);
}

/** The house number that a query ends in, what follows 号 left aside; null where it ends in none. */
export function houseNumber(query: readonly Unit[]): HouseNumber | null {
  const units = query.flatMap(apart);
  for (const [at, unit] of units.entries()) {
    if (unit.value !== '号' || at < 2) continue;
    let first = at;
    while (first > 0 && counts(units[first - 1]!)) first--;
    const read = first >= 1 ? numberOf(units.slice(first, at)) : null;
    if (!read) continue;
    const [number, written] = read;
    const after = units.slice(at + 1);
    const more = !written && after.length > 0 && after.every(counts); // 18号-2, 18号之二
    const suffix = more ? canonicalSuffix(after.map(({ value }) => value).join('')) : written;
    return { street: units.slice(0, first), number, suffix, open: false };
  }
  let first = units.length;
  while (first > 0 && !units[first - 1]!.han && NUMBER.test(units[first - 1]!.value)) first--;
  const read = first >= 1 && first < units.length ? numberOf(units.slice(first)) : null;
  return read && { street: units.slice(0, first), number: read[0], suffix: read[1], open: true };
}

/** What Chinese numerals say: 十八 is 18, 一百零五 105, 一二一 121; null for what are none. */
export function chineseNumber(text: string): number | null {
  const characters = [...text];
  if (characters.length === 0 || !characters.every((c) => DIGITS.has(c) || TENS.has(c) || TWENTIES.has(c))) return null;
  if (characters.every((c) => DIGITS.has(c))) return characters.length <= 6 ? Number(characters.map((c) => DIGITS.get(c)).join('')) : null;
  let total = 0;
  let digit = 0;
  for (const c of characters) {
    if (TENS.has(c)) {
      total += (digit || 1) * TENS.get(c)!;
      digit = 0;
    } else if (TWENTIES.has(c)) total += TWENTIES.get(c)!;
    else digit = DIGITS.get(c)!;
  }
  return total + digit;
}

/** What stands beside a house number, in one spelling: "-2", "之2" and "之二" are "2". */
export function canonicalSuffix(text: string): string {
  const kept = [...text.toLowerCase()].filter((c) => /[\p{L}\p{N}]/u.test(c) && c !== '之' && c !== '号').join('');
  return String(chineseNumber(kept) ?? kept);
}

function counts({ han, value }: Unit): boolean {
  return han ? BETWEEN.has(value) || DIGITS.has(value) || TENS.has(value) || TWENTIES.has(value) : NUMBER.test(value);
}

/** Number and suffix of units such as 18 · 18a · 18 2 · 18 之 2 · 十 八 · 十 八 之 二. */
function numberOf(units: readonly Unit[]): readonly [number: number, suffix: string] | null {
  if (!units[0]) return null;
  let first = 1;
  let number: number | null;
  let letter = '';
  if (units[0].han) {
    while (first < units.length && units[first]!.han && !BETWEEN.has(units[first]!.value)) first++;
    number = chineseNumber(units.slice(0, first).map(({ value }) => value).join(''));
  } else {
    const match = NUMBER.exec(units[0].value);
    number = match && Number(match[1]);
    letter = match?.[2] ?? '';
  }
  return number === null ? null : [number, letter + canonicalSuffix(units.slice(first).map(({ value }) => value).join(''))];
}

/** jianchilu18 as pinyin and a number. */
function apart(unit: Unit): readonly Unit[] {
  const match = unit.han ? null : SPELLED_NUMBER.exec(unit.value);
  return match ? [{ ...unit, value: match[1]! }, { ...unit, value: match[2]! }] : [unit];
}

/** Neighbouring words of letters a … z as one text each; all else as it is. */
function runsOf(words: Tokens): (string | Tokens)[] {
  const runs: (string | Tokens)[] = [];
  for (const one of words) {
    if (one.kind === 'word' && /^[a-z]+$/.test(one.value)) {
      const before = runs.at(-1);
      if (typeof before === 'string') runs[runs.length - 1] = before + one.value;
      else runs.push(one.value);
    } else runs.push([one]);
  }
  return runs;
}

function cheaper(a: Option, b: Option): number {
  return a.cost - b.cost || byValues(a.tokens, b.tokens);
}

function byValues(a: Tokens, b: Tokens): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i]!.value !== b[i]!.value) return a[i]!.value < b[i]!.value ? -1 : 1;
  }
  return a.length - b.length;
}

/** The text with one letter left out, exchanged, replaced or added. */
function edited(letters: string): ReadonlySet<string> {
  const alphabet = [...'abcdefghijklmnopqrstuvwxyz'];
  const [places, gaps] = [letters.length, letters.length + 1].map((n) => Array.from({ length: n }, (_, i) => i)) as [number[], number[]];
  return new Set([
    ...places.map((i) => letters.slice(0, i) + letters.slice(i + 1)),
    ...places.slice(1).map((i) => letters.slice(0, i - 1) + letters[i] + letters[i - 1] + letters.slice(i + 1)),
    ...places.flatMap((i) => alphabet.filter((c) => c !== letters[i]).map((c) => letters.slice(0, i) + c + letters.slice(i + 1))),
    ...gaps.flatMap((i) => alphabet.map((c) => letters.slice(0, i) + c + letters.slice(i))),
  ]);
}
