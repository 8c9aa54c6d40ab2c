// A map of the SDK: the city's style and state on a MapLibre map of somebody else's page.

import { maxPitch } from '../core/base-map.ts';
import { inLanguage, type Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import { standing } from '../core/legal.ts';
import { createMap } from '../core/map.ts';
import { saying, translator } from '../messages/i18n.ts';
import { whatIsAt } from '../core/what-is-at.ts';
import { changeHash } from '../state/address.ts';
import { changed } from '../state/ground.ts';
import { viewText } from '../state/link.ts';
import { prepare, scene, styleFor, usualState } from '../state/scene.ts';
import { said, type State } from '../state/state.ts';
import { store } from '../state/store.ts';
import { element } from '../ui/element.ts';
import { pin } from '../ui/pin.ts';
import type { CityMap, Feature, MapOptions, Place, View } from './api.ts';
import { featureOf } from './feature.ts';
import { dress } from './sheets.ts';

const REACH = 5; // px around a place

const words = { zh: { larger: '打开大图' }, en: { larger: 'Open the large map' } };

/** A map of a city below `root` in an element that has a size. */
export function cityMap(city: City, root: string, container: HTMLElement, language: Language, options: MapOptions): CityMap {
  const { catalog, rasters } = city;
  const known = (ids: readonly string[]): readonly string[] => {
    for (const id of ids) if (!catalog.datasets.some((dataset) => dataset.id === id)) throw new Error(`longquan: no dataset ${id}`);
    return ids;
  };
  const style = styleFor(city, language);
  const usual = usualState(city, style);
  const without = new Set(known(options.without ?? []));
  const base = options.base ?? usual.ground.base;
  if (!rasters.bases.includes(base)) throw new Error(`longquan: no base map ${base}: ${rasters.bases.join(', ')}`);
  const state = store<State>({
    ...usual, shown: new Set([...usual.shown, ...known(options.layers ?? [])].filter((id) => !without.has(id))), ground: changed(usual.ground, { base }),
  });
  prepare(style, state.now);

  dress(container);
  container.classList.add('longquan-map');
  const { center, zoom, bearing, pitch } = options;
  const map = createMap(container, style, city, {
    language, maxPitch: maxPitch(null), hash: null, navigation: options.navigation ?? true,
    view: {
      ...(center ? { center: [center[0], center[1]] } : {}), ...(zoom === undefined ? {} : { zoom }),
      ...(bearing === undefined ? {} : { bearing }), ...(pitch === undefined ? {} : { pitch }),
    },
  });
  const large = element('a', { target: '_blank', rel: 'noopener' }, saying(words, language)('larger'));
  const legal = legalLine(city, language, large);
  container.append(legal);
  const measure = new ResizeObserver(() => container.style.setProperty('--longquan-legal', `${legal.offsetHeight}px`));
  measure.observe(legal);

  map.once('style.load', () => {
    const drawn = scene(map, style, city, state.now);
    const show = (): void => drawn.show(state.now);
    state.on(['ground', 'shown'], show);
    show();
  });
  const link = (): string => {
    const view = viewText(map.getZoom(), map.getCenter(), map.getBearing(), map.getPitch());
    return new URL(changeHash('', { map: view, lang: language, ...said(state.now, usual) }), root).href;
  };
  const follow = (): void => void (large.href = link());
  map.on('moveend', follow);
  state.on(['ground', 'shown'], follow);
  follow();

  const view = (): View => {
    const { lng, lat } = map.getCenter();
    const [[west, south], [east, north]] = map.getBounds().toArray();
    return { center: [lng, lat], zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch(), bounds: [west, south, east, north] };
  };
  const at = (point: { readonly x: number; readonly y: number }): readonly Feature[] =>
    whatIsAt(map, catalog, point, REACH).map(({ dataset, feature }) => featureOf(dataset, feature, language));

  const self: CityMap = {
    ready: new Promise((done, fail) => {
      map.once('load', () => done(self));
      map.once('error', ({ error }) => fail(new Error(error.message))); // after `load` nobody hears it
    }),
    maplibre: map,
    show: (...datasets) => state.set({ shown: new Set([...state.now.shown, ...known(datasets)]) }),
    hide(...datasets) {
      const away = new Set(known(datasets));
      state.set({ shown: new Set([...state.now.shown].filter((id) => !away.has(id))) });
    },
    shown: () => [...state.now.shown].sort(),
    setBase(next) {
      if (!rasters.bases.includes(next)) throw new Error(`longquan: no base map ${next}: ${rasters.bases.join(', ')}`);
      state.set({ ground: changed(state.now.ground, { base: next }) });
    },
    setView({ animate, center: to, ...rest }) {
      const target = { ...rest, ...(to ? { center: [to[0], to[1]] as [number, number] } : {}) };
      if (animate) map.easeTo(target);
      else map.jumpTo(target);
    },
    view,
    mark(place) {
      const stuck = pin(map, ({ lng, lat, title }) => title || `${lng}, ${lat}`, { drawing: 'longquan-drop', title: 'longquan-pin' });
      stuck.show(place);
      return () => stuck.show(null);
    },
    at: ({ lng, lat }) => at(map.project([lng, lat])),
    on(event, listener) {
      if (event === 'view') {
        const tell = (): void => (listener as (heard: View) => void)(view());
        map.on('moveend', tell);
        return () => void map.off('moveend', tell);
      }
      const tell = ({ lngLat: { lng, lat }, point }: { lngLat: Place; point: { x: number; y: number } }): void =>
        (listener as (heard: Place & { features: readonly Feature[] }) => void)({ lng, lat, features: at(point) });
      map.on('click', tell);
      return () => void map.off('click', tell);
    },
    link,
    remove() {
      measure.disconnect();
      map.remove();
      legal.remove();
      container.classList.remove('longquan-map');
    },
  };
  self.ready.catch(() => undefined); // whoever waits for it hears of it
  return self;
}

/** Owner, review and notice, which belong to the map wherever it is shown. */
function legalLine({ catalog }: City, language: Language, large: HTMLElement): HTMLElement {
  const t = translator(language);
  const notice = inLanguage(catalog.notice, language);
  return element('div', { class: 'longquan-legal' },
    element('span', {}, inLanguage(catalog.attribution, language)),
    ...standing(catalog).map(([key, values]) => element(values ? 'span' : 'strong', {}, t(key, values))),
    notice && element('strong', {}, notice), large);
}
