import { expect, test } from 'vitest';

import { formsOf } from './coordinates-list.ts';

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
