// What is read from a reader's file, and what there is to say of it.

import type { Feature, FeatureCollection, Geometry, Position } from 'geojson';

import type { words } from './words.ts';

export type Word = keyof typeof words.zh;
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** A sentence: which one, and what stands in its gaps. */
export interface Said {
  readonly key: Word;
  readonly values?: Readonly<Record<string, string | number>>;
}

export interface FeatureLayer {
  readonly kind: 'features';
  readonly name: string;
  readonly features: readonly Feature[]; // degrees
  readonly fields: readonly string[];
  readonly bounds: Bounds;
  readonly notes: readonly Said[];
}

export interface ImageLayer {
  readonly kind: 'image';
  readonly name: string;
  readonly picture: Blob;
  readonly corners: readonly [Place, Place, Place, Place]; // north-west, north-east, south-east, south-west of the picture
  readonly bounds: Bounds;
  readonly notes: readonly Said[];
}

export type FileLayer = FeatureLayer | ImageLayer;
type Place = readonly [lng: number, lat: number];

/** Why a file, or a part of it, cannot be opened. */
export class FileFault extends Error {
  readonly said: Said;

  constructor(key: Word, values: Readonly<Record<string, string | number>> = {}) {
    super(`${key} ${JSON.stringify(values)}`);
    this.said = { key, values };
  }
}

export const MOST_FEATURES = 200_000;

/** Features with or without a known reference system, as a format gives them. */
export interface Raw {
  readonly name: string;
  readonly features: readonly Feature[];
  readonly crs: string | null; // an EPSG code `EPSG:…`, or the text of a .prj; null: not said
  readonly degrees?: boolean; // the format allows nothing else
  readonly fields?: readonly string[]; // in the order of the file
  readonly notes?: readonly Said[];
}

/** Every position of a geometry. */
export function* positionsOf(geometry: Geometry | null): Generator<Position> {
  if (!geometry) return;
  if (geometry.type === 'GeometryCollection') for (const one of geometry.geometries) yield* positionsOf(one);
  else yield* deep(geometry.coordinates);
}

function* deep(coordinates: unknown): Generator<Position> {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === 'number') yield coordinates as Position;
  else for (const one of coordinates) yield* deep(one);
}

/** A geometry with every position put elsewhere. */
export function moved(geometry: Geometry, move: (at: Position) => Position): Geometry {
  if (geometry.type === 'GeometryCollection') return { ...geometry, geometries: geometry.geometries.map((one) => moved(one, move)) };
  const deepMoved = (coordinates: unknown): unknown =>
    Array.isArray(coordinates) ? (typeof coordinates[0] === 'number' ? move(coordinates as Position) : coordinates.map(deepMoved)) : coordinates;
  return { type: geometry.type, coordinates: deepMoved(geometry.coordinates) } as Geometry;
}

/** The bounds of all features; null where none has a position. */
export function boundsOf(features: readonly Feature[]): Bounds | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { geometry } of features) {
    for (const [x, y] of positionsOf(geometry)) {
      west = Math.min(west, x!);
      east = Math.max(east, x!);
      south = Math.min(south, y!);
      north = Math.max(north, y!);
    }
  }
  return west <= east ? [west, south, east, north] : null;
}

/** The features of any GeoJSON value, or null where it is none. */
export function featuresOf(value: unknown): Feature[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, features } = value as { type?: string; features?: FeatureCollection['features'] };
  if (type === 'FeatureCollection') return Array.isArray(features) ? features.filter((one) => one && one.type === 'Feature') : null;
  if (type === 'Feature') return [value as unknown as Feature];
  const geometries = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon', 'GeometryCollection'];
  return geometries.includes(type ?? '') ? [{ type: 'Feature', properties: {}, geometry: value as Geometry }] : null;
}
