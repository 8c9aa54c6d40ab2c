// One dataset of the layer panel: switch, swatch and name; on demand its legend, its opacity and place, and particulars.

import type { LayerSpecification } from 'maplibre-gl';

import { inLanguage, type Dataset } from '../../core/catalog.ts';
import { isGround } from '../../core/layer-order.ts';
import { legendOf, type LegendEntry } from '../../core/legend.ts';
import { element } from '../../ui/element.ts';
import { slider } from '../../ui/slider.ts';
import { swatch } from '../../ui/swatch.ts';
import type { LayerPanelOptions } from './layer-panel.ts';
import { placed } from './order-list.ts';
import { firstZoom } from './reach.ts';
import type { SayLayers } from './words.ts';

export interface DatasetRow {
  readonly element: HTMLElement;
  readonly dataset: Dataset;
  readonly drawn: boolean; // whether it has a switch at all
  readonly minZoom: number;
  /** Show what the store has. */
  update(): void;
  /** Draw swatch and legend as other layers have them. */
  wear(layers: readonly LayerSpecification[]): void;
}

export interface RowActions {
  /** Go where the dataset can be seen, all of it or what is around here. */
  readonly onZoomTo: (dataset: Dataset) => void;
  readonly onNearer: (dataset: Dataset) => void;
}

export function datasetRow(dataset: Dataset, options: LayerPanelOptions, say: SayLayers, actions: RowActions): DatasetRow {
  const { city, style, store, language, t } = options;
  const name = inLanguage(dataset.title, language);
  let entries = legendOf(style.layers, dataset.id);
  const broken = dataset.layers.some((layer) => city.faults.has(layer.archive));
  const drawn = entries.length > 0 && !broken;
  const box = element('input', { type: 'checkbox', disabled: !drawn });
  box.addEventListener('change', () => {
    const shown = new Set(store.now.shown);
    if (box.checked) shown.add(dataset.id);
    else shown.delete(dataset.id);
    store.set({ shown });
  });
  const picture = (): HTMLElement => (entries[0] ? swatch(entries[0], options.sprite) : element('span', { class: 'swatch' }));
  let shown = picture();
  let explained = legend(entries, options);
  const note = broken ? t('unavailable') : drawn ? null : t(missing(dataset, options));
  const id = `details-${dataset.id}`;
  const more = element('button', { type: 'button', class: 'disclose', 'aria-expanded': 'false', 'aria-controls': id, 'aria-label': t('legendOf', { name }) });
  const nearer = element('button', { type: 'button', class: 'nearer', 'aria-label': say('nearerFor', { name }) }, say('nearer'));
  nearer.addEventListener('click', () => {
    actions.onNearer(dataset);
    box.focus(); // the button goes away
  });
  const details = element('div', { id, class: 'details', hidden: true });
  let tuned: Tuning | null = null;
  more.addEventListener('click', () => {
    if (!details.hasChildNodes()) {
      tuned = drawn ? tuning(dataset, options, say, actions) : null;
      tuned?.update();
      details.append(...explained, ...(tuned ? [tuned.element] : []), ...particulars(dataset, options));
    }
    details.hidden = !details.hidden;
    more.setAttribute('aria-expanded', String(!details.hidden));
  });
  const under = note ? element('small', {}, note) : element('small', { class: 'far' }, t('zoomIn'));
  const root = element('li', { class: broken ? 'dataset broken' : 'dataset' },
    element('div', { class: 'row' },
      element('label', {}, box, shown,
        element('span', { class: 'name' }, name, under)),
      nearer, more),
    details);
  if (!broken) city.health.on(({ faults }) => {
    if (root.classList.contains('broken') || !dataset.layers.some((layer) => faults.has(layer.archive))) return;
    root.classList.add('broken');
    under.replaceWith(element('small', {}, t('unavailable')));
    box.disabled = true;
    box.checked = false;
  });
  return {
    dataset,
    drawn,
    minZoom: firstZoom(style, dataset) ?? 0,
    element: root,
    update() {
      box.checked = drawn && !box.disabled && store.now.shown.has(dataset.id);
      tuned?.update();
    },
    wear(layers) {
      const worn = legendOf(layers, dataset.id);
      if (worn.length === 0) return; // a look that does not draw it: what it is in others
      entries = worn;
      const [swatchBefore, legendBefore] = [shown, explained];
      swatchBefore.replaceWith((shown = picture()));
      explained = legend(entries, options);
      if (!details.hasChildNodes()) return;
      for (const before of legendBefore) before.remove();
      details.prepend(...explained);
    },
  };
}

/** Why a dataset has no switch of its own. */
function missing(dataset: Dataset, options: LayerPanelOptions): 'asBase' | 'noLayer' | 'onlyAsked' {
  if (options.bases && dataset.layers.some((layer) => layer.geometry === 'raster')) return 'asBase';
  return firstZoom(options.style, dataset) === null ? 'noLayer' : 'onlyAsked';
}

interface Tuning {
  readonly element: HTMLElement;
  update(): void;
}

/** How strongly the dataset is drawn, over or under which others, and the way to it. */
function tuning(dataset: Dataset, { style, store }: LayerPanelOptions, say: SayLayers, actions: RowActions): Tuning {
  const opacity = slider({
    label: say('layerOpacity'), min: 0, max: 100, step: 5, text: (value) => `${value}%`,
    onInput(value) {
      const fade = new Map(store.now.fade);
      if (value === 100) fade.delete(dataset.id);
      else fade.set(dataset.id, value / 100);
      store.set({ fade });
    },
  });
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const place = (where: 'top' | 'bottom') => (): void => {
    const shown = new Set(store.now.shown).add(dataset.id);
    store.set({ above: placed(store.now.above, dataset.id, where), shown });
  };
  return {
    element: element('div', { class: 'tuning' }, opacity.label, element('div', { class: 'actions' },
      dataset.extent && button(say('zoomTo'), () => actions.onZoomTo(dataset)),
      button(say('toTop'), place('top')),
      !isGround(style, dataset.id) && button(say('toBottom'), place('bottom')))),
    update: () => opacity.set(Math.round((store.now.fade.get(dataset.id) ?? 1) * 100)),
  };
}

function legend(entries: readonly LegendEntry[], { language, sprite }: LayerPanelOptions): HTMLElement[] {
  const titled = entries.filter((entry) => entry.title !== null);
  if (titled.length === 0) return [];
  return [element('ul', { class: 'legend' }, ...titled.map((entry) => element('li', {}, swatch(entry, sprite), element('span', {}, inLanguage(entry.title, language)))))];
}

function particulars(dataset: Dataset, { language, t }: LayerPanelOptions): HTMLElement[] {
  const parts: HTMLElement[] = [];
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
