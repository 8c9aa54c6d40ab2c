// What a reader draws, and how it stands in files: one feature a shape, its look as simplestyle 1.1 names it.

import type { Feature, LineString, Point, Polygon, Position } from 'geojson';

import { simple } from '../../core/geojson-formats.ts';
import { areaOf, circleAround, distance, lengthOf, type Place } from '../../core/geodesy.ts';

export const KINDS = ['point', 'text', 'line', 'freehand', 'area', 'rectangle', 'circle'] as const;
export type Kind = (typeof KINDS)[number];

export interface Shape {
  readonly id: number; // within the drawing
  readonly kind: Kind;
  readonly geometry: Point | LineString | Polygon;
  readonly name: string; // of a text: what it says
  readonly note: string;
  readonly colour: string; // #rrggbb
  readonly width: number; // px
  readonly circle?: Circle; // from which the geometry is made
}

export interface Circle {
  readonly centre: Place;
  readonly radius: number; // metres on the ellipsoid
}

export const COLOURS = ['#c0392b', '#b45f06', '#7a6a00', '#2c7a4b', '#1f6fb5', '#6b3fa0', '#22302b'] as const;
export const WIDTHS = [2, 3, 5, 8] as const;
const DIGITS = 7; // of a degree: 1 cm

/** A circle as a polygon, its corners as far from the centre as geodesics say. */
export function circleGeometry({ centre, radius }: Circle): Polygon {
  return { type: 'Polygon', coordinates: [circleAround(centre, radius).map((at) => rounded([...at]))] };
}

/**
 * The circle that an outline of corners at even angles stands for: their middle, and their mean distance from it. Exact for a
 * circle of geodesics; for one drawn in Web Mercator as near as the map shows it.
 */
export function circleOf(ring: readonly Position[]): Circle {
  const corners = ring.slice(0, -1) as unknown as Place[];
  const mean = (axis: 0 | 1): number => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  const centre = rounded([mean(0), mean(1)]);
  return { centre, radius: corners.reduce((sum, corner) => sum + distance(centre, corner), 0) / corners.length };
}

/** Metres of a line, square metres of an area, null of a place. */
export function measureOf({ geometry, circle }: Shape): { readonly length: number } | { readonly area: number } | null {
  if (circle) return { area: areaOf([circleAround(circle.centre, circle.radius, 360)]) };
  if (geometry.type === 'LineString') return { length: lengthOf(geometry.coordinates as unknown as Place[]) };
  return geometry.type === 'Polygon' ? { area: areaOf(geometry.coordinates as unknown as Place[][]) } : null;
}

/** Where a shape's name is written. */
export function labelPlace({ geometry, circle }: Shape): Place {
  if (circle) return circle.centre;
  if (geometry.type === 'Point') return rounded(geometry.coordinates);
  const line = geometry.type === 'LineString' ? geometry.coordinates : geometry.coordinates[0]!;
  if (geometry.type === 'LineString') return rounded(line[Math.floor((line.length - 1) / 2)]!);
  const [lngs, lats] = [line.map((at) => at[0]!), line.map((at) => at[1]!)];
  return rounded([(Math.min(...lngs) + Math.max(...lngs)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2]);
}

export function featureOf({ kind, geometry, name, note, colour, width, circle }: Shape): Feature {
  const look = geometry.type === 'Point' ? { 'marker-color': colour } : { stroke: colour, 'stroke-width': width, ...(geometry.type === 'Polygon' ? { fill: colour, 'fill-opacity': 0.18 } : {}) };
  return {
    type: 'Feature',
    properties: {
      ...(name ? { name } : {}), ...(note ? { description: note } : {}), ...look, drawn: kind,
      ...(circle ? { centre: circle.centre.join(' '), radius_m: Number(circle.radius.toFixed(3)) } : {}),
    },
    geometry,
  };
}

/** The shapes of a file's features; areas with holes cannot be edited by hand and are counted instead. */
export function shapesFrom(features: readonly Feature[], first: number): { readonly shapes: Shape[]; readonly refused: number } {
  const shapes: Shape[] = [];
  let refused = 0;
  for (const { geometry, properties } of features) {
    const said = properties ?? {};
    for (const part of simple(geometry)) {
      const made = part.type === 'Polygon' && part.coordinates.length > 1 ? null : clean(part);
      if (!made) {
        refused++;
        continue;
      }
      const kind = kindOf(made, said['drawn']);
      const circle = kind === 'circle' ? circleFrom(said, made) : undefined;
      const width = Number(said['stroke-width']);
      const colour = [said['stroke'], said['marker-color'], said['icon-color'], said['fill']].find((value): value is string => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value));
      shapes.push({
        id: first + shapes.length, kind, geometry: made, name: textOf(said['name']), note: textOf(said['description'] ?? said['desc']),
        colour: (colour ?? COLOURS[0]).toLowerCase(), width: width >= 1 && width <= 20 ? width : 3, ...(circle ? { circle } : {}),
      });
    }
  }
  return { shapes, refused };
}

/** A place as the sketch takes it: two dimensions, seven decimals. */
export function rounded(at: Position): [number, number] {
  return [Number(at[0]!.toFixed(DIGITS)), Number(at[1]!.toFixed(DIGITS))];
}

/** A geometry without heights and repeated corners, or null where too little is left. */
export function clean(geometry: Point | LineString | Polygon): Point | LineString | Polygon | null {
  const line = (positions: readonly Position[]): [number, number][] =>
    positions.map(rounded).filter((at, i, all) => i === 0 || at[0] !== all[i - 1]![0] || at[1] !== all[i - 1]![1]);
  const sane = (positions: readonly Position[]): boolean => positions.every(([lng, lat]) => Math.abs(lng!) <= 180 && Math.abs(lat!) <= 90);
  if (geometry.type === 'Point') return sane([geometry.coordinates]) ? { type: 'Point', coordinates: rounded(geometry.coordinates) } : null;
  const positions = line(geometry.type === 'Polygon' ? (geometry.coordinates[0] ?? []) : geometry.coordinates);
  if (!sane(positions)) return null;
  if (geometry.type === 'LineString') return positions.length >= 2 ? { type: 'LineString', coordinates: positions } : null;
  const closed = positions.length > 0 && String(positions[0]) === String(positions.at(-1)) ? positions : [...positions, positions[0]!];
  return closed.length >= 4 ? { type: 'Polygon', coordinates: [closed] } : null;
}

function kindOf({ type }: Point | LineString | Polygon, said: unknown): Kind {
  const kinds: Readonly<Record<string, readonly Kind[]>> = { Point: ['point', 'text'], LineString: ['line', 'freehand'], Polygon: ['area', 'rectangle', 'circle'] };
  const fitting = kinds[type]!;
  return fitting.find((kind) => kind === said) ?? fitting[0]!;
}

function circleFrom(said: Readonly<Record<string, unknown>>, geometry: Point | LineString | Polygon): Circle {
  const [lng, lat] = String(said['centre'] ?? '').split(' ').map(Number);
  const radius = Number(said['radius_m']);
  return radius > 0 && Number.isFinite(lng) && Number.isFinite(lat) ? { centre: [lng!, lat!], radius } : circleOf((geometry as Polygon).coordinates[0]!);
}

function textOf(value: unknown): string {
  const text = typeof value === 'object' && value !== null && 'value' in value ? (value as { value: unknown }).value : value; // KML with markup
  return text === null || text === undefined ? '' : String(text).slice(0, 2000);
}
