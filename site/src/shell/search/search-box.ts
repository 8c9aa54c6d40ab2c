// The search box: a combobox that proposes while one types, and takes the map to what is chosen.

import './search.css';

import type { Index } from '../../core/search/index-file.ts';
import type { Search } from '../../core/search/service.ts';
import { saying } from '../../messages/i18n.ts';
import type { Portal } from '../../tools/tool.ts';
import { element, svg } from '../../ui/element.ts';
import { icon } from '../../ui/icons.ts';
import { WIDE } from '../room.ts';
import { recent } from './recent.ts';
import { distance, ofCoordinates, ofResult, type Suggestion } from './suggestion.ts';
import { words } from './words.ts';

export interface SearchBox {
  readonly element: HTMLElement;
}

const SHEET = 0.6; // of the map's height: what page.css gives a sheet at most
const NOTICE = 50; // px below the search box in which a sample city says what it is
const PAUSE = 120; // ms after the last key
const LIST = 'search-list';

/** The box; `portal` is there once the map is. */
export function searchBox({ search, portal, language }: { readonly search: Search; readonly portal: Promise<Portal>; readonly language: Portal['language'] }): SearchBox {
  const t = saying(words, language);
  const before = recent(`longquan-recent ${location.pathname}`);
  const input = element('input', {
    type: 'search', class: 'search-input', role: 'combobox', 'aria-label': t('searchLabel'), placeholder: t('search'), 'aria-autocomplete': 'list',
    'aria-expanded': 'false', 'aria-controls': LIST, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search', maxlength: 120,
  });
  const clear = element('button', { type: 'button', class: 'close search-clear', 'aria-label': t('clear'), hidden: true });
  const list = element('ul', { id: LIST, class: 'search-list', role: 'listbox', 'aria-label': t('suggestions') });
  const note = element('p', { class: 'search-note' });
  const forget = element('button', { type: 'button', class: 'search-forget' }, t('forget'));
  const popup = element('div', { class: 'search-popup', hidden: true }, note, list, forget);
  const root = element('search', { class: 'search' }, element('div', { class: 'search-line' }, icon('search'), input, clear), popup);
  let shown: readonly Suggestion[] = [];
  let active = -1;
  let asked = 0; // questions so far: an answer to an older one is dropped
  let timer = 0;
  let composing = false;

  function open(lines: readonly Suggestion[], { text = '', forgettable = false }: { readonly text?: string; readonly forgettable?: boolean } = {}, from: { lng: number; lat: number } | null = null): void {
    shown = lines;
    note.textContent = text;
    note.hidden = !text;
    forget.hidden = !forgettable;
    list.hidden = lines.length === 0;
    list.replaceChildren(...lines.map((line, i) => row(line, i, from ? distance(line, from, t) : '')));
    popup.hidden = lines.length === 0 && !text;
    input.setAttribute('aria-expanded', String(lines.length > 0));
    mark(-1);
  }

  function row(line: Suggestion, i: number, away: string): HTMLElement {
    const option = element('li', { id: `${LIST}-${i}`, role: 'option', 'aria-selected': 'false', class: 'search-option' },
      picture(line.group),
      element('span', { class: 'search-text' }, element('span', { class: 'search-title' }, ...marked(line)), element('span', { class: 'search-detail' }, line.detail)),
      element('span', { class: 'search-away' }, away));
    option.addEventListener('pointerdown', (event) => event.preventDefault()); // the focus stays in the box
    option.addEventListener('click', () => void choose(line));
    return option;
  }

  function mark(next: number): void {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = next;
    const option = list.children[active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  }

  function close(): void {
    asked++;
    clearTimeout(timer);
    open([]);
  }

  function offerRecent(): void {
    const lines = before.all;
    if (lines.length > 0) open(lines, { text: t('recent'), forgettable: true });
    else close();
  }

  /** Ask for what stands in the box, and show the answer unless something else stands there by then. */
  async function ask(): Promise<void> {
    const text = input.value.trim();
    const number = ++asked;
    clearTimeout(timer);
    if (!text) return offerRecent();
    const { map, city, announce } = await portal;
    const centre = map.getCenter();
    const typed = ofCoordinates(text, { bounds: city.catalog.bounds }, language, t);
    let lines: readonly Suggestion[] = typed;
    try {
      if (typed.length === 0) {
        const index: Index = await search.prepare();
        lines = (await search.find(text, [centre.lng, centre.lat])).map((result) => ofResult(result, index, language, t));
      }
    } catch {
      if (number === asked) open([], { text: t('failed') });
      return;
    }
    if (number !== asked) return;
    if (lines.length === 0) {
      open([], { text: `${t('none', { text })}\n${t('advice')}` });
      announce(t('none', { text }));
    } else {
      open(lines, {}, centre);
      announce(t('found', { count: lines.length }));
    }
  }

  async function choose(line: Suggestion): Promise<void> {
    close();
    input.value = line.title;
    clear.hidden = false;
    before.add(line);
    const context = await portal;
    const { map, store, announce, city: { catalog } } = context;
    const { lng, lat, title, feature } = line;
    const dataset = feature && catalog.datasets.find(({ id, layers }) => id === feature.dataset && layers.length > 0);
    const phone = !matchMedia(WIDE).matches;
    if (phone) input.blur(); // away with the keyboard
    store.set({
      marker: { lng, lat, title },
      selected: dataset ? feature : null,
      ...(dataset && !store.now.shown.has(dataset.id) ? { shown: new Set([...store.now.shown, dataset.id]) } : {}),
    });
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    // On a phone the sheet that tells of the feature comes after it: what was found belongs above.
    const sheet = phone && dataset ? map.getContainer().clientHeight * SHEET : 0;
    const around = context.padding();
    const offset: [number, number] = [0, sheet && (around.top + NOTICE - sheet) / 2];
    const padding = { ...around, bottom: Math.max(around.bottom, sheet) };
    if (line.box) map.fitBounds([[line.box[0], line.box[1]], [line.box[2], line.box[3]]], { padding, maxZoom: 16.5, animate: !still });
    else if (still) map.easeTo({ center: [lng, lat], zoom: Math.max(line.zoom, Math.min(map.getZoom(), 18)), offset, animate: false });
    else map.flyTo({ center: [lng, lat], zoom: Math.max(line.zoom, Math.min(map.getZoom(), 18)), offset, padding: { left: 0, right: 0, top: 0, bottom: 0 } });
    announce(t('gone', { name: title }));
  }

  input.addEventListener('input', () => {
    clear.hidden = input.value === '';
    if (composing) return;
    clearTimeout(timer);
    asked++;
    timer = window.setTimeout(() => void ask(), PAUSE);
  });
  input.addEventListener('compositionstart', () => (composing = true));
  input.addEventListener('compositionend', () => {
    composing = false;
    void ask();
  });
  input.addEventListener('focus', () => {
    void search.prepare().catch(() => null); // told when somebody asks
    if (!input.value.trim()) offerRecent();
  });
  input.addEventListener('keydown', (event) => {
    if (composing || event.isComposing) return;
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !event.altKey) {
      event.preventDefault();
      if (shown.length === 0) return void ask();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      mark(active < 0 && step < 0 ? shown.length - 1 : (active + step + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      void enter();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (!popup.hidden) close();
      else empty();
    }
  });
  /** Choose what is marked, else the first answer to just what stands there. */
  async function enter(): Promise<void> {
    const line = shown[active];
    if (line) return choose(line);
    await ask();
    if (input.value.trim() && shown[0]) await choose(shown[0]);
  }
  function empty(): void {
    input.value = '';
    clear.hidden = true;
    close();
    void portal.then(({ store }) => store.set({ marker: null, selected: null }));
  }
  clear.addEventListener('click', () => {
    empty();
    input.focus();
  });
  forget.addEventListener('click', () => {
    before.clear();
    close();
    input.focus();
    void portal.then(({ announce }) => announce(t('forgotten')));
  });
  root.addEventListener('focusout', (event) => {
    if (!root.contains(event.relatedTarget as Node | null)) close();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!root.contains(event.target as Node)) close();
  });
  return { element: root };
}

/** The title with the letters that match. */
function marked({ title, marks }: Suggestion): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const [start, end] of [...marks].sort((a, b) => a[0] - b[0])) {
    parts.push(title.slice(at, start), element('mark', {}, title.slice(Math.max(at, start), end)));
    at = Math.max(at, end);
  }
  return [...parts, title.slice(at)].filter((part) => part !== '');
}

const SIGNS: Readonly<Record<Suggestion['group'], readonly string[]>> = {
  place: ['M10 17s-5.5-5.4-5.5-9.3A5.5 5.5 0 0 1 10 2.3a5.5 5.5 0 0 1 5.5 5.4C15.5 11.6 10 17 10 17z', 'M10 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z'],
  area: ['m3 6 5-2.5 4.5 2L17 3.5v11L12 17l-4.5-2L3 16.5z', 'M8 3.5v11.4M12.3 5.6V17'],
  road: ['M6.5 3 4 17M13.5 3 16 17', 'M10 3v2.6M10 8.6v2.8M10 14.4V17'],
  rail: ['M6 3h8a1.5 1.5 0 0 1 1.5 1.5v8H4.500v-8A1.5 1.5 0 0 1 6 3z', 'M4.5 8h11M6.5 12.5 4.5 16.500M13.5 12.500l2 4M5.5 14.800h9'],
  water: ['M2.5 7c2.5-2 5 2 7.5 0s5 2 7.5 0', 'M2.5 12.500c2.5-2 5 2 7.5 0s5 2 7.5 0'],
  poi: ['M10 2.800l2.2 4.7 5 .6-3.7 3.5 1 5L10 14.1 5.5 16.600l1-5L2.8 8.100l5-.600z'],
  address: ['m3 9.5 7-6 7 6', 'M5 8.500V16.500h10V8.5', 'M8.5 16.500v-4.500h3v4.5'],
  coordinates: ['M10 4.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z', 'M10 2v5M10 13v5M2 10h5M13 10h5'],
};

function picture(group: Suggestion['group']): SVGElement {
  const strokes = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  return svg('svg', { class: 'search-sign', width: 20, height: 20, viewBox: '0 0 20 20', 'aria-hidden': 'true', ...strokes },
    ...(SIGNS[group] ?? SIGNS.poi).map((d) => svg('path', { d })));
}
