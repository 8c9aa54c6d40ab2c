// The drawing on the map: names always, shapes as long as no sketch draws them.

import type { Feature } from 'geojson';
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';

import { labelFont } from '../../core/label-font.ts';
import { labelPlace, type Shape } from './shape.ts';

const SOURCE = 'longquan-draw-shown';

export interface Shown {
  /** Draw shapes; `sketched`: their names only. */
  show(shapes: readonly Shape[], sketched: boolean): void;
}

export function shown(map: MapLibre): Shown {
  return {
    show(shapes, sketched) {
      if (shapes.length > 0 && !map.getSource(SOURCE)) add(map);
      const features = shapes.flatMap((shape): Feature[] => {
        const { kind, geometry, name, colour, width } = shape;
        const [lng, lat] = labelPlace(shape);
        const place = geometry.type === 'Point' && kind !== 'text' ? 'beside' : 'here';
        const body: Feature = { type: 'Feature', properties: { colour, width, kind }, geometry };
        const label: Feature = { type: 'Feature', properties: { name, colour, place, size: kind === 'text' ? 16 : 13 }, geometry: { type: 'Point', coordinates: [lng, lat] } };
        return [...(sketched ? [] : [body]), ...(name ? [label] : [])];
      });
      map.getSource<GeoJSONSource>(SOURCE)?.setData({ type: 'FeatureCollection', features });
      // Names above what a sketch has laid on the map since.
      if (map.getSource(SOURCE) && map.getLayersOrder().at(-1) !== `${SOURCE}-name`) for (const layer of LAYERS) map.moveLayer(`${SOURCE}-${layer}`);
    },
  };
}

const LAYERS = ['fill', 'line', 'point', 'name'] as const;

function add(map: MapLibre): void {
  map.addSource(SOURCE, { type: 'geojson', data: { type: 'FeatureCollection', features: [] }, tolerance: 0 });
  const colour = ['get', 'colour'] as ['get', string];
  map.addLayer({ id: `${SOURCE}-fill`, type: 'fill', source: SOURCE, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour, 'fill-opacity': 0.18 } });
  map.addLayer({
    id: `${SOURCE}-line`, type: 'line', source: SOURCE, filter: ['!=', ['geometry-type'], 'Point'],
    layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colour, 'line-width': ['get', 'width'] },
  });
  map.addLayer({
    id: `${SOURCE}-point`, type: 'circle', source: SOURCE, filter: ['==', ['get', 'kind'], 'point'],
    paint: { 'circle-radius': 6, 'circle-color': colour, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
  });
  map.addLayer({
    id: `${SOURCE}-name`, type: 'symbol', source: SOURCE, filter: ['has', 'name'],
    layout: {
      ...labelFont(map), 'text-field': ['get', 'name'], 'text-size': ['get', 'size'], 'text-allow-overlap': true, 'text-ignore-placement': true,
      'text-anchor': ['match', ['get', 'place'], 'beside', 'left', 'center'], 'text-offset': ['match', ['get', 'place'], 'beside', ['literal', [0.8, 0]], ['literal', [0, 0]]], 'text-max-width': 14,
    },
    paint: { 'text-color': colour, 'text-halo-color': '#ffffff', 'text-halo-width': 2 },
  });
}
