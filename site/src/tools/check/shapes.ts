// Which cells an area covers: `pipeline/catalog/shapes.py` once more. Whole numbers below 2^53 throughout.

import { joined, union, type Cells } from './cells.ts';
import { CELL, HALF, SIDE, units, type Position } from './grid.ts';

export type Ring = readonly Position[];
export type Polygon = readonly Ring[]; // the outer ring, then holes

type Segment = readonly [x0: number, y0: number, x1: number, y1: number]; // y0 ≤ y1

/** The cells of all polygons: those whose centres lie inside; of a polygon without any, those its rings touch. */
export function areaCells(polygons: readonly Polygon[]): Cells {
  return union(...polygons.map((rings) => {
    const segments = rings.flatMap(segmentsOf);
    const inside = filled(segments);
    return inside.starts.length > 0 ? inside : touched(segments);
  }));
}

/** The segments of a ring, each downwards; a ring that does not end where it begins is closed. */
function segmentsOf(ring: Ring): Segment[] {
  const [first, last] = [ring[0]!, ring.at(-1)!];
  const closed = first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
  const corners = closed.map(units);
  return corners.slice(1).map(([bx, by], i) => {
    const [ax, ay] = corners[i]!;
    return ay <= by ? [ax, ay, bx, by] : [bx, by, ax, ay];
  });
}

function filled(segments: readonly Segment[]): Cells {
  const keys: number[] = [];
  for (const [x0, y0, x1, y1] of segments) {
    const stop = Math.floor((y1 + HALF - 1) / CELL); // rows with y0 ≤ centre < y1
    for (let row = Math.floor((y0 + HALF - 1) / CELL); row < stop; row++) {
      const rise = (row * CELL + HALF - y0) * (x1 - x0);
      const whole = floorDivide(rise, y1 - y0);
      const crossing = x0 + whole + (rise - whole * (y1 - y0) > 0 ? 1 : 0);
      keys.push(row * SIDE + Math.floor((crossing + HALF - 1) / CELL));
    }
  }
  keys.sort((a, b) => a - b);
  return joined(Array.from({ length: keys.length / 2 }, (_, i) => [keys[2 * i]!, keys[2 * i + 1]!] as const));
}

function touched(segments: readonly Segment[]): Cells {
  const runs: [number, number][] = [];
  for (const [x0, y0, x1, y1] of segments) {
    const at = (y: number): number => x0 + floorDivide((y - y0) * (x1 - x0), Math.max(y1 - y0, 1));
    for (let row = Math.floor(y0 / CELL); row <= Math.floor(y1 / CELL); row++) {
      const enter = at(Math.max(y0, row * CELL));
      const leave = y0 === y1 ? x1 : at(Math.min(y1, (row + 1) * CELL));
      const base = Math.min(row, SIDE - 1) * SIDE;
      const west = Math.min(Math.floor(Math.min(enter, leave) / CELL), SIDE - 1);
      const east = Math.min(Math.floor(Math.max(enter, leave) / CELL), SIDE - 1);
      runs.push([base + west, base + east + 1]);
    }
  }
  return joined(runs);
}

/** ⌊a / b⌋ for whole numbers below 2^53, b > 0: the quotient of doubles may be one too high. */
function floorDivide(a: number, b: number): number {
  const quotient = Math.floor(a / b);
  return quotient * b > a ? quotient - 1 : (quotient + 1) * b <= a ? quotient + 1 : quotient;
}
