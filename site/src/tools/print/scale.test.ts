import { expect, test } from 'vitest';

import { distance } from '../../core/geodesy.ts';
import { barLength, cutOf, fromPaper, onPaper, scaleFor, scaleText, sheetSize } from './scale.ts';
import { pieces, pictureSize } from './tiling.ts';
import { layoutOf } from './layout.ts';

test.each([[119.13, 28.07], [0, 0], [8, -45], [25, 66]])('lengths on paper are those on the ground, divided by the scale: %d, %d', (lng, lat) => {
  const cut = cutOf({ lng, lat }, 10_000, 200, 150);
  const far = (x: number, y: number): [number, number] => {
    const place = fromPaper(cut, { x: 100 + x, y: 75 + y });
    return [place.lng, place.lat];
  };
  // 80 mm across the middle, at four directions: 800 m on the ellipsoid, by geodesics that know nothing of Mercator
  for (const [dx, dy] of [[40, 0], [0, 40], [28.2843, 28.2843], [28.2843, -28.2843]] as const) {
    expect(Math.abs(distance(far(-dx, -dy), far(dx, dy)) / 800 - 1)).toBeLessThan(0.0035);
  }
  expect(onPaper(cut, fromPaper(cut, { x: 12, y: 34 }))).toEqual({ x: expect.closeTo(12, 6), y: expect.closeTo(34, 6) });
});

test('an A4 sheet', () => {
  expect(sheetSize('A4', 'portrait')).toEqual([210, 297]);
  expect(pictureSize(297, 210, 300)).toEqual([3508, 2480]); // ISO 216 at 300 dpi
});

test('bar, scale and the sheet that fits the view', () => {
  expect(barLength(10_000, 56)).toBe(500);
  expect(barLength(25_000, 56)).toBe(1000);
  expect(barLength(500, 56)).toBe(20);
  expect(scaleText(1_000_000)).toBe('1:1\u202f000\u202f000');
  expect(scaleText(500)).toBe('1:500');
  expect(scaleFor(3000, 2000, 250, 150)).toBe(10_000);
  expect(scaleFor(1, 1, 250, 150)).toBe(500);
});

test.each([[270, 180, 300, 4096], [400, 270, 300, 2048], [270, 180, 150, 1024], [123.4, 56.7, 200, 1000]])('pieces of %d × %d mm at %d dpi fill the picture once, none above %d pixels', (width, height, dpi, limit) => {
  const [right, bottom] = pictureSize(width, height, dpi);
  const filled = new Uint8Array(right * bottom);
  for (const { x, y, width: wide, height: high, from, to } of pieces(width, height, dpi, limit)) {
    const ratio = dpi / 96;
    expect(wide * ratio).toBeCloseTo(Math.round(wide * ratio), 9); // whole pixels, or MapLibre would stretch
    expect(Math.max(wide, high) * ratio).toBeLessThanOrEqual(limit);
    expect([from.x + from.width <= wide * ratio, from.y + from.height <= high * ratio]).toEqual([true, true]);
    expect(x * ratio + from.x).toBeCloseTo(to.x, 9); // what a piece shows lies where the picture has it
    expect(y * ratio + from.y).toBeCloseTo(to.y, 9);
    for (let row = to.y; row < to.y + from.height; row++) for (let column = to.x; column < to.x + from.width; column++) filled[row * right + column]!++;
  }
  expect(filled.every((times) => times === 1)).toBe(true);
});

test.each([['A4', 'landscape'], ['A4', 'portrait'], ['A3', 'landscape'], ['A3', 'portrait']] as const)('parts of a sheet (%s, %s) lie on it and apart from each other', (paper, turn) => {
  const [width, height] = sheetSize(paper, turn);
  const { title, map, legend, foot } = layoutOf([width, height], { legend: true, grid: true, code: true });
  const boxes = [title, map, legend!, foot];
  for (const box of boxes) {
    expect(box.x >= 5 && box.y >= 5 && box.x + box.width <= width - 5 && box.y + box.height <= height - 5).toBe(true);
    expect(Math.min(box.width, box.height)).toBeGreaterThan(10);
    for (const other of boxes) {
      if (other === box) continue;
      expect(box.x + box.width <= other.x || other.x + other.width <= box.x || box.y + box.height <= other.y || other.y + other.height <= box.y).toBe(true);
    }
  }
});
