// Scale and paper: how large the ground is on a sheet, and where a sheet lies on the map.

/** ISO 216, millimetres, the short edge first. */
export const PAPERS = { A4: [210, 297], A3: [297, 420] } as const;
export type Paper = keyof typeof PAPERS;
export const TURNS = ['landscape', 'portrait'] as const;
export type Turn = (typeof TURNS)[number];
export const SCALES = [500, 1000, 2000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000] as const;
export const DPIS = [150, 200, 300] as const;

export const MM_PER_INCH = 25.4;
export const PX_PER_MM = 96 / MM_PER_INCH; // CSS: an inch is 96 pixels, and letters on the map are drawn for that
const TILE = 512; // pixels of the world at zoom 0
const A = 6_378_137; // metres, CGCS2000 and WGS 84 alike to a tenth of a millimetre
const E2 = 0.006_694_380_022_9; // CGCS2000, f = 1/298.257222101

export interface Place {
  readonly lng: number;
  readonly lat: number;
}

/** A place in pixels of the world, from its north-western corner, of which `world` make the equator. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Width and height of a sheet in millimetres. */
export function sheetSize(paper: Paper, turn: Turn): readonly [width: number, height: number] {
  const [short, long] = PAPERS[paper];
  return turn === 'portrait' ? [short, long] : [long, short];
}

/**
 * Pixels around the equator for which a pixel at a latitude is as large as on a sheet of scale 1:`scale`.
 *
 * Web Mercator enlarges the ground by 1/cos φ, and, being a sphere's, differently along meridian (radius M) and
 * parallel (N): the mean √(MN) leaves ±0.34 % at the equator and less elsewhere (Snyder 1987, p. 24 and 41).
 */
export function worldSize(scale: number, lat: number): number {
  const sin = Math.sin((lat * Math.PI) / 180);
  const mean = (A * Math.sqrt(1 - E2)) / (1 - E2 * sin * sin);
  const metresPerPixel = scale / PX_PER_MM / 1000;
  return (2 * Math.PI * mean * Math.cos((lat * Math.PI) / 180)) / metresPerPixel;
}

/** MapLibre's zoom of a world of so many pixels. */
export function zoomOf(world: number): number {
  return Math.log2(world / TILE);
}

export function spotOf({ lng, lat }: Place, world: number): Spot {
  const sin = Math.sin((lat * Math.PI) / 180);
  return { x: ((lng + 180) / 360) * world, y: (0.5 - Math.atanh(sin) / (2 * Math.PI)) * world };
}

export function placeOf({ x, y }: Spot, world: number): Place {
  return { lng: (x / world) * 360 - 180, lat: (Math.atan(Math.sinh((0.5 - y / world) * 2 * Math.PI)) * 180) / Math.PI };
}

/** A part of the ground laid on paper with its centre in the middle of `width` × `height` millimetres. */
export interface Cut {
  readonly centre: Place;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly world: number; // pixels of 1/96 inch around the equator
}

export function cutOf(centre: Place, scale: number, width: number, height: number): Cut {
  return { centre, scale, width, height, world: worldSize(scale, centre.lat) };
}

/** Where a place lies in a cut, in millimetres from its upper left corner. */
export function onPaper(cut: Cut, place: Place): Spot {
  const [middle, at] = [spotOf(cut.centre, cut.world), spotOf(place, cut.world)];
  return { x: cut.width / 2 + (at.x - middle.x) / PX_PER_MM, y: cut.height / 2 + (at.y - middle.y) / PX_PER_MM };
}

/** The place below a point of a cut. */
export function fromPaper(cut: Cut, { x, y }: Spot): Place {
  const middle = spotOf(cut.centre, cut.world);
  return placeOf({ x: middle.x + (x - cut.width / 2) * PX_PER_MM, y: middle.y + (y - cut.height / 2) * PX_PER_MM }, cut.world);
}

/** The corners of a cut, the first one again at the end. */
export function ringOf(cut: Cut): [number, number][] {
  return ([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]] as const).map(([right, down]) => {
    const { lng, lat } = fromPaper(cut, { x: right * cut.width, y: down * cut.height });
    return [lng, lat];
  });
}

/** The smallest scale of the list at which a box of millimetres shows no more ground than so much; else the largest. */
export function scaleFor(metresWide: number, metresHigh: number, width: number, height: number): number {
  return [...SCALES].reverse().find((scale) => (scale * width) / 1000 <= metresWide && (scale * height) / 1000 <= metresHigh) ?? SCALES[0];
}

/** The round length, of 1, 2 or 5 times a power of ten metres, that is at most `most` millimetres long on paper. */
export function barLength(scale: number, most: number): number {
  const metres = (most * scale) / 1000;
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].map((step) => step * power).find((length) => length <= metres)!;
}

/** A scale as it stands on maps: 1:10 000. */
export function scaleText(scale: number): string {
  return `1:${String(scale).replace(/\B(?=(\d{3})+$)/g, '\u202f')}`;
}

/** A length with its unit. */
export function metresText(metres: number): string {
  return metres >= 1000 ? `${Number((metres / 1000).toFixed(2))} km` : `${Number(metres.toFixed(1))} m`;
}
