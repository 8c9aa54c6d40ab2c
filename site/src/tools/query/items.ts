// Features as a query lists them: with what they measure, and their fields as the catalogue tells of them.

import type { Geometry } from 'geojson';

import type { Area } from '../../core/area.ts';
import { breath } from '../../core/breath.ts';
import { inLanguage, type Dataset, type DatasetLayer, type Field, type Language } from '../../core/catalog.ts';
import type { City } from '../../core/city.ts';
import { areaOf, lengthOf, type Place } from '../../core/geodesy.ts';
import { simple } from '../../core/geojson-formats.ts';
import { featuresIn, type Reading, type TileFeature } from '../../core/tiles.ts';

export interface Item {
  readonly id: number | string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: Geometry;
  readonly metres: number; // of lines
  readonly squareMetres: number; // of areas
  readonly broken: boolean;
}

export interface Found {
  readonly dataset: Dataset;
  readonly items: readonly Item[];
}

/** A dataset's layer of vector tiles, or null: it has pixels only. */
export function vectorLayer(dataset: Dataset): (DatasetLayer & { readonly layer: string }) | null {
  return (dataset.layers.find(({ layer }) => layer !== null) as (DatasetLayer & { readonly layer: string }) | undefined) ?? null;
}

/** The features of some datasets in an area, in the order of the datasets; archives are read once for all of their datasets. */
export async function readItems(city: City, datasets: readonly Dataset[], area: Area, reading: Pick<Reading, 'part' | 'signal' | 'onProgress'>): Promise<Found[]> {
  const groups = new Map<string, { readonly archive: string; readonly zoom: number; readonly layers: string[] }>();
  for (const dataset of datasets) {
    const layer = vectorLayer(dataset);
    if (!layer) continue;
    const key = `${layer.archive} ${layer.max_zoom}`;
    const group = groups.get(key) ?? { archive: layer.archive, zoom: layer.max_zoom, layers: [] };
    groups.set(key, group);
    group.layers.push(layer.layer);
  }
  const told = new Map<string, readonly [number, number]>();
  const features = new Map<string, TileFeature[]>();
  for (const [key, { archive, zoom, layers }] of groups) {
    const file = city.catalog.archives.find(({ id }) => id === archive);
    if (!file) continue;
    const found = await featuresIn(city.archive(file), layers, area, {
      ...reading, zoom,
      onProgress(done, total) {
        told.set(key, [done, total]);
        const sums = [...told.values()].reduce(([a, b], [c, d]) => [a + c, b + d] as const, [0, 0] as const);
        reading.onProgress?.(...sums);
      },
    });
    for (const feature of found) {
      const known = features.get(`${archive} ${feature.layer}`);
      if (known) known.push(feature);
      else features.set(`${archive} ${feature.layer}`, [feature]);
    }
  }
  const rest = breath(reading.signal);
  const out: Found[] = [];
  for (const dataset of datasets) {
    const layer = vectorLayer(dataset);
    if (!layer) continue;
    const items: Item[] = [];
    for (const feature of features.get(`${layer.archive} ${layer.layer}`) ?? []) {
      items.push(itemOf(feature));
      await rest();
    }
    out.push({ dataset, items });
  }
  return out;
}

export function itemOf({ id, properties, geometry, broken }: TileFeature): Item {
  let [metres, squareMetres] = [0, 0];
  for (const part of simple(geometry)) {
    if (part.type === 'LineString') metres += lengthOf(part.coordinates as unknown as Place[]);
    else if (part.type === 'Polygon') squareMetres += areaOf(part.coordinates as unknown as Place[][]);
  }
  return { id, properties, geometry, metres, squareMetres, broken };
}

/** The fields that some of the items have: those of the catalogue in its order, then whatever else tiles carry. */
export function fieldsOf({ dataset, items }: Found): readonly Field[] {
  const used = new Set(items.flatMap(({ properties }) => Object.keys(properties)));
  const known = new Set(dataset.fields.map(({ name }) => name));
  const more = [...used].filter((name) => !known.has(name)).sort();
  return [...dataset.fields.filter(({ name }) => used.has(name)), ...more.map((name): Field => ({ name, title: {}, type: guess(items, name), unit: null }))];
}

export function titleOf(field: Field, language: Language): string {
  return inLanguage(field.title, language) || field.name;
}

/** Whether sums and means of a field mean something: numbers that are no codes, keys or yes and no. */
export function isQuantity(field: Field): boolean {
  return ['integer', 'number'].includes(field.type) && !field.domain && !/^(ID|GB|PAC|GNID|OBJECTID|FID|.*_ID)$/i.test(field.name);
}

function guess(items: readonly Item[], name: string): string {
  const value = items.find(({ properties }) => properties[name] !== undefined)?.properties[name];
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string';
}
