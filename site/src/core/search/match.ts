// How well a name fits a query, and which of its letters do.

import type { Unit } from './fold.ts';
import type { Token, Tokens } from './query.ts';

/** A name taken apart; the reading of each unit, empty for words. */
export interface Target {
  readonly units: readonly Unit[];
  readonly readings: readonly string[];
}

export type Mark = readonly [start: number, end: number];

/** Where a query fits. */
export interface Match {
  readonly quality: number; // 0 … 1
  readonly marks: readonly Mark[]; // of the text
}

/** What may be forgiven: something left out between two parts; one unit wrong, missing or too many. */
export interface Lenience {
  readonly gaps?: boolean;
  readonly typos?: boolean;
}

const CIVIL = new Set([...'省市县区镇乡村', '街道', '社区']); // what may follow a name that is meant as a whole
const WORTH = { han: 1, word: 1, syllable: 0.96, initial: 0.85 } as const;

/** A name with the readings of its Chinese characters, in order. */
export function target(units: readonly Unit[], readings: readonly string[]): Target {
  let next = 0;
  return { units, readings: units.map(({ han }) => (han ? readings[next++] ?? '' : '')) };
}

/** The best way in which a name fits, null where it does not. */
export function matched(tokens: Tokens, name: Target, { gaps = false, typos = false }: Lenience = {}): Match | null {
  if (tokens.length === 0) return null;
  let found = contiguous(tokens, name);
  if (!found && gaps && tokens.length >= 3) found = withGap(tokens, name, 2, 0.45, Infinity);
  if (!found && typos && tokens.length >= 3) found = withTypo(tokens, name);
  if (!found) return null;
  let worth = 0;
  for (const { kind } of tokens) worth += WORTH[kind];
  return { quality: found.quality * (worth / tokens.length), marks: found.marks };
}

/** How well a route number or admin code fits: 1 the whole, less its beginning, 0 not at all. */
export function codeMatch(tokens: Tokens, code: readonly Unit[]): number {
  if (tokens.length !== code.length || tokens.length === 0 || tokens.some(({ kind }) => kind !== 'word')) return 0;
  if (tokens.slice(0, -1).some(({ value }, i) => value !== code[i]!.value)) return 0;
  const typed = tokens.at(-1)!;
  const whole = code.at(-1)!.value;
  if (typed.value === whole) return 1;
  return typed.partial && typed.value.length >= 2 && whole.startsWith(typed.value) ? 0.75 + 0.1 * (typed.value.length / whole.length) : 0;
}

function fits({ kind, value, partial }: Token, unit: Unit, reading: string): boolean {
  if (kind === 'han') return unit.han && unit.value === value;
  if (kind === 'word') return !unit.han && (partial ? unit.value.startsWith(value) : unit.value === value);
  return kind === 'syllable' && !partial ? reading === value : reading.startsWith(value);
}

function runFits(tokens: Tokens, name: Target, at: number): boolean {
  return tokens.every((token, i) => fits(token, name.units[at + i]!, name.readings[at + i]!));
}

function contiguous(tokens: Tokens, name: Target): Match | null {
  const [size, all] = [tokens.length, name.units.length];
  for (let at = 0; at <= all - size; at++) {
    if (!runFits(tokens, name, at)) continue;
    const share = size / all;
    let quality = 0.75 + 0.1 * share;
    if (at > 0) quality = 0.6 + 0.15 * share;
    else if (size === all) quality = unfinished(tokens.at(-1)!, name, size - 1) ? 0.85 : 1;
    else if (CIVIL.has(name.units.slice(size).map(({ value }) => value).join(''))) quality = 0.95;
    return { quality, marks: [mark(name, at, at + size)] };
  }
  return null;
}

function unfinished({ kind, value, partial }: Token, name: Target, at: number): boolean {
  return partial && value !== (kind === 'word' ? name.units[at]!.value : name.readings[at]);
}

/** Two parts of the query, each of `least` units at least, with at most `most` units of the name between them. */
function withGap(tokens: Tokens, name: Target, least: number, base: number, most: number): Match | null {
  const [size, all] = [tokens.length, name.units.length];
  for (let cut = least; cut <= size - least; cut++) {
    const [left, right] = [tokens.slice(0, cut), tokens.slice(cut)];
    for (let at = 0; at < all - size; at++) {
      if (!runFits(left, name, at)) continue;
      const last = Math.min(all - right.length, at + cut + most);
      for (let then = at + cut + 1; then <= last; then++) {
        if (runFits(right, name, then)) {
          return { quality: base + 0.15 * (size / all), marks: [mark(name, at, at + cut), mark(name, then, then + right.length)] };
        }
      }
    }
  }
  return null;
}

function withTypo(tokens: Tokens, name: Target): Match | null {
  const [size, all] = [tokens.length, name.units.length];
  for (let at = 0; at <= all - size; at++) {
    const wrong = tokens.flatMap((token, i) => (fits(token, name.units[at + i]!, name.readings[at + i]!) ? [] : [i]));
    if (wrong.length !== 1) continue;
    const i = wrong[0]!;
    const parts = ([[at, at + i], [at + i + 1, at + size]] as const).filter(([a, b]) => a < b);
    return { quality: 0.35 + 0.15 * ((size - 1) / all), marks: parts.map(([a, b]) => mark(name, a, b)) };
  }
  const missing = withGap(tokens, name, 1, 0.35, 1);
  if (missing || size < 4) return missing;
  for (let i = 0; i < size; i++) {
    const found = contiguous([...tokens.slice(0, i), ...tokens.slice(i + 1)], name);
    if (found) return { quality: 0.35 + ((0.15 * ((size - 1) / all)) * (size - 1)) / size, marks: found.marks };
  }
  return null;
}

function mark(name: Target, first: number, last: number): Mark {
  return [name.units[first]!.start, name.units[last - 1]!.end];
}
