// An area of the world that many things are held against: its outline, sorted into slabs of latitude so that a town's border
// of thousands of corners costs no more than a rectangle. Straight between its corners in degrees, as GeoJSON means it.

export type Position = readonly [lng: number, lat: number];
export type Ring = readonly Position[]; // the last position is the first
export type Polygon = readonly Ring[]; // the outer ring, then holes
export type Bounds = readonly [west: number, south: number, east: number, north: number];

export interface Area {
  readonly polygons: readonly Polygon[];
  readonly bounds: Bounds;
  contains(lng: number, lat: number): boolean;
  /** Where the way from a to b meets the outline: shares of the way, 0 … 1, in order. */
  crossings(ax: number, ay: number, bx: number, by: number): number[];
  /** Whether the way from a to b meets the outline. */
  meetsLine(ax: number, ay: number, bx: number, by: number): boolean;
  /** How a rectangle lies to the area. */
  holds(west: number, south: number, east: number, north: number): 'inside' | 'cut' | 'outside';
}

const SLABS = 4096;

/** The area of polygons that may overlap; rings that do not end where they begin are closed. */
export function areaOf(polygons: readonly Polygon[]): Area {
  const closed = polygons.map((rings) => rings.map(close)).filter((rings) => (rings[0]?.length ?? 0) > 3);
  const parts = closed.map(outline);
  const bounds = closed.flat(2).reduce<[number, number, number, number]>(
    ([west, south, east, north], [lng, lat]) => [Math.min(west, lng), Math.min(south, lat), Math.max(east, lng), Math.max(north, lat)],
    [Infinity, Infinity, -Infinity, -Infinity]);
  return {
    polygons: closed,
    bounds,
    contains: (lng, lat) => parts.some((part) => part.contains(lng, lat)),
    crossings: (ax, ay, bx, by) => parts.flatMap((part) => part.crossings(ax, ay, bx, by, false)).sort((a, b) => a - b),
    meetsLine: (ax, ay, bx, by) => parts.some((part) => part.crossings(ax, ay, bx, by, true).length > 0),
    holds(west, south, east, north) {
      if (east < bounds[0] || west > bounds[2] || north < bounds[1] || south > bounds[3]) return 'outside';
      if (parts.some((part) => part.enters(west, south, east, north))) return 'cut';
      return parts.some((part) => part.contains(west, south)) ? 'inside' : 'outside';
    },
  };
}

/** The area between two meridians and two parallels. */
export function boxArea([west, south, east, north]: Bounds): Area {
  return areaOf([[[[west, south], [east, south], [east, north], [west, north], [west, south]]]]);
}

function close(ring: Ring): Ring {
  const [first, last] = [ring[0], ring.at(-1)];
  return !first || !last || (first[0] === last[0] && first[1] === last[1]) ? ring : [...ring, first];
}

interface Outline {
  contains(lng: number, lat: number): boolean;
  crossings(ax: number, ay: number, bx: number, by: number, first: boolean): number[];
  enters(west: number, south: number, east: number, north: number): boolean;
}

/** The edges of one polygon. */
function outline(polygon: Polygon): Outline {
  const edges: number[] = []; // x0, y0, x1, y1
  for (const ring of polygon) {
    for (let i = 1; i < ring.length; i++) {
      const [[ax, ay], [bx, by]] = [ring[i - 1]!, ring[i]!];
      if (ax !== bx || ay !== by) edges.push(ax, ay, bx, by);
    }
  }
  const count = edges.length / 4;
  const latitudes = polygon.flat().map(([, lat]) => lat);
  const [south, north] = [latitudes.reduce((a, b) => Math.min(a, b), Infinity), latitudes.reduce((a, b) => Math.max(a, b), -Infinity)];
  const slabs: number[][] = Array.from({ length: Math.min(Math.max(count >> 2, 1), SLABS) }, () => []);
  const slab = (lat: number): number => Math.min(Math.max(Math.floor(((lat - south) / (north - south || 1)) * slabs.length), 0), slabs.length - 1);
  for (let e = 0; e < count; e++) {
    const [a, b] = [slab(edges[e * 4 + 1]!), slab(edges[e * 4 + 3]!)];
    for (let s = Math.min(a, b); s <= Math.max(a, b); s++) slabs[s]!.push(e * 4);
  }
  const seen = new Int32Array(count);
  let turn = 0;
  /** Call `look` once for every edge between two latitudes until it says that it is enough. */
  const among = (low: number, high: number, look: (at: number) => boolean): boolean => {
    if (high < south || low > north) return false;
    turn++;
    for (let s = slab(low); s <= slab(high); s++) {
      for (const at of slabs[s]!) {
        if (seen[at >> 2] === turn) continue;
        seen[at >> 2] = turn;
        if (look(at)) return true;
      }
    }
    return false;
  };
  return {
    contains(lng, lat) {
      if (lat < south || lat > north) return false;
      let inside = false;
      for (const at of slabs[slab(lat)]!) {
        const [ax, ay, bx, by] = [edges[at]!, edges[at + 1]!, edges[at + 2]!, edges[at + 3]!];
        if (ay > lat !== by > lat && lng < ax + ((lat - ay) / (by - ay)) * (bx - ax)) inside = !inside;
      }
      return inside;
    },
    crossings(ax, ay, bx, by, first) {
      const found: number[] = [];
      const [west, east] = [Math.min(ax, bx), Math.max(ax, bx)];
      among(Math.min(ay, by), Math.max(ay, by), (at) => {
        const [cx, cy, dx, dy] = [edges[at]!, edges[at + 1]!, edges[at + 2]!, edges[at + 3]!];
        if (Math.max(cx, dx) < west || Math.min(cx, dx) > east) return false;
        const [a, b] = [side(cx, cy, dx, dy, ax, ay), side(cx, cy, dx, dy, bx, by)];
        const [c, d] = [side(ax, ay, bx, by, cx, cy), side(ax, ay, bx, by, dx, dy)];
        if ((a > 0 && b > 0) || (a < 0 && b < 0) || (c > 0 && d > 0) || (c < 0 && d < 0)) return false;
        if (a === b) { // along each other: its ends count where they lie on the way
          if (Math.max(cy, dy) < Math.min(ay, by) || Math.min(cy, dy) > Math.max(ay, by)) return false;
          for (const share of [along(ax, ay, bx, by, cx, cy), along(ax, ay, bx, by, dx, dy)]) found.push(Math.min(Math.max(share, 0), 1));
        } else {
          found.push(a / (a - b));
        }
        return first;
      });
      return found;
    },
    enters(west, below, east, above) {
      return among(below, above, (at) => {
        const [ax, ay, bx, by] = [edges[at]!, edges[at + 1]!, edges[at + 2]!, edges[at + 3]!];
        return segmentInBox(ax, ay, bx, by, west, below, east, above);
      });
    },
  };
}

/** On which side of the line from a to b a place lies: left > 0. */
function side(ax: number, ay: number, bx: number, by: number, x: number, y: number): number {
  return (bx - ax) * (y - ay) - (by - ay) * (x - ax);
}

function along(ax: number, ay: number, bx: number, by: number, x: number, y: number): number {
  return Math.abs(bx - ax) > Math.abs(by - ay) ? (x - ax) / (bx - ax) : by === ay ? 0 : (y - ay) / (by - ay);
}

function segmentInBox(ax: number, ay: number, bx: number, by: number, west: number, south: number, east: number, north: number): boolean {
  if (Math.max(ax, bx) < west || Math.min(ax, bx) > east || Math.max(ay, by) < south || Math.min(ay, by) > north) return false;
  const sides = [side(ax, ay, bx, by, west, south), side(ax, ay, bx, by, east, south), side(ax, ay, bx, by, east, north), side(ax, ay, bx, by, west, north)];
  return !(sides.every((each) => each > 0) || sides.every((each) => each < 0));
}
