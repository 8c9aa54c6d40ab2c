// A state as a map draws it: for the page, for pages that embed it, and for other people's maps.

import type { Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { applyLook, baseMap, drawnBase, groundOf, markPlaces } from '../core/base-map.ts';
import { mapFlavours, type Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import { fader } from '../core/fade.ts';
import { restyle } from '../core/flavours.ts';
import { layerOrder } from '../core/layer-order.ts';
import { readableStyle } from '../core/style.ts';
import { show, showIn, shownByDefault } from '../core/visibility.ts';
import { NO_WISHES, type Wishes } from './address.ts';
import { beginWith } from './ground.ts';
import { stateOf, type State } from './state.ts';

export interface Scene {
  /** Bring the map into a state. */
  show(state: State): void;
  /** Change the map, and its style, into another that was prepared for the state: what others added to it stays. */
  wear(style: StyleSpecification, state: State): void;
}

/** The style of a city for readers of a language. */
export function styleFor(city: City, language: Language): StyleSpecification {
  return readableStyle(city.style, new Set(city.faults.keys()), language);
}

/** The state before a reader or an address asks for anything. */
export function usualState({ catalog, rasters }: City, style: StyleSpecification): State {
  return {
    shown: shownByDefault(style), fade: new Map(), above: [], ground: beginWith(rasters, NO_WISHES, drawnBase(style)),
    flavour: mapFlavours(catalog)[0]?.id ?? null,    selected: null, marker: null, tool: null, swipe: null, time: null, drawing: null,
  };
}

/** The state an address asks for, as far as the city has what it takes. */
export function askedState(city: City, style: StyleSpecification, usual: State, wishes: Wishes): State {
  return stateOf(wishes, usual, beginWith(city.rasters, wishes, drawnBase(style)), new Set(city.catalog.datasets.map(({ id }) => id)));
}

/** Set a style to begin with a state, before a map sees it. */
export function prepare(style: StyleSpecification, { shown }: State): void {
  showIn(style, shown);
  applyLook(style);
  markPlaces(style);
}

/** What brings a map whose style is there into states, beginning with the one it was prepared for. */
export function scene(map: MapLibre, style: StyleSpecification, { rasters, address }: City, begin: State): Scene {
  const ground = baseMap({ map, style, rasters, address: ({ file }) => address(file) }, begin.ground);
  const fades = fader(map, style);
  const order = layerOrder(map, style);
  let last = begin.ground;
  const showState = ({ ground: now, shown, fade, above }: State): void => {
    if (now !== last) ground.show(now);
    last = now;
    show(map, style, shown, ground.allows);
    fades.show(fade);
    order.show(above, groundOf(style, now));
  };
  return {
    show: showState,
    wear(next, state) {
      fades.show(new Map());
      order.show([], groundOf(style, last)); // all layers are where the style has them
      restyle(map, style, next);
      Object.assign(style, { layers: next.layers, metadata: next.metadata });
      ground.wear(style);
      ground.show(state.ground);
      last = state.ground;
      showState(state);
    },
  };
}
