// Heights read from the terrain archive: the tile at its last zoom, decoded, and interpolated between pixel centres.

export type Encoding = 'terrarium' | 'mapbox';

/** The height in metres that red, green and blue stand for; formulas of Mapzen's Terrarium and Mapbox Terrain-RGB. */
export function heightOf(encoding: Encoding, red: number, green: number, blue: number): number {
  return encoding === 'terrarium'
    ? red * 256 + green + blue / 256 - 32768
    : (red * 65536 + green * 256 + blue) / 10 - 10000;
}

/** Pixels of a tile, row by row from the north, four bytes each. */
export interface Pixels {
  readonly width: number;
  readonly data: Uint8ClampedArray;
}

/** What answers with the pixels of a tile, or null where there is none. */
export type TilePixels = (zoom: number, x: number, y: number) => Promise<Pixels | null>;

export interface Heights {
  readonly zoom: number; // the last one
  readonly tileSize: number; // pixels
  readonly encoding: Encoding;
  readonly unknown: number | null; // the height that stands for none
  readonly pixels: TilePixels;
}

/**
 * The height at a place in metres, bilinear between the four nearest pixel centres (of neighbouring tiles at a border);
 * null where a known height is less than half of the answer.
 */
export async function elevationAt(heights: Heights, lng: number, lat: number): Promise<number | null> {
  const { zoom, tileSize } = heights;
  const tiles = 2 ** zoom;
  const { wx, wy } = world(lng, lat);
  const [column, row] = [wx * tiles * tileSize - 0.5, wy * tiles * tileSize - 0.5];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, bottom] = [column - left, row - top]; // 0 … 1
  const corners = [
    [left, top, (1 - right) * (1 - bottom)], [left + 1, top, right * (1 - bottom)],
    [left, top + 1, (1 - right) * bottom], [left + 1, top + 1, right * bottom],
  ] as const;
  const known = await Promise.all(corners.map(([x, y]) => heightAt(heights, x, y)));
  let [sum, weights] = [0, 0];
  corners.forEach(([, , weight], i) => {
    const height = known[i];
    if (height === null || height === undefined) return;
    sum += weight * height;
    weights += weight;
  });
  return weights < 0.5 ? null : sum / weights;
}

/** The height of one pixel, counted over the whole world; null where none is known. */
async function heightAt(heights: Heights, column: number, row: number): Promise<number | null> {
  const { zoom, tileSize, encoding, unknown } = heights;
  const tiles = 2 ** zoom;
  if (row < 0 || row >= tiles * tileSize) return null;
  const around = ((column % (tiles * tileSize)) + tiles * tileSize) % (tiles * tileSize);
  const pixels = await heights.pixels(zoom, Math.floor(around / tileSize), Math.floor(row / tileSize));
  if (!pixels) return null;
  const at = ((row % tileSize) * pixels.width + (around % tileSize)) * 4;
  const [red, green, blue, alpha] = pixels.data.subarray(at, at + 4);
  if (alpha !== 255) return null;
  const height = heightOf(encoding, red!, green!, blue!);
  return height === unknown ? null : height;
}

/** Web Mercator, 0 … 1 from the north-west corner of the world. */
function world(lng: number, lat: number): { wx: number; wy: number } {
  const sine = Math.sin((lat * Math.PI) / 180);
  return { wx: lng / 360 + 0.5, wy: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}
