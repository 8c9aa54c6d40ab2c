// Sets of grid cells, as runs of cell numbers row by row: `pipeline/catalog/cells.py` once more.

import { SIDE, squareMetres } from './grid.ts';

/** Runs in order that do not touch: from `starts[i]` to before `stops[i]`. */
export interface Cells {
  readonly starts: readonly number[];
  readonly stops: readonly number[];
}

export const NOTHING: Cells = { starts: [], stops: [] };

export function count(cells: Cells): number {
  return cells.stops.reduce((sum, stop, i) => sum + stop - cells.starts[i]!, 0);
}

/** The set of the cells of any runs; they may overlap and be empty. */
export function joined(runs: readonly (readonly [start: number, stop: number])[]): Cells {
  const starts: number[] = [];
  const stops: number[] = [];
  for (const [start, stop] of runs.filter((run) => run[1] > run[0]).sort((a, b) => a[0] - b[0])) {
    const last = stops.length - 1;
    if (last >= 0 && start <= stops[last]!) stops[last] = Math.max(stops[last]!, stop);
    else {
      starts.push(start);
      stops.push(stop);
    }
  }
  return { starts, stops };
}

export function union(...sets: readonly Cells[]): Cells {
  return joined(sets.flatMap(runsOf));
}

/** The cells of both. */
export function common(a: Cells, b: Cells): Cells {
  const runs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.starts.length && j < b.starts.length;) {
    runs.push([Math.max(a.starts[i]!, b.starts[j]!), Math.min(a.stops[i]!, b.stops[j]!)]);
    if (a.stops[i]! < b.stops[j]!) i++;
    else j++;
  }
  return joined(runs);
}

/** The cells of `a` that are not of `b`. */
export function without(a: Cells, b: Cells): Cells {
  const edges = [0, ...runsOf(b).flat(), SIDE * SIDE];
  const rest = Array.from({ length: edges.length / 2 }, (_, i): [number, number] => [edges[2 * i]!, edges[2 * i + 1]!]);
  return common(a, joined(rest));
}

/** Around some cells: first column, first row, width, height. */
export type Frame = readonly [west: number, north: number, width: number, height: number];

/**
 * The set that `coverage/<dataset>.json` holds, row by row of a frame: how many cells are left out before each run, and
 * how many it has.
 */
export function decoded(frame: Frame | null, runs: readonly number[]): Cells {
  if (!frame) return NOTHING;
  const [west, north, width] = frame;
  const found: [number, number][] = [];
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    at += runs[i]!;
    const first = (north + Math.floor(at / width)) * SIDE + west + (at % width);
    found.push([first, first + runs[i + 1]!]);
    at += runs[i + 1]!;
  }
  return joined(found);
}

/** The frame around a set. */
export function frameOf(cells: Cells): Frame | null {
  let [west, east, north, south] = [SIDE, 0, SIDE, 0];
  for (const [row, begin, end] of rowsOf(cells)) {
    [west, east, north, south] = [Math.min(west, begin), Math.max(east, end), Math.min(north, row), Math.max(south, row + 1)];
  }
  return east > 0 ? [west, north, east - west, south - north] : null;
}

/** Whether two frames share a cell. */
export function meet(a: Frame | null, b: Frame | null): boolean {
  return !!a && !!b && [0, 1].every((i) => a[i]! < b[i]! + b[i + 2]! && b[i]! < a[i]! + a[i + 2]!);
}

export interface Box {
  readonly west: number; // columns
  readonly east: number;
  readonly north: number; // rows
  south: number;
}

/** The set as rectangles: runs of the same columns below one another are one. */
export function boxes(cells: Cells): Box[] {
  const all: Box[] = [];
  let [above, here] = [new Map<string, Box>(), new Map<string, Box>()];
  let row = -1;
  for (const [at, west, east] of rowsOf(cells)) {
    if (at !== row) [above, here, row] = [at === row + 1 ? here : new Map<string, Box>(), new Map<string, Box>(), at];
    const key = `${west} ${east}`;
    const box = above.get(key) ?? { west, east, north: at, south: at };
    if (box.south === at && box.north === at) all.push(box);
    box.south = at + 1;
    here.set(key, box);
  }
  return all;
}

/** What a set measures on the ground. For showing, not counting. */
export function area(cells: Cells): number {
  let sum = 0;
  for (const [row, west, east] of rowsOf(cells)) sum += (east - west) * squareMetres(row);
  return sum;
}

/** Row, first column and column after the last of each run, divided where a row ends. */
function* rowsOf(cells: Cells): Generator<readonly [row: number, west: number, east: number]> {
  for (let i = 0; i < cells.starts.length; i++) {
    for (let start = cells.starts[i]!; start < cells.stops[i]!;) {
      const row = Math.floor(start / SIDE);
      const stop = Math.min(cells.stops[i]!, (row + 1) * SIDE);
      yield [row, start - row * SIDE, stop - row * SIDE];
      start = stop;
    }
  }
}

function runsOf(cells: Cells): [number, number][] {
  return cells.starts.map((start, i) => [start, cells.stops[i]!]);
}
