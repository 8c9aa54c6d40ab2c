import { expect, test } from 'vitest';

import { distance } from './geodesy.ts';
import { addressText, boxAround, deepest, nearest } from './surroundings.ts';

test.each([[119.13, 28.07], [0.1, 52.2], [25, 70]])('the box around %d, %d holds all within 200 m and little more', (lng, lat) => {
  const [west, south, east, north] = boxAround(lng, lat, 200);
  for (const [x, y] of [[west, lat], [east, lat], [lng, south], [lng, north]] as const) {
    const metres = distance([lng, lat], [x, y]);
    expect(metres).toBeGreaterThanOrEqual(200);
    expect(metres).toBeLessThan(203);
  }
});

test('the town before the county, whatever zeros fill up its code', () => {
  const [county, town, filled] = [{ PAC: 331181 }, { PAC: 331181001 }, { PAC: '331181000000' }];
  expect(deepest([county, town])).toBe(town);
  expect(deepest([town, filled])).toBe(town);
  expect(deepest([])).toBeNull();
});

test('the nearest address within reach', () => {
  const doors = [{ text: 'a', metres: 150 }, { text: 'b', metres: 42 }, { text: '', metres: 3 }, { text: 'c', metres: 201 }];
  expect(nearest(doors, 200)?.text).toBe('b');
  expect(nearest([doors[3]!], 200)).toBeNull();
});

test('an address in one field or in two', () => {
  expect(addressText({ ADDRESS: '剑池路18号', STREET: '剑池路' })).toBe('剑池路18号');
  expect(addressText({ STREET: '剑池路', NUMBER: 18 })).toBe('剑池路18号');
  expect(addressText({ STREET: '剑池村' })).toBe('剑池村');
  expect(addressText({})).toBe('');
});
