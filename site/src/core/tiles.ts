// The features of an area, read from vector archives at their last zoom: each once, whatever tiles have cut it into.

import { classifyRings, VectorTileLayer, type VectorTileFeature } from '@mapbox/vector-tile';
import type { Geometry, Position } from 'geojson';
import { PbfReader } from 'pbf';
import { tileIdToZxy, zxyToTileId, type PMTiles } from 'pmtiles';
import type { MultiPolygon } from 'polygon-clipping';

import { bodiesOf, entriesIn, plainOf, type Entry } from './archive-tiles.ts';
import type { Area } from './area.ts';
import { breath } from './breath.ts';
import { areaInSquare, lineInside, meets, ringsInside } from './inside.ts';
import { joinAreas, ringArea, ringInSquare } from './join-areas.ts';
import { joinLines, lineInSquare, UNITS, type Place, type Square } from './join-lines.ts';
import { latitude, longitude } from './mercator.ts';
import { layersOf } from './mvt-layers.ts';
import { joined, tileIn, tilesOf } from './tile-cover.ts';

export interface TileFeature {
  readonly layer: string;
  readonly id: number | string; // of the tile; else its ID field, else all it says
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: Geometry; // degrees; outer rings counter-clockwise
  readonly broken: boolean; // parts of it are missing: there were too many tiles, or one could not be cut
}

export interface Reading {
  /** `inside`: geometry cut at the area's edge. `whole`: features that meet the area, as far as they reach. */
  readonly part: 'inside' | 'whole';
  /** Of tiles; absent: the last one of the archive, which shows what the sources have. */
  readonly zoom?: number;
  /** Which features to read at all. */
  readonly only?: (layer: string, properties: Readonly<Record<string, unknown>>, id: number | string) => boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void; // tiles
}

const FOLLOWED = 4000; // tiles that are read beyond the area to make features whole

type Kind = 1 | 2 | 3; // point, line, area
type Rest = ReturnType<typeof breath>;

interface Gathered {
  readonly layer: string;
  readonly id: number | string;
  readonly kind: Kind;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly tiles: Map<number, readonly Place[][]>; // tile id → its points, lines or rings, the tile's margin included
  meets: boolean;
}

/**
 * The features of some layers of an archive that meet an area, in the order their tiles come on the curve. Throws what
 * `signal` is aborted with, and an Error for a tile that cannot be read.
 */
export async function featuresIn(archive: PMTiles, layers: readonly string[], area: Area, reading: Reading): Promise<TileFeature[]> {
  const { part, signal, onProgress } = reading;
  const header = await archive.getHeader();
  const zoom = Math.min(reading.zoom ?? header.maxZoom, header.maxZoom);
  const names = new Set(layers);
  const rest = breath(signal);
  const gathered = new Map<string, Gathered>();
  const read = new Set<number>();
  let [done, total] = [0, 0];
  const readAll = async (entries: readonly Entry[], look: (tileId: number, layer: VectorTileLayer) => void): Promise<void> => {
    total += entries.length;
    onProgress?.(done, total);
    for await (const [entry, body] of bodiesOf(archive, entries, signal)) {
      const plain = await plainOf(archive, body, header.tileCompression);
      const found = layersOf(plain).filter(({ name }) => names.has(name)).map(({ message }) => new VectorTileLayer(new PbfReader(message)));
      for (let tileId = entry.tileId; tileId < entry.tileId + entry.run; tileId++) {
        for (const layer of found) look(tileId, layer);
        read.add(tileId);
        await rest();
      }
      onProgress?.(++done, total);
    }
  };

  await readAll(await entriesIn(archive, tilesOf(area, zoom, zoom), signal), (tileId, layer) => {
    const how = tileIn(area, ...tileIdToZxy(tileId));
    gather(layer, tileId, gathered, reading, (kind, places) => (how === 'inside' ? holds(kind, places, squareOf(tileId)) : meets(geometryOf(kind, places, zoom), area)));
  });
  for (const [key, feature] of gathered) if (!feature.meets) gathered.delete(key);

  const missing = new Set<Gathered>();
  if (part === 'whole') {
    const asked = new Set<number>(); // tiles whose neighbours are known
    for (;;) {
      const wanted = new Set<number>();
      for (const feature of gathered.values()) {
        for (const tileId of beyond(feature, asked)) if (!read.has(tileId)) wanted.add(tileId);
        await rest();
      }
      for (const tileId of read) asked.add(tileId);
      const entries = await entriesIn(archive, joined([...wanted].map((start) => ({ start, stop: start + 1 }))), signal);
      for (const tileId of wanted) read.add(tileId); // those that the archive has not, too
      if (entries.length === 0) break;
      if (done + entries.length > FOLLOWED) {
        const unread = new Set(entries.map(({ tileId }) => tileId));
        for (const feature of gathered.values()) if ([...beyond(feature, new Set())].some((tileId) => unread.has(tileId))) missing.add(feature);
        break;
      }
      await readAll(entries, (tileId, layer) => gather(layer, tileId, gathered, reading, null));
    }
  }

  const cutter = new Cutter(area, zoom);
  const out: TileFeature[] = [];
  for (const feature of gathered.values()) {
    const geometry = part === 'whole' ? await wholeOf(feature, zoom, rest) : await cutter.inside(feature, rest);
    const { layer, id, properties } = feature;
    if (geometry) out.push({ layer, id, properties, geometry, broken: missing.has(feature) || cutter.failed.has(feature) });
    await rest();
  }
  return out;
}

/** Take the features of a layer of a tile; `meetsArea` null: only more of those that are known. */
function gather(
  layer: VectorTileLayer, tileId: number, gathered: Map<string, Gathered>, { only }: Reading,
  meetsArea: ((kind: Kind, places: readonly Place[][]) => boolean) | null,
): void {
  const { name, extent } = layer;
  for (let i = 0; i < layer.length; i++) {
    const read = layer.feature(i);
    if (read.type === 0) continue;
    const { properties } = read;
    const id = read.id ?? (properties['ID'] as number | string | undefined) ?? JSON.stringify(properties);
    const key = `${name} ${id}`;
    const known = gathered.get(key);
    if (!known && (meetsArea === null || (only && !only(name, properties, id)))) continue;
    const feature: Gathered = known ?? { layer: name, id, kind: read.type, properties, tiles: new Map(), meets: false };
    if (!known) gathered.set(key, feature);
    const places = placesOf(read, extent, tileId);
    feature.tiles.set(tileId, [...(feature.tiles.get(tileId) ?? []), ...places]);
    feature.meets ||= meetsArea?.(read.type, places) ?? false;
  }
}

/** Points, lines or rings (their first place not repeated) in units of the whole world. */
function placesOf(feature: VectorTileFeature, extent: number, tileId: number): Place[][] {
  const { x0, y0 } = squareOf(tileId);
  const scale = UNITS / extent;
  return feature.loadGeometry().map((part) => {
    const places = part.map(({ x, y }): Place => ({ x: x0 + x * scale, y: y0 + y * scale, made: false }));
    return feature.type === 3 ? places.slice(0, -1) : places;
  });
}

function squareOf(tileId: number): Square {
  const [, x, y] = tileIdToZxy(tileId);
  return { x0: x * UNITS, y0: y * UNITS, x1: (x + 1) * UNITS, y1: (y + 1) * UNITS };
}

/** Whether something lies in a tile's own square, not only in the margin around it. */
function holds(kind: Kind, places: readonly Place[][], square: Square): boolean {
  if (kind === 1) return places.some((part) => part.some((place) => owns(square, place)));
  if (kind === 2) return places.some((line) => lineInSquare(line, square).length > 0);
  return places.reduce((sum, ring) => sum + ringArea(ringInSquare(ring, square)), 0) > 1e-6; // holes count below zero
}

function owns({ x0, y0, x1, y1 }: Square, { x, y }: Place): boolean {
  return x >= x0 && x < x1 && y >= y0 && y < y1;
}

/** The tiles in which more of a feature lies, around those that are not done. */
function* beyond({ kind, tiles }: Gathered, done: ReadonlySet<number>): Generator<number> {
  if (kind === 1) return;
  for (const [tileId, parts] of tiles) {
    if (done.has(tileId)) continue;
    const [z, x, y] = tileIdToZxy(tileId);
    const { x0, y0, x1, y1 } = squareOf(tileId);
    const ways = new Set<number>();
    for (const part of parts) for (const place of part) {
      const [dx, dy] = [place.x <= x0 ? -1 : place.x >= x1 ? 1 : 0, place.y <= y0 ? -1 : place.y >= y1 ? 1 : 0];
      if (dx !== 0) ways.add(dx * 3);
      if (dy !== 0) ways.add(dy);
      if (dx !== 0 && dy !== 0) ways.add(dx * 3 + dy);
    }
    for (const way of ways) {
      const dx = Math.round(way / 3);
      const [column, row] = [x + dx, y + (way - dx * 3)];
      if (column >= 0 && row >= 0 && column < 2 ** z && row < 2 ** z) yield zxyToTileId(z, column, row);
    }
  }
}

async function wholeOf(feature: Gathered, zoom: number, rest: Rest): Promise<Geometry | null> {
  const { kind, tiles } = feature;
  if (kind === 1) return points(feature, zoom, () => true);
  if (tiles.size === 1) return geometryOf(kind, [...tiles.values()][0]!, zoom);
  if (kind === 2) return lines(joinLines([...tiles].flatMap(([tileId, parts]) => parts.flatMap((part) => lineInSquare(part, squareOf(tileId))))), zoom);
  const cut = [];
  for (const [tileId, rings] of tiles) {
    cut.push(ringsOf(tileId, rings.map((ring) => ringInSquare(ring, squareOf(tileId)))));
    await rest();
  }
  return polygons(await joinAreas(cut, rest), zoom);
}

function ringsOf(tileId: number, rings: readonly (readonly Place[])[]): { column: number; row: number; rings: readonly (readonly Place[])[] } {
  const [, column, row] = tileIdToZxy(tileId);
  return { column, row, rings };
}

/** Cuts features at the edge of an area. */
class Cutter {
  readonly failed = new Set<Gathered>();
  private readonly squares = new Map<number, MultiPolygon>();

  constructor(private readonly area: Area, private readonly zoom: number) {}

  async inside(feature: Gathered, rest: Rest): Promise<Geometry | null> {
    const { area, zoom } = this;
    const { kind, tiles } = feature;
    if (kind === 1) return points(feature, zoom, (lng, lat) => area.contains(lng, lat));
    if (kind === 2) {
      const whole = await wholeOf(feature, zoom, rest);
      const parts = whole?.type === 'LineString' ? [whole.coordinates] : whole?.type === 'MultiLineString' ? whole.coordinates : [];
      return lineGeometry(parts.flatMap((line) => lineInside(line, area)));
    }
    const cut = [];
    for (const [tileId, rings] of tiles) {
      cut.push(ringsOf(tileId, this.cut(feature, tileId, rings)));
      await rest();
    }
    return polygons(await joinAreas(cut, rest), zoom);
  }

  private cut(feature: Gathered, tileId: number, rings: readonly Place[][]): readonly Place[][] {
    const square = squareOf(tileId);
    const plain = rings.map((ring) => ringInSquare(ring, square)).filter((ring) => ring.length > 2);
    if (plain.length === 0 || tileIn(this.area, ...tileIdToZxy(tileId)) === 'inside') return plain;
    if (plain.every((ring) => this.lies(ring))) return plain;
    const here = this.squares.get(tileId) ?? areaInSquare(this.area, this.zoom, square);
    this.squares.set(tileId, here);
    try {
      return ringsInside(classified(rings), here);
    } catch {
      this.failed.add(feature); // too broken to be cut: uncut
      return plain;
    }
  }

  /** Whether a ring lies in the area with all it encloses. */
  private lies(ring: readonly Place[]): boolean {
    const closed = degrees([...ring, ring[0]!], this.zoom);
    const [lng, lat] = closed[0]!;
    if (!this.area.contains(lng!, lat!)) return false;
    if (closed.some(([x, y], i) => i > 0 && this.area.meetsLine(closed[i - 1]![0]!, closed[i - 1]![1]!, x!, y!))) return false;
    return this.area.polygons.length === 1 && this.area.polygons[0]!.length === 1; // no hole that it could enclose
  }
}

function classified(rings: readonly Place[][]): Place[][][] {
  return classifyRings(rings as never) as unknown as Place[][][]; // looks at x and y only
}

/** The places a feature has in the tiles that own them, each once. */
function points({ tiles }: Gathered, zoom: number, keep: (lng: number, lat: number) => boolean): Geometry | null {
  const own = [...tiles].flatMap(([tileId, parts]) => parts.flat().filter((place) => owns(squareOf(tileId), place)));
  const known = own.length > 0 ? own : [...tiles.values()].flat(2);
  const once = new Map(known.map((place) => [`${place.x},${place.y}`, place]));
  const coordinates = degrees([...once.values()], zoom).filter(([lng, lat]) => keep(lng!, lat!));
  if (coordinates.length === 0) return null;
  return coordinates.length === 1 ? { type: 'Point', coordinates: coordinates[0]! } : { type: 'MultiPoint', coordinates };
}

/** The geometry of one tile's parts, its margin included. */
function geometryOf(kind: Kind, parts: readonly Place[][], zoom: number): Geometry {
  if (kind === 1) return { type: 'MultiPoint', coordinates: degrees(parts.flat(), zoom) };
  return (kind === 2 ? lines(parts, zoom) : polygons(classified(parts), zoom)) ?? { type: 'GeometryCollection', geometries: [] };
}

function lines(parts: readonly (readonly Place[])[], zoom: number): Geometry | null {
  return lineGeometry(parts.map((part) => degrees(part, zoom)));
}

function lineGeometry(coordinates: Position[][]): Geometry | null {
  if (coordinates.length === 0) return null;
  return coordinates.length === 1 ? { type: 'LineString', coordinates: coordinates[0]! } : { type: 'MultiLineString', coordinates };
}

/** Rings as GeoJSON has them: closed, and the other way round, because its y is up. */
function polygons(shapes: readonly (readonly (readonly Place[])[])[], zoom: number): Geometry | null {
  const coordinates = shapes.map((rings) => rings.map((ring) => degrees([...ring, ring[0]!], zoom).reverse()));
  if (coordinates.length === 0) return null;
  return coordinates.length === 1 ? { type: 'Polygon', coordinates: coordinates[0]! } : { type: 'MultiPolygon', coordinates };
}

function degrees(places: readonly Place[], zoom: number): Position[] {
  const side = UNITS * 2 ** zoom;
  return places.map(({ x, y }) => [round(longitude(x / side)), round(latitude(y / side))]);
}

/** Nine digits: a tenth of a millimetre, far below a tile's unit. */
function round(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
