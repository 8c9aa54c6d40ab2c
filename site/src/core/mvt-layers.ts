// A vector tile as the bytes of its layers, without looking into them: `pipeline/vector/wire.py` once more.

import { PbfReader } from 'pbf';

export interface LayerBytes {
  readonly name: string;
  readonly whole: Uint8Array; // with tag and length: layers put together are a tile
  readonly message: Uint8Array;
}

/** The layers of a decompressed tile in their order. Throws where it is no tile. */
export function layersOf(tile: Uint8Array): LayerBytes[] {
  const out: LayerBytes[] = [];
  const reader = new PbfReader(tile);
  while (reader.pos < tile.length) {
    const begin = reader.pos;
    const tag = reader.readVarint();
    if (tag >> 3 !== 3) {
      reader.skip(tag);
      continue;
    }
    const length = reader.readVarint();
    const start = reader.pos;
    const message = tile.subarray(start, start + length);
    reader.pos = start + length;
    out.push({ name: nameOf(message), whole: tile.subarray(begin, reader.pos), message });
  }
  return out;
}

function nameOf(layer: Uint8Array): string {
  const reader = new PbfReader(layer);
  while (reader.pos < layer.length) {
    const tag = reader.readVarint();
    if (tag >> 3 === 1) return reader.readString();
    reader.skip(tag);
  }
  throw new Error('a layer without a name');
}
