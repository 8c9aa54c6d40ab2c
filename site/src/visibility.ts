// Which datasets are shown: the style decides, the reader changes it, the address remembers the changes.

import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { writeAddress, type Wishes } from './address.ts';
import { datasetOf } from './style.ts';

/** The datasets a style shows before anyone has touched a switch. */
export function shownByDefault(style: StyleSpecification): ReadonlySet<string> {
  return new Set(
    style.layers.filter((layer) => layer.layout?.visibility !== 'none').flatMap((layer) => datasetOf(layer) ?? []),
  );
}

/** Set the layers of a style to what the address wishes, before the map sees it. */
export function applyWishes(style: StyleSpecification, wishes: Wishes): void {
  for (const layer of style.layers) {
    const dataset = datasetOf(layer);
    if (dataset && wishes.on.has(dataset)) layer.layout = { ...layer.layout, visibility: 'visible' };
    if (dataset && wishes.off.has(dataset)) layer.layout = { ...layer.layout, visibility: 'none' };
  }
}

export interface Visibility {
  has(dataset: string): boolean;
  set(dataset: string, visible: boolean): void;
  /** Show the layers that are switched on and that `allows` leaves room for. */
  refresh(): void;
}

/** Switches for the datasets of a map; every change is written into the address. */
export function visibility(
  map: MapLibre,
  style: StyleSpecification,
  byDefault: ReadonlySet<string>,
  allows: (layer: LayerSpecification) => boolean,
): Visibility {
  const shown = new Set(shownByDefault(style));
  const refresh = (only?: string): void => {
    for (const layer of style.layers) {
      const dataset = datasetOf(layer);
      if (dataset === undefined || (only !== undefined && dataset !== only)) continue;
      map.setLayoutProperty(layer.id, 'visibility', shown.has(dataset) && allows(layer) ? 'visible' : 'none');
    }
  };
  return {
    has: (dataset) => shown.has(dataset),
    refresh: () => refresh(),
    set(dataset, visible) {
      if (visible) shown.add(dataset);
      else shown.delete(dataset);
      refresh(dataset);
      writeAddress({
        on: [...shown].filter((id) => !byDefault.has(id)).sort().join(','),
        off: [...byDefault].filter((id) => !shown.has(id)).sort().join(','),
      });
    },
  };
}
