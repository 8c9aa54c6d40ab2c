// What the map shows at a place of the screen, and where the feature lies that a link or a list names.

import type { Map as MapLibre, MapGeoJSONFeature, PointLike } from 'maplibre-gl';

import type { Catalog, Dataset } from '../../core/catalog.ts';
import { collect, type Found, type Rendered } from '../../core/identify.ts';
import type { Marked } from '../../core/selection.ts';
import { DATASET, datasetOf } from '../../core/style.ts';
import type { State } from '../../state/state.ts';

export type Shown = Rendered & Marked;
export type Reference = NonNullable<State['selected']>;

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

/** What a link calls a feature: by its id in the tiles, else by its own number; null for one that has neither. */
export function referenceOf({ dataset, feature }: Found): Reference | null {
  const id = feature.id ?? feature.properties['ID'];
  return id === undefined || id === null ? null : { dataset: dataset.id, id: String(id) };
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

export type Position = readonly [lng: number, lat: number];

/** A place on a feature, near another: that itself where it lies within an area, else the nearest corner. */
export function placeOn(geometry: GeoJSON.Geometry, near: Position): Position {
  if (geometry.type === 'GeometryCollection') return geometry.geometries.length > 0 ? placeOn(geometry.geometries[0]!, near) : near;
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  if (polygons.some((rings) => within(rings, near))) return near;
  const depth = { Point: 0, MultiPoint: 1, LineString: 1, MultiLineString: 2, Polygon: 2, MultiPolygon: 3 }[geometry.type];
  const corners = (depth === 0 ? [geometry.coordinates] : (geometry.coordinates as unknown[]).flat(depth - 1)) as Position[];
  return corners.reduce((best, corner) => (away(corner, near) < away(best, near) ? corner : best));
}

function away([x, y]: Position, [lng, lat]: Position): number {
  return Math.hypot((x - lng) * Math.cos((lat * Math.PI) / 180), y - lat);
}

/** Whether a place lies within rings, by counting how often a way out of it crosses them. */
function within(rings: readonly (readonly (readonly number[])[])[], [lng, lat]: Position): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[x1, y1], [x2, y2]] = [ring[i] as unknown as Position, ring[j] as unknown as Position];
      if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}
