import type { Geometry } from 'geojson';
import { expect, test } from 'vitest';

import { fromWkt, wkt } from './wkt.ts';

const RING = [[0, 0], [3, 0], [0, 3], [0, 0]];
const HOLE = [[0.5, 0.5], [0.5, 1], [1, 0.5], [0.5, 0.5]];

// Texts as the standard's examples have them (OGC 06-103r4, table 6).
test.each<[string, Geometry]>([
  ['POINT (10 -10.5)', { type: 'Point', coordinates: [10, -10.5] }],
  ['POINT Z (10 10 5)', { type: 'Point', coordinates: [10, 10, 5] }],
  ['LINESTRING (10 10, 20 20, 30 40)', { type: 'LineString', coordinates: [[10, 10], [20, 20], [30, 40]] }],
  ['POLYGON ((0 0, 3 0, 0 3, 0 0), (0.5 0.5, 0.5 1, 1 0.5, 0.5 0.5))', { type: 'Polygon', coordinates: [RING, HOLE] }],
  ['MULTIPOINT ((10 10), (20 20))', { type: 'MultiPoint', coordinates: [[10, 10], [20, 20]] }],
  ['MULTILINESTRING ((10 10, 20 20), (15 15, 30 15))', { type: 'MultiLineString', coordinates: [[[10, 10], [20, 20]], [[15, 15], [30, 15]]] }],
  ['MULTIPOLYGON (((0 0, 3 0, 0 3, 0 0)), ((0.5 0.5, 0.5 1, 1 0.5, 0.5 0.5)))', { type: 'MultiPolygon', coordinates: [[RING], [HOLE]] }],
  ['GEOMETRYCOLLECTION (POINT (10 10), LINESTRING (15 15, 20 20))', { type: 'GeometryCollection', geometries: [{ type: 'Point', coordinates: [10, 10] }, { type: 'LineString', coordinates: [[15, 15], [20, 20]] }] }],
  ['MULTIPOINT EMPTY', { type: 'MultiPoint', coordinates: [] }],
  ['GEOMETRYCOLLECTION EMPTY', { type: 'GeometryCollection', geometries: [] }],
])('%s both ways', (text, geometry) => {
  expect(wkt(geometry)).toBe(text);
  expect(fromWkt(text)).toEqual(geometry);
});

test.each<[string, Geometry]>([
  ['  srid=4490; point(119.1 2.8e1)  ', { type: 'Point', coordinates: [119.1, 28] }],
  ['MultiPoint(10 10,20 20)', { type: 'MultiPoint', coordinates: [[10, 10], [20, 20]] }],
  ['POINTZ(1 2 3)', { type: 'Point', coordinates: [1, 2, 3] }],
  ['LINESTRING ZM (1 2 3 9, 4 5 6 9)', { type: 'LineString', coordinates: [[1, 2, 3], [4, 5, 6]] }],
  ['POINT M (1 2 9)', { type: 'Point', coordinates: [1, 2] }],
  ['POINT(-.5 +1.)', { type: 'Point', coordinates: [-0.5, 1] }],
])('as other programs write it: %s', (text, geometry) => expect(fromWkt(text)).toEqual(geometry));

test.each(['', 'nothing', 'POINT', 'POINT (1)', 'POINT (1 2', 'POINT (1 2))', 'LINESTRING (1 2, x)', 'CIRCLE (1 2, 3)', 'POLYGON (0 0, 1 1, 0 0)', 'POINT () '])(
  'no geometry: %j', (text) => expect(fromWkt(text)).toBeNull());

test('coordinates are rounded', () => expect(wkt({ type: 'Point', coordinates: [119.123456789, 28] }, 6)).toBe('POINT (119.123457 28)'));
