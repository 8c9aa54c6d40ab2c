// Features of an area counted, listed, filtered and saved, and datasets summed up by town.

import './query.css';

import type { Geometry } from 'geojson';

import { areaChoice, type ChosenArea } from '../../ui/area-choice.ts';
import { inLanguage } from '../../core/catalog.ts';
import { townsOf } from '../../core/towns.ts';
import { saying } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { progress } from '../../ui/progress.ts';
import type { Portal, Tool } from '../tool.ts';
import { detail } from './detail.ts';
import { foundLayer } from './found-layer.ts';
import { readItems, vectorLayer, type Found, type Item } from './items.ts';
import { lengthText, sizeText } from './numbers.ts';
import { townPart, type TownPart } from './town-part.ts';
import { words } from './words.ts';

export function query(portal: Portal): Tool {
  const { map, city, language } = portal;
  const t = saying(words, language);
  const towns = townsOf(city, language);
  const layer = foundLayer(map);
  const datasets = city.catalog.datasets.filter(vectorLayer);
  let inside = false; // the tool stands open
  let work: AbortController | null = null;
  let results: readonly Found[] = [];
  let active: string | null = null;
  let release: (() => void) | null = null;

  const area = areaChoice({ map, language, towns, prefix: 'longquan-query', room: portal.padding, announce: portal.announce, onArea: (chosen) => changed(chosen) });
  const boxes = datasets.map((dataset) => {
    const box = element('input', { type: 'checkbox', value: dataset.id, checked: portal.store.now.shown.has(dataset.id) });
    box.addEventListener('change', () => count());
    return [dataset, box] as const;
  });
  const chosenCount = element('small', {});
  const choice = element('details', { class: 'datasets' }, element('summary', {}, t('datasets'), chosenCount),
    element('div', { class: 'boxes' }, ...boxes.map(([dataset, box]) => element('label', {}, box, element('span', {}, inLanguage(dataset.title, language))))));
  const part = element('input', { type: 'checkbox', checked: true, class: 'inside' });
  const run = element('button', { type: 'button', class: 'run' }, t('run'));
  run.addEventListener('click', () => void find());
  const message = element('p', { class: 'message', role: 'status' }, t('chooseArea'));
  const bar = progress(t('cancel'), () => work?.abort());
  const list = element('ul', { class: 'found' });
  const place = element('div', {});
  const areaPart = element('div', { class: 'part' }, area.element, choice,
    element('label', { class: 'option' }, part, element('span', {}, t('inside'))), run, bar.element, message, list, place);

  let byTown: TownPart | null = null;
  const tabs = (['tabArea', 'tabTowns'] as const).map((name) => {
    const node = element('button', { type: 'button', 'aria-pressed': String(name === 'tabArea') }, t(name));
    node.addEventListener('click', () => open(name));
    return [name, node] as const;
  });
  const townPlace = element('div', { class: 'part', hidden: true });
  const root = element('div', { class: 'query' },
    towns && element('div', { class: 'tabs', role: 'group' }, ...tabs.map(([, node]) => node)), areaPart, townPlace);

  const open = (name: 'tabArea' | 'tabTowns'): void => {
    for (const [one, node] of tabs) node.setAttribute('aria-pressed', String(one === name));
    areaPart.hidden = name !== 'tabArea';
    townPlace.hidden = name !== 'tabTowns';
    if (name === 'tabTowns' && towns && !byTown) {
      byTown = townPart({ portal, towns, datasets, t });
      townPlace.replaceChildren(byTown.element);
      byTown.enter();
    }
    if (name === 'tabTowns') hideArea();
    else showArea();
  };
  const showArea = (): void => {
    area.enter();
    show();
  };
  const hideArea = (): void => {
    area.leave();
    layer.clear();
  };

  const count = (): void => {
    const chosen = boxes.filter(([, box]) => box.checked).length;
    chosenCount.textContent = t('datasetsShown', { n: chosen });
    run.disabled = chosen === 0 || !area.chosen;
  };
  const changed = (chosen: ChosenArea | null): void => {
    count();
    if (chosen) return void find();
    work?.abort();
    results = [];
    active = null;
    message.textContent = t('chooseArea');
    tell();
  };

  const find = async (): Promise<void> => {
    const { chosen } = area;
    if (!chosen) return;
    work?.abort();
    const asked = boxes.filter(([, box]) => box.checked).map(([dataset]) => dataset);
    results = [];
    tell();
    message.textContent = asked.length === 0 ? t('chooseDataset') : '';
    if (asked.length === 0) {
      choice.open = true;
      return;
    }
    const mine = (work = new AbortController());
    bar.show(t('reading', { done: 0, total: '…' }), 0, 1);
    try {
      results = await readItems(city, asked, chosen.area, {
        part: part.checked ? 'inside' : 'whole', signal: mine.signal,
        onProgress: (done, total) => bar.show(t('reading', { done, total }), done, total),
      });
      const sum = results.reduce((n, { items }) => n + items.length, 0);
      const broken = results.reduce((n, { items }) => n + items.filter((item) => item.broken).length, 0);
      message.textContent = [sum === 0 ? t('nothing') : t('total', { n: sum }), broken > 0 && t('brokenSome', { n: broken })].filter(Boolean).join(' ');
      if (!results.some(({ dataset, items }) => dataset.id === active && items.length > 0)) active = results.find(({ items }) => items.length > 0)?.dataset.id ?? null;
      tell();
    } catch (error) {
      if (mine.signal.aborted) message.textContent = area.chosen ? '' : t('chooseArea');
      else {
        console.error(error);
        message.textContent = t('fault', { reason: error instanceof Error ? error.message : String(error) });
      }
    } finally {
      if (work === mine) {
        work = null;
        bar.hide();
      }
    }
  };

  /** The counts, and the features of the dataset looked at. */
  const tell = (): void => {
    list.replaceChildren(...results.filter(({ items }) => items.length > 0).map(({ dataset, items }) => {
      const [metres, squareMetres] = items.reduce(([a, b], item) => [a + item.metres, b + item.squareMetres], [0, 0]);
      const button = element('button', { type: 'button', 'data-dataset': dataset.id, 'aria-pressed': String(dataset.id === active) },
        element('span', { class: 'what' }, inLanguage(dataset.title, language)), element('b', {}, String(items.length)),
        element('small', {}, metres > 0 ? lengthText(metres, language) : squareMetres > 0 ? sizeText(squareMetres, language) : ''));
      button.addEventListener('click', () => {
        active = dataset.id;
        for (const other of list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
        showDetail();
        place.scrollIntoView({ block: 'start' });
      });
      return element('li', {}, button);
    }));
    showDetail();
  };
  let shown: readonly Item[] = [];
  const showDetail = (): void => {
    const found = results.find(({ dataset }) => dataset.id === active);
    layer.pick(null);
    shown = [];
    if (!found || found.items.length === 0) {
      place.replaceChildren();
      layer.show([]);
      return;
    }
    place.replaceChildren(detail({
      found, language, t, areaName: area.chosen?.name ?? '',
      onShown(items) {
        if (items === shown) return;
        shown = items;
        show();
      },
      onPick(item) {
        layer.pick(item);
        const [west, south, east, north] = boundsOf(item.geometry);
        map.fitBounds([west, south, east, north], { padding: portal.padding(), maxZoom: 17, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches });
      },
    }));
  };
  const show = (): void => {
    if (inside) layer.show(shown);
  };

  count();
  return {
    element: root,
    enter() {
      inside = true;
      release = portal.takeClicks();
      if (townPlace.hidden) showArea();
      byTown?.enter();
    },
    leave() {
      work?.abort();
      byTown?.leave();
      hideArea();
      inside = false;
      release?.();
    },
  };
}

function boundsOf(geometry: Geometry): [number, number, number, number] {
  const out: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] !== 'number') return value.forEach(walk);
    const [lng, lat] = value as [number, number];
    [out[0], out[1], out[2], out[3]] = [Math.min(out[0], lng), Math.min(out[1], lat), Math.max(out[2], lng), Math.max(out[3], lat)];
  };
  if ('coordinates' in geometry) walk(geometry.coordinates);
  return out;
}
