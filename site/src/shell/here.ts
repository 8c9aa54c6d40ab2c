// "What is here": a click, a tap or Enter asks the map what it shows at a place.

import type { Map as MapLibre, MapGeoJSONFeature, PointLike } from 'maplibre-gl';

import type { Catalog, Language } from '../core/catalog.ts';
import { collect, nameOf, type Found } from '../core/identify.ts';
import { DATASET, datasetOf } from '../core/style.ts';
import type { Translate } from '../messages/i18n.ts';
import type { Portal } from '../tools/tool.ts';
import { panel } from '../ui/panel.ts';
import { featurePanel } from './feature-panel.ts';

export interface Here {
  readonly element: HTMLElement;
  hide(): void;
  /** Leave clicks to somebody else until the function returned is called. */
  rest(): () => void;
}

const DISTRICTS = 'BOUA';
const REACH = 4; // px around a click
const FINGER = 12; // px around a tap

export function here({ portal, t, onOpen }: { readonly portal: Portal; readonly t: Translate; readonly onOpen: () => void }): Here {
  const { map, city: { catalog, heightAt }, language, selection } = portal;
  let resting = 0;
  const root = panel({
    id: 'here', title: t('here'), closeLabel: t('close'),
    onClose: () => selection.show(null), returnFocus: () => map.getCanvas(),
  });
  const ask = (point: { x: number; y: number }, reach: number): void => {
    if (resting > 0) return;
    onOpen();
    const at = whatIsAt(map, catalog, point, reach, language);
    const place = { ...at, elevation: heightAt?.(at.lng, at.lat) ?? null };
    root.show(featurePanel(place, language, t, (found) => selection.show(found?.feature ?? null)));
    selection.show(place.found[0]?.feature ?? null);
  };
  map.on('click', (event) => ask(event.point, matchMedia('(pointer: coarse)').matches ? FINGER : REACH));
  map.getCanvas().addEventListener('keydown', (event) => {
    if (event.key === 'Enter') ask(map.project(map.getCenter()), FINGER);
    if (event.key === 'Escape') root.hide();
  });
  return {
    element: root.element,
    hide: root.hide,
    rest() {
      let mine = 1;
      resting++;
      root.hide();
      return () => {
        resting -= mine;
        mine = 0;
      };
    },
  };
}

function whatIsAt(map: MapLibre, catalog: Catalog, point: { x: number; y: number }, reach: number, language: Language): {
  lng: number; lat: number; town: string | null; found: readonly Found<MapGeoJSONFeature>[];
} {
  const box: [PointLike, PointLike] = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
  const layers = map.getStyle().layers.filter((layer) => datasetOf(layer) && layer.type !== 'background').map((layer) => layer.id);
  const near = map.queryRenderedFeatures(box, { layers });
  const exact = new Set(map.queryRenderedFeatures([point.x, point.y], { layers }).filter(isArea).map(identity));
  // Points and lines within reach count; areas only where the place really lies inside.
  const found = collect(near.filter((feature) => !isArea(feature) || exact.has(identity(feature))), catalog);
  const district = found.find((item) => item.feature.sourceLayer === DISTRICTS);
  const { lng, lat } = map.unproject([point.x, point.y]);
  return { lng, lat, town: district ? nameOf(district, language) : null, found };
}

function isArea(feature: MapGeoJSONFeature): boolean {
  return feature.geometry.type.endsWith('Polygon');
}

function identity(feature: MapGeoJSONFeature): string {
  const metadata = feature.layer.metadata as Record<string, string> | undefined;
  return `${metadata?.[DATASET] ?? ''} ${String(feature.id ?? JSON.stringify(feature.properties))}`;
}
