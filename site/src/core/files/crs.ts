// Reference systems of files, and the way from them to longitude and latitude.

import type { Position } from 'geojson';

import type { Said } from './layer.ts';

export interface Way {
  readonly move: ((at: Position) => Position) | null; // null: the file has degrees
  readonly notes: readonly Said[];
}

const ELLIPSOID = '+a=6378137 +rf=298.257222101 +no_defs';

/** The definition behind an EPSG code; '' for degrees; null for codes that are not known here. */
export function definitionOf(code: number): string | null {
  if ([4326, 4490, 4979, 4480, 84, 4258, 4269].includes(code)) return '';
  const strip = (meridian: number, easting: number): string => `+proj=tmerc +lat_0=0 +lon_0=${meridian} +k=1 +x_0=${easting} +y_0=0 ${ELLIPSOID}`;
  // CGCS2000 (EPSG 4491–4554): 6° and 3° Gauss–Krüger strips, with the zone's number before the easting and without.
  if (code >= 4491 && code <= 4501) return strip((code - 4491) * 6 + 75, (code - 4491 + 13) * 1e6 + 500_000);
  if (code >= 4502 && code <= 4512) return strip((code - 4502) * 6 + 75, 500_000);
  if (code >= 4513 && code <= 4533) return strip((code - 4513) * 3 + 75, (code - 4513 + 25) * 1e6 + 500_000);
  if (code >= 4534 && code <= 4554) return strip((code - 4534) * 3 + 75, 500_000);
  if (code === 3857 || code === 900913) return '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +no_defs';
  if (code > 32600 && code <= 32660) return `+proj=utm +zone=${code - 32600} +datum=WGS84 +no_defs`;
  if (code > 32700 && code <= 32760) return `+proj=utm +zone=${code - 32700} +south +datum=WGS84 +no_defs`;
  return null;
}

/**
 * The way from a reference system that a file names: `EPSG:…`, `urn:…:CRS84`, or the text of a .prj. Null where it cannot be
 * understood. Datums other than CGCS2000 and WGS 84 (decimetres apart) are told, not converted: parameters are not public.
 */
export async function wayFrom(said: string): Promise<Way | null> {
  if (/CRS:?84$/i.test(said)) return { move: null, notes: [] };
  const code = Number(/^(?:urn:ogc:def:crs:)?EPSG:(?:[\d.]*:)?(\d+)$/i.exec(said.trim())?.[1] ?? NaN);
  if (!Number.isNaN(code)) {
    const definition = definitionOf(code);
    return definition === null ? null : definition === '' ? { move: null, notes: [] } : { move: await mover(definition), notes: [{ key: 'projected', values: { name: `EPSG:${code}` } }] };
  }
  const name = /^\s*(?:PROJCS|GEOGCS|PROJCRS|GEOGCRS|GEODCRS)\s*\[\s*"([^"]*)"/i.exec(said)?.[1] ?? said.slice(0, 60);
  const old = /beijing/i.test(said) ? '北京 54（Beijing 1954）' : /xian|西安/i.test(said) ? '西安 80（Xian 1980）' : null;
  const notes: Said[] = old ? [{ key: 'otherDatum', values: { name: old } }] : [];
  if (/^\s*(GEOGCS|GEOGCRS|GEODCRS)/i.test(said)) return { move: null, notes };
  if (!/^\s*(PROJCS|PROJCRS)/i.test(said)) return null;
  try {
    return { move: await mover(said), notes: [{ key: 'projected', values: { name } }, ...notes] };
  } catch {
    return null;
  }
}

/** The way that coordinates themselves suggest; null where they are neither degrees nor Gauss–Krüger. `own`: the city's central meridian. */
export async function wayGuessed(samples: readonly Position[], own: number): Promise<Way | null> {
  if (samples.every(([x, y]) => Math.abs(x!) <= 180 && Math.abs(y!) <= 90)) return { move: null, notes: [] };
  if (samples.every(([x, y]) => Math.abs(y!) <= 180 && Math.abs(x!) <= 90)) return { move: ([y, x, ...rest]) => [x!, y!, ...rest], notes: [] };
  const northing = (value: number): boolean => value >= 400_000 && value < 6_500_000;
  const zoneOf = (value: number): number => Math.floor(value / 1e6);
  const easting = (value: number): boolean => (zoneOf(value) === 0 || (zoneOf(value) >= 13 && zoneOf(value) <= 45)) && value % 1e6 > 100_000 && value % 1e6 < 900_000;
  // Chinese surveyors write X for north: both orders occur. A northing has a million at least anywhere in the country.
  const orders = [[0, 1], [1, 0]] as const;
  const order = orders.find(([e, n]) => samples.every((at) => easting(at[e]!) && northing(at[n]!) && at[n]! >= 1e6));
  if (!order) return null;
  const [e, n] = order;
  const zones = new Set(samples.map((at) => zoneOf(at[e]!)));
  if (zones.size !== 1) return null;
  const zone = [...zones][0]!;
  const wide = zone >= 13 && zone <= 23;
  const meridian = zone === 0 ? own : wide ? zone * 6 - 3 : zone * 3;
  const move = await mover(`+proj=tmerc +lat_0=0 +lon_0=${meridian} +k=1 +x_0=${zone * 1e6 + 500_000} +y_0=0 ${ELLIPSOID}`);
  return { move: (at) => [...move([at[e]!, at[n]!]), ...at.slice(2)], notes: [{ key: 'assumedStrip', values: { width: wide ? 6 : 3, meridian } }] };
}

async function mover(definition: string): Promise<(at: Position) => Position> {
  const { default: proj4 } = await import('proj4');
  const way = proj4(definition, `+proj=longlat ${ELLIPSOID}`);
  return ([x, y, ...rest]) => [...(way.forward([x!, y!]) as [number, number]), ...rest];
}
