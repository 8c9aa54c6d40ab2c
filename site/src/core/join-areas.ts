// Areas of one feature that tiles have cut, made whole again: along a tile border, what both tiles claim goes; what is left
// are the edges of the area itself. Coordinates as in join-lines.ts, y down, so that outer rings run clockwise on screen.

import { UNITS, type Place, type Square } from './join-lines.ts';

const NEAR = 2; // units: two tiles may round what leaves them by one each
const FAR = 60; // and more where an edge crosses the border at a flat angle

/** A ring (closed, its first place not repeated) within a tile's square; it may run back and forth along the border. */
export function ringInSquare(ring: readonly Place[], { x0, y0, x1, y1 }: Square): Place[] {
  if (ring.every(({ x, y }) => x >= x0 && x <= x1 && y >= y0 && y <= y1)) return [...ring];
  let out = [...ring];
  const half = (keeps: (place: Place) => boolean, at: (a: Place, b: Place) => Place): void => {
    const before = out;
    out = [];
    before.forEach((b, i) => {
      const a = before.at(i - 1)!;
      if (keeps(a) !== keeps(b)) {
        const cut = at(a, b);
        if (!same(out.at(-1), cut)) out.push(cut);
      }
      if (keeps(b) && !same(out.at(-1), b)) out.push(b);
    });
  };
  const onX = (x: number) => (a: Place, b: Place): Place => (a.x === x ? a : b.x === x ? b : { x, y: a.y + ((x - a.x) / (b.x - a.x)) * (b.y - a.y), made: true });
  const onY = (y: number) => (a: Place, b: Place): Place => (a.y === y ? a : b.y === y ? b : { x: a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x), y, made: true });
  half(({ x }) => x >= x0, onX(x0));
  half(({ x }) => x <= x1, onX(x1));
  half(({ y }) => y >= y0, onY(y0));
  half(({ y }) => y <= y1, onY(y1));
  return out.length > 1 && same(out[0], out.at(-1)!) ? out.slice(0, -1) : out;
}

function same(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.x === b.x && a.y === b.y;
}

/** The rings of one feature within one tile. */
export interface TileRings {
  readonly column: number;
  readonly row: number;
  readonly rings: readonly (readonly Place[])[];
}

/** Polygons (outer ring, then holes; first place not repeated) of the rings of all tiles of a feature; `rest` lets others work. */
export async function joinAreas(tiles: readonly TileRings[], rest: () => Promise<void> | undefined = () => undefined): Promise<Place[][][]> {
  const pieces = tiles.map(({ column, row, rings }) => ({ column, row, rings: rings.map((ring) => ring.map((place) => ({ ...place }))) }));
  meet(pieces);
  await rest();
  const edges = new Edges();
  const borders = new Map<string, { readonly vertical: boolean; readonly at: number; readonly turns: Map<number, number> }>();
  const addTo = (vertical: boolean, at: number, from: number, to: number): void => {
    const key = `${vertical} ${at}`;
    const border = borders.get(key) ?? { vertical, at, turns: new Map<number, number>() };
    borders.set(key, border);
    // +1 while a way down (or east) covers the border: what is left of both sides in sum decides.
    border.turns.set(from, (border.turns.get(from) ?? 0) + 1);
    border.turns.set(to, (border.turns.get(to) ?? 0) - 1);
  };
  for (const { rings } of pieces) {
    for (const ring of rings) {
      ring.forEach((b, i) => {
        const a = ring.at(i - 1)!;
        if (a.x === b.x && a.y === b.y) return;
        if (a.x === b.x && a.x % UNITS === 0) addTo(true, a.x, a.y, b.y);
        else if (a.y === b.y && a.y % UNITS === 0) addTo(false, a.y, a.x, b.x);
        else edges.add(a, b);
        edges.know(a);
        edges.know(b);
      });
    }
    await rest();
  }
  for (const { vertical, at, turns } of borders.values()) {
    await rest();
    const stops = [...turns.keys()].sort((a, b) => a - b);
    let sum = 0;
    stops.forEach((stop, i) => {
      sum += turns.get(stop)!;
      const to = stops[i + 1];
      if (to === undefined) return;
      const place = (value: number): Place => (vertical ? { x: at, y: value, made: true } : { x: value, y: at, made: true });
      for (let n = 0; n < Math.abs(sum); n++) edges.add(place(sum > 0 ? stop : to), place(sum > 0 ? to : stop));
    });
  }
  await rest();
  return nested(edges.rings().map((ring) => straightened(ring)).filter((ring) => ring.length > 2 && Math.abs(ringArea(ring)) > 1e-9));
}

/** Give crossings of a border that both of its tiles have computed the same place. */
function meet(pieces: readonly { readonly column: number; readonly row: number; readonly rings: readonly (readonly Place[])[] }[]): void {
  const known = new Map<string, Place[]>();
  for (const { column, row, rings } of pieces) {
    for (const place of rings.flat()) {
      const vertical = place.x % UNITS === 0;
      if (vertical === (place.y % UNITS === 0)) continue; // no border, or a tile's corner, which is the same for all
      const line = vertical ? `v${place.x} ${row}` : `h${place.y} ${column}`;
      const first = vertical ? place.x / UNITS === column + 1 : place.y / UNITS === row + 1; // west or north of it
      const key = `${line} ${first ? 'a' : 'b'}`;
      known.set(key, [...(known.get(key) ?? []), place]);
    }
  }
  for (const [key, places] of known) {
    const others = key.endsWith('b') && known.get(`${key.slice(0, -1)}a`);
    if (!others) continue;
    const axis = key.startsWith('v') ? 'y' : 'x';
    const [here, there] = [places, others].map((side) => side.sort((a, b) => a[axis] - b[axis]));
    for (const [a, b] of pairs(here!, there!, axis)) {
      if (a.made) a[axis] = b[axis];
      else if (b.made) b[axis] = a[axis];
    }
  }
}

/** Which crossings of both sides are the same: in order where there are as many, else those that are next to each other. */
function pairs(here: readonly Place[], there: readonly Place[], axis: 'x' | 'y'): (readonly [Place, Place])[] {
  const ranked = here.length === there.length ? here.map((place, i) => [place, there[i]!] as const) : [];
  if (ranked.length > 0 && ranked.every(([a, b]) => Math.abs(a[axis] - b[axis]) <= FAR)) return ranked;
  return here.flatMap((place) => {
    const other = nearest(there, place[axis], axis);
    return Math.abs(other[axis] - place[axis]) <= NEAR ? [[place, other] as const] : [];
  });
}

function nearest(sorted: readonly Place[], value: number, axis: 'x' | 'y'): Place {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]![axis] < value) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [sorted[Math.max(low - 1, 0)]!, sorted[low]!];
  return Math.abs(before[axis] - value) < Math.abs(after[axis] - value) ? before : after;
}

/** Directed edges by the place they begin at. */
class Edges {
  private readonly from = new Map<string, Place[]>();
  private readonly source = new Set<string>(); // places that no cut put there

  know(place: Place): void {
    if (!place.made) this.source.add(key(place));
  }

  add(a: Place, b: Place): void {
    const at = key(a);
    const known = this.from.get(at);
    if (known) known.push(b);
    else this.from.set(at, [b]);
  }

  /** Rings that touch themselves nowhere. */
  rings(): Place[][] {
    const out: Place[][] = [];
    for (const [start, ways] of this.from) {
      while (ways.length > 0) {
        const path: Place[] = [];
        const places = new Map<string, number>(); // on the path
        let at = start;
        let before: Place | null = null;
        for (;;) {
          const outgoing: Place[] | undefined = this.from.get(at);
          if (!outgoing || outgoing.length === 0) break; // of a tile that could not be read
          const to: Place = outgoing.length === 1 ? outgoing.pop()! : this.rightmost(outgoing, before, at);
          const found = places.get(key(to));
          const here = placeOf(at, !this.source.has(at));
          places.set(at, path.length);
          path.push(here);
          before = here;
          at = key(to);
          if (found !== undefined) { // a ring is closed: take it off the path
            const ring = path.splice(found);
            out.push(ring);
            for (const place of ring) places.delete(key(place));
            before = path.at(-1) ?? null;
            if (path.length === 0) break;
          }
        }
      }
    }
    return out;
  }

  private rightmost(outgoing: Place[], before: Place | null, at: string): Place {
    if (!before) return outgoing.pop()!;
    const here = placeOf(at, false);
    const back = Math.atan2(before.y - here.y, before.x - here.x);
    let [best, least] = [0, Infinity];
    outgoing.forEach((to, i) => {
      // y is down, so angles grow clockwise: the first way counter-clockwise from where we came keeps the inside on the right
      const turn = (back - Math.atan2(to.y - here.y, to.x - here.x) + 4 * Math.PI) % (2 * Math.PI) || 2 * Math.PI;
      if (turn < least) [best, least] = [i, turn];
    });
    return outgoing.splice(best, 1)[0]!;
  }
}

function key({ x, y }: Place): string {
  return `${x},${y}`;
}

function placeOf(text: string, made: boolean): Place {
  const comma = text.indexOf(',');
  return { x: Number(text.slice(0, comma)), y: Number(text.slice(comma + 1)), made };
}

/** A ring without what cuts put on its straight edges. */
function straightened(ring: readonly Place[]): Place[] {
  const firm = ring.findIndex(({ made }) => !made);
  if (firm < 0) return [...ring];
  const turned = [...ring.slice(firm), ...ring.slice(0, firm), ring[firm]!];
  const out: Place[] = [turned[0]!];
  const firmAfter: Place[] = [];
  for (let i = turned.length - 1, next = turned.at(-1)!; i >= 0; i--) {
    firmAfter[i] = next;
    if (!turned[i]!.made) next = turned[i]!;
  }
  for (let i = 1; i < turned.length; i++) {
    const place = turned[i]!;
    if (!place.made) {
      out.push(place);
      continue;
    }
    const [a, b] = [out.at(-1)!, firmAfter[i]!];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    const away = length === 0 ? Math.hypot(place.x - a.x, place.y - a.y) : Math.abs((b.x - a.x) * (place.y - a.y) - (b.y - a.y) * (place.x - a.x)) / length;
    if (away > 1) out.push(place);
  }
  out.pop();
  return out;
}

/** The area of a ring in square units, above zero where it runs clockwise on screen. */
export function ringArea(ring: readonly Place[]): number {
  return ring.reduce((sum, b, i) => {
    const a = ring.at(i - 1)!;
    return sum + (a.x * b.y - b.x * a.y);
  }, 0) / 2;
}

/** Outer rings with their holes. */
function nested(rings: readonly Place[][]): Place[][][] {
  const outers = rings.filter((ring) => ringArea(ring) > 0).map((ring) => [ring]);
  for (const hole of rings.filter((ring) => ringArea(ring) < 0)) {
    const holding = outers.filter(([outer]) => within(hole, outer!));
    holding.sort(([a], [b]) => ringArea(a!) - ringArea(b!));
    holding[0]?.push(hole);
  }
  return outers;
}

/** Whether a ring lies within another that it does not cross: by a place of it that is not on the other's corners. */
function within(ring: readonly Place[], outer: readonly Place[]): boolean {
  const corners = new Set(outer.map(key));
  const places = ring.flatMap((b, i) => {
    const a = ring.at(i - 1)!;
    return [b, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, made: true }];
  });
  const { x, y } = places.find((place) => !corners.has(key(place))) ?? places[0]!;
  let inside = false;
  outer.forEach((b, i) => {
    const a = outer.at(i - 1)!;
    if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
  });
  return inside;
}
