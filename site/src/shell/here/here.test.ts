import { expect, test } from 'vitest';

import type { Dataset } from '../../core/catalog.ts';
import { formsOf } from './coordinates-list.ts';
import { placeOn, referenceOf } from './what-is-at.ts';

test('a place in four forms; outside China only those that exist', () => {
  const place = { lng: 119.13, lat: 28.07 };
  expect(formsOf(place, 120, 'zh')).toEqual([
    ['degrees', '119.130000, 28.070000', ''],
    ['dms', '东经 119°07′48.00″，北纬 28°04′12.00″', ''],
    ['grid', 'X 3106504.69, Y 414478.69', 'CGCS2000 3°带高斯–克吕格 中央经线 120° · EPSG:4549'], // PROJ says so, too
    ['numbered', 'X 3106504.69, Y 40414478.69', 'CGCS2000 3°带高斯–克吕格 中央经线 120° · EPSG:4528'],
  ]);
  expect(formsOf({ lng: 0.12, lat: 52.2 }, 0, 'en').map(([form]) => form)).toEqual(['degrees', 'dms']);
});

const SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]];
const HOLE = [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]];

test.each<[GeoJSON.Geometry, readonly [number, number], readonly [number, number]]>([
  [{ type: 'Point', coordinates: [3, 4] }, [0, 0], [3, 4]],
  [{ type: 'MultiPoint', coordinates: [[3, 4], [1, 1]] }, [0, 0], [1, 1]],
  [{ type: 'LineString', coordinates: [[5, 5], [2, 1], [9, 9]] }, [0, 0], [2, 1]],
  [{ type: 'Polygon', coordinates: [SQUARE, HOLE] }, [2, 3], [2, 3]],
  [{ type: 'Polygon', coordinates: [SQUARE, HOLE] }, [4.5, 4.4], [4, 4]], // in the hole: its nearest corner
  [{ type: 'MultiPolygon', coordinates: [[SQUARE], [[[20, 0], [30, 0], [30, 9], [20, 0]]]] }, [29, 1], [29, 1]],
  [{ type: 'MultiLineString', coordinates: [[[0, 8], [0, 9]], [[0, 3], [0, 5]]] }, [0, 0], [0, 3]],
])('a place on %j near %j', (geometry, near, expected) => expect(placeOn(geometry, near)).toEqual(expected));

test('a feature is called by its id, else by its number, else not at all', () => {
  const dataset = { id: 'd' } as Dataset;
  const feature = (id: number | undefined, properties: object): never => ({ id, properties, geometry: { type: 'Point' }, layer: {} }) as never;
  expect(referenceOf({ dataset, feature: feature(7, { ID: 9 }) })).toEqual({ dataset: 'd', id: '7' });
  expect(referenceOf({ dataset, feature: feature(0, {}) })).toEqual({ dataset: 'd', id: '0' });
  expect(referenceOf({ dataset, feature: feature(undefined, { ID: 9 }) })).toEqual({ dataset: 'd', id: '9' });
  expect(referenceOf({ dataset, feature: feature(undefined, {}) })).toBeNull();
});
