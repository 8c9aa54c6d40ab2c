// An opened file on the map.

import type { Feature } from 'geojson';
import type { ExpressionSpecification, LngLatBoundsLike, Map as MapLibre, PointLike } from 'maplibre-gl';

import type { FileLayer } from '../../core/files/layer.ts';
import { boundsOf } from '../../core/files/layer.ts';
import { labelFont } from '../../core/label-font.ts';

export interface Look {
  readonly visible: boolean;
  readonly colour: string;
  readonly opacity: number;
  readonly label: string | null; // a field
}

export interface MapLayer {
  look(look: Look): void;
  /** The row of the feature at a place of the screen; null where there is none. */
  rowAt(point: { readonly x: number; readonly y: number }, reach: number): number | null;
  /** Mark the feature of a row; null marks none. */
  mark(row: number | null): void;
  remove(): void;
}

const MARK = '#d3342b';

export function mapLayer(map: MapLibre, id: string, layer: FileLayer): MapLayer {
  if (layer.kind === 'image') {
    const url = URL.createObjectURL(layer.picture);
    map.addSource(id, { type: 'image', url, coordinates: layer.corners.map(([lng, lat]) => [lng, lat]) as [[number, number], [number, number], [number, number], [number, number]] });
    map.addLayer({ id, type: 'raster', source: id, paint: { 'raster-fade-duration': 0 } });
    return {
      look({ visible, opacity }) {
        map.setLayoutProperty(id, 'visibility', visible ? 'visible' : 'none');
        map.setPaintProperty(id, 'raster-opacity', opacity);
      },
      rowAt: () => null,
      mark: () => undefined,
      remove() {
        map.removeLayer(id);
        map.removeSource(id);
        URL.revokeObjectURL(url);
      },
    };
  }
  const only = (...types: readonly string[]): ExpressionSpecification => ['in', ['geometry-type'], ['literal', [...types]]];
  const none: ExpressionSpecification = ['==', ['id'], -1];
  const layers = ['fill', 'line', 'point', 'label', 'mark-line', 'mark-point'].map((part) => `${id}-${part}`);
  const [fill, line, point, label, markLine, markPoint] = layers as [string, string, string, string, string, string];
  map.addSource(id, { type: 'geojson', tolerance: 0.3, data: { type: 'FeatureCollection', features: layer.features.map((feature, row): Feature => ({ ...feature, id: row })) } });
  map.addLayer({ id: fill, type: 'fill', source: id, filter: only('Polygon') });
  map.addLayer({ id: line, type: 'line', source: id, filter: only('LineString', 'Polygon'), layout: { 'line-join': 'round' }, paint: { 'line-width': 2 } });
  map.addLayer({ id: point, type: 'circle', source: id, filter: only('Point'), paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 3, 14, 6], 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } });
  map.addLayer({ id: markLine, type: 'line', source: id, filter: none, paint: { 'line-color': MARK, 'line-width': 4 } });
  map.addLayer({ id: markPoint, type: 'circle', source: id, filter: none, paint: { 'circle-radius': 11, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': MARK, 'circle-stroke-width': 3 } });
  map.addLayer({ id: label, type: 'symbol', source: id, layout: { ...labelFont(map), 'text-size': 12, 'text-variable-anchor': ['left', 'right', 'top', 'bottom'], 'text-radial-offset': 0.8 }, paint: { 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 } });
  return {
    look({ visible, colour, opacity, label: field }) {
      for (const one of layers) map.setLayoutProperty(one, 'visibility', visible ? 'visible' : 'none');
      const paint = [[fill, 'fill-color', colour], [fill, 'fill-opacity', 0.25 * opacity], [line, 'line-color', colour], [line, 'line-opacity', opacity], [point, 'circle-color', colour], [point, 'circle-opacity', opacity], [point, 'circle-stroke-opacity', opacity], [label, 'text-color', '#22302b'], [label, 'text-opacity', opacity]] as const;
      for (const [one, name, value] of paint) map.setPaintProperty(one, name, value);
      map.setLayoutProperty(label, 'text-field', field === null ? '' : ['to-string', ['get', field]]);
    },
    rowAt({ x, y }, reach) {
      const box: [PointLike, PointLike] = [[x - reach, y - reach], [x + reach, y + reach]];
      const [found] = map.queryRenderedFeatures(box, { layers: [point, line] });
      const [inside] = found ? [found] : map.queryRenderedFeatures([x, y], { layers: [fill] });
      return typeof inside?.id === 'number' ? inside.id : null;
    },
    mark(row) {
      map.setFilter(markLine, row === null ? none : ['all', ['==', ['id'], row], only('LineString', 'Polygon')]);
      map.setFilter(markPoint, row === null ? none : ['all', ['==', ['id'], row], only('Point')]);
    },
    remove() {
      for (const one of layers) map.removeLayer(one);
      map.removeSource(id);
    },
  };
}

/** Bounds that a map can be fitted to, of one feature or of all. */
export function boundsToFit(layer: FileLayer, row: number | null): LngLatBoundsLike {
  const [west, south, east, north] = (row !== null && layer.kind === 'features' ? boundsOf([layer.features[row]!]) : null) ?? layer.bounds;
  return [[west, south], [east, north]];
}
