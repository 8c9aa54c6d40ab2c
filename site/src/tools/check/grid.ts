// The grid on which coverage is counted: `pipeline/catalog/grid.py` once more, to the last bit. docs/duplicates.md
// defines both. Sine and logarithm are written out, because those of `Math` differ from one machine to the next.

export const ZOOM = 18;
export const SIDE = 2 ** ZOOM; // cells of a row
export const CELL = 256; // world pixels of a cell's side
export const HALF = CELL / 2;
const UNITS = SIDE * CELL;
const MAX_LAT = 85.0511287798066;

const RADIAN = 0.017453292519943295;
const LN2 = 0.6931471805599453;
const FOUR_PI = 12.566370614359172;

const MAJOR = 6378137; // metres: GRS 80
const ECCENTRICITY = 0.0818191910428158;

export type Position = readonly [lng: number, lat: number];

/** World pixels of a place: x east from 180° W, y south from 85.05° N. */
export function units([lng, lat]: Position): readonly [x: number, y: number] {
  const sine = sineOf(Math.min(Math.abs(lat), MAX_LAT) * RADIAN);
  const half = logarithm((1 + sine) / (1 - sine)) / FOUR_PI;
  const y = lat < 0 ? 0.5 + half : 0.5 - half;
  const x = Math.min(Math.max(lng, -180), 180) / 360 + 0.5;
  return [Math.floor(x * UNITS + 0.5), Math.floor(y * UNITS + 0.5)];
}

/** The longitude of a column's western edge. For showing, not counting. */
export function longitude(column: number): number {
  return (column / SIDE) * 360 - 180;
}

/** The latitude of a row's northern edge. For showing, not counting. */
export function latitude(row: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / SIDE))) * 180) / Math.PI;
}

/** What a cell of a row measures on the ellipsoid. For showing, not counting. */
export function squareMetres(row: number): number {
  return (zone(row) - zone(row + 1)) / SIDE;
}

function zone(row: number): number {
  const sine = Math.tanh(Math.PI * (1 - (2 * row) / SIDE));
  const part = ECCENTRICITY * sine;
  const q = sine / (1 - part ** 2) + Math.log((1 + part) / (1 - part)) / (2 * ECCENTRICITY);
  return Math.PI * MAJOR ** 2 * (1 - ECCENTRICITY ** 2) * q;
}

function sineOf(x: number): number {
  const square = x * x;
  let result = 1;
  for (let n = 24; n > 0; n -= 2) result = 1 - (square / (n * (n + 1))) * result;
  return x * result;
}

/** ln m for 1 ≤ m < 1024. */
function logarithm(m: number): number {
  let halvings = 0;
  for (; m >= 2; m /= 2) halvings++;
  const z = (m - 1) / (m + 1);
  const square = z * z;
  let result = 0;
  for (let n = 37; n > 0; n -= 2) result = 1 / n + square * result;
  return halvings * LN2 + 2 * z * result;
}
