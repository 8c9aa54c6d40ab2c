// Answers queries over an index: the same answers as the pipeline's engine, whose tests write down what these must be.

import { allowance, type Allowance } from './allowance.ts';
import { find, plan, splitPlans, typoPlans, type Plan, type Tiers } from './candidates.ts';
import type { Unit } from './fold.ts';
import { BLOCK, type Door, type Entry, type Index } from './index-file.ts';
import { codeMatch, matched, target, type Lenience, type Mark, type Match } from './match.ts';
import { canonicalSuffix, corrections, houseNumber, ways, type HouseNumber, type Tokens } from './query.ts';

/** One answer; places in 10⁻⁶ degrees. */
export interface Result {
  readonly entry: Entry;
  readonly level: 'entry' | 'number' | 'interpolated';
  readonly door: Door | null;
  readonly title: string; // the name, with the house number where there is one
  readonly town: number; // −1: none
  readonly lng: number;
  readonly lat: number;
  readonly marks: readonly Mark[]; // of the title
  readonly quality: number;
  readonly score: number;
}

type Place = readonly [lng: number, lat: number]; // 10⁻⁶ degrees

/** One query on its way through the steps. */
interface Steps {
  readonly index: Index;
  readonly near: Place;
  readonly allowance: Allowance;
  readonly found: Map<string, Result>;
}

const RESULTS = 10;
const BLOCKS = 16; // read in one step
const STREETS = 8; // whose house numbers are read
const DOORS = 5; // proposed while a number is being typed
const FEW = 5; // results below which something may be left out between
const NEAR = 4000; // metres at which nearness is a half
const CORRECTIONS = 8;
const HERE = 1.1; // how much better a street in the town that the query names is than others

/** The best answers to a query, `near` a place in degrees (else the city's centre). */
export async function search(index: Index, text: string, near: Place | null = null, limit = RESULTS): Promise<readonly Result[]> {
  const steps: Steps = { index, near: near ? [near[0] * 1e6, near[1] * 1e6] : index.centre, allowance: allowance(index.head), found: new Map() };
  const units = index.units(text);
  if (units.length === 0) return [];
  const asked = houseNumber(units);
  if (asked) await houseNumbers(steps, asked);
  const readings = readingsOf(index, units);
  await look(steps, readings);
  if (steps.found.size < FEW) await look(steps, readings.filter(({ length }) => length >= 4), splitPlans, { gaps: true });
  const [stripped] = stripPrefixes(index, units);
  if (stripped.length < units.length && steps.found.size === 0) await look(steps, readingsOf(index, stripped));
  if (steps.found.size === 0) await forgive(steps, units, readings);
  const order = (a: Result, b: Result): number =>
    Math.round(b.score * 1e9) - Math.round(a.score * 1e9) || a.entry.number - b.entry.number || (a.door?.number ?? -1) - (b.door?.number ?? -1);
  return [...steps.found.values()].sort(order).slice(0, limit);
}

/** A query without the province, city and town it begins with, and that town's number; −1: it names none. */
function stripPrefixes(index: Index, units: readonly Unit[]): readonly [left: readonly Unit[], town: number] {
  let left = units;
  let town = -1;
  for (;;) {
    const text = left.map(({ value }) => value);
    const name = index.prefixes.find((prefix) => prefix.length < left.length && text.slice(0, prefix.length).join('') === prefix);
    if (!name) return [left, town];
    left = left.slice(name.length);
    if (index.towns.includes(name)) town = index.towns.indexOf(name);
  }
}

/** Entries with house numbers that units name, the best match first; and the town that units name, −1: none. */
async function streets({ index, near, allowance }: Steps, units: readonly Unit[]): Promise<readonly (readonly [Entry, Match, number])[]> {
  const [stripped, town] = stripPrefixes(index, units);
  const found = new Map<number, readonly [Entry, Match]>();
  for (const some of stripped.length < units.length ? [units, stripped] : [units]) {
    const readings = readingsOf(index, some);
    const tiers = await find(index, readings.map(plan), allowance);
    for (const [i, tokens] of readings.entries()) {
      const [entries] = await entriesOf(index, [tiers[i]!], BLOCKS, allowance);
      for (const entry of entries) {
        const match = entry.numbers && nameMatch(index, tokens, entry, {});
        if (match && match.quality > (found.get(entry.number)?.[1].quality ?? 0)) found.set(entry.number, [entry, match]);
      }
    }
    if (found.size > 0) break;
  }
  const worth = ([entry, match]: readonly [Entry, Match]): number =>
    (town >= 0 && entry.town === town ? HERE : 1) * scoreOf(index, match.quality, entry.importance, entry.lng, entry.lat, near);
  return [...found.values()].sort((a, b) => worth(b) - worth(a) || a[0].number - b[0].number).map(([entry, match]) => [entry, match, town] as const);
}

/** The door of a number, and whether its suffix is the one asked for; null where there is no such number. */
function nearestDoor(doors: readonly Door[], number: number, suffix: string): readonly [Door, boolean] | null {
  const same = doors.filter((door) => door.number === number);
  const exact = same.find((door) => canonicalSuffix(door.suffix) === suffix);
  return exact ? [exact, true] : same[0] ? [same[0], false] : null;
}

/** Where a number that is not there should be: between its neighbours on the same side; null beyond the ends. */
function between(doors: readonly Door[], number: number): Door | null {
  const side = doors.filter((door) => (door.number - number) % 2 === 0);
  const below = side.filter((door) => door.number < number).at(-1)?.number;
  const [a, b] = [side.find((door) => door.number === below), side.find((door) => door.number > number)];
  if (!a || !b) return null;
  const share = (number - a.number) / (b.number - a.number);
  return {
    number, suffix: '', id: 0, town: a.town, kind: a.kind,
    lng: Math.trunc(a.lng + (b.lng - a.lng) * share + 0.5), lat: Math.trunc(a.lat + (b.lat - a.lat) * share + 0.5),
  };
}

/** Quality, importance and nearness in one number; docs/search.md § Answering. */
function scoreOf(index: Index, quality: number, importance: number, lng: number, lat: number, near: Place): number {
  const dx = (lng - near[0]) * 1e-6 * index.lng_scale;
  const dy = (lat - near[1]) * 1e-6 * index.lat_scale;
  const nearness = NEAR / (NEAR + Math.sqrt(dx * dx + dy * dy));
  return quality * quality * quality * (0.4 + 0.6 * (importance / 255)) * (0.75 + 0.25 * nearness);
}

function readingsOf({ syllables, beginnings }: Index, units: readonly Unit[]): readonly Tokens[] {
  return ways(units, syllables, beginnings);
}

/** Keep the entries that fit one of the readings. */
async function look(
  steps: Steps, readings: readonly Tokens[], plans: (tokens: Tokens) => readonly Plan[] = (tokens) => [plan(tokens)], lenience: Lenience = {},
): Promise<void> {
  const each = readings.map(plans);
  const found = await find(steps.index, each.flat(), steps.allowance);
  let [at, left] = [0, BLOCKS];
  for (const [i, tokens] of readings.entries()) {
    const [entries, blocks] = await entriesOf(steps.index, found.slice(at, (at += each[i]!.length)), left, steps.allowance);
    left -= blocks;
    for (const entry of entries) {
      const match = bestMatch(steps.index, tokens, entry, lenience);
      if (match) keepEntry(steps, entry, match);
    }
  }
}

/** Candidates from `most` blocks at most; whole names first, then beginnings; and how many blocks. */
async function entriesOf(index: Index, candidates: readonly Tiers[], most: number, allowance: Allowance): Promise<readonly [readonly Entry[], number]> {
  const blocks = new Map<number, boolean>(); // whether it is read
  const chosen = new Set<number>();
  let read = 0;
  for (const tier of [0, 1, 2] as const) {
    for (const number of candidates.flatMap((tiers) => tiers[tier])) {
      const block = Math.floor(number / BLOCK);
      if (!blocks.has(block)) {
        const taken = read < most && allowance.take('blocks', block, index.blockBytes(block));
        blocks.set(block, taken);
        if (taken) read++;
      }
      if (blocks.get(block)) chosen.add(number);
    }
  }
  return [await index.entries([...chosen]), read];
}

/** The best match of an entry by its name, its English name, its codes. */
function bestMatch(index: Index, tokens: Tokens, entry: Entry, lenience: Lenience): Match | null {
  let best = nameMatch(index, tokens, entry, lenience);
  for (const code of entry.codes) {
    const quality = codeMatch(tokens, index.units(code));
    if (quality > (best?.quality ?? 0)) best = { quality, marks: [] };
  }
  const other = entry.other ? matched(tokens, target(index.units(entry.other), []), lenience) : null;
  return other && other.quality > (best?.quality ?? 0) ? { quality: other.quality, marks: [] } : best;
}

function nameMatch(index: Index, tokens: Tokens, entry: Entry, lenience: Lenience): Match | null {
  return matched(tokens, target(index.units(entry.name), entry.readings), lenience);
}

async function houseNumbers(steps: Steps, asked: HouseNumber): Promise<void> {
  const found = (await streets(steps, asked.street)).slice(0, STREETS)
    .filter(([{ numbers }]) => numbers && steps.allowance.take('numbers', numbers.at, numbers.length));
  const all = await Promise.all(found.map(([entry]) => steps.index.doors(entry)));
  for (const [i, [entry, match, town]] of found.entries()) {
    const doors = all[i]!;
    const better = town >= 0 && entry.town === town ? HERE : 1;
    const there = nearestDoor(doors, asked.number, asked.suffix);
    const begun = doors.filter((door) => door.number !== asked.number && String(door.number).startsWith(String(asked.number)));
    if (there) keepDoor(steps, entry, match, there[0], 'number', (there[1] ? 1 : 0.97) * better);
    else if (!asked.open || begun.length === 0) {
      const guess = between(doors, asked.number);
      if (guess) keepDoor(steps, entry, match, guess, 'interpolated', 0.85 * better);
    }
    if (asked.open && !asked.suffix) for (const door of begun.slice(0, DOORS)) keepDoor(steps, entry, match, door, 'number', 0.9 * better);
  }
}

async function forgive(steps: Steps, units: readonly Unit[], readings: readonly Tokens[]): Promise<void> {
  await look(steps, readings.slice(0, 1).filter(({ length }) => length >= 3), typoPlans, { typos: true });
  const letters = units.map(({ value }) => value).join('');
  if (steps.found.size > 0 || !/^[a-z]{4,24}$/.test(letters)) return;
  const { index, allowance } = steps;
  const corrected = corrections(letters, index.syllables, CORRECTIONS);
  const tiers = await find(index, corrected.map(plan), allowance);
  let left = BLOCKS / 2;
  for (const [i, tokens] of corrected.entries()) {
    const [entries, blocks] = await entriesOf(index, [tiers[i]!], left, allowance);
    left -= blocks;
    for (const entry of entries) {
      const match = nameMatch(index, tokens, entry, {});
      if (match) keepEntry(steps, entry, { ...match, quality: match.quality * 0.5 });
    }
  }
}

function keepEntry(steps: Steps, entry: Entry, { quality, marks }: Match): void {
  const { name: title, town, lng, lat, importance } = entry;
  const score = scoreOf(steps.index, quality, importance, lng, lat, steps.near);
  keep(steps, { entry, level: 'entry', door: null, title, town, lng, lat, marks, quality, score });
}

function keepDoor(steps: Steps, entry: Entry, match: Match, door: Door, level: 'number' | 'interpolated', share: number): void {
  const title = `${entry.name}${door.number}${door.suffix}号`;
  const marks = level === 'number' ? [...match.marks, [entry.name.length, title.length] as const] : match.marks;
  const [lng, lat] = [door.lng * 10, door.lat * 10];
  const quality = match.quality * share;
  // A whole house number is what was meant, rather than a name that merely begins alike.
  const score = scoreOf(steps.index, quality, entry.importance, lng, lat, steps.near) + (share > 0.9 ? 0.5 : 0);
  keep(steps, { entry, level, door, title, town: door.town === -2 ? entry.town : door.town, lng, lat, marks, quality, score });
}

function keep({ found }: Steps, result: Result): void {
  const key = `${result.entry.number} ${result.door?.number ?? ''} ${result.door?.suffix ?? ''}`;
  const before = found.get(key);
  if (!before || result.score > before.score) found.set(key, result);
}
