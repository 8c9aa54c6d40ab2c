// What changed between two versions of a dataset: on the map, in numbers, and feature by feature with old and new values.

import './changes.css';

import type { MapGeoJSONFeature, MapMouseEvent } from 'maplibre-gl';

import { inLanguage, type Archive, type ChangeStep } from '../../core/catalog.ts';
import { nameOf } from '../../core/identify.ts';
import { offerArchives } from '../../core/protocol.ts';
import { saying, translator } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { slider } from '../../ui/slider.ts';
import type { Portal, Tool } from '../tool.ts';
import { clear, layersFor, showKind, SOURCE } from './change-layers.ts';
import { changingOf, chosen, differences, KINDS, kindOf, moved, written, type Changing, type Kind } from './steps.ts';
import { words } from './words.ts';

const SHOWN = 40;
const REACH = 6; // px around a click

export function changes(portal: Portal): Tool {
  const { map, city, language, store, announce } = portal;
  const say = saying(words, language);
  const t = translator(language);
  const all = changingOf(city.catalog);
  const hidden = new Set<Kind>();
  let drawn: ChangeStep | null = null;
  let listed = ''; // the keys of the features in the list
  const opened = new Set<string>();
  let now: { readonly changing: Changing; readonly step: number } | null = null;
  let release: (() => void)[] = [];

  const datasets = element('select', {}, ...all.map(({ dataset }) => element('option', { value: dataset.id }, inLanguage(dataset.title, language))));
  datasets.addEventListener('change', () => {
    const changing = all.find(({ dataset }) => dataset.id === datasets.value)!;
    store.set({ time: written(changing.dataset, changing.steps.at(-1)!) });
  });
  const time = slider({
    label: say('step'), min: 0, max: Math.max(0, ...all.map(({ steps }) => steps.length - 1)), step: 1,
    text: (value) => between(now?.changing.steps[value]),
    onInput: (value) => now?.changing.steps[value] && store.set({ time: written(now.changing.dataset, now.changing.steps[value]) }),
  });
  const dates = element('p', { class: 'dates' });
  const kinds = new Map(KINDS.map((kind) => {
    const box = element('input', { type: 'checkbox', checked: true });
    box.addEventListener('change', () => {
      if (box.checked) hidden.delete(kind);
      else hidden.add(kind);
      showKind(map, kind, box.checked);
    });
    return [kind, { box, text: element('span', {}) }];
  }));
  const zoom = element('button', { type: 'button' }, say('zoomTo'));
  zoom.addEventListener('click', () => {
    const bounds = drawn?.bounds;
    if (bounds) map.fitBounds([[bounds[0], bounds[1]], [bounds[2], bounds[3]]], { padding: portal.padding(), maxZoom: 16, duration: 700 });
  });
  const note = element('p', { class: 'hint', role: 'status' });
  const list = element('ul', { class: 'changed' });

  function between(step: ChangeStep | undefined): string {
    return step ? say('between', { from: step.from.currency, to: step.to.currency }) : '';
  }

  function follow(): void {
    now = chosen(all, store.now.time);
    if (!now) return;
    const { changing: { dataset, steps }, step: number } = now;
    const step = steps[number]!;
    if (store.now.time !== written(dataset, step)) return store.set({ time: written(dataset, step) }); // and here again
    datasets.value = dataset.id;
    const input = time.label.querySelector('input')!;
    input.max = String(steps.length - 1);
    time.set(number);
    time.label.hidden = steps.length < 2;
    dates.textContent = between(step);
    for (const [kind, { text }] of kinds) text.textContent = say('kindCount', { kind: say(`kind_${kind}`), count: step[kind] });
    if (drawn === step) return;
    drawn = step;
    draw(step);
    const { added, removed, changed } = step;
    announce(say('told', { name: inLanguage(dataset.title, language), from: step.from.currency, to: step.to.currency, added, removed, changed }));
  }

  function draw(step: ChangeStep): void {
    clear(map);
    list.replaceChildren();
    listed = '';
    opened.clear();
    zoom.hidden = !step.file;
    note.textContent = step.file ? '' : say('nothing');
    if (!step.file) return;
    const archive: Archive = { id: step.id!, title: {}, file: step.file, bytes: step.bytes!, type: 'vector' };
    offerArchives({ catalog: { ...city.catalog, archives: [archive] }, archive: city.archive });
    map.addSource(SOURCE, { type: 'vector', url: `pmtiles://${city.address(step.file)}` });
    for (const layer of layersFor(step.layers ?? [])) map.addLayer(layer);
    for (const kind of hidden) showKind(map, kind, false);
  }

  /** The changes in view, each once. */
  function refresh(): void {
    if (!drawn?.file || !map.getSource(SOURCE)) return;
    const found = once(map.queryRenderedFeatures(undefined, { layers: own() }));
    if (listed === [...found.keys()].join()) return; // what a reader has open stays as it is
    listed = [...found.keys()].join();
    const focused = (document.activeElement as HTMLElement | null)?.dataset['key'];
    list.replaceChildren(...[...found].slice(0, SHOWN).map(([key, feature]) => item(key, feature, opened.has(key))));
    if (focused) list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    note.textContent = [say('inView', { count: found.size }), found.size > SHOWN ? say('more', { count: found.size - SHOWN }) : ''].filter(Boolean).join(' · ');
  }

  function own(): string[] {
    return map.getLayersOrder().filter((id) => id.startsWith(`${SOURCE}-`));
  }

  function once(features: readonly MapGeoJSONFeature[]): Map<string, MapGeoJSONFeature> {
    const found = new Map<string, MapGeoJSONFeature>();
    for (const feature of features) {
      const key = `${feature.sourceLayer} ${feature.id ?? JSON.stringify(feature.properties)}`;
      if (!found.has(key)) found.set(key, feature);
    }
    return new Map([...found].sort(([, a], [, b]) => KINDS.indexOf(kindOf(a.sourceLayer!)!) - KINDS.indexOf(kindOf(b.sourceLayer!)!)));
  }

  function item(key: string, feature: MapGeoJSONFeature, open: boolean): HTMLElement {
    const { dataset } = now!.changing;
    const kind = kindOf(feature.sourceLayer!)!;
    const button = element('button', { type: 'button', 'data-key': key, 'aria-expanded': String(open) },
      element('span', { class: `kind ${kind}` }, say(`kind_${kind}`)), element('span', {}, nameOf({ dataset, feature }, language)));
    const about = element('div', { hidden: !open });
    const fill = (): void => {
      if (!about.hasChildNodes()) about.append(table(feature, kind));
    };
    if (open) fill();
    button.addEventListener('click', () => {
      const opening = about.hidden === true;
      about.hidden = !opening;
      button.setAttribute('aria-expanded', String(opening));
      if (opening) opened.add(key);
      else opened.delete(key);
      if (opening) fill();
      portal.selection.show(opening ? feature : null);
    });
    return element('li', {}, button, about);
  }

  function table(feature: MapGeoJSONFeature, kind: Kind): HTMLElement {
    const rows = differences(now!.changing.dataset, kind, feature.properties, language, t);
    return element('dl', { class: 'facts' }, ...rows.flatMap(({ title, before, after, differs }) => [
      element('dt', {}, title),
      differs
        ? element('dd', {}, element('del', { 'aria-label': `${say('was')} ${before ?? say('none')}` }, before ?? say('none')), ' → ', element('ins', { 'aria-label': `${say('is')} ${after ?? say('none')}` }, after ?? say('none')))
        : element('dd', {}, after ?? before),
    ]), ...(moved(feature.properties) && kind === 'changed' ? [element('dt', {}, say('geometry')), element('dd', {}, element('ins', {}, say('moved')))] : []));
  }

  function pick({ point }: MapMouseEvent): void {
    if (!map.getSource(SOURCE)) return;
    const near = once(map.queryRenderedFeatures([[point.x - REACH, point.y - REACH], [point.x + REACH, point.y + REACH]], { layers: own() }));
    const [first] = near;
    if (!first) return;
    const [key, feature] = first;
    list.querySelector(`[data-key="${CSS.escape(key)}"]`)?.closest('li')?.remove();
    opened.add(key);
    list.prepend(item(key, feature, true));
    portal.selection.show(feature);
    list.scrollIntoView({ block: 'nearest' });
    announce(`${say(`kind_${kindOf(feature.sourceLayer!)!}`)} ${nameOf({ dataset: now!.changing.dataset, feature }, language)}`);
  }

  return {
    element: element('div', { class: 'changes' },
      element('p', { class: 'hint' }, say('hint')),
      element('label', { class: 'line' }, element('span', {}, say('dataset')), datasets), time.label, dates,
      element('ul', { class: 'kinds' }, ...[...kinds].map(([kind, { box, text }]) => element('li', {}, element('label', { class: kind }, box, element('i', {}), text)))),
      zoom, note, list),
    enter() {
      release = [portal.takeClicks(), store.on(['time'], follow)];
      map.on('click', pick);
      map.on('idle', refresh);
      drawn = null;
      follow();
    },
    leave() {
      for (const end of release) end();
      map.off('click', pick);
      map.off('idle', refresh);
      portal.selection.show(null);
      clear(map);
      const mine = now && written(now.changing.dataset, now.changing.steps[now.step]!);
      store.set({ time: null });
      if (mine) now = chosen(all, mine);
    },
  };
}
