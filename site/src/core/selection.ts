// The feature a reader looks at, drawn over the map from the same tiles, so that its outline has no tile borders.

import type { ExpressionSpecification, Map as MapLibre } from 'maplibre-gl';

const PREFIX = 'longquan-selection';
const COLOUR = '#d3342b';
const HALO = '#ffffff';

/** What has to be known of a feature to mark it. */
export interface Marked {
  readonly id?: string | number | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: { readonly type: string };
  readonly source: string;
  readonly sourceLayer?: string | undefined;
}

export interface Selection {
  show(feature: Marked | null): void;
  /** Mark it on another map too, whose style is there, until the function returned is called. */
  also(map: MapLibre): () => void;
}

/** A selection that is empty at first. */
export function selection(first: MapLibre): Selection {
  const drawn = new Map<MapLibre, readonly string[]>([[first, []]]);
  let marked: Marked | null = null;
  const draw = (map: MapLibre): void => {
    for (const id of drawn.get(map)!) map.removeLayer(id);
    const layers = marked && map.getSource(marked.source) ? layersFor(marked) : [];
    for (const layer of layers) map.addLayer(layer);
    drawn.set(map, layers.map((layer) => layer.id));
  };
  return {
    show(feature) {
      marked = feature;
      for (const map of drawn.keys()) draw(map);
    },
    also(map) {
      drawn.set(map, []);
      draw(map);
      return () => void drawn.delete(map);
    },
  };
}

function layersFor(feature: Marked): Parameters<MapLibre['addLayer']>[0][] {
  const from = { source: feature.source, ...(feature.sourceLayer ? { 'source-layer': feature.sourceLayer } : {}), filter: same(feature) };
  const line = { type: 'line', ...from, layout: { 'line-join': 'round', 'line-cap': 'round' } } as const;
  if (feature.geometry.type.endsWith('Point')) {
    const ring = { 'circle-radius': 13, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-width': 2.5 };
    return [{ id: `${PREFIX}-point`, type: 'circle', ...from, paint: { ...ring, 'circle-stroke-color': COLOUR } }];
  }
  return [
    { id: `${PREFIX}-halo`, ...line, paint: { 'line-color': HALO, 'line-width': 6, 'line-opacity': 0.8 } },
    { id: `${PREFIX}-line`, ...line, paint: { 'line-color': COLOUR, 'line-width': 2.5 } },
  ];
}

/** The filter that only this feature passes: its id, else its own ID field, else all it says about itself. */
function same(feature: Marked): ExpressionSpecification {
  if (feature.id !== undefined) return ['==', ['id'], feature.id];
  const properties = 'ID' in feature.properties ? { ID: feature.properties['ID'] as unknown } : feature.properties;
  return ['all', ...Object.entries(properties).map(([name, value]): ExpressionSpecification => ['==', ['get', name], value as string])];
}
