// The terrain archive as a source of heights: PMTiles in, pixels out.

import type { PMTiles } from 'pmtiles';

import type { Archive } from './catalog.ts';
import { elevationAt, type Heights, type Pixels } from './elevation.ts';

const KEPT = 8; // decoded tiles, 1 MB each

/** What answers with the height of a place in metres, or null; the archive is opened at the first question. */
export function elevations(archive: Archive, tiles: PMTiles): (lng: number, lat: number) => Promise<number | null> {
  let opened: Promise<Heights | null> | null = null;
  return async (lng, lat) => {
    opened ??= terrainHeights(archive, tiles);
    const heights = await opened.catch((error: unknown) => {
      opened = null;
      throw error;
    });
    return heights && elevationAt(heights, lng, lat);
  };
}

/** Heights of an archive, or null in browsers that do not give pixels back as they are. */
async function terrainHeights(archive: Archive, tiles: PMTiles): Promise<Heights | null> {
  if (!archive.encoding || !truthful()) return null;
  const [header, metadata] = await Promise.all([tiles.getHeader(), tiles.getMetadata() as Promise<{ unknown?: unknown }>]);
  const kept = new Map<string, Promise<Pixels | null>>();
  return {
    zoom: header.maxZoom,
    tileSize: archive.tile_size ?? 512,
    encoding: archive.encoding,
    unknown: typeof metadata.unknown === 'number' ? metadata.unknown : null,
    pixels(zoom, x, y) {
      const key = `${zoom}/${x}/${y}`;
      const known = kept.get(key);
      if (known) return known;
      const read = tiles.getZxy(zoom, x, y).then((tile) => (tile ? decode(tile.data) : null));
      kept.set(key, read);
      read.catch(() => kept.delete(key)); // the next question may be luckier
      if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
      return read;
    },
  };
}

async function decode(image: ArrayBuffer): Promise<Pixels> {
  // Heights are no colours: no profile may change them, no alpha be multiplied in.
  const bitmap = await createImageBitmap(new Blob([image]), { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, data: context.getImageData(0, 0, width, height).data };
}

/** Whether a canvas gives back what was drawn: some browsers add noise against being recognised. */
function truthful(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false;
  const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  for (let i = 0; i < 64; i++) {
    context.fillStyle = `rgb(${i},${i + 64},${i + 128})`;
    context.fillRect(i % 8, i >> 3, 1, 1);
  }
  const { data } = context.getImageData(0, 0, 8, 8);
  return Array.from({ length: 64 }, (_, i) => data[i * 4] === i && data[i * 4 + 1] === i + 64 && data[i * 4 + 2] === i + 128).every(Boolean);
}
