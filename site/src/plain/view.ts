// A flat view of the world in Web Mercator, and the tiles that fill it. No DOM in here.

export interface View {
  readonly x: number; // of the middle, 0 … 1 from the west
  readonly y: number; // 0 … 1 from the north
  readonly zoom: number; // as MapLibre counts: the world is 512 × 2^zoom pixels wide
}

export interface Pyramid {
  readonly minZoom: number;
  readonly maxZoom: number;
  readonly tileSize: number; // pixels
}

/** A tile, and where it lies on the screen, in pixels. */
export interface Placed {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

const WORLD = 512;
const EDGE = 85.0511287798066; // degrees: where the square world ends
const MIN = 2;
const MAX = 19;

export function world(lng: number, lat: number): { readonly x: number; readonly y: number } {
  const sine = Math.sin((within(lat, -EDGE, EDGE) * Math.PI) / 180);
  return { x: lng / 360 + 0.5, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

export function degrees(x: number, y: number): { readonly lng: number; readonly lat: number } {
  return { lng: (x - 0.5) * 360, lat: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI };
}

/** The view moved by pixels of the screen. */
export function moved(view: View, right: number, down: number): View {
  const scale = WORLD * 2 ** view.zoom;
  return { ...view, x: within(view.x + right / scale, 0, 1), y: within(view.y + down / scale, 0, 1) };
}

/** The view at another zoom; what lies `right` and `down` of the middle stays where it is. */
export function zoomed(view: View, by: number, right = 0, down = 0): View {
  const zoom = within(view.zoom + by, MIN, MAX);
  const there = moved(view, right, down);
  return moved({ ...there, zoom }, -right, -down);
}

/** The tiles of a pyramid that a screen shows, from the level that is nearest in size; none below its first level but two. */
export function placed(view: View, width: number, height: number, { minZoom, maxZoom, tileSize }: Pyramid): readonly Placed[] {
  const wanted = Math.round(view.zoom + Math.log2(WORLD / tileSize));
  if (wanted < minZoom - 2) return []; // a few pixels would cost hundreds of tiles
  const z = within(wanted, minZoom, maxZoom);
  const size = (WORLD * 2 ** view.zoom) / 2 ** z;
  const [left, top] = [view.x * 2 ** z * size - width / 2, view.y * 2 ** z * size - height / 2];
  const tiles: Placed[] = [];
  for (let y = Math.max(0, Math.floor(top / size)); y < Math.min(2 ** z, (top + height) / size); y++) {
    for (let x = Math.max(0, Math.floor(left / size)); x < Math.min(2 ** z, (left + width) / size); x++) {
      tiles.push({ z, x, y, left: x * size - left, top: y * size - top, size });
    }
  }
  return tiles;
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
