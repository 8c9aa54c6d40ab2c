// Which tiles meet an area, as ranges of the Hilbert curve: `pipeline/archive/region.py` once more.

import { tileIdToZxy } from 'pmtiles';

import type { Area } from './area.ts';
import { latitude, longitude } from './mercator.ts';

/** Tile ids from `start` to before `stop`. */
export interface Range {
  readonly start: number;
  readonly stop: number;
}

const TOUCH = 2 ** -20; // of a tile's edge: what overlaps by less only touches

/** The first tile id of a zoom. */
export function firstId(zoom: number): number {
  return (4 ** zoom - 1) / 3;
}

/** The ids of the tiles of some zooms that share more than a border with the area, in order; null is the world. */
export function tilesOf(area: Area | null, minZoom: number, maxZoom: number): Range[] {
  if (!area) return [{ start: firstId(minZoom), stop: firstId(maxZoom + 1) }];
  const found: Range[] = [];
  let inside: Range[] = [];
  let cut = [0]; // places on the curve of this zoom
  for (let zoom = 0; zoom <= maxZoom; zoom++) {
    if (zoom > 0) {
      inside = inside.map(({ start, stop }) => ({ start: start * 4, stop: stop * 4 }));
      cut = cut.flatMap((place) => [place * 4, place * 4 + 1, place * 4 + 2, place * 4 + 3]);
    }
    const first = firstId(zoom);
    const still: number[] = [];
    for (const place of cut) {
      const how = tileIn(area, ...tileIdToZxy(first + place));
      if (how === 'inside') inside.push({ start: place, stop: place + 1 });
      else if (how === 'cut') still.push(place);
    }
    cut = still;
    if (zoom >= minZoom) found.push(...[...inside, ...cut.map((start) => ({ start, stop: start + 1 }))].map(({ start, stop }) => ({ start: start + first, stop: stop + first })));
  }
  return joined(found);
}

/** How a tile lies to an area. */
export function tileIn(area: Area, z: number, x: number, y: number): 'inside' | 'cut' | 'outside' {
  const side = 2 ** z;
  return area.holds(longitude((x + TOUCH) / side), latitude((y + 1 - TOUCH) / side), longitude((x + 1 - TOUCH) / side), latitude((y + TOUCH) / side));
}

/** Ranges in order that neither overlap nor touch. */
export function joined(ranges: readonly Range[]): Range[] {
  const out: { start: number; stop: number }[] = [];
  for (const { start, stop } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last && start <= last.stop) last.stop = Math.max(last.stop, stop);
    else out.push({ start, stop });
  }
  return out;
}
