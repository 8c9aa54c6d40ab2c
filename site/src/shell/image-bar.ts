// What stands over imagery on the map: its dates, and the way there when it lies elsewhere.

import type { Map as MapLibre } from 'maplibre-gl';

import type { BaseState } from '../core/base-map.ts';
import type { Archive, Language } from '../core/catalog.ts';
import { element } from '../ui/element.ts';
import { epochSlider } from './epoch-slider.ts';
import type { Translate } from '../messages/i18n.ts';

export interface ImageBar {
  readonly element: HTMLElement;
  /** Show a state and the archive in use; tells whether there is something to show. */
  update(state: BaseState, shown: Archive | null): boolean;
}

/** A view of the map as far as it matters here. */
export interface View {
  readonly bounds: readonly [west: number, south: number, east: number, north: number];
  readonly zoom: number;
}

/** Whether a view shows nothing of an archive: it lies elsewhere, or begins at a larger zoom. */
export function liesElsewhere({ bounds, min_zoom: first }: Pick<Archive, 'bounds' | 'min_zoom'>, view: View): boolean {
  if (view.zoom < (first ?? 0)) return true;
  if (!bounds) return false;
  const [west, south, east, north] = view.bounds;
  return bounds[2] < west || bounds[0] > east || bounds[3] < south || bounds[1] > north;
}

export function imageBar(map: MapLibre, language: Language, t: Translate, onEpoch: (epoch: number) => void): ImageBar {
  const epochs = epochSlider(language, t, onEpoch);
  const go = element('button', { type: 'button', class: 'go', hidden: true }, t('goToImagery'));
  const root = element('section', { class: 'image-bar', 'aria-label': t('baseImagery'), hidden: true }, go, epochs.element);
  let archive: Archive | null = null;
  let several = false;
  const show = (): void => {
    const around = map.getBounds();
    const bounds = [around.getWest(), around.getSouth(), around.getEast(), around.getNorth()] as const;
    go.hidden = archive === null || !liesElsewhere(archive, { bounds, zoom: map.getZoom() });
    root.hidden = go.hidden && !several;
  };
  go.addEventListener('click', () => {
    if (archive?.bounds) map.fitBounds([...archive.bounds], { padding: 40, duration: 900 });
    map.getCanvas().focus(); // the button goes away
  });
  map.on('moveend', show);
  return {
    element: root,
    update(state, shown) {
      archive = shown;
      several = epochs.update(state);
      show();
      return several;
    },
  };
}
