// The heights along a line: sampled, summed, written as CSV.

import { lengthOf, samplesAlong, type Place, type Sample } from '../../core/geodesy.ts';

export type HeightAt = (lng: number, lat: number) => Promise<number | null>;

export interface ProfilePoint extends Sample {
  readonly height: number | null; // metres; null: not known
}

export interface Profile {
  readonly points: readonly ProfilePoint[];
  readonly step: number; // metres between points at most
}

export interface ProfileFacts {
  readonly lowest: number;
  readonly highest: number;
  readonly ascent: number; // metres up, over all points as they are
  readonly descent: number;
  readonly surface: number; // length over hill and valley in metres, where heights are known; along the ellipsoid elsewhere
  readonly unknown: number; // points without a height
}

const POINTS = 400; // at most, but for corners
const FINEST = 2; // metres
const AT_ONCE = 16;

/** Heights at even steps and at the corners of a line; `stale` ends the work early, the answer is then null. */
export async function profileOf(line: readonly Place[], heightAt: HeightAt, stale: () => boolean = () => false): Promise<Profile | null> {
  const step = Math.max(FINEST, lengthOf(line) / POINTS);
  const samples = samplesAlong(line, step);
  const points: ProfilePoint[] = [];
  for (let start = 0; start < samples.length; start += AT_ONCE) {
    // One after the other in small groups: neighbours lie in the same few tiles.
    points.push(...await Promise.all(samples.slice(start, start + AT_ONCE).map(async (sample) => ({ ...sample, height: await heightAt(...sample.at) }))));
    if (stale()) return null;
  }
  return { points, step };
}

/** What there is to say of a profile; null where no height is known at all. */
export function factsOf({ points }: Profile): ProfileFacts | null {
  const known = points.flatMap(({ height }) => (height === null ? [] : [height]));
  if (known.length === 0) return null;
  let [ascent, descent, surface] = [0, 0, 0];
  for (let i = 1; i < points.length; i++) {
    const [before, now] = [points[i - 1]!, points[i]!];
    const along = now.along - before.along;
    const rise = before.height === null || now.height === null ? 0 : now.height - before.height;
    ascent += Math.max(0, rise);
    descent += Math.max(0, -rise);
    surface += Math.hypot(along, rise);
  }
  const [lowest, highest] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  return { lowest, highest, ascent, descent, surface, unknown: points.length - known.length };
}

/** Rows of distance, place and height; begins with a mark that tells spreadsheets it is UTF-8. */
export function profileCsv({ points }: Profile): string {
  const rows = points.map(({ at: [lng, lat], along, height }) => [along.toFixed(2), lng.toFixed(7), lat.toFixed(7), height === null ? '' : height.toFixed(2)]);
  return `\uFEFF${[['distance_m', 'lng', 'lat', 'height_m'], ...rows].map((row) => row.join(',')).join('\r\n')}\r\n`;
}
