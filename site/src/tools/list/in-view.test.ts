import type { Geometry } from 'geojson';
import { expect, test } from 'vitest';

import type { Catalog } from '../../core/catalog.ts';
import { inView, rounded, windOf, type Seen } from './in-view.ts';

const catalog = { datasets: [{ id: 'schools', fields: [] }, { id: 'roads', fields: [] }, { id: 'towns', fields: [] }] } as unknown as Catalog;
const seen = (dataset: string, id: number, geometry: Geometry): Seen => ({ id, properties: {}, geometry, layer: { metadata: { 'longquan:dataset': dataset } } });
const point = (lng: number, lat: number): Geometry => ({ type: 'Point', coordinates: [lng, lat] });

test('by dataset, nearest first, each once', () => {
  const groups = inView([
    seen('roads', 1, { type: 'LineString', coordinates: [[5, 0], [9, 0]] }), seen('schools', 1, point(3, 0)), seen('schools', 2, point(0, 1)), seen('schools', 1, point(3, 0)), seen('nobody', 1, point(0, 0)),
  ], catalog, [0, 0]);
  expect(groups.map(({ dataset, features }) => [dataset.id, features.map(({ feature, at }) => [feature.id, at])])).toEqual([['schools', [[2, [0, 1]], [1, [3, 0]]]], ['roads', [[1, [5, 0]]]]]);
});

test('the pieces of a feature count together; its label does not stand for its area', () => {
  const [roads, towns] = inView([
    seen('roads', 7, { type: 'LineString', coordinates: [[5, 0], [9, 0]] }), seen('roads', 7, { type: 'MultiLineString', coordinates: [[[5, 0], [2, 0]]] }),
    seen('towns', 3, point(0, 0)), seen('towns', 3, { type: 'Polygon', coordinates: [[[4, 4], [6, 4], [6, 6], [4, 4]]] }),
  ], catalog, [0, 0]);
  expect(roads!.features.map(({ at }) => at)).toEqual([[2, 0]]);
  expect(towns!.features.map(({ feature, at }) => [feature.geometry.type, at])).toEqual([['Polygon', [4, 4]]]);
});

test('winds', () => expect([0, 22, 23, 90, 181, 225, 337, 338, 359.9].map(windOf)).toEqual([0, 0, 1, 2, 4, 5, 7, 0, 0]));

test('distances as people say them', () => {
  expect([4.6, 99.4, 104, 994, 996, 1449, 9949, 9951, 23_400].map((metres) => Object.values(rounded(metres)).join(' '))).toEqual(
    ['metres 5', 'metres 99', 'metres 100', 'metres 990', 'kilometres 1.0', 'kilometres 1.4', 'kilometres 9.9', 'kilometres 10', 'kilometres 23']);
});
