// Which datasets a map shows: the style decides, the reader changes it.

import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { datasetOf } from './style.ts';

/** The datasets a style shows before anyone has touched a switch. */
export function shownByDefault(style: StyleSpecification): ReadonlySet<string> {
  return new Set(
    style.layers.filter((layer) => layer.layout?.visibility !== 'none').flatMap((layer) => datasetOf(layer) ?? []),
  );
}

/** Set the layers of a style to the datasets shown, before the map sees it. */
export function showIn(style: StyleSpecification, shown: ReadonlySet<string>): void {
  for (const layer of style.layers) {
    const dataset = datasetOf(layer);
    if (dataset !== undefined) layer.layout = { ...layer.layout, visibility: shown.has(dataset) ? 'visible' : 'none' };
  }
}

/** Show the layers of datasets that are `shown` and that `allows` leaves room for. */
export function show(map: MapLibre, style: StyleSpecification, shown: ReadonlySet<string>, allows: (layer: LayerSpecification) => boolean): void {
  for (const layer of style.layers) {
    const dataset = datasetOf(layer);
    if (dataset === undefined || !map.getLayer(layer.id)) continue;
    const visibility = shown.has(dataset) && allows(layer) ? 'visible' : 'none';
    if (map.getLayoutProperty(layer.id, 'visibility') !== visibility) map.setLayoutProperty(layer.id, 'visibility', visibility);
  }
}
