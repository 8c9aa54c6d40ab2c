// What lies at a place, read from the tiles at their last zoom; no map is needed.

import { areaOf, boxArea, type Polygon } from './area.ts';
import { type Catalog, type Dataset } from './catalog.ts';
import type { City } from './city.ts';
import { featuresIn, type TileFeature } from './tiles.ts';

export interface AtPlace {
  readonly dataset: Dataset;
  readonly feature: TileFeature;
}

const METRES_PER_DEGREE = 111_320; // at the equator; along meridians within 0.6 %

/**
 * The features of datasets at a place, points before lines before areas: points and lines that come within `metres`,
 * areas only where the place lies inside. Throws what reading an archive throws.
 */
export async function featuresAt(city: Pick<City, 'catalog' | 'archive'>, [lng, lat]: readonly [number, number], metres: number, wanted: (dataset: Dataset) => boolean = () => true): Promise<readonly AtPlace[]> {
  const high = metres / METRES_PER_DEGREE;
  const wide = high / Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  const area = boxArea([lng - wide, lat - high, lng + wide, lat + high]);
  const found = await Promise.all(layersOf(city.catalog, wanted).map(async ([archive, layers]) => {
    const read = await featuresIn(city.archive(archive), [...layers.keys()], area, { part: 'inside' });
    return read.filter(({ geometry }) => holds(geometry, lng, lat)).map((feature): AtPlace => ({ dataset: layers.get(feature.layer)!, feature }));
  }));
  return found.flat().sort((a, b) => rank(a) - rank(b));
}

/** Vector archives with the layers wanted from them. */
function layersOf(catalog: Catalog, wanted: (dataset: Dataset) => boolean): [Catalog['archives'][number], Map<string, Dataset>][] {
  return catalog.archives.filter(({ type }) => type !== 'raster').flatMap((archive): [Catalog['archives'][number], Map<string, Dataset>][] => {
    const layers = new Map(catalog.datasets.filter(wanted).flatMap((dataset) =>
      dataset.layers.flatMap(({ archive: id, layer }) => (id === archive.id && layer !== null ? [[layer, dataset] as const] : []))));
    return layers.size > 0 ? [[archive, layers]] : [];
  });
}

function holds(geometry: TileFeature['geometry'], lng: number, lat: number): boolean {
  if (geometry.type === 'Polygon') return areaOf([geometry.coordinates as unknown as Polygon]).contains(lng, lat);
  if (geometry.type === 'MultiPolygon') return areaOf(geometry.coordinates as unknown as Polygon[]).contains(lng, lat);
  return true;
}

function rank({ feature: { geometry } }: AtPlace): number {
  if (geometry.type.endsWith('Point')) return 0;
  return geometry.type.endsWith('LineString') ? 1 : 2;
}
