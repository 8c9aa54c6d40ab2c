// A picture larger than a canvas may be, drawn in pieces of the same size.

/** One piece: what is drawn, in CSS pixels of the picture, and which of its device pixels are used. */
export interface Piece {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly from: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }; // device pixels of the piece
  readonly to: { readonly x: number; readonly y: number }; // device pixels of the picture
}

const OVERLAP = 192; // CSS pixels: letters that reach across an edge are placed alike on both sides of it

/** Width and height of a picture in device pixels. */
export function pictureSize(width: number, height: number, dpi: number): readonly [number, number] {
  return [Math.round((width * dpi) / 25.4), Math.round((height * dpi) / 25.4)];
}

/** The pieces of a picture of `width` × `height` millimetres, none with more than `limit` device pixels along an edge. */
export function pieces(width: number, height: number, dpi: number, limit: number): readonly Piece[] {
  const [right, bottom] = pictureSize(width, height, dpi);
  const columns = cuts(right, dpi, limit);
  const rows = cuts(bottom, dpi, limit);
  return rows.flatMap((row) => columns.map((column) => ({
    x: column.start, y: row.start, width: column.size, height: row.size,
    from: { x: column.skip, y: row.skip, width: column.used, height: row.used },
    to: { x: column.at, y: row.at },
  })));
}

interface Cut {
  readonly start: number; // CSS pixels
  readonly size: number; // CSS pixels
  readonly skip: number; // device pixels left out at its beginning
  readonly used: number; // device pixels
  readonly at: number; // device pixels of the picture
}

/** Pieces begin and end where CSS and device pixels meet, so that no piece is drawn half a pixel beside another. */
function cuts(length: number, dpi: number, limit: number): readonly Cut[] {
  const step = 96 / gcd(dpi, 96); // CSS pixels
  const device = (css: number): number => (css * dpi) / 96;
  const whole = Math.ceil((length * 96) / dpi / step) * step;
  if (device(whole) <= limit) return [{ start: 0, size: whole, skip: 0, used: length, at: 0 }];
  const size = Math.floor((limit * 96) / dpi / step) * step;
  const overlap = Math.min(Math.floor(OVERLAP / step), Math.floor(size / step / 4)) * step;
  const core = size - 2 * overlap;
  if (core <= 0) throw new Error(`a canvas of ${limit} pixels is too small to print with`);
  return Array.from({ length: Math.ceil(length / device(core)) }, (_, i) => ({
    start: i * core - overlap,
    size,
    skip: device(overlap),
    used: Math.min(device(core), length - i * device(core)),
    at: i * device(core),
  }));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

