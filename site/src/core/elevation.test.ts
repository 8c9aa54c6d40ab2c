import { describe, expect, test } from 'vitest';

import { elevationAt, heightOf, type Heights, type Pixels } from './elevation.ts';

describe('heights in colours', () => {
  // Terrarium: (red · 256 + green + blue / 256) − 32768; Mapbox: −10000 + (red · 65536 + green · 256 + blue) · 0.1.
  test.each([
    ['terrarium', [128, 0, 0], 0], ['terrarium', [131, 232, 128], 1000.5], ['terrarium', [127, 255, 255], -1 / 256], ['terrarium', [162, 144, 220], 8848.859375],
    ['mapbox', [1, 134, 160], 0], ['mapbox', [0, 0, 0], -10000], ['mapbox', [2, 224, 72], 8848.8],
  ] as const)('%s %o', (encoding, [red, green, blue], metres) => expect(heightOf(encoding, red, green, blue)).toBeCloseTo(metres, 6));
});

const SIZE = 4;

/** Tiles of 4 × 4 pixels at zoom 1 whose heights are a formula of the pixel counted over the whole world; NaN: no pixel. */
function heights(formula: (column: number, row: number) => number, more: Partial<Heights> = {}): Heights {
  return {
    zoom: 1, tileSize: SIZE, encoding: 'terrarium', unknown: null,
    async pixels(zoom, x, y): Promise<Pixels | null> {
      expect([zoom, x >= 0 && x < 2, y >= 0 && y < 2]).toEqual([1, true, true]);
      const data = new Uint8ClampedArray(SIZE * SIZE * 4);
      for (let i = 0; i < SIZE * SIZE; i++) {
        const metres = formula(x * SIZE + (i % SIZE), y * SIZE + Math.floor(i / SIZE));
        const whole = Math.floor(metres) + 32768;
        data.set(Number.isNaN(metres) ? [0, 0, 0, 0] : [whole >> 8, whole & 255, Math.round((metres - Math.floor(metres)) * 256), 255], i * 4);
      }
      return { width: SIZE, data };
    },
    ...more,
  };
}

/** The place of a pixel's centre; 8 × 8 pixels cover the world. */
function place(column: number, row: number): [number, number] {
  const lng = ((column + 0.5) / 8) * 360 - 180;
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (row + 0.5)) / 8))) * 180) / Math.PI;
  return [lng, lat];
}

describe('the height of a place', () => {
  const plane = (column: number, row: number): number => 100 + 8 * column - 4 * row;

  test.each([[1, 1], [5, 2], [2.25, 1.5], [3.5, 1], [3.5, 3.5], [4, 3.75], [3.999, 4.001]])('a plane is read as a plane, also across tiles: %f %f', async (column, row) => {
    expect(await elevationAt(heights(plane), ...place(column, row))).toBeCloseTo(plane(column, row), 2);
  });

  test('at the seam of the world the neighbour is on the other side', async () => {
    const ridge = heights((column) => (column === 0 ? 10 : column === 7 ? 30 : 0));
    expect(await elevationAt(ridge, 180, 10)).toBeCloseTo(20, 6);
    expect(await elevationAt(ridge, -180, 10)).toBeCloseTo(20, 6);
  });

  test('what is not known has no weight; where it is more than half of the answer there is none', async () => {
    const half = heights((column) => (column < 4 ? 50 : NaN));
    expect(await elevationAt(half, ...place(3.4, 2))).toBeCloseTo(50, 6);
    expect(await elevationAt(half, ...place(3.6, 2))).toBeNull();
    const sea = heights((column) => (column < 4 ? 50 : 0), { unknown: 0 });
    expect(await elevationAt(sea, ...place(3.4, 2))).toBeCloseTo(50, 6);
    expect(await elevationAt(sea, ...place(5, 2))).toBeNull();
    expect(await elevationAt(heights(() => 0), ...place(5, 2))).toBe(0);
  });

  test('no tile, no height; the rows end at the poles of the map', async () => {
    expect(await elevationAt(heights(plane, { pixels: async () => null }), 0, 0)).toBeNull();
    expect(await elevationAt(heights(() => 7), 0, 85)).toBeCloseTo(7, 6);
  });
});
