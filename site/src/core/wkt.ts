// Geometries as well-known text (OGC 06-103r4, section 7), both ways; heights are kept, measures are not.

import type { Geometry, Position } from 'geojson';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/i;

/** A geometry as well-known text, coordinates with `digits` decimals at most. */
export function wkt(geometry: Geometry, digits = 8): string {
  const number = (value: number): string => String(Number(value.toFixed(digits)));
  const at = (position: Position): string => position.map(number).join(' ');
  const list = <T>(parts: readonly T[], write: (part: T) => string): string => `(${parts.map(write).join(', ')})`;
  const line = (positions: readonly Position[]): string => list(positions, at);
  const rings = (parts: readonly (readonly Position[])[]): string => list(parts, line);
  const deep = (of: Geometry): boolean => (of.type === 'GeometryCollection' ? of.geometries.some(deep) : (firstOf(of.coordinates)?.length ?? 0) > 2);
  const name = geometry.type.toUpperCase() + (deep(geometry) ? ' Z' : '');
  const body = (): string => {
    switch (geometry.type) {
      case 'Point': return list([geometry.coordinates], at);
      case 'LineString': return line(geometry.coordinates);
      case 'MultiPoint': return list(geometry.coordinates, (one) => list([one], at));
      case 'Polygon':
      case 'MultiLineString': return rings(geometry.coordinates);
      case 'MultiPolygon': return list(geometry.coordinates, rings);
      case 'GeometryCollection': return list(geometry.geometries, (one) => wkt(one, digits));
    }
  };
  const empty = geometry.type === 'GeometryCollection' ? geometry.geometries.length === 0 : geometry.coordinates.length === 0;
  return `${name} ${empty ? 'EMPTY' : body()}`;
}

/** The geometry of a well-known text (also extended with `SRID=…;`), or null where it is none. */
export function fromWkt(text: string): Geometry | null {
  const [, body] = /^\s*(?:SRID=\d+;)?\s*([\s\S]*?)\s*$/i.exec(text)!;
  const rest = { text: body! };
  const geometry = readGeometry(rest);
  return rest.text.trim() === '' ? geometry : null;
}

interface Rest {
  text: string; // what is left to read
}

function readGeometry(rest: Rest): Geometry | null {
  const [head, name, kind, empty] = /^\s*([A-Za-z]+?)\s*(ZM|Z|M)?\s*(EMPTY\b|(?=\())/i.exec(rest.text) ?? [];
  if (head === undefined) return null;
  rest.text = rest.text.slice(head.length);
  const measured = kind?.toUpperCase().endsWith('M') ?? false;
  const position = (): Position | null => readPosition(rest, measured);
  const many = <T>(read: () => T | null) => (): T[] | null => readList(rest, read);
  const line = many(position);
  const none = Boolean(empty);
  const of = <G>(read: () => unknown, type: string): G | null => {
    const coordinates = none ? [] : read();
    return coordinates === null ? null : ({ type, coordinates } as G);
  };
  switch (name!.toUpperCase()) {
    case 'POINT': return of(() => line()?.[0] ?? null, 'Point');
    case 'LINESTRING': return of(line, 'LineString');
    case 'POLYGON': return of(many(line), 'Polygon');
    // Points of a multi-point stand in brackets of their own, in older texts without.
    case 'MULTIPOINT': return of(many(() => (/^\s*\(/.test(rest.text) ? line()?.[0] ?? null : position())), 'MultiPoint');
    case 'MULTILINESTRING': return of(many(line), 'MultiLineString');
    case 'MULTIPOLYGON': return of(many(many(line)), 'MultiPolygon');
    case 'GEOMETRYCOLLECTION': {
      const geometries = none ? [] : readList(rest, () => readGeometry(rest));
      return geometries && { type: 'GeometryCollection', geometries };
    }
    default: return null;
  }
}

function readList<T>(rest: Rest, read: () => T | null): T[] | null {
  if (!take(rest, '(')) return null;
  const parts: T[] = [];
  do {
    const part = read();
    if (part === null) return null;
    parts.push(part);
  } while (take(rest, ','));
  return take(rest, ')') ? parts : null;
}

function readPosition(rest: Rest, measured: boolean): Position | null {
  const numbers: number[] = [];
  for (;;) {
    rest.text = rest.text.trimStart();
    const [number] = NUMBER.exec(rest.text) ?? [];
    if (number === undefined) break;
    numbers.push(Number(number));
    rest.text = rest.text.slice(number.length);
  }
  if (measured) numbers.pop();
  return numbers.length < 2 ? null : numbers.slice(0, 3);
}

function take(rest: Rest, letter: string): boolean {
  rest.text = rest.text.trimStart();
  if (!rest.text.startsWith(letter)) return false;
  rest.text = rest.text.slice(1);
  return true;
}

function firstOf(coordinates: unknown): Position | null {
  if (!Array.isArray(coordinates)) return null;
  return typeof coordinates[0] === 'number' ? (coordinates as Position) : firstOf(coordinates[0]);
}
