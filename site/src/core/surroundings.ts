// Where a place lies: its town with the code, and the nearest address, read from the tiles whether the map shows them or not.

import { inLanguage, type DatasetLayer, type Language } from './catalog.ts';
import type { City } from './city.ts';

export interface Surroundings {
  readonly town: { readonly name: string; readonly code: string } | null;
  readonly address: { readonly text: string; readonly metres: number } | null;
}

const DISTRICTS = 'BOUA';
const ADDRESSES = 'AANP';
const REACH = 200; // metres to the nearest address
const DEGREE = 110_574; // metres of a degree of latitude at the equator, the shortest there is
const HERE = 0.5; // metres around a place: what lies there

/** What answers where a place lies; the code that reads tiles is loaded at the first question. */
export function surroundings(city: City, language: Language): (lng: number, lat: number) => Promise<Surroundings> {
  const districts = layerOf(city, DISTRICTS);
  const addresses = layerOf(city, ADDRESSES);
  return async (lng, lat) => {
    if (!districts && !addresses) return { town: null, address: null };
    const [{ featuresIn }, { boxArea }, { distance }] = await Promise.all([import('./tiles.ts'), import('./area.ts'), import('./geodesy.ts')]);
    const read = async (layer: DatasetLayer | null, reach: number): Promise<Awaited<ReturnType<typeof featuresIn>>> => {
      const archive = layer && city.catalog.archives.find(({ id }) => id === layer.archive);
      if (!archive || !layer.layer) return [];
      return featuresIn(city.archive(archive), [layer.layer], boxArea(boxAround(lng, lat, reach)), { part: 'inside' });
    };
    const [areas, doors] = await Promise.all([read(districts, HERE), read(addresses, REACH)]);
    const town = deepest(areas.map(({ properties }) => properties));
    const address = nearest(doors.flatMap(({ geometry, properties }) => {
      const [x, y] = geometry.type === 'Point' ? geometry.coordinates : [];
      return x === undefined || y === undefined ? [] : [{ text: addressText(properties), metres: distance([lng, lat], [x, y]) }];
    }), REACH);
    return { town: town && { name: nameIn(town, language), code: String(town['PAC'] ?? '') }, address };
  };

  function nameIn(properties: Readonly<Record<string, unknown>>, of: Language): string {
    return inLanguage({ zh: String(properties['NAME'] ?? ''), en: String(properties['PINYIN'] ?? properties['NAME'] ?? '') }, of);
  }
}

function layerOf({ catalog, faults }: City, name: string): DatasetLayer | null {
  return catalog.datasets.flatMap(({ layers }) => layers).find(({ layer, archive }) => layer === name && !faults.has(archive)) ?? null;
}

/** The meridians and parallels around a place that hold all within some metres. */
export function boxAround(lng: number, lat: number, metres: number): [west: number, south: number, east: number, north: number] {
  const [dy, dx] = [metres / DEGREE, metres / (DEGREE * Math.cos((lat * Math.PI) / 180))];
  return [lng - dx, lat - dy, lng + dx, lat + dy];
}

/** Of areas that lie within each other the smallest: the one with the longest code. */
export function deepest(areas: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> | null {
  const length = (area: Readonly<Record<string, unknown>>): number => String(area['PAC'] ?? '').replace(/0+$/, '').length;
  return areas.reduce<Readonly<Record<string, unknown>> | null>((best, area) => (best && length(best) >= length(area) ? best : area), null);
}

/** The nearest within reach that says anything. */
export function nearest<T extends { readonly text: string; readonly metres: number }>(doors: readonly T[], reach: number): T | null {
  return doors.filter(({ text, metres }) => text && metres <= reach).reduce<T | null>((best, door) => (best && best.metres <= door.metres ? best : door), null);
}

/** An address as its data has it: as a whole, else street and number. */
export function addressText(properties: Readonly<Record<string, unknown>>): string {
  const field = (name: string): string => String(properties[name] ?? '');
  return field('ADDRESS') || (field('STREET') && field('STREET') + (field('NUMBER') && `${field('NUMBER')}号`)) || field('NAME');
}
