import { expect, test } from 'vitest';

import { toGrid } from '../../core/coordinates.ts';
import { gridInks, gridLines } from './grid.ts';
import { cutOf, fromPaper } from './scale.ts';

const cut = cutOf({ lng: 119.13, lat: 28.07 }, 50_000, 200, 150);

test('kilometre lines lie where Gauss–Krüger has them, and end at the neat line', () => {
  const lines = gridLines(cut, 'metres');
  expect(lines.filter(({ along }) => along === 'x').map(({ value }) => value)).toEqual([410_000, 412_000, 414_000, 416_000, 418_000]);
  for (const { along, value, points } of lines) {
    for (const point of points) {
      const { easting, northing } = toGrid(fromPaper(cut, point), 120);
      expect(Math.abs((along === 'x' ? easting : northing) - value)).toBeLessThan(0.5); // metres: 0.01 mm on paper
    }
    for (const { x, y } of [points[0]!, points.at(-1)!]) expect(Math.min(x, y, cut.width - x, cut.height - y)).toBeCloseTo(0, 6);
  }
});

test('lines of degrees stand at round minutes and are straight', () => {
  const lines = gridLines(cut, 'degrees');
  expect(lines.length).toBeGreaterThan(4);
  for (const { value, points } of lines) {
    expect(value * 60).toBeCloseTo(Math.round(value * 60), 9); // whole minutes at this scale
    expect(new Set(points.map(({ x, y }) => (lines[0]!.along === 'x' && points[0]!.x === points.at(-1)!.x ? x : y).toFixed(6))).size).toBe(1);
  }
});

test('a line says its number at both of its ends', () => {
  const texts = gridInks(cut, 'metres', { x: 10, y: 20, width: 200, height: 150 }).flatMap((ink) => (ink.kind === 'text' ? [ink] : []));
  expect(texts.filter(({ text }) => text === '412').map(({ y }) => Math.round(y))).toEqual([173, 19]);
});

test('no grid, no lines', () => {
  expect(gridLines(cut, 'none')).toEqual([]);
});
