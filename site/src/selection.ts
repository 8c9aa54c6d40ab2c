// The feature a reader looks at, drawn over the map.

import type { GeoJSONSource, Map as MapLibre, MapGeoJSONFeature } from 'maplibre-gl';

const SOURCE = 'longquan-selection';
const COLOUR = '#d3342b';
const HALO = '#ffffff';

export interface Selection {
  show(feature: MapGeoJSONFeature | null): void;
}

/** Add the layers of the selection above all others. */
export function selection(map: MapLibre): Selection {
  map.addSource(SOURCE, { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
  const line = { type: 'line', source: SOURCE, layout: { 'line-join': 'round', 'line-cap': 'round' } } as const;
  map.addLayer({ id: `${SOURCE}-halo`, ...line, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': HALO, 'line-width': 6, 'line-opacity': 0.8 } });
  map.addLayer({ id: `${SOURCE}-line`, ...line, filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': COLOUR, 'line-width': 2.5 } });
  map.addLayer({
    id: `${SOURCE}-point`, type: 'circle', source: SOURCE, filter: ['==', ['geometry-type'], 'Point'],
    paint: { 'circle-radius': 13, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': COLOUR, 'circle-stroke-width': 2.5 },
  });
  return {
    show(feature) {
      const features = feature ? [{ type: 'Feature' as const, properties: {}, geometry: feature.geometry }] : [];
      map.getSource<GeoJSONSource>(SOURCE)?.setData({ type: 'FeatureCollection', features });
    },
  };
}
