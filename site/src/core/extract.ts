// Part of an archive as an archive of its own: an area, some zooms, some layers. `pipeline/archive/extract.py` once more:
// tiles that share more than a border with the area are copied whole.

import { gzipSync } from 'fflate';
import { Compression, tileIdToZxy, TileType, type Header, type PMTiles } from 'pmtiles';

import { bodiesOf, entriesIn, plainOf, type Entry } from './archive-tiles.ts';
import type { Area, Bounds } from './area.ts';
import { breath } from './breath.ts';
import { latitude, longitude } from './mercator.ts';
import { layersOf } from './mvt-layers.ts';
import { pmtilesWriter } from './pmtiles-writer.ts';
import { tilesOf } from './tile-cover.ts';

export interface Part {
  readonly area: Area;
  readonly minZoom: number;
  readonly maxZoom: number;
  readonly layers: readonly string[] | null; // of vector tiles, all others go; null: tiles stay as they are
}

export interface Size {
  readonly tiles: number;
  readonly bytes: number; // of tile bodies; where layers are left out, they will be fewer
}

export interface Extract {
  readonly archive: Blob;
  readonly tiles: number;
  readonly minZoom: number;
  readonly maxZoom: number;
  readonly layers: readonly string[]; // that it holds
}

/** How much a part of an archive is, from its directories alone. */
export async function sizeOf(archive: PMTiles, part: Part, signal?: AbortSignal): Promise<Size> {
  const entries = await entriesOf(archive, part, signal);
  const bodies = new Map(entries.map(({ offset, length }) => [offset, length]));
  return { tiles: entries.reduce((sum, { run }) => sum + run, 0), bytes: [...bodies.values()].reduce((sum, length) => sum + length, 0) };
}

/** The part; `more` goes into its metadata. Null where no tile is left. */
export async function extract(
  archive: PMTiles, part: Part, more: Readonly<Record<string, unknown>>,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<Extract | null> {
  const { signal, onProgress } = options;
  const [header, metadata, entries] = await Promise.all([archive.getHeader(), archive.getMetadata() as Promise<Record<string, unknown>>, entriesOf(archive, part, signal)]);
  const vector = header.tileType === TileType.Mvt;
  const kept = vector && part.layers ? new Set(part.layers) : null;
  const seen = new Set<string>();
  const writer = pmtilesWriter();
  const tiles: number[] = [];
  const rest = breath(signal);
  let done = 0;
  onProgress?.(0, entries.length);
  for await (const [entry, stored] of bodiesOf(archive, entries, signal)) {
    let body: Uint8Array | null = stored;
    if (vector) {
      const layers = layersOf(await plainOf(archive, stored, header.tileCompression));
      const left = kept ? layers.filter(({ name }) => kept.has(name)) : layers;
      for (const { name } of left) seen.add(name);
      if (left.length < layers.length) body = left.length > 0 ? repacked(left.map(({ whole }) => whole), header.tileCompression) : null;
    }
    if (body) {
      writer.add(entry.tileId, body, entry.run);
      tiles.push(entry.tileId, entry.tileId + entry.run - 1);
    }
    onProgress?.(++done, entries.length);
    await rest();
  }
  if (writer.tiles === 0) return null;
  const [minZoom, maxZoom] = writer.zooms();
  const bounds = boundsOf(header, part.area, tiles, maxZoom);
  const center = centerOf(header, bounds, minZoom, maxZoom);
  const archiveBlob = writer.finish({
    tileType: header.tileType, tileCompression: header.tileCompression, bounds, center,
    metadata: { ...reduced(metadata, vector ? seen : null, { bounds, center, minZoom, maxZoom }), ...more },
  });
  return { archive: archiveBlob, tiles: writer.tiles, minZoom, maxZoom, layers: [...seen] };
}

async function entriesOf(archive: PMTiles, { area, minZoom, maxZoom }: Part, signal?: AbortSignal): Promise<Entry[]> {
  const header = await archive.getHeader();
  const [low, high] = [Math.max(minZoom, header.minZoom), Math.min(maxZoom, header.maxZoom)];
  return low > high ? [] : entriesIn(archive, tilesOf(area, low, high), signal);
}

function repacked(layers: readonly Uint8Array[], compression: Compression): Uint8Array {
  const plain = new Uint8Array(layers.reduce((sum, { length }) => sum + length, 0));
  layers.reduce((at, layer) => (plain.set(layer, at), at + layer.length), 0);
  if (compression === Compression.Gzip) return gzipSync(plain, { level: 9, mtime: 0 });
  if (compression === Compression.None) return plain;
  throw new Error(`compression ${compression}`); // no browser writes the others
}

/** Where its tiles lie: within the archive's bounds and the area's, and no wider than the tiles of its last zoom. */
function boundsOf(header: Header, area: Area, tiles: readonly number[], zoom: number): Bounds {
  const last = tiles.map(tileIdToZxy).filter(([z]) => z === zoom);
  const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
  const [columns, rows] = [last.map(([, x]) => x), last.map(([, , y]) => y)];
  const side = 2 ** zoom;
  const most = (values: readonly number[]): number => -least(values.map((value) => -value));
  const sides = [
    [header.minLon, area.bounds[0], longitude(least(columns) / side)], [header.minLat, area.bounds[1], latitude((most(rows) + 1) / side)],
    [header.maxLon, area.bounds[2], longitude((most(columns) + 1) / side)], [header.maxLat, area.bounds[3], latitude(least(rows) / side)],
  ] as const;
  const bounds = [most(sides[0]), most(sides[1]), least(sides[2]), least(sides[3])] as const;
  // a buffer may reach over the archive's own bounds: then the tiles alone say where they are
  return bounds[0] <= bounds[2] && bounds[1] <= bounds[3] ? bounds : [sides[0][2], sides[1][2], sides[2][2], sides[3][2]];
}

function centerOf({ centerLon, centerLat, centerZoom }: Header, [west, south, east, north]: Bounds, minZoom: number, maxZoom: number): [number, number, number] {
  const inside = centerLon >= west && centerLon <= east && centerLat >= south && centerLat <= north;
  return [inside ? centerLon : (west + east) / 2, inside ? centerLat : (south + north) / 2, Math.min(Math.max(centerZoom, minZoom), maxZoom)];
}

/** Metadata of the layers that are left, and what it repeats of the header brought up to date in the form it had. */
function reduced(
  metadata: Readonly<Record<string, unknown>>, layers: ReadonlySet<string> | null,
  { bounds, center, minZoom, maxZoom }: { bounds: Bounds; center: readonly number[]; minZoom: number; maxZoom: number },
): Record<string, unknown> {
  const out: Record<string, unknown> = { ...metadata };
  for (const key of ['tilestats', 'antimeridian_adjusted_bounds', 'strategies']) delete out[key]; // of the whole tileset
  const truth: Readonly<Record<string, unknown>> = { bounds: [...bounds], center: [...center], minzoom: minZoom, maxzoom: maxZoom };
  for (const [key, value] of Object.entries(truth)) if (key in out) out[key] = typeof out[key] === 'string' ? String(value) : value;
  const listed = out['vector_layers'];
  if (layers && Array.isArray(listed)) {
    const within = (zoom: unknown): unknown => (typeof zoom === 'number' ? Math.min(Math.max(zoom, minZoom), maxZoom) : zoom);
    out['vector_layers'] = (listed as Record<string, unknown>[]).filter(({ id }) => layers.has(String(id))).map((layer) => ({
      ...layer,
      ...('minzoom' in layer ? { minzoom: within(layer['minzoom']) } : {}), ...('maxzoom' in layer ? { maxzoom: within(layer['maxzoom']) } : {}),
    }));
  }
  return out;
}
