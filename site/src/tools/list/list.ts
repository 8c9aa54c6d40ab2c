// What is in view as words: features by dataset, the nearest first, for those who cannot see the map and for whoever likes lists.

import './list.css';

import type { MapGeoJSONFeature } from 'maplibre-gl';

import { inLanguage } from '../../core/catalog.ts';
import { bearing, distance } from '../../core/geodesy.ts';
import { nameOf, referenceOf, rowsOf } from '../../core/identify.ts';
import { datasetOf } from '../../core/style.ts';
import { saying, translator } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import type { Portal, Tool } from '../tool.ts';
import { inView, rounded, windOf, type Group, type Listed } from './in-view.ts';
import { words } from './words.ts';

const STEP = 10; // features of a dataset at a time

export function list(portal: Portal): Tool {
  const { map, city: { catalog }, language, store, announce } = portal;
  const say = saying(words, language);
  const t = translator(language);
  const count = element('p', { class: 'count' });
  const body = element('div', {});
  const open = new Map<string, number>(); // dataset → how many are listed
  let stale = true;
  let release: (() => void)[] = [];

  const refresh = (): void => {
    if (!stale || !map.areTilesLoaded()) return;
    stale = false;
    const { lng, lat } = map.getCenter();
    const layers = map.getStyle().layers.filter((layer) => datasetOf(layer) && layer.type !== 'background').map(({ id }) => id);
    const groups = inView(map.queryRenderedFeatures(undefined, { layers }), catalog, [lng, lat]);
    const features = groups.reduce((sum, group) => sum + group.features.length, 0);
    const news = groups.length > 0 ? say('counted', { features, datasets: groups.length }) : say('none');
    const focused = (document.activeElement as HTMLElement | null)?.dataset['feature'];
    body.replaceChildren(...groups.map(section));
    if (focused !== undefined) (body.querySelector<HTMLElement>(`[data-feature="${CSS.escape(focused)}"]`) ?? body.querySelector('button'))?.focus();
    if (count.textContent !== news) announce(news);
    count.textContent = news;
  };

  function section({ dataset, features }: Group<MapGeoJSONFeature>): HTMLElement {
    const items = element('ul', {});
    const more = element('button', { type: 'button', class: 'more' });
    const fill = (upTo: number): void => {
      items.append(...features.slice(items.childElementCount, upTo).map(item));
      open.set(dataset.id, upTo);
      const rest = features.length - upTo;
      more.hidden = rest <= 0;
      more.textContent = say('more', { count: Math.min(STEP, rest) });
    };
    more.addEventListener('click', () => {
      const next = items.childElementCount;
      fill(next + STEP);
      (items.children[next] as HTMLElement | undefined)?.querySelector('button')?.focus();
    });
    fill(Math.max(STEP, open.get(dataset.id) ?? 0));
    return element('section', {}, element('h3', {}, say('group', { name: inLanguage(dataset.title, language), count: features.length })), items, more);
  }

  function item(listed: Listed<MapGeoJSONFeature>): HTMLElement {
    const reference = referenceOf(listed);
    const name = nameOf(listed, language);
    const rows = element('div', { hidden: true });
    const button = element('button', { type: 'button', class: 'feature', 'aria-expanded': 'false', 'data-feature': `${listed.dataset.id} ${reference?.id ?? ''}` },
      element('span', { class: 'name' }, name, kindOf(listed, name)), element('span', { class: 'where' }, where(listed)));
    button.addEventListener('click', () => {
      rows.hidden = !rows.hidden;
      button.setAttribute('aria-expanded', String(!rows.hidden));
      if (rows.hidden) return;
      if (!rows.hasChildNodes()) rows.append(details(listed));
      if (reference) store.set({ selected: reference });
      else portal.selection.show(listed.feature);
      announce(say('chosen', { name }));
    });
    return element('li', {}, button, rows);
  }

  function details({ at: [lng, lat], ...listed }: Listed<MapGeoJSONFeature>): HTMLElement {
    const go = element('button', { type: 'button', class: 'go-there' }, say('goThere'));
    go.addEventListener('click', () => map.easeTo({ center: [lng, lat], zoom: Math.max(map.getZoom(), 14), duration: 600 }));
    return element('div', { class: 'about' },
      element('dl', { class: 'facts' }, ...rowsOf(listed, language, t).flatMap(([field, value]) => [element('dt', {}, field), element('dd', {}, value)])), go);
  }

  /** What the first code of a feature means, where its name does not say so. */
  function kindOf({ dataset, feature }: Listed<MapGeoJSONFeature>, name: string): HTMLElement | null {
    for (const field of dataset.fields) {
      const meaning = field.type === 'string' && field.name !== 'TOWN' ? field.domain?.[String(feature.properties[field.name])] : undefined;
      const text = inLanguage(meaning, language);
      if (text && text !== name) return element('small', {}, text);
      if (text) return null;
    }
    return null;
  }

  function where({ at }: Listed<MapGeoJSONFeature>): string {
    const { lng, lat } = map.getCenter();
    const metres = distance([lng, lat], at);
    if (metres < 5) return say('here');
    const { unit, value } = rounded(metres);
    return say('at', { direction: say(`compass_${windOf(bearing([lng, lat], at))}`), distance: say(unit, { value }) });
  }

  return {
    element: element('div', { class: 'feature-list' }, element('p', { class: 'hint' }, say('hint')), count, body),
    enter() {
      stale = true;
      const outdate = (): void => void (stale = true);
      map.on('moveend', outdate);
      map.on('idle', refresh); // once everything is drawn: a list that jumps is no help
      release = [() => map.off('moveend', outdate), () => map.off('idle', refresh), store.on(['shown', 'ground'], outdate)];
      refresh();
    },
    leave() {
      for (const end of release) end();
      release = [];
    },
  };
}
