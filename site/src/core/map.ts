// The map: MapLibre set up for an archive on the same server.

import {
  Map as MapLibre,
  NavigationControl,
  prewarm,
  ScaleControl,
  setWorkerUrl,
  type MapOptions,
  type StyleSpecification,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';

import type { Catalog, Language } from './catalog.ts';
import type { City } from './city.ts';
import { offerArchives } from './protocol.ts';
import { maplibreEn, maplibreZh } from '../messages/maplibre.ts';

export interface MapChoices {
  readonly language: Language;
  readonly maxPitch: number;
  /** The parameter after `#` that mirrors the view; null: the address is not the map's. */
  readonly hash?: string | null;
  /** Where to begin instead of the city's own view. */
  readonly view?: Partial<MapOptions>;
  /** The buttons for zoom and compass; the scale stays. */
  readonly navigation?: boolean;
}

/** Start the workers, so that their script comes while the catalogue is read. */
export function warmUp(): void {
  setWorkerUrl(workerUrl);
  prewarm();
}

/** A map in `container`, opened at the view in the address, else at the one chosen, else at the city's own. */
export function createMap(container: HTMLElement, style: StyleSpecification, city: Pick<City, 'catalog' | 'archive'>, choices: MapChoices): MapLibre {
  const { catalog } = city;
  const { language, maxPitch, hash = 'map', view = {}, navigation = true } = choices;
  setWorkerUrl(workerUrl);
  offerArchives(city);
  const map = new MapLibre({
    container,
    style,
    ...openingView(style, catalog, container.clientWidth),
    ...view,
    minZoom: 4,
    maxZoom: 19.9,
    hash: hash ?? false,
    locale: { ...(language === 'zh' ? maplibreZh : maplibreEn) },
    attributionControl: false, // a bar of ours says it, which can never be folded away
    localIdeographFontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
    maxPitch,
    fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150,
  });
  if (navigation) map.addControl(new NavigationControl({ visualizePitch: true }), 'bottom-right');
  map.addControl(new ScaleControl({ maxWidth: 110, unit: 'metric' }), 'bottom-left');
  return map;
}

const PANEL = 342; // px the layer panel covers where it starts open
const ROOMY = 1000;

/** The city's own view; without a base map there is nothing to see around it, so all of the data. */
function openingView(style: StyleSpecification, catalog: Catalog, width: number): Partial<MapOptions> {
  const [lng, lat, zoom] = catalog.center;
  if ((style.metadata as Record<string, unknown> | undefined)?.['longquan:base'] !== false) return { center: [lng, lat], zoom };
  const [west, south, east, north] = catalog.bounds;
  const left = width >= ROOMY ? PANEL + 30 : 30;
  return { bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: { left, right: 30, top: 70, bottom: 30 } } };
}
