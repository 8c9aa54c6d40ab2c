// An area from a reader's own file: the polygons of any GeoJSON.

import type { Position } from './grid.ts';
import type { Polygon } from './shapes.ts';

export type AreaFault = 'noJson' | 'noArea' | 'noDegrees';

/** The polygons of a GeoJSON text, or why there are none. */
export function polygonsOf(text: string): readonly Polygon[] | AreaFault {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return 'noJson';
  }
  const found = [...polygonsIn(value)].filter((rings) => rings.length > 0 && rings.every((ring) => ring.length >= 3));
  if (found.length === 0) return 'noArea';
  const sane = ([lng, lat]: Position): boolean => Number.isFinite(lng) && Number.isFinite(lat) && Math.abs(lng) <= 180 && Math.abs(lat) <= 90;
  return found.every((rings) => rings.every((ring) => ring.every(sane))) ? found : 'noDegrees';
}

/** The polygons as GeoJSON. */
export function multiPolygon(polygons: readonly Polygon[]): { type: 'MultiPolygon'; coordinates: number[][][][] } {
  return { type: 'MultiPolygon', coordinates: polygons.map((rings) => rings.map((ring) => ring.map(([lng, lat]) => [lng, lat]))) };
}

function* polygonsIn(value: unknown): Generator<Polygon> {
  if (typeof value !== 'object' || value === null) return;
  const { type, coordinates, geometry, geometries, features } = value as Record<string, unknown>;
  if (type === 'Polygon') yield ringsOf(coordinates);
  else if (type === 'MultiPolygon' && Array.isArray(coordinates)) yield* coordinates.map(ringsOf);
  else if (type === 'Feature') yield* polygonsIn(geometry);
  else if (type === 'GeometryCollection' && Array.isArray(geometries)) for (const one of geometries) yield* polygonsIn(one);
  else if (type === 'FeatureCollection' && Array.isArray(features)) for (const one of features) yield* polygonsIn(one);
}

function ringsOf(value: unknown): Polygon {
  if (!Array.isArray(value)) return [];
  return value.map((ring: unknown) => (Array.isArray(ring) ? ring.map((at: unknown): Position => (Array.isArray(at) ? [Number(at[0]), Number(at[1])] : [NaN, NaN])) : []));
}
