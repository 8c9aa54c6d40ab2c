import { describe, expect, test } from 'vitest';

import { areaOf, boxArea, type Polygon } from './area.ts';
import { firstId, joined, tilesOf } from './tile-cover.ts';

const frame: Polygon = [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]];

describe('a square with a hole', () => {
  const area = areaOf([frame]);
  test.each([[1, 1, true], [5, 5, false], [11, 5, false], [5, -1, false], [3.999, 5, true], [6.001, 5, true]])('%d, %d', (x, y, inside) => expect(area.contains(x, y)).toBe(inside));
  test('a way across it meets four edges', () => {
    expect(area.crossings(-10, 5, 30, 5)).toEqual([0.25, 0.35, 0.4, 0.5]);
    expect(area.meetsLine(4.5, 5, 5.5, 5)).toBe(false);
    expect(area.meetsLine(-3, 12, 12, 11)).toBe(false);
  });
  test.each([[1, 1, 3, 3, 'inside'], [4.5, 4.5, 5.5, 5.5, 'outside'], [3, 3, 7, 7, 'cut'], [-5, -5, 15, 15, 'cut'], [11, 0, 12, 1, 'outside'], [9, 9, 11, 11, 'cut'], [-1, 4, 11, 4.5, 'cut']] as const)(
    'the rectangle %d %d %d %d is %5$s', (west, south, east, north, how) => expect(area.holds(west, south, east, north)).toBe(how));
});

test('polygons that overlap are one area', () => {
  const area = areaOf([[[[0, 0], [4, 0], [4, 4], [0, 4]]], [[[2, 2], [6, 2], [6, 6], [2, 6]]]]);
  expect([[3, 3], [1, 1], [5, 5], [5, 1]].map(([x, y]) => area.contains(x!, y!))).toEqual([true, true, true, false]);
  expect(area.bounds).toEqual([0, 0, 6, 6]);
});

test('an outline of many corners answers as a naive one does', () => {
  const ring = Array.from({ length: 3000 }, (_, i): readonly [number, number] => {
    const [angle, radius] = [(i / 3000) * 2 * Math.PI, 5 + Math.sin(i * 0.7) * 2];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  const area = areaOf([[ring]]);
  const naive = (x: number, y: number): boolean => ring.filter(([bx, by], i) => {
    const [ax, ay] = ring.at(i - 1)!;
    return ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax);
  }).length % 2 === 1;
  for (let i = 0; i < 400; i++) {
    const [x, y] = [8 * Math.cos(i * 2.399) * Math.sqrt(i / 400), 8 * Math.sin(i * 2.399) * Math.sqrt(i / 400)];
    expect(area.contains(x, y)).toBe(naive(x, y));
    expect(area.meetsLine(x, y, x, y + 20)).toBe(naive(x, y) || ring.some(([, by], k) => by > y && (ring.at(k - 1)![0] > x) !== (ring[k]![0] > x) && between(ring, k, x) >= y));
  }
});

function between(ring: readonly (readonly [number, number])[], k: number, x: number): number {
  const [[ax, ay], [bx, by]] = [ring.at(k - 1)!, ring[k]!];
  return ay + ((x - ax) / (bx - ax)) * (by - ay);
}

describe('tiles', () => {
  test('all of some zooms', () => expect(tilesOf(null, 1, 2)).toEqual([{ start: 1, stop: 21 }]));
  test('the north-western quarter, and none that only touches it', () => {
    // of zoom 1 the tile 1 (0/0); of zoom 2 the first four places of the curve
    expect(tilesOf(boxArea([-180, 0, 0, 85.06]), 1, 2)).toEqual([{ start: 1, stop: 2 }, { start: 5, stop: 9 }]);
  });
  test('a place is in one tile of each zoom', () => {
    const found = tilesOf(boxArea([119.13, 28.07, 119.1300001, 28.0700001]), 0, 15);
    expect(found.reduce((sum, { start, stop }) => sum + stop - start, 0)).toBe(16);
    expect(found.at(-1)!.start).toBeGreaterThanOrEqual(firstId(15));
  });
  test('ranges that touch are one', () => expect(joined([{ start: 5, stop: 7 }, { start: 1, stop: 3 }, { start: 3, stop: 4 }, { start: 6, stop: 9 }])).toEqual([{ start: 1, stop: 4 }, { start: 5, stop: 9 }]));
});
