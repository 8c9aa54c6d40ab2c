// The map: MapLibre set up for an archive on the same server.

import { addProtocol, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { Protocol } from 'pmtiles';

import type { Catalog, Language } from './catalog.ts';
import { maplibreEn, maplibreZh } from './messages/maplibre.ts';

/** A map in `container`, opened at the view in the address, else at the city's own. */
export function createMap(container: HTMLElement, style: StyleSpecification, catalog: Catalog, language: Language): MapLibre {
  setWorkerUrl(workerUrl);
  addProtocol('pmtiles', new Protocol().tile);
  const [lng, lat, zoom] = catalog.center;
  const map = new MapLibre({
    container,
    style,
    center: [lng, lat],
    zoom,
    minZoom: 4,
    maxZoom: 19.9,
    hash: 'map',
    locale: { ...(language === 'zh' ? maplibreZh : maplibreEn) },
    attributionControl: false, // the page's own bar below the map can never be folded away
    localIdeographFontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
    maxPitch: 60,
    fadeDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150,
  });
  map.addControl(new NavigationControl({ visualizePitch: true }), 'bottom-right');
  map.addControl(new ScaleControl({ maxWidth: 110, unit: 'metric' }), 'bottom-left');
  return map;
}
