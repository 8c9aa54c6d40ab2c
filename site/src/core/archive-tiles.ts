// The tiles of an archive, many at once: what its directories say of them, and their bodies in few requests.

import { gunzipSync } from 'fflate';
import { Compression, type PMTiles } from 'pmtiles';

import type { Range } from './tile-cover.ts';

/** One body, shown for `run` tiles from `tileId` on; `offset` counts from the start of the file. */
export interface Entry {
  readonly tileId: number;
  readonly run: number;
  readonly offset: number;
  readonly length: number;
}

const GAP = 16_384; // bytes between two bodies that are fetched rather than skipped: about what a request costs
const BLOCK = 524_288; // bytes of one request
const AT_ONCE = 4; // requests

/** The entries of an archive within ranges of tile ids, in the order of ids; runs that reach beyond a range are cut. */
export async function entriesIn(archive: PMTiles, ranges: readonly Range[], signal?: AbortSignal): Promise<Entry[]> {
  const header = await archive.getHeader();
  const found: Entry[] = [];
  const walk = async (offset: number, length: number, stop: number): Promise<void> => {
    signal?.throwIfAborted();
    const entries = await archive.cache.getDirectory(archive.source, offset, length, header);
    let at = 0; // in ranges: both are in order
    for (const [i, entry] of entries.entries()) {
      const end = entry.runLength === 0 ? (entries[i + 1]?.tileId ?? stop) : entry.tileId + entry.runLength;
      while (at < ranges.length && ranges[at]!.stop <= entry.tileId) at++;
      if (at === ranges.length) return;
      if (ranges[at]!.start >= end) continue;
      if (entry.runLength === 0) {
        await walk(header.leafDirectoryOffset + entry.offset, entry.length, end);
        continue;
      }
      for (let k = at; k < ranges.length && ranges[k]!.start < end; k++) {
        const from = Math.max(entry.tileId, ranges[k]!.start);
        found.push({ tileId: from, run: Math.min(end, ranges[k]!.stop) - from, offset: header.tileDataOffset + entry.offset, length: entry.length });
      }
    }
  };
  await walk(header.rootDirectoryOffset, header.rootDirectoryLength, Infinity);
  return found;
}

/** The bodies of entries as they are stored, in their order; neighbours in the file are fetched together. */
export async function* bodiesOf(archive: PMTiles, entries: readonly Entry[], signal?: AbortSignal): AsyncGenerator<readonly [Entry, Uint8Array]> {
  const blocks = blocksOf(entries);
  const fetched: Promise<Uint8Array>[] = [];
  const fetchBlock = async ({ start, stop }: Block): Promise<Uint8Array> =>
    new Uint8Array((await archive.source.getBytes(start, stop - start, signal)).data);
  for (const [i, block] of blocks.entries()) {
    for (let ahead = fetched.length; ahead < Math.min(i + AT_ONCE, blocks.length); ahead++) {
      const request = fetchBlock(blocks[ahead]!);
      request.catch(() => undefined); // told when its turn comes
      fetched.push(request);
    }
    const bytes = await fetched[i]!;
    delete fetched[i];
    signal?.throwIfAborted();
    for (const entry of block.entries) {
      const from = entry.offset - block.start;
      if (from + entry.length > bytes.length) throw new Error(`tile ${entry.tileId}: ${bytes.length - from} of ${entry.length} bytes`);
      yield [entry, bytes.subarray(from, from + entry.length)];
    }
  }
}

/** A body without its compression. Gzip at once: a stream would wait for a frame of the map with every tile. */
export async function plainOf(archive: PMTiles, body: Uint8Array, compression: Compression): Promise<Uint8Array> {
  return compression === Compression.Gzip ? gunzipSync(body) : new Uint8Array(await archive.decompress(body.slice().buffer, compression));
}

interface Block {
  readonly entries: Entry[];
  readonly start: number;
  stop: number;
}

function blocksOf(entries: readonly Entry[]): Block[] {
  const blocks: Block[] = [];
  for (const entry of entries) {
    const last = blocks.at(-1);
    const end = entry.offset + entry.length;
    if (last && entry.offset >= last.start && entry.offset <= last.stop + GAP && Math.max(end, last.stop) - last.start <= BLOCK) {
      last.entries.push(entry);
      last.stop = Math.max(last.stop, end);
    } else {
      blocks.push({ entries: [entry], start: entry.offset, stop: end });
    }
  }
  return blocks;
}
