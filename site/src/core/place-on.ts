// A place on a feature, near another place: what a list or a panel says of where it is.

import type { Geometry } from 'geojson';

/** Longitude and latitude in degrees. */
export type Position = readonly [lng: number, lat: number];

/** A place on a feature, near another: that itself where it lies within an area, else the nearest corner. */
export function placeOn(geometry: Geometry, near: Position): Position {
  if (geometry.type === 'GeometryCollection') return geometry.geometries.length > 0 ? placeOn(geometry.geometries[0]!, near) : near;
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  if (polygons.some((rings) => within(rings, near))) return near;
  const depth = { Point: 0, MultiPoint: 1, LineString: 1, MultiLineString: 2, Polygon: 2, MultiPolygon: 3 }[geometry.type];
  const corners = (depth === 0 ? [geometry.coordinates] : (geometry.coordinates as unknown[]).flat(depth - 1)) as Position[];
  return corners.reduce((best, corner) => (away(corner, near) < away(best, near) ? corner : best));
}

/** How far apart two places are, in degrees of latitude; good for telling which is nearer. */
export function away([x, y]: Position, [lng, lat]: Position): number {
  return Math.hypot((x - lng) * Math.cos((lat * Math.PI) / 180), y - lat);
}

/** Whether a place lies within rings, by counting how often a way out of it crosses them. */
function within(rings: readonly (readonly (readonly number[])[])[], [lng, lat]: Position): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[x1, y1], [x2, y2]] = [ring[i] as unknown as Position, ring[j] as unknown as Position];
      if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}
