// The map right of the divider: it follows the first in everything but what it is compared by. Clicks go to the first, which asks it.

import { Map as MapLibre, type StyleSpecification } from 'maplibre-gl';

import { maxPitch } from '../../core/base-map.ts';
import { prepare, scene, type Scene } from '../../state/scene.ts';
import type { State } from '../../state/state.ts';
import type { Portal } from '../tool.ts';

export interface SecondMap {
  /** Bring it into a state that is drawn with the same style. */
  show(state: State): void;
  /** The map once it draws; null before. */
  drawn(): MapLibre | null;
  remove(): void;
}

/** A map in `container` over the first one of a portal; `style` is its own to change. */
export function secondMap({ map: first, city, selection }: Portal, container: HTMLElement, style: StyleSpecification, state: State): SecondMap {
  prepare(style, state);
  const second = new MapLibre({
    container, style, interactive: false, attributionControl: false, ...view(first), minZoom: 4, maxZoom: 19.9, maxPitch: maxPitch(state.ground.terrain),
    localIdeographFontFamily: first._localIdeographFontFamily || false, fadeDuration: 0,
  });
  second.getCanvas().setAttribute('aria-hidden', 'true');
  second.getCanvas().removeAttribute('tabindex');
  second.on('error', (event) => console.error(event.error));
  const follow = (): void => void second.jumpTo(view(first));
  first.on('move', follow);
  let drawn: Scene | null = null;
  let unmark = (): void => undefined;
  let now = state;
  second.once('style.load', () => {
    drawn = scene(second, style, city, state);
    drawn.show(now);
    unmark = selection.also(second);
  });
  second.once('idle', () => container.classList.add('drawn')); // until then the map below shows through
  return {
    show(next) {
      now = next;
      drawn?.show(now);
    },
    drawn: () => drawn && second,
    remove() {
      first.off('move', follow);
      unmark();
      second.remove();
    },
  };
}

function view(map: MapLibre): { center: [number, number]; zoom: number; bearing: number; pitch: number; roll: number } {
  const { lng, lat } = map.getCenter();
  return { center: [lng, lat], zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch(), roll: map.getRoll() };
}
