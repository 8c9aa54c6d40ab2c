// `pmtiles://` addresses for MapLibre: one handler for all maps of a page, with the readers of their cities.

import { addProtocol } from 'maplibre-gl';
import { Protocol } from 'pmtiles';

import type { City } from './city.ts';

let protocol: Protocol | null = null;

/** Let maps read the archives of a city through the city's own readers. */
export function offerArchives(city: Pick<City, 'catalog' | 'archive'>): void {
  if (!protocol) addProtocol('pmtiles', (protocol = new Protocol()).tile);
  for (const archive of city.catalog.archives) protocol.add(city.archive(archive));
}
