// Which entries may fit a query: the postings of its grams, put together.

import type { Allowance } from './allowance.ts';
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
const AT_ONCE = 4; // grams of a plan that are read at once
const FEW = 4; // candidates that are rather looked at than told apart by further grams

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

/**
 * Entries that may have all required grams of each plan, the most important first.
 *
 * Not every gram is read: no more of a plan once few entries are left, which their names tell apart, and no more of any once the
 * allowance is used up. Plans go on side by side, each with what others had to read first: those of one query are much alike.
 */
export async function find(index: Index, plans: readonly Plan[], allowance: Allowance): Promise<readonly Tiers[]> {
  const take = (gram: number): boolean => allowance.take('shards', ...index.shardOf(gram));
  const hunts = plans.map((one): Hunt => ({ plan: one, left: one.required, lists: [], base: [], exact: false }));
  for (;;) {
    const asked = hunts.map(({ left, base, exact }): readonly number[] => {
      if (exact && base.length <= FEW) return [];
      const known = left.filter((gram) => allowance.has('shards', index.shardOf(gram)[0]));
      return known.length > 0 ? known : spread(left).filter(take);
    });
    if (asked.every(({ length }) => length === 0)) break;
    const lists = await Promise.all(asked.map(index.postings));
    for (const [i, hunt] of hunts.entries()) {
      if (asked[i]!.length === 0) continue;
      hunt.left = hunt.left.filter((gram) => !asked[i]!.includes(gram));
      hunt.lists.push(...lists[i]!);
      const smallest = smallestOf(hunt.lists);
      hunt.base = allOf(smallest.entries, hunt.lists, smallest);
      hunt.exact = whole(smallest);
    }
  }
  await Promise.all(hunts.map(async (hunt) => {
    const smallest = hunt.exact || hunt.lists.length === 0 || hunt.base.length >= ENOUGH ? null : smallestOf(hunt.lists);
    if (!smallest?.tail || !allowance.take('tails', smallest.tail.at, smallest.tail.length)) return;
    hunt.base = allOf(await index.complete(smallest), hunt.lists, smallest);
  }));
  return Promise.all(hunts.map(async ({ plan: { start, end }, base }): Promise<Tiers> => {
    if (base.length <= FEW || start === null || !take(start)) return [[], [], base];
    const [starts, ends] = await index.postings(end === null || !take(end) ? [start] : [start, end]);
    const begins = within(starts!);
    const finishes = ends ? within(ends) : () => false;
    return [base.filter((entry) => begins(entry) && finishes(entry)), base.filter((entry) => begins(entry) && !finishes(entry)), base.filter((entry) => !begins(entry))];
  }));
}

/** One plan on its way to its entries. */
interface Hunt {
  readonly plan: Plan;
  readonly lists: Postings[];
  left: readonly number[]; // grams that have not been read
  base: readonly number[];
  exact: boolean; // no entry is missing in the base
}

/** Some of the grams, from all over the query. */
function spread(grams: readonly number[]): readonly number[] {
  const last = grams.length - 1;
  return last < AT_ONCE ? grams : Array.from({ length: AT_ONCE }, (_, i) => grams[Math.floor((i * last) / (AT_ONCE - 1))]!);
}

function smallestOf(lists: readonly Postings[]): Postings {
  const full = lists.filter(whole);
  return (full.length > 0 ? full : lists).reduce((least, one) => (one.count < least.count ? one : least));
}

function allOf(base: readonly number[], lists: readonly Postings[], but: Postings): readonly number[] {
  const others = lists.filter((list) => list !== but).map(within);
  return base.filter((entry) => others.every((has) => has(entry)));
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
