// The search index of a city, read in pieces; its format stands in docs/search.md.

import type { Bytes } from './bytes.ts';
import { folder, type Fold } from './fold.ts';
import { beginningsOf, type Syllables } from './query.ts';
import { gunzip, Varints } from './varints.ts';

/** What catalog.json tells of an index. */
export interface SearchEntry {
  readonly file: string;
  readonly bytes: number;
  readonly head: number;
  readonly entries: number;
  readonly numbers: number;
}

export type Group = 'place' | 'area' | 'road' | 'rail' | 'water' | 'poi' | 'address';

export interface Kind {
  readonly dataset: string;
  readonly code: string | null;
  readonly group: Group;
  readonly icon: string | null;
  readonly title: { readonly zh: string; readonly en: string };
}

export interface Entry {
  readonly number: number;
  readonly name: string;
  readonly other: string;
  readonly readings: readonly string[];
  readonly codes: readonly string[];
  readonly kind: number;
  readonly town: number; // −1: none
  readonly zoom: number;
  readonly importance: number;
  readonly lng: number; // 10⁻⁶ degrees
  readonly lat: number;
  readonly id: number; // 0: none
  readonly box: readonly [west: number, south: number, east: number, north: number] | null;
  readonly numbers: { readonly at: number; readonly length: number; readonly count: number } | null;
}

export interface Door {
  readonly number: number;
  readonly suffix: string;
  readonly lng: number; // 10⁻⁵ degrees
  readonly lat: number;
  readonly id: number;
  readonly town: number; // −1: none, −2: its entry's
  readonly kind: number;
}

/** Which entries a gram occurs in, as far as its shard tells. */
export interface Postings {
  readonly entries: readonly number[]; // ascending
  readonly count: number; // of all
  readonly tail: { readonly at: number; readonly length: number } | null;
}

export interface Description {
  readonly centre: readonly [lng: number, lat: number]; // 10⁻⁶ degrees
  readonly lng_scale: number;
  readonly lat_scale: number;
  readonly kinds: readonly Kind[];
  readonly towns: readonly string[];
  readonly prefixes: readonly string[];
}

export interface Index extends Description {
  readonly syllables: Syllables;
  readonly beginnings: ReadonlySet<string>;
  readonly units: Fold;
  /** Bytes that opening it read. */
  readonly head: number;
  /** The shard in which a gram stands, and its bytes. */
  shardOf(gram: number): readonly [number: number, bytes: number];
  blockBytes(number: number): number;
  entries(numbers: readonly number[]): Promise<readonly Entry[]>;
  postings(hashes: readonly number[]): Promise<readonly Postings[]>;
  /** All entries of a gram, its tail read where it has one. */
  complete(postings: Postings): Promise<readonly number[]>;
  doors(entry: Entry): Promise<readonly Door[]>;
}

export const BLOCK = 64;
const HEAD = 1024; // postings of a gram in its shard
const MAGIC = 'LQSEARCH';
const SECTIONS = ['description', 'block_directory', 'shard_directory', 'blocks', 'shards', 'tails', 'numbers'] as const;
const NOTHING: Postings = { entries: [], count: 0, tail: null };
const [BOXED, NUMBERED] = [1, 2];

/** Open an index; throws an Error for what is none of this version. */
export async function openIndex(bytes: Bytes, { head }: Pick<SearchEntry, 'head'>): Promise<Index> {
  const data = await bytes(0, head);
  const header = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const magic = new TextDecoder().decode(data.subarray(0, 8));
  if (magic !== MAGIC || header.getUint32(8, true) !== 1 || header.getUint32(20, true) !== BLOCK) throw new Error('search index: not one of version 1');
  const count = header.getUint32(12, true);
  const bits = header.getUint32(24, true);
  const sections = new Map(SECTIONS.map((name, i) => [name, [0, 8].map((at) => Number(header.getBigUint64(32 + 16 * i + at, true))) as [number, number]]));
  const section = (name: (typeof SECTIONS)[number]): [offset: number, length: number] => sections.get(name)!;
  const unpacked = (name: (typeof SECTIONS)[number]): Promise<Uint8Array> => {
    const [offset, length] = section(name);
    return gunzip(data.subarray(offset, offset + length));
  };
  const [told, blocks, shards] = await Promise.all([unpacked('description'), unpacked('block_directory'), unpacked('shard_directory')]);
  const description = JSON.parse(new TextDecoder().decode(told)) as Description & { syllables: Record<string, number>; fold: [string, string] };
  const blockAt = [0, ...new Varints(blocks).rising(Math.ceil(count / BLOCK))];
  const shardAt = [0, ...new Varints(shards).rising(2 ** bits)];
  const [from, to] = description.fold.map((text) => [...text]) as [string[], string[]];
  const syllables = new Map(Object.entries(description.syllables));
  const piece = (name: (typeof SECTIONS)[number], at: number, length: number): Promise<Uint8Array> => bytes(section(name)[0] + at, length);

  const block = remembered(async (number: number) => {
    const [at, end] = [blockAt[number]!, blockAt[number + 1]!];
    return decodeBlock(await gunzip(await piece('blocks', at, end - at)), number * BLOCK, description.centre);
  });
  const shard = remembered(async (number: number) => {
    const [at, end] = [shardAt[number]!, shardAt[number + 1]!];
    return end > at ? decodeShard(await gunzip(await piece('shards', at, end - at))) : new Map<number, Postings>();
  });
  const shardOf: Index['shardOf'] = (gram) => {
    const number = bits === 0 ? 0 : gram >>> (32 - bits);
    return [number, shardAt[number + 1]! - shardAt[number]!];
  };
  const run = remembered((at: number, length: number) => piece('numbers', at, length));
  return {
    centre: description.centre, lng_scale: description.lng_scale, lat_scale: description.lat_scale,
    kinds: description.kinds, towns: description.towns, prefixes: description.prefixes,
    syllables, beginnings: beginningsOf(syllables),
    units: folder(new Map(from.map((character, i) => [character, to[i]!]))),
    head, shardOf, blockBytes: (number) => blockAt[number + 1]! - blockAt[number]!,
    async entries(numbers) {
      await Promise.all([...new Set(numbers.map((number) => Math.floor(number / BLOCK)))].map(block));
      return Promise.all(numbers.map(async (number) => (await block(Math.floor(number / BLOCK)))[number % BLOCK]!));
    },
    postings: (hashes) => Promise.all(hashes.map(async (hash) => (await shard(shardOf(hash)[0])).get(hash) ?? NOTHING)),
    async complete({ entries, count: all, tail }) {
      if (!tail) return entries;
      const rest = new Varints(await gunzip(await piece('tails', tail.at, tail.length)));
      return [...entries, ...rest.rising(all - entries.length, entries.at(-1)!)];
    },
    async doors({ numbers, lng, lat }) {
      return numbers ? decodeDoors(await run(numbers.at, numbers.length), Math.floor(lng / 10), Math.floor(lat / 10)) : [];
    },
  };
}

/** A reader that asks for nothing twice, and again for what failed. */
function remembered<T, Rest extends unknown[]>(read: (number: number, ...rest: Rest) => Promise<T>): (number: number, ...rest: Rest) => Promise<T> {
  const known = new Map<number, Promise<T>>();
  return (number, ...rest) => {
    let found = known.get(number);
    if (!found) {
      found = read(number, ...rest);
      known.set(number, found);
      found.catch(() => known.delete(number));
    }
    return found;
  };
}

function decodeBlock(data: Uint8Array, first: number, [lng0, lat0]: readonly [number, number]): readonly Entry[] {
  const read = new Varints(data);
  const count = read.one();
  const [names, others, readings, codes] = Array.from({ length: 4 }, () => read.text().split('\n')) as [string[], string[], string[], string[]];
  const [kind, town, zoom, importance] = Array.from({ length: 4 }, () => read.many(count)) as [number[], number[], number[], number[]];
  const [lng, lat, id, flags] = [read.wandering(count, lng0), read.wandering(count, lat0), read.wandering(count), read.many(count)];
  const boxed = flags.filter((flag) => flag & BOXED!).length;
  const numbered = flags.filter((flag) => flag & NUMBERED!).length;
  const away = read.many(4 * boxed);
  const [at, lengths, counts] = [read.wandering(numbered), read.many(numbered), read.many(numbered)];
  let [b, n] = [0, 0];
  const words = (text: string | undefined): string[] => (text ? text.split(' ') : []);
  return names.map((name, i): Entry => {
    const [x, y] = [lng[i]!, lat[i]!];
    const box = flags[i]! & BOXED! ? ([x - away[b++]!, y - away[b++]!, x + away[b++]!, y + away[b++]!] as const) : null;
    const numbers = flags[i]! & NUMBERED! ? { at: at[n]!, length: lengths[n]!, count: counts[n++]! } : null;
    return {
      number: first + i, name, other: others[i] ?? '', readings: words(readings[i]).map((one) => (one === '-' ? '' : one)), codes: words(codes[i]),
      kind: kind[i]!, town: town[i]! - 1, zoom: zoom[i]!, importance: importance[i]!, lng: x, lat: y, id: id[i]!, box, numbers,
    };
  });
}

function decodeShard(data: Uint8Array): ReadonlyMap<number, Postings> {
  const read = new Varints(data);
  const size = read.one();
  const [hashes, counts, tails] = [read.rising(size), read.many(size), read.many(size)];
  const at = new Map<number, number>();
  for (const [i, length] of tails.entries()) if (length > 0) at.set(i, 0);
  for (const i of at.keys()) at.set(i, read.one());
  return new Map(hashes.map((hash, i) => {
    const entries = read.rising(Math.min(counts[i]!, HEAD));
    return [hash, { entries, count: counts[i]!, tail: at.has(i) ? { at: at.get(i)!, length: tails[i]! } : null }];
  }));
}

function decodeDoors(data: Uint8Array, lng: number, lat: number): readonly Door[] {
  const read = new Varints(data);
  const [kind, count, strange] = [read.one(), read.one(), read.one()];
  const numbers = read.rising(count);
  const suffixes = new Map<number, string>();
  let row = 0;
  for (let left = read.one(); left > 0; left--) suffixes.set((row += read.one()), read.text());
  const [x, y, id] = [read.wandering(count, lng), read.wandering(count, lat), read.wandering(count)];
  const towns = strange ? read.many(count).map((town) => town - 1) : null;
  return numbers.map((number, i) => ({ number, suffix: suffixes.get(i) ?? '', lng: x[i]!, lat: y[i]!, id: id[i]!, town: towns?.[i] ?? -2, kind }));
}
