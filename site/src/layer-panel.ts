// The layer panel: datasets by theme, each with a switch, its swatch, and its legend and particulars on demand.

import { inLanguage, type Catalog, type Dataset, type Language } from './catalog.ts';
import { element } from './element.ts';
import type { Translate } from './i18n.ts';
import type { LegendEntry } from './legend.ts';
import type { Sprite } from './sprite.ts';
import { swatch } from './swatch.ts';

export interface LayerPanelOptions {
  readonly catalog: Catalog;
  readonly language: Language;
  readonly t: Translate;
  readonly sprite: Sprite;
  readonly legend: (dataset: string) => readonly LegendEntry[];
  readonly visible: (dataset: string) => boolean;
  readonly minZoom: (dataset: string) => number | null; // from which zoom there is something to see; null: never
  readonly unavailable: ReadonlySet<string>; // dataset ids whose archive cannot be read
  readonly onToggle: (dataset: string, visible: boolean) => void;
  readonly bases: HTMLElement | null; // the choice of base maps, above all else
}

export interface LayerPanel {
  readonly element: HTMLElement;
  /** Grey out what the zoom is too small to show. */
  setZoom(zoom: number): void;
}

export function layerPanel(options: LayerPanelOptions): LayerPanel {
  const { catalog, language, t } = options;
  const known = new Set(catalog.themes.map((theme) => theme.id));
  const groups = [
    ...catalog.themes.map((theme) => ({ title: inLanguage(theme.title, language), datasets: catalog.datasets.filter((d) => d.theme === theme.id) })),
    { title: t('otherTheme'), datasets: catalog.datasets.filter((d) => !known.has(d.theme)) },
  ].filter((group) => group.datasets.length > 0);

  const rows: { readonly node: HTMLElement; readonly minZoom: number }[] = [];
  const body = element('div', { class: 'layer-panel' }, options.bases);
  for (const group of groups) {
    const list = element('ul', { class: 'datasets' });
    for (const dataset of group.datasets) {
      const node = datasetRow(dataset, options);
      rows.push({ node, minZoom: options.minZoom(dataset.id) ?? 0 });
      list.append(node);
    }
    body.append(element('section', { class: 'theme' }, element('h3', {}, group.title), list));
  }
  if (groups.length === 0) body.append(element('p', { class: 'empty' }, t('noDatasets')));
  body.append(element('p', { class: 'to-catalogue' }, element('a', { href: 'data.html' }, t('catalogue'))));
  return {
    element: body,
    setZoom(zoom) {
      for (const row of rows) row.node.classList.toggle('too-far', zoom < row.minZoom);
    },
  };
}

function datasetRow(dataset: Dataset, options: LayerPanelOptions): HTMLElement {
  const { language, t } = options;
  const title = inLanguage(dataset.title, language);
  const entries = options.legend(dataset.id);
  const broken = options.unavailable.has(dataset.id);
  const drawn = entries.length > 0 && !broken;
  const box = element('input', { type: 'checkbox', checked: drawn && options.visible(dataset.id), disabled: !drawn });
  box.addEventListener('change', () => options.onToggle(dataset.id, box.checked));
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
  return element('li', { class: broken ? 'dataset broken' : 'dataset' },
    element('div', { class: 'row' },
      element('label', {}, box, first ? swatch(first, options.sprite) : element('span', { class: 'swatch' }),
        element('span', { class: 'name' }, title,
          note ? element('small', {}, note) : element('small', { class: 'far' }, t('zoomIn')))),
      more),
    details);
}

/** Why a dataset has no switch of its own. */
function missing(dataset: Dataset, options: LayerPanelOptions): 'asBase' | 'noLayer' | 'onlyAsked' {
  if (options.bases && dataset.layers.some((layer) => layer.geometry === 'raster')) return 'asBase';
  return options.minZoom(dataset.id) === null ? 'noLayer' : 'onlyAsked';
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
