// What a city has in pixels: its imagery, its heights, and what was drawn from them. From the catalogue alone.

import type { Archive, Catalog, Product } from './catalog.ts';

export const BASES = ['map', 'imagery', 'hybrid', 'terrain'] as const;
export type Base = (typeof BASES)[number];

export const SHADES = ['hillshade', 'slope', 'aspect'] as const;
export type Shade = (typeof SHADES)[number];

/** One picture of the ground, at one date or at several, the oldest first. */
export interface Imagery {
  readonly id: string;
  readonly epochs: readonly Archive[];
}

export interface Rasters {
  readonly imagery: readonly Imagery[];
  readonly terrain: Archive | null; // heights, for shading, tinting, 3D and questions
  readonly bases: readonly Base[]; // that there is something for; one alone is no choice
  readonly shades: readonly Shade[];
}

/** The rasters of a catalogue whose archives can be read. */
export function rastersOf(catalog: Catalog, unreadable: ReadonlySet<string> = new Set()): Rasters {
  const archives = catalog.archives.filter((archive) => !unreadable.has(archive.id));
  const has = (product: Product): boolean => archives.some((archive) => archive.product === product);
  const imagery = imageryOf(archives);
  const terrain = archives.find((archive) => archive.product === 'terrain' && archive.encoding) ?? null;
  return {
    imagery,
    terrain,
    bases: BASES.filter((base) => base === 'map' || (base === 'terrain' ? terrain !== null || has('tint') : imagery.length > 0)),
    shades: SHADES.filter((shade) => has(shade) || (shade === 'hillshade' && terrain !== null)),
  };
}

/** Imagery in the order of the catalogue; archives of one series are the epochs of one, by date. */
function imageryOf(archives: readonly Archive[]): readonly Imagery[] {
  const sets = new Map<string, Archive[]>();
  for (const archive of archives.filter(({ product }) => product === 'imagery')) {
    const key = archive.series ? `series ${archive.series}` : archive.id;
    sets.set(key, [...(sets.get(key) ?? []), archive]);
  }
  return [...sets.values()].map((epochs) => ({
    id: epochs[0]!.series ?? epochs[0]!.id,
    epochs: epochs.sort((a, b) => compare(a.date ?? '', b.date ?? '') || compare(a.id, b.id)),
  }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The base map to begin with: the one asked for where there is it, else the map, else imagery where no map is drawn. */
export function chooseBase(rasters: Rasters, asked: string | null, drawn: boolean): Base {
  return rasters.bases.find((base) => base === asked) ?? (!drawn && rasters.imagery.length > 0 ? 'imagery' : 'map');
}

/** The epoch of a date; of one in between the last before it, as imagery stays true until the next; else the newest. */
export function chooseEpoch(imagery: Imagery, date: string | null): number {
  const { epochs } = imagery;
  if (!date) return epochs.length - 1;
  const after = epochs.findIndex((epoch) => (epoch.date ?? '') > date && !(epoch.date ?? '').startsWith(date));
  return after < 0 ? epochs.length - 1 : Math.max(0, after - 1);
}
