import { expect, test } from 'vitest';

import { degrees, moved, placed, world, zoomed } from './view.ts';

const pyramid = { minZoom: 3, maxZoom: 11, tileSize: 512 };

test('places of Web Mercator and back', () => {
  expect(world(0, 0)).toEqual({ x: 0.5, y: 0.5 });
  expect(world(-180, 85.0511287798066).y).toBeCloseTo(0, 3);
  const { x, y } = world(119.13, 28.07);
  expect([Math.floor(x * 2 ** 11), Math.floor(y * 2 ** 11)]).toEqual([1701, 857]); // by mercantile
  expect(degrees(x, y).lng).toBeCloseTo(119.13, 9);
  expect(degrees(x, y).lat).toBeCloseTo(28.07, 9);
});

test('moving by the width of the world’s pixels', () => {
  expect(moved({ x: 0.25, y: 0.5, zoom: 1 }, 512, -256)).toEqual({ x: 0.75, y: 0.25, zoom: 1 });
  expect(moved({ x: 0.25, y: 0.5, zoom: 1 }, -9999, 0).x).toBe(0);
});

test('what is under the pointer stays there while zooming', () => {
  const before = { x: 0.5, y: 0.5, zoom: 4 };
  const under = moved(before, 100, 50);
  const after = zoomed(before, 1, 100, 50);
  expect(after.zoom).toBe(5);
  expect(moved(after, 100, 50)).toMatchObject({ x: under.x, y: under.y });
  expect(zoomed(before, 99).zoom).toBe(19);
});

test('four tiles around a corner, whole pixels apart', () => {
  const tiles = placed({ x: 0.5, y: 0.5, zoom: 4 }, 512, 512, pyramid);
  expect(tiles).toEqual([
    { z: 4, x: 7, y: 7, left: -256, top: -256, size: 512 }, { z: 4, x: 8, y: 7, left: 256, top: -256, size: 512 },
    { z: 4, x: 7, y: 8, left: -256, top: 256, size: 512 }, { z: 4, x: 8, y: 8, left: 256, top: 256, size: 512 },
  ]);
});

test.each([
  [14, 512, 11, 4096], // beyond the last level its tiles are drawn larger
  [11, 256, 11, 512],
  [8, 256, 9, 256],
  [2, 512, 3, 256],
])('zoom %d, tiles of %d pixels: level %d, %d wide', (zoom, tileSize, z, size) => {
  const [tile] = placed({ x: 0.5, y: 0.5, zoom }, 100, 100, { ...pyramid, tileSize });
  expect(tile).toMatchObject({ z, size });
});

test('nothing far above the first level, nothing beyond the edge of the world', () => {
  expect(placed({ x: 0.5, y: 0.5, zoom: 6 }, 100, 100, { ...pyramid, minZoom: 9 })).toEqual([]);
  expect(placed({ x: 0, y: 0, zoom: 3 }, 100, 100, pyramid)).toEqual([{ z: 3, x: 0, y: 0, left: 50, top: 50, size: 512 }]);
});
