// The planned area on the map, and what is there, does not do, or is missing in it.

import type { Feature as GeoJsonFeature, Geometry } from 'geojson';
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';

import type { ThemeMatch } from './assess.ts';
import { boxes, without, type Cells } from './cells.ts';
import { latitude, longitude, type Position } from './grid.ts';
import type { Polygon } from './shapes.ts';

const SOURCE = 'longquan-check';
const COLOURS = { right: '#2f8f6b', unfit: '#d99a00', gap: '#c8372b' } as const;
export type Kind = keyof typeof COLOURS;

type Feature = GeoJsonFeature<Geometry, { kind: Kind | 'outline' }>;

export interface Drawn {
  show(area: readonly Polygon[], theme: ThemeMatch | null): void;
  /** While the reader draws: the corners so far and where the pointer is. */
  sketch(corners: readonly Position[], pointer: Position | null): void;
  clear(): void;
}

export function drawn(map: MapLibre): Drawn {
  const set = (features: readonly Feature[]): void => {
    if (!map.getSource(SOURCE)) add(map);
    map.getSource<GeoJSONSource>(SOURCE)!.setData({ type: 'FeatureCollection', features: [...features] });
  };
  return {
    show(area, theme) {
      const parts = theme ? [filled('right', theme.right), filled('unfit', theme.unfit), filled('gap', without(theme.gap, theme.unfit))] : [];
      set([...parts, feature('outline', { type: 'MultiPolygon', coordinates: area.map((rings) => rings.map((ring) => ring.map((at) => [...at]))) })]);
    },
    sketch(corners, pointer) {
      const line = [...corners, ...(pointer ? [pointer] : []), ...(corners.length > 1 || pointer ? [corners[0]!] : [])];
      set(corners.length === 0 ? [] : [
        feature('outline', { type: 'LineString', coordinates: line.map((at) => [...at]) }),
        feature('outline', { type: 'MultiPoint', coordinates: corners.map((at) => [...at]) }),
      ]);
    },
    clear() {
      if (map.getSource(SOURCE)) set([]);
    },
  };
}

function add(map: MapLibre): void {
  map.addSource(SOURCE, { type: 'geojson', data: { type: 'FeatureCollection', features: [] }, tolerance: 0 });
  for (const [kind, colour] of Object.entries(COLOURS)) {
    // Without antialiasing no seam shows between the rectangles.
    map.addLayer({ id: `${SOURCE}-${kind}`, type: 'fill', source: SOURCE, filter: ['==', ['get', 'kind'], kind], paint: { 'fill-color': colour, 'fill-opacity': kind === 'gap' ? 0.42 : 0.34, 'fill-antialias': false } });
  }
  const outline = ['==', ['get', 'kind'], 'outline'] as ['==', ['get', string], string];
  map.addLayer({ id: `${SOURCE}-halo`, type: 'line', source: SOURCE, filter: outline, paint: { 'line-color': '#ffffff', 'line-width': 5, 'line-opacity': 0.85 } });
  map.addLayer({ id: `${SOURCE}-line`, type: 'line', source: SOURCE, filter: outline, paint: { 'line-color': '#1d2b52', 'line-width': 2.2 } });
  map.addLayer({ id: `${SOURCE}-corner`, type: 'circle', source: SOURCE, filter: ['all', outline, ['==', ['geometry-type'], 'Point']], paint: { 'circle-radius': 5, 'circle-color': '#ffffff', 'circle-stroke-color': '#1d2b52', 'circle-stroke-width': 2 } });
}

function filled(kind: Kind, cells: Cells): Feature {
  const coordinates = boxes(cells).map((box) => {
    const [west, east, north, south] = [longitude(box.west), longitude(box.east), latitude(box.north), latitude(box.south)];
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]];
  });
  return feature(kind, { type: 'MultiPolygon', coordinates });
}

function feature(kind: Kind | 'outline', geometry: Geometry): Feature {
  return { type: 'Feature', properties: { kind }, geometry };
}
