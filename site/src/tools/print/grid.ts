// The grid of a sheet: degrees, or kilometres of CGCS2000 Gauss–Krüger, with its numbers at the neat line.

import { fromGrid, gridName, meridianOf, toGrid } from '../../core/coordinates.ts';
import type { Language } from '../../core/catalog.ts';
import { BLACK, type Ink } from './ink.ts';
import type { Box } from './layout.ts';
import { fromPaper, onPaper, type Cut, type Place, type Spot } from './scale.ts';

export const GRIDS = ['none', 'degrees', 'metres'] as const;
export type GridKind = (typeof GRIDS)[number];

const CELL = 40; // mm that lines are apart, about
const NUMBER = 2.3; // mm of the letters
const OFF = 1.1; // mm between numbers and neat line
const STEPS = 16; // straight pieces of a line: Gauss–Krüger lines are bent in Mercator
const GREY = '#1d2723';

/** A line of the grid: its number, and its ends on the neat line in millimetres from the map's upper left corner. */
export interface GridLine {
  readonly along: 'x' | 'y'; // which coordinate it keeps
  readonly value: number;
  readonly points: readonly Spot[];
}

/** The lines of a grid that cross a cut. */
export function gridLines(cut: Cut, kind: GridKind): readonly GridLine[] {
  if (kind === 'none') return [];
  const system = kind === 'degrees' ? degreeGrid : metreGrid(meridianOf(cut.centre.lng));
  const edge = border(cut).map(system.forward);
  const [xs, ys] = [edge.map(({ x }) => x), edge.map(({ y }) => y)];
  const box = { west: Math.min(...xs), east: Math.max(...xs), south: Math.min(...ys), north: Math.max(...ys) };
  const step = kind === 'degrees' ? degreeStep(box.east - box.west, cut.width) : metreStep(cut.scale);
  const lines: GridLine[] = [];
  const add = (along: 'x' | 'y', low: number, high: number, from: number, to: number): void => {
    for (let i = Math.ceil(low / step); i <= Math.floor(high / step); i++) {
      const value = i * step;
      const points = Array.from({ length: STEPS + 1 }, (_, k) => {
        const other = from + ((to - from) * k) / STEPS;
        return onPaper(cut, system.inverse(along === 'x' ? { x: value, y: other } : { x: other, y: value }));
      });
      const kept = clip(points, cut);
      if (kept.length >= 2) lines.push({ along, value, points: kept });
    }
  };
  add('x', box.west, box.east, box.south, box.north);
  add('y', box.south, box.north, box.west, box.east);
  return lines;
}

/** A grid drawn over `map`, with its numbers around it. */
export function gridInks(cut: Cut, kind: GridKind, map: Box): readonly Ink[] {
  return gridLines(cut, kind).flatMap(({ along, value, points }): Ink[] => {
    const at = points.map(({ x, y }) => ({ x: x + map.x, y: y + map.y }));
    const text = numberText(value, kind, along);
    const base = { kind: 'text', text, size: NUMBER, anchor: 'middle', colour: BLACK } as const;
    const ends = [at[0]!, at.at(-1)!].flatMap(({ x, y }): Ink[] => {
      if (along === 'x') {
        if (y <= map.y + 0.01) return [{ ...base, x, y: map.y - OFF }];
        return y >= map.y + map.height - 0.01 ? [{ ...base, x, y: map.y + map.height + OFF + NUMBER * 0.74 }] : [];
      }
      if (x <= map.x + 0.01) return [{ ...base, x: map.x - OFF, y, turn: -90 }];
      return x >= map.x + map.width - 0.01 ? [{ ...base, x: map.x + map.width + OFF + NUMBER * 0.74, y, turn: -90 }] : [];
    });
    const d = at.map(({ x, y }, i) => `${i ? 'L' : 'M'}${x.toFixed(3)} ${y.toFixed(3)}`).join('');
    return [{ kind: 'path', d, stroke: GREY, width: 0.12, opacity: 0.55 }, ...ends];
  });
}

/** What the sheet says of its grid. */
export function gridNote(cut: Cut, kind: GridKind, language: Language): string {
  if (kind === 'metres') return gridName(meridianOf(cut.centre.lng), language);
  return language === 'zh' ? 'CGCS2000 经纬度' : 'CGCS2000, longitude and latitude';
}

const degreeGrid = {
  forward: ({ lng, lat }: Place): Spot => ({ x: lng, y: lat }),
  inverse: ({ x, y }: Spot): Place => ({ lng: x, lat: y }),
};

function metreGrid(meridian: number): typeof degreeGrid {
  return {
    forward(place) {
      const { easting, northing } = toGrid(place, meridian);
      return { x: easting, y: northing };
    },
    inverse: ({ x, y }) => fromGrid({ easting: x, northing: y, meridian }),
  };
}

function border(cut: Cut): Place[] {
  const share = Array.from({ length: STEPS }, (_, i) => i / STEPS);
  const { width, height } = cut;
  const spots = share.flatMap((t) => [{ x: t * width, y: 0 }, { x: width, y: t * height }, { x: (1 - t) * width, y: height }, { x: 0, y: (1 - t) * height }]);
  return spots.map((spot) => fromPaper(cut, spot));
}

/** Minutes and seconds of arc that are round for people. */
const ROUND = [1 / 3600, 2 / 3600, 5 / 3600, 10 / 3600, 15 / 3600, 30 / 3600, 1 / 60, 2 / 60, 5 / 60, 10 / 60, 15 / 60, 30 / 60, 1, 2, 5];

function degreeStep(span: number, width: number): number {
  const wanted = (span * CELL) / width;
  return ROUND.find((step) => step >= wanted) ?? ROUND.at(-1)!;
}

function metreStep(scale: number): number {
  const wanted = (CELL * scale) / 1000;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= wanted)!;
}

function numberText(value: number, kind: GridKind, along: 'x' | 'y'): string {
  if (kind === 'metres') return value % 1000 === 0 ? String(value / 1000) : (value / 1000).toFixed(3).replace(/0+$/, '');
  const seconds = Math.round(Math.abs(value) * 3600);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60] as const;
  const text = `${parts[0]}°${String(parts[1]).padStart(2, '0')}′${parts[2] ? `${String(parts[2]).padStart(2, '0')}″` : ''}`;
  return text + (along === 'x' ? (value < 0 ? 'W' : 'E') : value < 0 ? 'S' : 'N');
}

/** The part of a line of points within a cut, cut off exactly at its edges. */
function clip(points: readonly Spot[], { width, height }: Cut): Spot[] {
  const kept: Spot[] = [];
  for (let i = 1; i < points.length; i++) {
    const part = segment(points[i - 1]!, points[i]!, width, height);
    if (!part) continue;
    if (kept.length === 0) kept.push(part[0]);
    kept.push(part[1]);
  }
  return kept;
}

/** Liang and Barsky's clipping of one segment to a rectangle from the origin. */
function segment(a: Spot, b: Spot, width: number, height: number): readonly [Spot, Spot] | null {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  let [from, to] = [0, 1];
  for (const [p, q] of [[-dx, a.x], [dx, width - a.x], [-dy, a.y], [dy, height - a.y]] as const) {
    if (p === 0) {
      if (q < 0) return null;
    } else if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
  }
  if (from > to) return null;
  const at = (t: number): Spot => ({ x: a.x + dx * t, y: a.y + dy * t });
  return [at(from), at(to)];
}
