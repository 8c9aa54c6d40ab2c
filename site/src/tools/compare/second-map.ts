// The map right of the divider: it follows the first in everything but what it is compared by, and takes no clicks.

import { Map as MapLibre, type StyleSpecification } from 'maplibre-gl';

import { baseMap, maxPitch, type BaseMap, type BaseState } from '../../core/base-map.ts';
import { fader, type Fader } from '../../core/fade.ts';
import { layerOrder, type LayerOrder } from '../../core/layer-order.ts';
import { groundOf } from '../../core/base-map.ts';
import { show, showIn } from '../../core/visibility.ts';
import type { State } from '../../state/state.ts';
import type { Portal } from '../tool.ts';

export interface SecondMap {
  /** Show other datasets, opacities and orders, or another base map drawn with the same style. */
  update(state: State, ground: BaseState): void;
  remove(): void;
}

/** A map in `container` over the first one of a portal; `style` is its own to change. */
export function secondMap({ map: first, city }: Portal, container: HTMLElement, style: StyleSpecification, state: State, ground: BaseState): SecondMap {
  showIn(style, state.shown);
  const canvas = first.getCanvas();
  const second = new MapLibre({
    container, style, interactive: false, attributionControl: false, ...view(first), minZoom: 4, maxZoom: 19.9, maxPitch: maxPitch(ground.terrain),
    localIdeographFontFamily: first._localIdeographFontFamily || false, fadeDuration: 0,
  });
  second.getCanvas().setAttribute('aria-hidden', 'true');
  second.getCanvas().removeAttribute('tabindex');
  second.on('error', (event) => console.error(event.error));
  const follow = (): void => void second.jumpTo(view(first));
  first.on('move', follow);
  let parts: { readonly base: BaseMap; readonly fades: Fader; readonly order: LayerOrder } | null = null;
  let [now, under] = [state, ground];
  const draw = (): void => {
    if (!parts) return;
    parts.base.show(under);
    show(second, style, now.shown, parts.base.allows);
    parts.fades.show(now.fade);
    parts.order.show(now.above, groundOf(style, under));
  };
  second.once('style.load', () => {
    parts = {
      base: baseMap({ map: second, style, rasters: city.rasters, address: ({ file }) => city.address(file) }, under),
      fades: fader(second, style), order: layerOrder(second, style),
    };
    draw();
  });
  second.once('idle', () => container.classList.add('drawn')); // until then the map below shows through
  canvas.classList.add('compared');
  return {
    update(next, base) {
      [now, under] = [next, base];
      draw();
    },
    remove() {
      first.off('move', follow);
      canvas.classList.remove('compared');
      second.remove();
    },
  };
}

function view(map: MapLibre): { center: [number, number]; zoom: number; bearing: number; pitch: number; roll: number } {
  const { lng, lat } = map.getCenter();
  return { center: [lng, lat], zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch(), roll: map.getRoll() };
}
