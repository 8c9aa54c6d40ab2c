// The pin that a search, a link or a program puts on the map.

import { Marker, type Map as MapLibre } from 'maplibre-gl';

import { element, svg } from './element.ts';

export interface Place {
  readonly lng: number;
  readonly lat: number;
  readonly title?: string | null;
}

export interface Pin {
  /** Put it there, null: take it away. */
  show(place: Place | null): void;
}

const DROP = 'M14 1C7 1 1.6 6.4 1.6 13.3 1.6 22.5 14 37 14 37s12.4-14.5 12.4-23.7C26.4 6.4 21 1 14 1z';

/** The classes of its parts; without one for the title that is not shown. */
export interface PinClasses {
  readonly drawing?: string;
  readonly title?: string;
}

/** A pin that stands nowhere at first; `label` is what those hear of it who cannot see it. */
export function pin(map: MapLibre, label: (place: Place) => string, classes: PinClasses = {}): Pin {
  let marker: Marker | null = null;
  return {
    show(place) {
      marker?.remove();
      marker = null;
      if (!place) return;
      const drawing = svg('svg', { class: classes.drawing ?? 'pin', width: 28, height: 38, viewBox: '0 0 28 38', role: 'img', 'aria-label': label(place) },
        svg('path', { d: DROP, fill: '#d3342b', stroke: '#fff', 'stroke-width': 2 }),
        svg('circle', { cx: 14, cy: 13.4, r: 4.6, fill: '#fff' }));
      const frame = document.createElement('div');
      frame.append(drawing);
      if (classes.title && place.title) frame.append(element('span', { class: classes.title, 'aria-hidden': 'true' }, place.title));
      frame.style.pointerEvents = 'none'; // what lies below can be asked for
      marker = new Marker({ element: frame, anchor: 'bottom' }).setLngLat([place.lng, place.lat]).addTo(map);
      for (const name of ['role', 'tabindex', 'aria-label']) frame.removeAttribute(name); // MapLibre takes a marker for a button
    },
  };
}
