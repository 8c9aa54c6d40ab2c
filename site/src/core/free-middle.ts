// The middle of what panels leave free of a map.

import type { Map as MapLibre } from 'maplibre-gl';

/** The place in the middle of the part of a map that is not covered; `padding` in pixels. */
export function freeMiddle(map: MapLibre, padding: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }): { readonly lng: number; readonly lat: number } {
  const { left, right, top, bottom } = padding;
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const { lng, lat } = map.unproject([(left + width - right) / 2, (top + height - bottom) / 2]);
  return { lng, lat };
}
