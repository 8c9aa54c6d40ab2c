// What the map shows at a place of the screen, and where the feature lies that a link or a list names.

import type { Map as MapLibre, MapGeoJSONFeature, PointLike } from 'maplibre-gl';

import type { Catalog, Dataset } from './catalog.ts';
import { collect, type Found, type Rendered } from './identify.ts';
import { away, placeOn, type Position } from './place-on.ts';
import type { Marked } from './selection.ts';
import { DATASET, datasetOf } from './style.ts';

export type Shown = Rendered & Marked;

/** The features within reach of a point of the screen: points and lines near it, areas around it. */
export function whatIsAt(map: MapLibre, catalog: Catalog, point: { readonly x: number; readonly y: number }, reach: number): readonly Found<MapGeoJSONFeature>[] {
  const box: [PointLike, PointLike] = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
  const layers = map.getStyle().layers.filter((layer) => datasetOf(layer) && layer.type !== 'background').map((layer) => layer.id);
  const near = map.queryRenderedFeatures(box, { layers });
  const exact = new Set(map.queryRenderedFeatures([point.x, point.y], { layers }).filter(isArea).map(identity));
  // Points and lines within reach count; areas only where the place really lies inside.
  return collect(near.filter((feature) => !isArea(feature) || exact.has(identity(feature))), catalog);
}

function isArea(feature: MapGeoJSONFeature): boolean {
  return feature.geometry.type.endsWith('Polygon');
}

function identity(feature: MapGeoJSONFeature): string {
  const metadata = feature.layer.metadata as Record<string, string> | undefined;
  return `${metadata?.[DATASET] ?? ''} ${String(feature.id ?? JSON.stringify(feature.properties))}`;
}

/** The feature a link names, in the tiles that the map has right now, and a place on it; null while it has none. */
export function findIn(map: MapLibre, dataset: Dataset, id: string): { readonly found: Found<Shown>; readonly at: Position } | null {
  const { lng, lat } = map.getCenter();
  const same = ['any', ['==', ['id'], Number.isFinite(Number(id)) ? Number(id) : id], ['==', ['to-string', ['get', 'ID']], id]] as const;
  for (const { archive, layer } of dataset.layers) {
    if (layer === null || !map.getSource(archive)) continue;
    const pieces = map.querySourceFeatures(archive, { sourceLayer: layer, filter: same as never });
    const own = pieces.filter((piece) => String(piece.id) === id);
    const [first, ...rest] = own.length > 0 ? own : pieces;
    if (!first) continue;
    const at = [first, ...rest].map((piece) => placeOn(piece.geometry, [lng, lat])).reduce((best, one) => (away(one, [lng, lat]) < away(best, [lng, lat]) ? one : best));
    const { properties, geometry } = first;
    const feature: Shown = { id: first.id, properties, geometry, source: archive, sourceLayer: layer, layer: { metadata: { [DATASET]: dataset.id } } };
    return { found: { dataset, feature }, at };
  }
  return null;
}
