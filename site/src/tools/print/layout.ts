// Where the parts of a sheet lie, in millimetres.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly title: Box;
  readonly map: Box; // the neat line
  readonly legend: Box | null;
  readonly foot: Box;
  readonly code: Box | null; // of the link, within the foot
}

const MARGIN = 9; // printers leave 4 to 6 mm white
const TITLE = 13;
const FOOT = 24;
const GRID = 4.5; // for the numbers of the grid, around the map
const SIDE = 50; // the legend beside the map
const BELOW = 42; // or below it
const GAP = 3;

/** The layout of a sheet; the legend stands beside a wide map and below a high one. */
export function layoutOf([width, height]: readonly [number, number], parts: { readonly legend: boolean; readonly grid: boolean; readonly code: boolean }): Layout {
  const inner = { x: MARGIN, y: MARGIN, width: width - 2 * MARGIN, height: height - 2 * MARGIN };
  const beside = parts.legend && width > height;
  const below = parts.legend && !beside;
  const ring = parts.grid ? GRID : 0;
  const foot = { x: inner.x, y: inner.y + inner.height - FOOT, width: inner.width, height: FOOT };
  const top = inner.y + TITLE;
  const bottom = foot.y - GAP - (below ? BELOW + GAP : 0);
  const map = {
    x: inner.x + ring, y: top + ring,
    width: inner.width - 2 * ring - (beside ? SIDE + GAP : 0), height: bottom - top - 2 * ring,
  };
  return {
    title: { x: inner.x, y: inner.y, width: inner.width, height: TITLE },
    map,
    legend: beside
      ? { x: inner.x + inner.width - SIDE, y: map.y, width: SIDE, height: map.height }
      : below ? { x: inner.x, y: bottom + GAP, width: inner.width, height: BELOW } : null,
    foot,
    code: parts.code ? { x: foot.x + foot.width - FOOT, y: foot.y, width: FOOT, height: FOOT } : null,
  };
}
