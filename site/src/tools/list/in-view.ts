// The features a map draws, each once, by dataset, the nearest to a place first. No DOM in here.

import type { Geometry } from 'geojson';

import type { Catalog, Dataset } from '../../core/catalog.ts';
import { collect, type Rendered } from '../../core/identify.ts';
import { away, placeOn, type Position } from '../../core/place-on.ts';

export interface Seen extends Rendered {
  readonly geometry: Geometry;
}

/** A feature, and the place on it that is nearest to the centre. */
export interface Listed<F extends Seen = Seen> {
  readonly dataset: Dataset;
  readonly feature: F;
  readonly at: Position;
}

export interface Group<F extends Seen = Seen> {
  readonly dataset: Dataset;
  readonly features: readonly Listed<F>[];
}

/** Datasets in the order of the catalogue; pieces that tiles have cut count as the one feature they are. */
export function inView<F extends Seen>(drawn: readonly F[], catalog: Catalog, centre: Position): readonly Group<F>[] {
  const pieces = new Map<string, F[]>();
  const key = (dataset: string, feature: F): string => `${dataset} ${String(feature.id ?? feature.properties['ID'] ?? JSON.stringify(feature.properties))}`;
  const owner = (feature: F): string => (feature.layer.metadata as Record<string, string> | undefined)?.['longquan:dataset'] ?? '';
  for (const feature of drawn) {
    const known = pieces.get(key(owner(feature), feature));
    if (known) known.push(feature);
    else pieces.set(key(owner(feature), feature), [feature]);
  }
  const groups = new Map<string, Listed<F>[]>();
  for (const { dataset, feature } of collect(drawn, catalog)) {
    const own = (pieces.get(key(dataset.id, feature)) ?? []).filter(({ geometry }) => geometry.type === feature.geometry.type || kind(geometry) === kind(feature.geometry));
    const at = own.map(({ geometry }) => placeOn(geometry, centre)).reduce((best, one) => (away(one, centre) < away(best, centre) ? one : best));
    groups.set(dataset.id, [...(groups.get(dataset.id) ?? []), { dataset, feature, at }]);
  }
  return catalog.datasets.flatMap((dataset) => {
    const features = groups.get(dataset.id);
    return features ? [{ dataset, features: features.sort((a, b) => away(a.at, centre) - away(b.at, centre)) }] : [];
  });
}

function kind(geometry: Geometry): string {
  return geometry.type.replace('Multi', '');
}

/** One of the eight winds: 0 north, 1 north-east … 7 north-west. */
export function windOf(bearing: number): 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 {
  return (Math.round(bearing / 45) % 8) as 0;
}

/** A length as people say it: 5 m, 120 m, 1.4 km, 12 km. */
export function rounded(metres: number): { readonly unit: 'metres' | 'kilometres'; readonly value: string } {
  if (metres < 995) return { unit: 'metres', value: String(metres < 100 ? Math.round(metres) : Math.round(metres / 10) * 10) };
  return { unit: 'kilometres', value: (metres / 1000).toFixed(metres < 9950 ? 1 : 0) };
}
