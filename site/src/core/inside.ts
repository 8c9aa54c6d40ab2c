// The part of a geometry that lies inside an area.

import type { Geometry, Position as Corner } from 'geojson';
import polygonClipping, { type MultiPolygon, type Pair } from 'polygon-clipping';

import type { Area, Ring } from './area.ts';
import { UNITS, type Place, type Square } from './join-lines.ts';
import { worldX, worldY } from './mercator.ts';

const STRAIGHT = 0.005; // degrees of an edge of the area, beyond which a map's straight is another one than GeoJSON's

/** The parts of a line (degrees) inside an area. */
export function lineInside(line: readonly Corner[], area: Area): Corner[][] {
  const parts: Corner[][] = [];
  let part: Corner[] | null = null;
  for (let i = 1; i < line.length; i++) {
    const [[ax, ay], [bx, by]] = [line[i - 1] as [number, number], line[i] as [number, number]];
    const stops = [0, ...area.crossings(ax, ay, bx, by), 1];
    const at = (share: number): Corner => (share === 0 ? [ax, ay] : share === 1 ? [bx, by] : [ax + share * (bx - ax), ay + share * (by - ay)]);
    for (let k = 1; k < stops.length; k++) {
      const [from, to] = [stops[k - 1]!, stops[k]!];
      if (to - from < 1e-12) continue;
      const middle = (from + to) / 2;
      if (!area.contains(ax + middle * (bx - ax), ay + middle * (by - ay))) {
        part = null;
        continue;
      }
      if (!part) parts.push((part = [at(from)]));
      part.push(at(to));
    }
  }
  return parts.map((each) => each.filter(([x, y], i) => i === 0 || i === each.length - 1 || x !== each[i - 1]![0] || y !== each[i - 1]![1]));
}

/** What of an area lies in a tile's square, in tile units of the whole world: what pieces of that tile are held against. */
export function areaInSquare(area: Area, zoom: number, square: Square): MultiPolygon {
  const { x0, y0, x1, y1 } = square;
  const margin = { x0: x0 - 64, y0: y0 - 64, x1: x1 + 64, y1: y1 + 64 };
  const scale = UNITS * 2 ** zoom;
  const near = area.polygons.map((rings) => rings.map((ring) => cropped(dense(ring).map(([lng, lat]): Pair => [worldX(lng) * scale, worldY(lat) * scale]), margin)).filter((ring) => ring.length > 2));
  const solid = near.filter((rings) => rings.length > 0);
  return solid.length === 0 ? [] : polygonClipping.intersection(solid, [[[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]);
}

/** A tile's rings inside an area: those of the polygon they make, cut. Throws where the rings are too broken. */
export function ringsInside(polygons: readonly (readonly (readonly Place[])[])[], area: MultiPolygon): Place[][] {
  if (area.length === 0) return [];
  const source = new Set(polygons.flat(2).map(({ x, y }) => `${x},${y}`));
  const shape = polygons.map((rings) => rings.map((ring) => ring.map(({ x, y }): Pair => [x, y])));
  return polygonClipping.intersection(shape, area).flatMap((rings) => rings.map((ring, hole) => {
    const places = ring.slice(0, -1).map(([x, y]): Place => ({ x, y, made: (x % UNITS === 0 || y % UNITS === 0) && !source.has(`${x},${y}`) }));
    return clockwise(places) === (hole === 0) ? places : places.reverse();
  }));
}

/** Whether a geometry (degrees) and an area have a place in common. */
export function meets(geometry: Geometry, area: Area): boolean {
  switch (geometry.type) {
    case 'Point':
      return area.contains(geometry.coordinates[0]!, geometry.coordinates[1]!);
    case 'MultiPoint':
      return geometry.coordinates.some(([lng, lat]) => area.contains(lng!, lat!));
    case 'LineString':
      return lineMeets(geometry.coordinates, area);
    case 'MultiLineString':
      return geometry.coordinates.some((line) => lineMeets(line, area));
    case 'Polygon':
      return polygonMeets(geometry.coordinates, area);
    case 'MultiPolygon':
      return geometry.coordinates.some((rings) => polygonMeets(rings, area));
    case 'GeometryCollection':
      return geometry.geometries.some((each) => meets(each, area));
  }
}

function lineMeets(line: readonly Corner[], area: Area): boolean {
  if (line.some(([lng, lat]) => area.contains(lng!, lat!))) return true;
  return line.some(([bx, by], i) => i > 0 && area.meetsLine(line[i - 1]![0]!, line[i - 1]![1]!, bx!, by!));
}

function polygonMeets(rings: readonly (readonly Corner[])[], area: Area): boolean {
  if (rings.some((ring) => lineMeets(ring, area))) return true;
  return area.polygons.some(([outer]) => outer !== undefined && within(outer[0]!, rings)); // the area lies in it
}

function within([x, y]: readonly [number, number], rings: readonly (readonly Corner[])[]): boolean {
  let inside = false;
  for (const ring of rings) {
    ring.forEach(([bx, by], i) => {
      const [ax, ay] = ring.at(i - 1)!;
      if (ay! > y !== by! > y && x < ax! + ((y - ay!) / (by! - ay!)) * (bx! - ax!)) inside = !inside;
    });
  }
  return inside;
}

/** More corners on edges that are neither a parallel nor a meridian. */
function dense(ring: Ring): Ring {
  return ring.flatMap(([bx, by], i) => {
    const [ax, ay] = ring[i - 1] ?? [bx, by];
    const steps = ax === bx || ay === by ? 1 : Math.ceil(Math.max(Math.abs(bx - ax), Math.abs(by - ay)) / STRAIGHT);
    return Array.from({ length: steps }, (_, n): readonly [number, number] => (n + 1 === steps ? [bx, by] : [ax + ((n + 1) / steps) * (bx - ax), ay + ((n + 1) / steps) * (by - ay)]));
  });
}

/** A ring cut to a square; it may run back and forth along the border. */
function cropped(ring: readonly Pair[], { x0, y0, x1, y1 }: Square): Pair[] {
  let out = [...ring];
  for (const [axis, border, sign] of [[0, x0, 1], [0, x1, -1], [1, y0, 1], [1, y1, -1]] as const) {
    const before = out;
    out = [];
    before.forEach((b, i) => {
      const a = before.at(i - 1)!;
      const [ka, kb] = [(a[axis] - border) * sign >= 0, (b[axis] - border) * sign >= 0];
      if (ka !== kb) {
        const share = (border - a[axis]) / (b[axis] - a[axis]);
        out.push(axis === 0 ? [border, a[1] + share * (b[1] - a[1])] : [a[0] + share * (b[0] - a[0]), border]);
      }
      if (kb) out.push(b);
    });
  }
  return out;
}

function clockwise(ring: readonly Place[]): boolean {
  return ring.reduce((sum, b, i) => sum + (ring.at(i - 1)!.x * b.y - b.x * ring.at(i - 1)!.y), 0) > 0;
}
