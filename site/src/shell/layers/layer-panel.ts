// The layer panel: base maps, then datasets by theme, found by their names, switched one by one or by theme.

import './layers.css';

import type { Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { inLanguage, type Dataset, type Language } from '../../core/catalog.ts';
import type { City } from '../../core/city.ts';
import type { Sprite } from '../../ui/sprite.ts';
import { saying, type Translate } from '../../messages/i18n.ts';
import type { State } from '../../state/state.ts';
import type { Store } from '../../state/store.ts';
import { element } from '../../ui/element.ts';
import { datasetRow, type DatasetRow } from './dataset-row.ts';
import { answers } from './find.ts';
import { orderList } from './order-list.ts';
import { viewOf, type View } from './reach.ts';
import { words, type SayLayers } from './words.ts';

export interface LayerPanelOptions {
  readonly city: City;
  readonly style: StyleSpecification;
  readonly map: MapLibre;
  readonly store: Store<State>;
  readonly usual: Pick<State, 'shown'>; // before anybody touched a switch
  readonly language: Language;
  readonly t: Translate;
  readonly sprite: Sprite;
  readonly bases: HTMLElement | null; // the choice of base maps, above all else
  readonly announce: (text: string) => void;
  readonly padding: () => { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

export interface LayerPanel {
  readonly element: HTMLElement;
  /** Grey out what the zoom is too small to show. */
  setZoom(zoom: number): void;
  /** Draw swatches and legends as another style has them. */
  wear(style: StyleSpecification): void;
}

export function layerPanel(options: LayerPanelOptions): LayerPanel {
  const { city: { catalog }, map, store, language, t, announce } = options;
  const say = saying(words, language);
  const known = new Set(catalog.themes.map((theme) => theme.id));
  const groups = [
    ...catalog.themes.map(({ id, title }) => ({ title, datasets: catalog.datasets.filter((dataset) => dataset.theme === id) })),
    { title: { [language]: t('otherTheme') }, datasets: catalog.datasets.filter((dataset) => !known.has(dataset.theme)) },
  ].filter((group) => group.datasets.length > 0);

  const now = (): View => ({ center: map.getCenter().toArray(), zoom: map.getZoom() });
  const goTo = ({ center: [lng, lat], zoom }: View): void => void map.easeTo({ center: [lng, lat], zoom, duration: 700 });
  const rowsOf = new Map<string, DatasetRow>();
  const actions = {
    onNearer(dataset: Dataset) {
      goTo({ ...now(), zoom: rowsOf.get(dataset.id)!.minZoom + 0.1 });
    },
    onZoomTo(dataset: Dataset) {
      const [west, south, east, north] = dataset.extent!;
      const whole = map.cameraForBounds([[west, south], [east, north]], { padding: options.padding(), maxZoom: 17 });
      if (!whole?.center) return;
      const { lng, lat } = whole.center as { lng: number; lat: number };
      goTo(viewOf(dataset, rowsOf.get(dataset.id)!.minZoom, { center: [lng, lat], zoom: whole.zoom ?? 0 }, now(), catalog));
    },
  };
  const themes = groups.map(({ title, datasets }) => {
    const rows = datasets.map((dataset) => datasetRow(dataset, options, say, actions));
    for (const row of rows) rowsOf.set(row.dataset.id, row);
    return { title, rows, ...themeSection(inLanguage(title, language), rows, store, say) };
  });
  const rows = [...rowsOf.values()];

  const order = orderList({
    say, announce, onChange: (above) => store.set({ above }),
    nameOf: (dataset) => inLanguage(rowsOf.get(dataset)?.dataset.title, language) || dataset,
  });
  const find = element('input', { type: 'search', placeholder: say('find'), 'aria-label': say('find'), autocomplete: 'off', spellcheck: 'false' });
  const found = element('p', { class: 'found', role: 'status' });
  find.addEventListener('input', () => {
    const text = find.value.trim();
    let count = 0;
    for (const theme of themes) {
      for (const row of theme.rows) count += Number(!(row.element.hidden = text !== '' && !answers(row.dataset, theme.title, text)));
      theme.element.hidden = theme.rows.every((row) => row.element.hidden);
    }
    body.classList.toggle('finding', text !== '');
    found.textContent = text === '' ? '' : count > 0 ? say('foundSome', { count }) : say('foundNone', { text });
  });
  find.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || find.value === '') return;
    event.stopPropagation(); // the first Escape ends the search, the second closes the panel
    event.preventDefault();
    find.value = '';
    find.dispatchEvent(new Event('input'));
  });
  const reset = element('button', { type: 'button', class: 'reset' }, say('reset'));
  reset.addEventListener('click', () => {
    store.set({ shown: options.usual.shown, fade: new Map(), above: [] });
    announce(say('resetDone'));
    find.focus(); // the button goes away
  });
  const body = element('div', { class: 'layer-panel' },
    options.bases,
    rows.length > 0 && element('div', { class: 'find' }, find, found),
    order.element,
    ...themes.map((theme) => theme.element),
    rows.length === 0 && element('p', { class: 'empty' }, t('noDatasets')),
    element('p', { class: 'to-catalogue' }, element('a', { href: 'data.html' }, t('catalogue')), reset));

  const update = (): void => {
    const { shown, fade, above } = store.now;
    for (const row of rows) row.update();
    for (const theme of themes) theme.update();
    order.update(above);
    const usual = options.usual.shown;
    reset.hidden = fade.size === 0 && above.length === 0 && shown.size === usual.size && [...shown].every((id) => usual.has(id));
  };
  store.on(['shown', 'fade', 'above'], update);
  update();
  return {
    element: body,
    wear(style) {
      for (const row of rows) row.wear(style.layers);
    },
    setZoom(zoom) {
      for (const row of rows) row.element.classList.toggle('too-far', zoom < row.minZoom);
    },
  };
}

/** A theme with a switch for all of it. */
function themeSection(title: string, rows: readonly DatasetRow[], store: Store<State>, say: SayLayers): { element: HTMLElement; update(): void } {
  const drawn = rows.filter((row) => row.drawn).map((row) => row.dataset.id);
  const all = element('input', { type: 'checkbox', 'aria-label': say('wholeTheme', { theme: title }) });
  all.addEventListener('change', () => {
    const shown = new Set(store.now.shown);
    for (const id of drawn) all.checked ? shown.add(id) : shown.delete(id);
    store.set({ shown });
  });
  const name = element('span', {}, title);
  return {
    element: element('section', { class: 'theme' },
      element('h3', {}, drawn.length > 1 ? element('label', {}, all, name) : name),
      element('ul', { class: 'datasets' }, ...rows.map((row) => row.element))),
    update() {
      const count = drawn.filter((id) => store.now.shown.has(id)).length;
      all.checked = count === drawn.length;
      all.indeterminate = count > 0 && count < drawn.length;
    },
  };
}
