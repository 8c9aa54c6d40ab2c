// Which entries may fit a query: the postings of its grams, put together.

import {
  END, FIRST, hashGram, INITIAL_START, INITIALS, LETTERS, lettersCode, PAIR, SKIP, START, SYLLABLE, SYLLABLE_LETTER, SYLLABLE_START,
  SYLLABLES, UNIT, WORD_START, wordCode,
} from './grams.ts';
import type { Index, Postings } from './index-file.ts';
import type { Token, Tokens } from './query.ts';

/** Hashes of grams: those that an entry must have, those of a name that begins so, those of a name that ends so. */
export interface Plan {
  readonly required: readonly number[];
  readonly start: number | null;
  readonly end: number | null;
}

/** Entries that may fit: whole names, names that begin so, others; the most important first. */
export type Tiers = readonly [whole: readonly number[], begun: readonly number[], others: readonly number[]];

const ENOUGH = 24; // candidates for which no tail is read

/** The grams of one way to read a query. */
export function plan(tokens: Tokens): Plan {
  const required: number[] = [];
  const covered = tokens.map(() => false);
  for (let i = 0; i + 1 < tokens.length; i++) {
    const found = pair(tokens[i]!, tokens[i + 1]!);
    if (found === null) continue;
    required.push(found);
    covered.fill(true, i, i + 2);
  }
  for (let i = 0; i + 2 < tokens.length; i++) {
    const three = tokens.slice(i, i + 3);
    if (!three.every(spelled) || covered.slice(i, i + 3).every(Boolean)) continue;
    required.push(hashGram(INITIALS, letter(three[0]!), letter(three[1]!), letter(three[2]!)));
    covered.fill(true, i, i + 3);
  }
  for (const [i, token] of tokens.entries()) {
    const found = covered[i] ? null : single(token, tokens.length === 1);
    if (found !== null) required.push(found);
  }
  const [a, b] = tokens;
  if (required.length === 0 && a && b && spelled(a) && spelled(b)) required.push(hashGram(INITIAL_START, letter(a), letter(b)));
  return { required: unique(required), start: startOf(tokens), end: endOf(tokens) };
}

/** The same for names that have something between two parts of the query, each of two units at least. */
export function splitPlans(tokens: Tokens): readonly Plan[] {
  return Array.from({ length: Math.max(0, tokens.length - 3) }, (_, i) =>
    lone([...plan(tokens.slice(0, i + 2)).required, ...plan(tokens.slice(i + 2)).required]));
}

/** The same for names of which the query has one unit wrong, too few or too many. */
export function typoPlans(tokens: Tokens): readonly Plan[] {
  const size = tokens.length;
  const found: number[][] = tokens.map((_, i) => [
    ...pairs(tokens.slice(0, i)), ...pairs(tokens.slice(i + 1)), ...(i > 0 && i < size - 1 ? skip(tokens[i - 1]!, tokens[i + 1]!) : []),
  ]); // wrong
  for (let i = 1; i < size; i++) found.push([...pairs(tokens.slice(0, i)), ...skip(tokens[i - 1]!, tokens[i]!), ...pairs(tokens.slice(i))]); // missing
  if (size >= 4) for (let i = 0; i < size; i++) found.push(pairs([...tokens.slice(0, i), ...tokens.slice(i + 1)])); // too many
  return found.filter((required) => required.length > 0).map(lone);
}

/** Entries that may have all required grams. */
export async function find(index: Index, { required, start, end }: Plan): Promise<Tiers> {
  if (required.length === 0) return [[], [], []];
  const found = await index.postings([...required, ...[start, end].filter((hash) => hash !== null)]);
  const base = await intersect(index, found.slice(0, required.length));
  if (start === null) return [[], [], base];
  const begins = within(found[required.length]!);
  const ends = end === null ? () => false : within(found.at(-1)!);
  return [base.filter((entry) => begins(entry) && ends(entry)), base.filter((entry) => begins(entry) && !ends(entry)), base.filter((entry) => !begins(entry))];
}

async function intersect(index: Index, lists: readonly Postings[]): Promise<readonly number[]> {
  const full = lists.filter(whole);
  const smallest = (full.length > 0 ? full : lists).reduce((least, one) => (one.count < least.count ? one : least));
  const others = lists.filter((list) => list !== smallest).map(within);
  const kept = (entries: readonly number[]): readonly number[] => entries.filter((entry) => others.every((has) => has(entry)));
  const base = kept(smallest.entries);
  return smallest.tail && base.length < ENOUGH ? kept(await index.complete(smallest)) : base;
}

function whole({ entries, count }: Postings): boolean {
  return entries.length === count;
}

/** Tells which entries have a gram; those that nobody can tell without its tail are taken to. */
function within(postings: Postings): (entry: number) => boolean {
  const known = new Set(postings.entries);
  const last = whole(postings) ? Infinity : postings.entries.at(-1)!;
  return (entry) => known.has(entry) || entry > last;
}

const lone = (required: readonly number[]): Plan => ({ required: unique(required), start: null, end: null });
const unique = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)];
const letter = ({ value }: Token): number => value.charCodeAt(0);
const code = ({ kind, value }: Token): number => (kind === 'han' ? value.codePointAt(0)! : wordCode(value));
const plain = ({ kind, partial }: Token): boolean => (kind === 'han' || kind === 'word') && !partial;
const spelled = ({ kind }: Token): boolean => kind === 'syllable' || kind === 'initial';
const entire = ({ kind, partial }: Token): boolean => kind === 'syllable' && !partial;

function pair(a: Token, b: Token): number | null {
  if (plain(a) && plain(b)) return hashGram(PAIR, code(a), code(b));
  if (!entire(a) || !spelled(b)) return null;
  return entire(b) ? hashGram(SYLLABLES, lettersCode(a.value), lettersCode(b.value)) : hashGram(SYLLABLE_LETTER, lettersCode(a.value), letter(b));
}

function pairs(tokens: Tokens): number[] {
  return tokens.slice(1).map((token, i) => pair(tokens[i]!, token)).filter((found) => found !== null);
}

function skip(a: Token, b: Token): number[] {
  return plain(a) && plain(b) ? [hashGram(SKIP, code(a), code(b))] : [];
}

function single(token: Token, alone: boolean): number | null {
  const { kind, value } = token;
  if (plain(token)) return hashGram(UNIT, code(token));
  if (kind === 'word') return value.length < 2 ? null : hashGram(WORD_START, wordCode(value.slice(0, 3)));
  if (entire(token)) return hashGram(SYLLABLE, lettersCode(value));
  return alone && kind === 'syllable' ? hashGram(LETTERS, lettersCode(value.slice(0, 3))) : null;
}

function startOf(tokens: Tokens): number | null {
  const [a, b] = tokens;
  if (!a) return null;
  if (!b) {
    if (plain(a)) return hashGram(FIRST, code(a));
    return a.kind === 'syllable' && a.value.length >= 2 ? hashGram(LETTERS, lettersCode(a.value.slice(0, 3))) : null;
  }
  if (plain(a) && plain(b)) return hashGram(START, code(a), code(b));
  if (entire(a) && entire(b)) return hashGram(SYLLABLE_START, lettersCode(a.value), lettersCode(b.value));
  return spelled(a) && spelled(b) ? hashGram(INITIAL_START, letter(a), letter(b)) : null;
}

function endOf(tokens: Tokens): number | null {
  const [a, b] = [tokens.at(-2), tokens.at(-1)];
  if (!b || !tokens.every(plain)) return null;
  return hashGram(END, a ? code(a) : 0, code(b));
}
