import { describe, expect, test } from 'vitest';

import { lineInside } from './inside.ts';
import { boxArea } from './area.ts';
import { joinAreas, ringArea, ringInSquare } from './join-areas.ts';
import { joinLines, lineInSquare, UNITS, type Place, type Square } from './join-lines.ts';

const at = (...places: (readonly [number, number])[]): Place[] => places.map(([x, y]) => ({ x, y, made: false }));
const plain = (places: readonly Place[]): number[][] => places.map(({ x, y }) => [x, y]);
const square = (column: number, row: number): Square => ({ x0: column * UNITS, y0: row * UNITS, x1: (column + 1) * UNITS, y1: (row + 1) * UNITS });

/** What a tiler leaves of a line in a tile: cut at a margin of 80, rounded. */
function margin(line: readonly Place[], { x0, y0, x1, y1 }: Square): Place[][] {
  return lineInSquare(line, { x0: x0 - 80, y0: y0 - 80, x1: x1 + 80, y1: y1 + 80 }).map((part) => part.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y), made: false })));
}

const TILES = [0, 1, 2].flatMap((column) => [0, 1, 2].map((row) => ({ column, row, square: square(column, row) })));

describe('a line through tiles', () => {
  test.each([
    ['straight across', at([100, 2000], [12000, 2300])],
    ['flat along a border', at([50, 4090], [12200, 4103])],
    ['through a corner', at([1000, 1000], [4096, 4096], [9000, 9000])],
    ['cutting a corner', at([3900, 100], [4096, 4000], [4300, 4196], [9000, 4300])],
    ['there and back', at([4000, 100], [4200, 150], [4000, 200], [4200, 250], [3000, 9000])],
    ['with its ends on borders', at([4096, 500], [6000, 700], [8192, 800])],
    ['along a border', at([4096, 100], [4096, 9000])],
    ['a ring', at([3000, 3000], [6000, 3100], [6100, 6000], [2900, 5900], [3000, 3000])],
  ])('%s', (_, line) => {
    const parts = TILES.flatMap(({ square: own }) => margin(line, own).flatMap((part) => lineInSquare(part, own)));
    expect(joinLines(parts).map(plain)).toEqual([plain(line)]);
  });

  test('two lines of a feature that end in the same tile stay two', () => {
    const lines = [at([100, 100], [5000, 120]), at([200, 900], [5000, 1000])];
    const parts = TILES.flatMap(({ square: own }) => lines.flatMap((line) => margin(line, own).flatMap((part) => lineInSquare(part, own))));
    expect(joinLines(parts).map(plain).sort()).toEqual(lines.map(plain).sort());
  });
});

/** The rings of a polygon as tiles have them, with a margin. */
function pieces(rings: readonly Place[][]): { column: number; row: number; rings: Place[][] }[] {
  return TILES.map(({ column, row, square: own }) => {
    const { x0, y0, x1, y1 } = own;
    const tile = rings.map((ring) => ringInSquare(ring, { x0: x0 - 80, y0: y0 - 80, x1: x1 + 80, y1: y1 + 80 }).map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y), made: false })));
    return { column, row, rings: tile.map((ring) => ringInSquare(ring, own)).filter((ring) => ring.length > 2) };
  }).filter((piece) => piece.rings.length > 0);
}

/** A ring from its north-westernmost place on. */
function turned(ring: readonly Place[]): number[][] {
  const places = plain(ring);
  const first = places.reduce((best, [x, y], i) => (x! < places[best]![0]! || (x === places[best]![0] && y! < places[best]![1]!) ? i : best), 0);
  return [...places.slice(first), ...places.slice(0, first)];
}

describe('an area over tiles', () => {
  const big = at([100, 200], [11000, 300], [10000, 9000], [5000, 11000], [400, 8000]);
  const hole = at([3000, 3000], [2900, 6000], [7000, 6100], [6900, 2900]); // the other way round
  const comb = at([100, 3900], [9000, 3900], [9000, 4300], [7000, 4310], [6900, 4000], [5000, 4010], [5000, 4400], [2000, 4390], [2100, 4010], [100, 4000]);
  test.each([
    ['one ring', [big]],
    ['with a hole over four tiles', [big, hole]],
    ['a comb over a border', [comb]],
    ['in one tile', [at([10, 10], [90, 20], [50, 90])]],
    ['with an edge on a border', [at([1000, 1000], [4096, 1000], [4096, 3000], [1000, 3000])]],
    ['with a corner on a border', [at([1000, 1000], [4096, 2000], [1000, 3000])]],
  ])('%s', async (_, rings) => {
    const joined = await joinAreas(pieces(rings));
    expect(joined.map((polygon) => polygon.map(turned))).toEqual([rings.map(turned)]);
  });

  test('two parts that touch at a corner of tiles stay two', async () => {
    const parts = [at([1000, 1000], [4096, 1000], [4096, 4096], [1000, 4096]), at([4096, 4096], [6000, 4096], [6000, 6000], [4096, 6000])];
    const joined = await joinAreas(pieces(parts));
    expect(joined.map(([outer]) => turned(outer!)).sort()).toEqual(parts.map(turned).sort());
    expect(joined.map(([outer]) => ringArea(outer!))).toEqual([3096 ** 2, 1904 ** 2]);
  });

  test('what a tile lacks is left open as the border of the next', async () => {
    const joined = await joinAreas(pieces([at([3000, 3000], [5000, 3000], [5000, 3500], [3000, 3500])]).filter(({ column }) => column === 0));
    expect(joined.map((polygon) => polygon.map(turned))).toEqual([[[[3000, 3000], [4096, 3000], [4096, 3500], [3000, 3500]]]]);
  });
});

test('a line in an area', () => {
  expect(lineInside([[-1, 5], [11, 5], [11, 6], [9, 6]], boxArea([0, 0, 10, 10]))).toEqual([[[0, 5], [10, 5]], [[10, 6], [9, 6]]]);
});
