// PMTiles v3 written in the browser: clustered, every body once. `pipeline/archive/writer.py` once more, in memory.

import { gzipSync } from 'fflate';
import { Compression, tileIdToZxy, type TileType } from 'pmtiles';

import type { Bounds } from './area.ts';

const HEADER = 127;
const ROOT = 16_384 - HEADER - 1; // bytes: the first request of a reader holds header and root
const LEAF = 4096; // entries of a leaf at least
const E7 = 10_000_000;

export interface ArchiveFacts {
  readonly tileType: TileType;
  readonly tileCompression: Compression;
  readonly bounds: Bounds;
  readonly center: readonly [lng: number, lat: number, zoom: number];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface PmtilesWriter {
  readonly tiles: number;
  readonly bytes: number; // of bodies so far
  /** Add one body, compressed as the archive says, for `run` tiles; ids must ascend. */
  add(tileId: number, body: Uint8Array, run?: number): void;
  /** The lowest and the highest zoom that hold tiles. Throws where there is no tile. */
  zooms(): readonly [number, number];
  /** The archive. Throws where there is no tile. */
  finish(facts: ArchiveFacts): Blob;
}

interface Entry {
  readonly tileId: number;
  readonly offset: number;
  readonly length: number;
  run: number;
}

export function pmtilesWriter(): PmtilesWriter {
  const bodies: Uint8Array[] = [];
  const offsets: number[] = [];
  const known = new Map<number, number[]>(); // hash → bodies
  const entries: Entry[] = [];
  let [bytes, tiles, next] = [0, 0, 0];

  /** Where a body lies; one that is new is kept. */
  const place = (body: Uint8Array): number => {
    const hash = hashOf(body);
    const same = known.get(hash)?.find((i) => equal(bodies[i]!, body));
    if (same !== undefined) return offsets[same]!;
    known.set(hash, [...(known.get(hash) ?? []), bodies.length]);
    bodies.push(body.slice()); // it may be a view of a large block
    offsets.push(bytes);
    bytes += body.length;
    return offsets.at(-1)!;
  };

  const zooms = (): readonly [number, number] => {
    if (tiles === 0) throw new Error('no tile');
    return [tileIdToZxy(entries[0]!.tileId)[0], tileIdToZxy(next - 1)[0]];
  };

  return {
    get tiles() {
      return tiles;
    },
    get bytes() {
      return bytes;
    },
    add(tileId, body, run = 1) {
      if (tileId < next || run < 1 || body.length === 0) throw new Error(`tile ${tileId} after ${next - 1}, run ${run}, ${body.length} bytes`);
      const offset = place(body);
      const last = entries.at(-1);
      if (last && last.offset === offset && tileId === next) last.run += run;
      else entries.push({ tileId, offset, length: body.length, run });
      next = tileId + run;
      tiles += run;
    },
    zooms,
    finish({ tileType, tileCompression, bounds, center, metadata }) {
      const [minZoom, maxZoom] = zooms();
      const { root, leaves } = layOut(entries);
      const text = packed(new TextEncoder().encode(JSON.stringify(metadata)));
      const header = new DataView(new ArrayBuffer(HEADER));
      new TextEncoder().encodeInto('PMTiles', new Uint8Array(header.buffer));
      header.setUint8(7, 3);
      const sections = [root.length, text.length, leaves.length, bytes];
      sections.reduce((offset, length, i) => {
        header.setBigUint64(8 + 16 * i, BigInt(offset), true);
        header.setBigUint64(16 + 16 * i, BigInt(length), true);
        return offset + length;
      }, HEADER);
      [tiles, entries.length, bodies.length].forEach((count, i) => header.setBigUint64(72 + 8 * i, BigInt(count), true));
      header.setUint8(96, 1); // clustered
      [Compression.Gzip, tileCompression, tileType, minZoom, maxZoom].forEach((value, i) => header.setUint8(97 + i, value));
      bounds.forEach((degrees, i) => header.setInt32(102 + 4 * i, Math.round(degrees * E7), true));
      header.setUint8(118, center[2]);
      header.setInt32(119, Math.round(center[0] * E7), true);
      header.setInt32(123, Math.round(center[1] * E7), true);
      return new Blob([header.buffer, root, text, leaves, ...bodies] as BlobPart[], { type: 'application/vnd.pmtiles' });
    },
  };
}

/** A root of at most 16 KB with the header, and leaves where the entries alone do not fit. */
function layOut(entries: readonly Entry[]): { root: Uint8Array; leaves: Uint8Array } {
  if (entries.length <= ROOT) {
    const root = packed(directory(entries));
    if (root.length <= ROOT) return { root, leaves: new Uint8Array() };
  }
  for (let size = Math.max(LEAF, Math.floor(entries.length / 3500)); ; size *= 2) {
    const leaves: Uint8Array[] = [];
    const index: Entry[] = [];
    let offset = 0;
    for (let start = 0; start < entries.length; start += size) {
      const leaf = packed(directory(entries.slice(start, start + size)));
      index.push({ tileId: entries[start]!.tileId, offset, length: leaf.length, run: 0 });
      leaves.push(leaf);
      offset += leaf.length;
    }
    const root = packed(directory(index));
    if (root.length <= ROOT) return { root, leaves: joined(leaves) };
  }
}

/** Entries as the specification has them (§4): columns of varints; an offset of 0 follows the body before. */
function directory(entries: readonly Entry[]): Uint8Array {
  const out: number[] = [];
  const write = (value: number): void => {
    for (; value >= 0x80; value = Math.floor(value / 0x80)) out.push((value % 0x80) | 0x80);
    out.push(value);
  };
  write(entries.length);
  entries.forEach(({ tileId }, i) => write(tileId - (entries[i - 1]?.tileId ?? 0)));
  for (const { run } of entries) write(run);
  for (const { length } of entries) write(length);
  entries.forEach(({ offset }, i) => {
    const before = entries[i - 1];
    write(before && offset === before.offset + before.length ? 0 : offset + 1);
  });
  return Uint8Array.from(out);
}

function packed(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9, mtime: 0 });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}

/** FNV-1a of the length and at most 4 KB of a body: what is alike is compared byte by byte. */
function hashOf(body: Uint8Array): number {
  let hash = 0x811c9dc5 ^ body.length;
  const step = Math.max(1, body.length >> 12);
  for (let i = 0; i < body.length; i += step) hash = Math.imul(hash ^ body[i]!, 0x01000193);
  return hash >>> 0;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
