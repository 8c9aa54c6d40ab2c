// From which zoom a dataset can be seen, and the view that shows it.

import type { StyleSpecification } from 'maplibre-gl';

import type { Catalog, Dataset } from '../../core/catalog.ts';
import { datasetOf } from '../../core/style.ts';

/** The zoom from which a dataset can be seen: where both its data and its first layer begin; null without layers. */
export function firstZoom(style: StyleSpecification, dataset: Dataset): number | null {
  const data = Math.min(...dataset.layers.map((layer) => layer.min_zoom));
  const drawn = style.layers.filter((layer) => datasetOf(layer) === dataset.id).map((layer) => layer.minzoom ?? 0);
  return drawn.length > 0 ? Math.max(data, Math.min(...drawn)) : null;
}

export interface View {
  readonly center: readonly [lng: number, lat: number];
  readonly zoom: number;
}

/**
 * The view that shows a dataset: all of it where it can be seen from that far away (`whole`), else a part of it as near as need
 * be: around the place in view, else the city's centre, else its own middle.
 */
export function viewOf(dataset: Dataset, first: number, whole: View, now: View, catalog: Pick<Catalog, 'center'>): View {
  if (whole.zoom >= first) return whole;
  const [west, south, east, north] = dataset.extent!;
  const places = [now.center, [catalog.center[0], catalog.center[1]] as const];
  const near = places.find(([lng, lat]) => lng >= west && lng <= east && lat >= south && lat <= north);
  return { center: near ?? [(west + east) / 2, (south + north) / 2], zoom: first + 0.1 };
}
