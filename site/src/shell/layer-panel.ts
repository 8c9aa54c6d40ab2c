// The layer panel: datasets by theme, each with a switch, its swatch, and its legend and particulars on demand.

import type { StyleSpecification } from 'maplibre-gl';

import { inLanguage, type Dataset, type Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import { element } from '../ui/element.ts';
import type { Translate } from '../messages/i18n.ts';
import { legendOf, type LegendEntry } from '../core/legend.ts';
import type { Sprite } from '../core/sprite.ts';
import { datasetOf } from '../core/style.ts';
import type { State } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { swatch } from '../ui/swatch.ts';

export interface LayerPanelOptions {
  readonly city: City;
  readonly style: StyleSpecification;
  readonly store: Store<State>;
  readonly language: Language;
  readonly t: Translate;
  readonly sprite: Sprite;
  readonly bases: HTMLElement | null; // the choice of base maps, above all else
}

export interface LayerPanel {
  readonly element: HTMLElement;
  /** Grey out what the zoom is too small to show. */
  setZoom(zoom: number): void;
}

export function layerPanel(options: LayerPanelOptions): LayerPanel {
  const { city: { catalog }, language, t, store } = options;
  const known = new Set(catalog.themes.map((theme) => theme.id));
  const groups = [
    ...catalog.themes.map((theme) => ({ title: inLanguage(theme.title, language), datasets: catalog.datasets.filter((d) => d.theme === theme.id) })),
    { title: t('otherTheme'), datasets: catalog.datasets.filter((d) => !known.has(d.theme)) },
  ].filter((group) => group.datasets.length > 0);

  const rows: (Row & { readonly dataset: string; readonly minZoom: number })[] = [];
  const body = element('div', { class: 'layer-panel' }, options.bases);
  for (const group of groups) {
    const list = element('ul', { class: 'datasets' });
    for (const dataset of group.datasets) {
      const node = datasetRow(dataset, options);
      rows.push({ ...node, dataset: dataset.id, minZoom: firstZoom(options.style, dataset) ?? 0 });
      list.append(node.node);
    }
    body.append(element('section', { class: 'theme' }, element('h3', {}, group.title), list));
  }
  if (groups.length === 0) body.append(element('p', { class: 'empty' }, t('noDatasets')));
  body.append(element('p', { class: 'to-catalogue' }, element('a', { href: 'data.html' }, t('catalogue'))));
  store.on(['shown'], ({ shown }) => {
    for (const { box, dataset } of rows) box.checked = !box.disabled && shown.has(dataset);
  });
  return {
    element: body,
    setZoom(zoom) {
      for (const row of rows) row.node.classList.toggle('too-far', zoom < row.minZoom);
    },
  };
}

interface Row {
  readonly node: HTMLElement;
  readonly box: HTMLInputElement;
}

function datasetRow(dataset: Dataset, options: LayerPanelOptions): Row {
  const { city, style, store, language, t } = options;
  const title = inLanguage(dataset.title, language);
  const entries = legendOf(style.layers, dataset.id);
  const broken = dataset.layers.some((layer) => city.faults.has(layer.archive));
  const drawn = entries.length > 0 && !broken;
  const box = element('input', { type: 'checkbox', checked: drawn && store.now.shown.has(dataset.id), disabled: !drawn });
  box.addEventListener('change', () => {
    const shown = new Set(store.now.shown);
    if (box.checked) shown.add(dataset.id);
    else shown.delete(dataset.id);
    store.set({ shown });
  });
  const first = entries[0];
  const note = broken ? t('unavailable') : drawn ? null : t(missing(dataset, options));
  const detailsId = `details-${dataset.id}`;
  const more = element('button', { type: 'button', class: 'disclose', 'aria-expanded': 'false', 'aria-controls': detailsId, 'aria-label': t('legendOf', { name: title }) });
  const details = element('div', { id: detailsId, class: 'details', hidden: true });
  more.addEventListener('click', () => {
    if (!details.hasChildNodes()) details.append(...particulars(dataset, entries, options));
    details.hidden = !details.hidden;
    more.setAttribute('aria-expanded', String(!details.hidden));
  });
  const node = element('li', { class: broken ? 'dataset broken' : 'dataset' },
    element('div', { class: 'row' },
      element('label', {}, box, first ? swatch(first, options.sprite) : element('span', { class: 'swatch' }),
        element('span', { class: 'name' }, title,
          note ? element('small', {}, note) : element('small', { class: 'far' }, t('zoomIn')))),
      more),
    details);
  return { node, box };
}

/** Why a dataset has no switch of its own. */
function missing(dataset: Dataset, options: LayerPanelOptions): 'asBase' | 'noLayer' | 'onlyAsked' {
  if (options.bases && dataset.layers.some((layer) => layer.geometry === 'raster')) return 'asBase';
  return firstZoom(options.style, dataset) === null ? 'noLayer' : 'onlyAsked';
}

function particulars(dataset: Dataset, entries: readonly LegendEntry[], options: LayerPanelOptions): HTMLElement[] {
  const { language, t } = options;
  const parts: HTMLElement[] = [];
  const titled = entries.filter((entry) => entry.title !== null);
  if (titled.length > 0) {
    parts.push(element('ul', { class: 'legend' },
      ...titled.map((entry) => element('li', {}, swatch(entry, options.sprite), element('span', {}, inLanguage(entry.title, language))))));
  }
  const description = inLanguage(dataset.description, language);
  if (description) parts.push(element('p', {}, description));
  const facts: [string, string][] = [
    [t('department'), inLanguage(dataset.department.name, language)],
    [t('currency'), dataset.currency ?? ''],
    [t('features'), dataset.features?.toLocaleString('en') ?? ''],
    [t('licence'), dataset.licence ?? ''],
  ];
  parts.push(element('dl', { class: 'facts' },
    ...facts.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])));
  if (dataset.page) parts.push(element('p', {}, element('a', { href: dataset.page }, t('datasetPage'))));
  return parts;
}

/** The zoom from which a dataset can be seen: where both its data and its first layer begin; null without layers. */
function firstZoom(style: StyleSpecification, dataset: Dataset): number | null {
  const data = Math.min(...dataset.layers.map((layer) => layer.min_zoom));
  const drawn = style.layers.filter((layer) => datasetOf(layer) === dataset.id).map((layer) => layer.minzoom ?? 0);
  return drawn.length > 0 ? Math.max(data, Math.min(...drawn)) : null;
}
