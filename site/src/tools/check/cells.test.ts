import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { multiPolygon, polygonsOf } from './area-file.ts';
import { area, boxes, common, count, decoded, frameOf, joined, meet, NOTHING, union, without, type Cells } from './cells.ts';
import { latitude, longitude, SIDE, squareMetres, units, type Position } from './grid.ts';
import { areaCells, type Polygon } from './shapes.ts';

// What Python makes of the same: tests/catalog/test_same_in_browsers.py.
const same = JSON.parse(readFileSync(new URL('../../../../tests/catalog/cells.json', import.meta.url), 'utf8')) as {
  readonly places: readonly (readonly [number, number, number, number])[];
  readonly areas: readonly { readonly coordinates: readonly Polygon[]; readonly runs: readonly (readonly [number, number])[] }[];
};

const members = (cells: Cells): number[] => cells.starts.flatMap((start, i) => Array.from({ length: cells.stops[i]! - start }, (_, n) => start + n));
const set = (...cells: number[]): Cells => joined(cells.map((cell) => [cell, cell + 1] as const));

describe('the same as in Python', () => {
  test('places', () => {
    expect(same.places.map(([lng, lat]) => [...units([lng, lat])])).toEqual(same.places.map(([, , x, y]) => [x, y]));
  });

  test('areas', () => {
    for (const { coordinates, runs } of same.areas) {
      const cells = areaCells(coordinates);
      expect(cells.starts.map((start, i) => [start, cells.stops[i]])).toEqual(runs);
    }
  });
});

describe('sets', () => {
  const [a, b] = [set(1, 2, 3, 7, 9), set(3, 4, 7, 8)];
  test('union, common and without', () => {
    expect(members(union(a, b))).toEqual([1, 2, 3, 4, 7, 8, 9]);
    expect(members(common(a, b))).toEqual([3, 7]);
    expect(members(without(a, b))).toEqual([1, 2, 9]);
    expect(members(without(a, NOTHING))).toEqual(members(a));
    expect(without(NOTHING, a)).toEqual(NOTHING);
    expect(count(union(a, b))).toBe(7);
  });

  test('runs as files have them', () => {
    const cells = decoded([7, 3, 10, 2], [0, 5, 4, 1, 3, 1]);
    expect(members(cells)).toEqual([...[7, 8, 9, 10, 11, 16].map((x) => 3 * SIDE + x), 4 * SIDE + 10]);
    expect(frameOf(cells)).toEqual([7, 3, 10, 2]);
    expect(decoded(null, [])).toEqual(NOTHING);
    expect(frameOf(NOTHING)).toBeNull();
  });

  test('frames that share a cell', () => {
    const frame = [10, 20, 5, 5] as const;
    expect([[14, 24, 9, 9], [0, 0, 11, 21], [12, 22, 1, 1], [0, 0, 90, 90]].map((other) => meet(frame, other as never))).toEqual([true, true, true, true]);
    expect([[15, 20, 5, 5], [10, 25, 5, 5], [0, 20, 10, 5], null].map((other) => meet(frame, other as never))).toEqual([false, false, false, false]);
  });

  test('rectangles', () => {
    const cells = union(...[10, 11, 12].map((row): Cells => ({ starts: [row * SIDE + 4], stops: [row * SIDE + 7] })), set(11 * SIDE + 9, 13 * SIDE + 4));
    expect(boxes(cells)).toEqual([
      { west: 4, east: 7, north: 10, south: 13 },
      { west: 9, east: 10, north: 11, south: 12 },
      { west: 4, east: 5, north: 13, south: 14 },
    ]);
    expect(area(cells)).toBeCloseTo(3 * (squareMetres(10) + squareMetres(12)) + 4 * squareMetres(11) + squareMetres(13), 3);
  });

  test('a run over the end of a row is two', () => {
    expect(boxes({ starts: [SIDE - 1], stops: [SIDE + 2] })).toEqual([
      { west: SIDE - 1, east: SIDE, north: 0, south: 1 },
      { west: 0, east: 2, north: 1, south: 2 },
    ]);
  });
});

test('rows and columns are where they are', () => {
  const [x, y] = units([longitude(217_900), latitude(109_600)]);
  expect([x / 256, y / 256]).toEqual([217_900, 109_600]);
});

describe('an area from a file', () => {
  const ring: Position[] = [[119, 28], [119.1, 28], [119.1, 28.1], [119, 28]];
  const polygon = { type: 'Polygon', coordinates: [ring] };
  test.each([
    [polygon],
    [multiPolygon([[ring]])],
    [{ type: 'Feature', geometry: polygon, properties: null }],
    [{ type: 'FeatureCollection', features: [{ type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] } }, { type: 'Feature', geometry: polygon }] }],
    [{ type: 'GeometryCollection', geometries: [polygon] }],
  ])('%j', (value) => expect(polygonsOf(`\uFEFF${JSON.stringify(value)}`)).toEqual([[ring]]));

  test('and why there is none', () => {
    expect(polygonsOf('PK\u0003')).toBe('noJson');
    expect(polygonsOf('null')).toBe('noArea');
    expect(polygonsOf('{"type":"LineString","coordinates":[[1,2],[3,4]]}')).toBe('noArea');
    expect(polygonsOf(JSON.stringify({ type: 'Polygon', coordinates: [ring.map(([x, y]) => [x * 4200, y * 100_000])] }))).toBe('noDegrees');
    expect(polygonsOf(JSON.stringify({ type: 'Polygon', coordinates: [[[1], ['a', 2], null]] }))).toBe('noDegrees');
  });
});
