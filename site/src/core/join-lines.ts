// Lines of one feature that tiles have cut, made whole again. Coordinates are tile units counted over the whole world, so
// that tile borders are multiples of 4096.

export const UNITS = 4096; // of a tile's side

/** A place; `made` where a cut put it, not the source. */
export interface Place {
  x: number;
  y: number;
  readonly made: boolean;
}

/** The square of a tile. */
export interface Square {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

// Units along a border: a tile rounds where a long line leaves its margin, and the flatter the line crosses the border, the
// further the crossings of both tiles are apart.
const NEAR = [0, 2, 8, 60] as const;
const CELL = 64;

/** The parts of a line within a tile's square; what runs along its eastern or southern border belongs to the next tile. */
export function lineInSquare(line: readonly Place[], { x0, y0, x1, y1 }: Square): Place[][] {
  const parts: Place[][] = [];
  let part: Place[] | null = null;
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    let [enter, leave] = [0, 1];
    for (const [step, room] of [[-dx, a.x - x0], [dx, x1 - a.x], [-dy, a.y - y0], [dy, y1 - a.y]] as const) {
      if (step < 0) enter = Math.max(enter, room / step);
      else if (step > 0) leave = Math.min(leave, room / step);
      else if (room < 0) leave = -1;
    }
    const borders = (a.x === x1 && b.x === x1) || (a.y === y1 && b.y === y1);
    if (enter >= leave || borders) {
      part = null;
      continue;
    }
    const at = (share: number): Place => ({ x: snapped(a.x + share * dx, x0, x1), y: snapped(a.y + share * dy, y0, y1), made: true });
    if (!part || enter > 0) parts.push((part = [enter > 0 ? at(enter) : a]));
    part.push(leave < 1 ? at(leave) : b);
    if (leave < 1) part = null;
  }
  return parts;
}

function snapped(value: number, low: number, high: number): number {
  if (Math.abs(value - low) < 1e-6) return low;
  return Math.abs(value - high) < 1e-6 ? high : value;
}

/** Lines without the cuts: parts that end where another begins on a tile border become one, and what the cut put there goes. */
export function joinLines(parts: readonly (readonly Place[])[]): Place[][] {
  const begins = new Map<string, number[]>();
  parts.forEach((part, i) => {
    const first = part[0]!;
    if (onBorder(first)) for (const key of cellsAround(first, 0)) begins.set(key, [...(begins.get(key) ?? []), i]);
  });
  const next = new Map<number, number>();
  const taken = new Set<number>();
  // Exact meetings first, so that a near one takes none of them away.
  for (const reach of NEAR) {
    parts.forEach((part, i) => {
      const last = part.at(-1)!;
      if (next.has(i) || !onBorder(last)) return;
      let [best, nearest] = [-1, Infinity];
      for (const key of cellsAround(last, 1)) {
        for (const j of begins.get(key) ?? []) {
          if (taken.has(j)) continue;
          const first = parts[j]![0]!;
          const distance = alongBorder(first, last);
          if (distance <= reach && distance < nearest) [best, nearest] = [j, distance];
        }
      }
      if (best < 0) return;
      next.set(i, best);
      taken.add(best);
    });
  }
  const done = new Set<number>();
  const out: Place[][] = [];
  const follow = (start: number): void => {
    const line: Place[] = [...parts[start]!];
    done.add(start);
    for (let i = next.get(start); i !== undefined; i = next.get(i)) {
      const join = line.at(-1)!;
      const [first, ...rest] = parts[i]!;
      if (join.made) line.pop();
      if (!first!.made && (join.made || join.x !== first!.x || join.y !== first!.y)) line.push(first!);
      if (done.has(i)) { // a ring that crosses a border everywhere
        const begin = line[0]!;
        if (begin.made && line.length > 2) line.shift();
        if (line.at(-1)!.x !== line[0]!.x || line.at(-1)!.y !== line[0]!.y) line.push(line[0]!);
        break;
      }
      done.add(i);
      line.push(...rest);
    }
    out.push(line.filter((place, i) => i === 0 || place.x !== line[i - 1]!.x || place.y !== line[i - 1]!.y));
  };
  parts.forEach((_, i) => !taken.has(i) && follow(i));
  parts.forEach((_, i) => !done.has(i) && follow(i));
  return out.filter((line) => line.length > 1);
}

/** How far two places on the same tile border are apart; without end where there is no such border. */
function alongBorder(a: Place, b: Place): number {
  if (a.x === b.x && a.x % UNITS === 0) return Math.abs(a.y - b.y);
  return a.y === b.y && a.y % UNITS === 0 ? Math.abs(a.x - b.x) : Infinity;
}

function onBorder({ x, y }: Place): boolean {
  return x % UNITS === 0 || y % UNITS === 0;
}

function* cellsAround({ x, y }: Place, reach: number): Generator<string> {
  const [column, row] = [Math.floor(x / CELL), Math.floor(y / CELL)];
  for (let dx = -reach; dx <= reach; dx++) for (let dy = -reach; dy <= reach; dy++) yield `${column + dx},${row + dy}`;
}
