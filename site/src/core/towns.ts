// The towns of a city, from its layer of administrative areas: their names at once, their borders when somebody needs them.

import type { Geometry } from 'geojson';

import { areaOf, boxArea, type Area, type Polygon } from './area.ts';
import type { Dataset, DatasetLayer, Language } from './catalog.ts';
import type { City } from './city.ts';
import { featuresIn, type Reading, type TileFeature } from './tiles.ts';

export const DISTRICTS = 'BOUA'; // styles/README.md

export interface Town {
  readonly id: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface TownArea extends Town {
  readonly geometry: Geometry;
  readonly area: Area;
}

type Watched = Pick<Reading, 'signal' | 'onProgress'>;

export interface Towns {
  readonly dataset: Dataset;
  list(signal?: AbortSignal): Promise<readonly Town[]>;
  /** One town with its border as the last zoom has it. */
  one(id: string, watched?: Watched): Promise<TownArea | null>;
  all(watched?: Watched): Promise<readonly TownArea[]>;
}

const ROUGH = 4; // zooms above the first one: enough for names, and few tiles
const MARGIN = 0.01; // degrees around a rough border within which the true one lies

/** The towns of a city, or null where it publishes no such areas. */
export function townsOf(city: City, language: Language): Towns | null {
  const dataset = city.catalog.datasets.find(({ layers }) => layers.some(({ layer, geometry }) => layer === DISTRICTS && geometry === 'polygon'));
  const layer = dataset?.layers.find((one) => one.layer === DISTRICTS) as (DatasetLayer & { layer: string }) | undefined;
  const file = city.catalog.archives.find(({ id }) => id === layer?.archive);
  if (!dataset || !layer || !file) return null;
  const everywhere = boxArea(file.bounds ?? city.catalog.bounds);
  const archive = city.archive(file);
  let rough: Promise<readonly TileFeature[]> | null = null;
  let exact: Promise<readonly TownArea[]> | null = null;
  const readRough = (): Promise<readonly TileFeature[]> => {
    rough ??= featuresIn(archive, [DISTRICTS], everywhere, { part: 'whole', zoom: Math.min(layer.min_zoom + ROUGH, layer.max_zoom) }).then(lowest).catch((error: unknown) => {
      rough = null;
      throw error;
    });
    return rough;
  };
  const town = ({ id, properties }: TileFeature): Town => ({ id: String(id), name: nameOf(properties, language), properties });
  const withArea = (feature: TileFeature): TownArea => ({ ...town(feature), geometry: feature.geometry, area: areaOf(polygonsOf(feature.geometry)) });
  return {
    dataset,
    async list() {
      return (await readRough()).map(town).sort((a, b) => code(a) - code(b) || a.name.localeCompare(b.name, 'zh-CN'));
    },
    async one(id, watched) {
      if (exact) return (await exact).find((each) => each.id === id) ?? null;
      const known = (await readRough()).find((feature) => String(feature.id) === id);
      if (!known) return null;
      const [west, south, east, north] = areaOf(polygonsOf(known.geometry)).bounds;
      const around = boxArea([west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN]);
      const [found] = await featuresIn(archive, [DISTRICTS], around, { ...watched, part: 'whole', zoom: layer.max_zoom, only: (_, __, other) => String(other) === id });
      return found ? withArea(found) : null;
    },
    async all(watched) {
      exact ??= Promise.all([readRough(), featuresIn(archive, [DISTRICTS], everywhere, { ...watched, part: 'whole', zoom: layer.max_zoom })]).then(([known, found]) => {
        const ids = new Set(known.map(({ id }) => id));
        return found.filter(({ id }) => ids.has(id)).map(withArea).sort((a, b) => code(a) - code(b));
      });
      exact.catch(() => (exact = null));
      return exact;
    },
  };
}

export function polygonsOf(geometry: Geometry): readonly Polygon[] {
  if (geometry.type === 'Polygon') return [geometry.coordinates as unknown as Polygon];
  return geometry.type === 'MultiPolygon' ? (geometry.coordinates as unknown as Polygon[]) : [];
}

/** Of areas of several levels those of the level that has the most of them: a city has more towns than districts. */
function lowest(features: readonly TileFeature[]): readonly TileFeature[] {
  const counts = new Map<unknown, number>();
  for (const { properties } of features) counts.set(properties['LEVEL'], (counts.get(properties['LEVEL']) ?? 0) + 1);
  const [level] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [undefined];
  return features.filter(({ properties }) => properties['LEVEL'] === level);
}

function nameOf(properties: Readonly<Record<string, unknown>>, language: Language): string {
  const { NAME, PINYIN } = properties;
  return String((language === 'en' && PINYIN) || NAME || PINYIN || properties['PAC'] || '');
}

function code({ properties }: Town): number {
  return Number(properties['PAC'] ?? properties['ID'] ?? 0);
}
