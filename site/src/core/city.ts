// A published city: its catalogue, what of it the server can serve, and the readers of its archives.

import type { StyleSpecification } from 'maplibre-gl';
import type { PMTiles } from 'pmtiles';

import { archives } from './archives.ts';
import { readJson, type Archive, type Catalog } from './catalog.ts';
import { probe, type Fault } from './probe.ts';
import { rastersOf, type Rasters } from './rasters.ts';
import { resolveStyle } from './style.ts';
import { elevations } from './terrain-archive.ts';

export interface City {
  readonly catalog: Catalog;
  readonly style: StyleSpecification; // its addresses absolute
  readonly rasters: Rasters; // those that can be read
  readonly faults: ReadonlyMap<string, Fault>; // archive id → why it cannot be read
  /** The absolute address of a file of the published folder. */
  address(file: string): string;
  archive(archive: Archive): PMTiles;
  /** The height of a place in metres; null where none is known. Null as a whole for a city without heights. */
  readonly heightAt: ((lng: number, lat: number) => Promise<number | null>) | null;
}

/**
 * Read the catalogue of the folder published at `root` (an absolute address that ends in `/`) and the style `flavour`, else
 * the first one, and ask the server once for each archive. Throws when catalogue or style cannot be read.
 */
export async function openCity(root: string, flavour: string | null = null): Promise<City> {
  const address = (file: string): string => new URL(file, root).href;
  const catalog = await readJson<Catalog>(address('catalog.json'));
  const entry = catalog.styles.find(({ id }) => id === flavour) ?? catalog.styles[0];
  if (!entry) throw new Error('catalog.json: styles: []');
  const [style, found] = await Promise.all([
    readJson<StyleSpecification>(address(entry.href)).then((read) => resolveStyle(read, address(entry.href))),
    Promise.all(catalog.archives.map((archive) => probe(address(archive.file), archive.bytes))),
  ]);
  const faults = new Map(catalog.archives.flatMap(({ id }, i) => (found[i] ? [[id, found[i]] as const] : [])));
  const rasters = rastersOf(catalog, new Set(faults.keys()));
  const readers = archives();
  const archive = ({ file }: Archive): PMTiles => readers.at(address(file));
  return { catalog, style, rasters, faults, address, archive, heightAt: rasters.terrain ? elevations(rasters.terrain, archive(rasters.terrain)) : null };
}

/** The fault that leaves nothing to show: one of the server, or of the first archive, the city's base map. */
export function fatal({ catalog, faults }: Pick<City, 'catalog' | 'faults'>): Fault | null {
  const ofServer = [...faults.values()].find(({ kind }) => kind === 'range' || kind === 'encoding');
  return ofServer ?? faults.get(catalog.archives[0]?.id ?? '') ?? null;
}
