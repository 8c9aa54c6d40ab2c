// A published city: its catalogue, its style, how its server is doing, and the readers of its archives.

import type { StyleSpecification } from 'maplibre-gl';
import type { PMTiles } from 'pmtiles';

import { archives } from './archives.ts';
import { noCache, rangeCache } from './cache.ts';
import { mapFlavours, readJson, type Archive, type Catalog } from './catalog.ts';
import { health, type Health } from './health.ts';
import type { Fault } from './probe.ts';
import { ArchiveFault } from './range-source.ts';
import { rastersOf, type Rasters } from './rasters.ts';
import { resolveStyle } from './style.ts';
import { elevations } from './terrain-archive.ts';
import { tellWithdrawn } from './withdrawn.ts';

export interface City {
  readonly catalog: Catalog;
  readonly flavour: string; // id of the style
  readonly style: StyleSpecification; // its addresses absolute
  readonly rasters: Rasters;
  readonly health: Health; // an archive that nobody has asked for yet passes for sound
  readonly faults: ReadonlyMap<string, Fault>; // archive id → why it cannot be read, as far as that is known now
  /** The absolute address of a file of the published folder. */
  address(file: string): string;
  archive(archive: Archive): PMTiles;
  /** The height of a place in metres; null where none is known. Null as a whole for a city without heights. */
  readonly heightAt: ((lng: number, lat: number) => Promise<number | null>) | null;
}

/**
 * Read the catalogue of the folder published at `root` (an absolute address that ends in `/`), the style `flavour` if it is
 * one of the drawn map, else the first one, and the head of the first archive, the city's base map: all that a first map
 * needs. Archives are asked for when they are needed. Throws when catalogue or style cannot be read; what is wrong with the
 * archive is in `faults`.
 */
export async function openCity(root: string, flavour: string | null = null, server: Health = health()): Promise<City> {
  const address = (file: string): string => new URL(file, root).href;
  const cache = /^https?:/.test(root) ? rangeCache() : noCache; // opens while the catalogue comes
  const catalog = await readJson<Catalog>(address('catalog.json'));
  const entry = mapFlavours(catalog).find(({ id }) => id === flavour) ?? catalog.styles[0];
  if (!entry) throw new Error('catalog.json: styles: []');
  const readers = archives(server, cache);
  const withdrawn = tellWithdrawn(server, catalog, address('metadata/withdrawn.json'));
  const archive = (one: Archive): PMTiles => readers.at(one, address(one.file));
  const [style] = await Promise.all([
    readJson<StyleSpecification>(address(entry.href)).then((read) => withTiles(resolveStyle(read, address(entry.href)), catalog, address)),
    catalog.archives[0] && opened(catalog.archives[0], archive(catalog.archives[0]), server, address),
  ]);
  await withdrawn(); // the base map itself, perhaps
  const rasters = rastersOf(catalog);
  return {
    catalog, flavour: entry.id, style, rasters, health: server, address, archive,
    get faults() {
      return server.now.faults;
    },
    heightAt: rasters.terrain ? elevations(rasters.terrain, archive(rasters.terrain)) : null,
  };
}

/** The fault that leaves nothing to show: that of the first archive, the city's base map. */
export function fatal({ catalog, faults }: Pick<City, 'catalog' | 'faults'>): Fault | null {
  return faults.get(catalog.archives[0]?.id ?? '') ?? null;
}

/** Read the head of an archive; a server that does not answer is a fault as well. */
async function opened(archive: Archive, reader: PMTiles, server: Health, address: (file: string) => string): Promise<void> {
  try {
    await reader.getHeader();
  } catch (error) {
    if (error instanceof ArchiveFault) return;
    const found = error instanceof Error ? error.message : String(error);
    server.fail(archive.id, { kind: 'network', address: address(archive.file), server: '', found, expected: '206' });
  }
}

/**
 * A copy of the style whose sources say themselves what their archives hold, from the catalogue: with an address alone
 * MapLibre would read the head of every archive before the first tile, of those that nobody switches on as well.
 */
export function withTiles(style: StyleSpecification, catalog: Catalog, address: (file: string) => string): StyleSpecification {
  const archives = new Map(catalog.archives.map((archive) => [`pmtiles://${address(archive.file)}`, archive]));
  const sources = Object.entries(style.sources).map(([id, source]) => {
    const archive = 'url' in source && archives.get(String(source.url));
    if (!archive || archive.min_zoom === undefined || archive.max_zoom === undefined || !archive.bounds) return [id, source];
    const { url, ...rest } = source as { readonly url: string };
    return [id, { ...rest, tiles: [`${url}/{z}/{x}/{y}`], minzoom: archive.min_zoom, maxzoom: archive.max_zoom, bounds: [...archive.bounds] }];
  });
  return { ...style, sources: Object.fromEntries(sources) as StyleSpecification['sources'] };
}
