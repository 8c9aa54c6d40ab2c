// Distances, bearings and areas on the ellipsoid of CGCS2000, along geodesics (Karney 2013, doi:10.1007/s00190-012-0578-z).

import { Geodesic } from 'geographiclib-geodesic';

/** Longitude and latitude in degrees. */
export type Place = readonly [lng: number, lat: number];

/** The ellipsoid of CGCS2000, GB/T 30168 (that of GRS 80 in shape): semi-major axis in metres, flattening. */
export const CGCS2000 = { a: 6_378_137, f: 1 / 298.257222101 } as const;

const ellipsoid = new Geodesic.Geodesic(CGCS2000.a, CGCS2000.f);

/** The length of the geodesic between two places in metres. */
export function distance([lng1, lat1]: Place, [lng2, lat2]: Place): number {
  return ellipsoid.Inverse(lat1, lng1, lat2, lng2, Geodesic.DISTANCE).s12!;
}

/** The true bearing at `from` of the geodesic to `to`, degrees clockwise from north, 0 … 360; 0 where both are one place. */
export function bearing([lng1, lat1]: Place, [lng2, lat2]: Place): number {
  if (lng1 === lng2 && lat1 === lat2) return 0;
  const azimuth = ellipsoid.Inverse(lat1, lng1, lat2, lng2, Geodesic.AZIMUTH).azi1!;
  return azimuth < 0 ? azimuth + 360 : azimuth;
}

/** The place `metres` from `from` in a direction, degrees clockwise from north. */
export function destination([lng, lat]: Place, azimuth: number, metres: number): Place {
  const { lon2, lat2 } = ellipsoid.Direct(lat, lng, azimuth, metres, Geodesic.LATITUDE | Geodesic.LONGITUDE);
  return [lon2!, lat2!];
}

/** The length of a line in metres. */
export function lengthOf(line: readonly Place[]): number {
  return line.slice(1).reduce((sum, at, i) => sum + distance(line[i]!, at), 0);
}

/** The length of all boundaries of a polygon in metres, its holes' included; rings may be closed or open. */
export function perimeterOf(rings: readonly (readonly Place[])[]): number {
  return rings.reduce((sum, ring) => sum + measured(ring).perimeter, 0);
}

/** The area of a polygon in square metres: its first ring without the holes that follow; any winding, closed or open rings. */
export function areaOf(rings: readonly (readonly Place[])[]): number {
  const [outer = 0, ...holes] = rings.map((ring) => Math.abs(measured(ring).area));
  return holes.reduce((rest, hole) => rest - hole, outer);
}

/** A closed ring of places `radius` metres from `centre`, counter-clockwise as GeoJSON wants outer rings. */
export function circleAround(centre: Place, radius: number, corners = 72): Place[] {
  const ring = Array.from({ length: corners }, (_, i) => destination(centre, 360 - (i * 360) / corners, radius));
  return [...ring, ring[0]!];
}

export interface Sample {
  readonly at: Place;
  readonly along: number; // metres from the start
}

/** Places along a line: its own corners, and between them others at even steps of `step` metres at most. */
export function samplesAlong(line: readonly Place[], step: number): Sample[] {
  const samples: Sample[] = line.slice(0, 1).map((at) => ({ at, along: 0 }));
  for (let i = 1; i < line.length; i++) {
    const [from, to] = [line[i - 1]!, line[i]!];
    const leg = distance(from, to);
    const start = samples.at(-1)!.along;
    const steps = Math.max(1, Math.ceil(leg / step));
    const azimuth = bearing(from, to);
    for (let n = 1; n < steps; n++) samples.push({ at: destination(from, azimuth, (leg * n) / steps), along: start + (leg * n) / steps });
    samples.push({ at: to, along: start + leg });
  }
  return samples;
}

function measured(ring: readonly Place[]): { readonly area: number; readonly perimeter: number } {
  const polygon = ellipsoid.Polygon(false);
  const [first, last] = [ring[0], ring.at(-1)];
  const closed = ring.length > 1 && first![0] === last![0] && first![1] === last![1];
  for (const [lng, lat] of closed ? ring.slice(0, -1) : ring) polygon.AddPoint(lat, lng);
  const { area = 0, perimeter } = polygon.Compute(false, true);
  return { area, perimeter };
}
