import type { Geometry } from 'geojson';
import { expect, test } from 'vitest';

import { placeOn } from './place-on.ts';

const SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]];
const HOLE = [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]];

test.each<[Geometry, readonly [number, number], readonly [number, number]]>([
  [{ type: 'Point', coordinates: [3, 4] }, [0, 0], [3, 4]],
  [{ type: 'MultiPoint', coordinates: [[3, 4], [1, 1]] }, [0, 0], [1, 1]],
  [{ type: 'LineString', coordinates: [[5, 5], [2, 1], [9, 9]] }, [0, 0], [2, 1]],
  [{ type: 'Polygon', coordinates: [SQUARE, HOLE] }, [2, 3], [2, 3]],
  [{ type: 'Polygon', coordinates: [SQUARE, HOLE] }, [4.5, 4.4], [4, 4]], // in the hole: its nearest corner
  [{ type: 'MultiPolygon', coordinates: [[SQUARE], [[[20, 0], [30, 0], [30, 9], [20, 0]]]] }, [29, 1], [29, 1]],
  [{ type: 'MultiLineString', coordinates: [[[0, 8], [0, 9]], [[0, 3], [0, 5]]] }, [0, 0], [0, 3]],
])('a place on %j near %j', (geometry, near, expected) => expect(placeOn(geometry, near)).toEqual(expected));
