// The map for machines without WebGL 2: the city's pictures (imagery, relief) on a plain canvas, to be moved and zoomed.

import './picture-map.css';

import { archives } from '../core/archives.ts';
import { rangeCache } from '../core/cache.ts';
import { inLanguage, readJson, type Archive, type Catalog, type Language } from '../core/catalog.ts';
import { health } from '../core/health.ts';
import { saying, translator } from '../messages/i18n.ts';
import { legalBar, sampleNotice } from '../ui/legal-bar.ts';
import { element } from '../ui/element.ts';
import { painter, type Picture } from './painter.ts';
import { degrees, moved, world, zoomed, type View } from './view.ts';
import { words } from './words.ts';

const BACKGROUND = '#f4f1e6'; // the land of the drawn map: shaded relief is laid over it
const UNDER = ['tint', 'hillshade'] as const; // always there where the city has them
const STEP = 120; // px of an arrow key

/** Show the pictures of the city at `root` in `app`, below `message`; without any the message stays alone. */
export async function pictureMap(options: { readonly app: HTMLElement; readonly message: HTMLElement; readonly root: string; readonly language: Language }): Promise<void> {
  const { app, message, root, language } = options;
  const catalog = await readJson<Catalog>(new URL('catalog.json', root).href);
  const shown = catalog.archives.filter(({ product }) => UNDER.some((under) => under === product) || product === 'imagery');
  if (shown.length === 0) return;
  const say = saying(words, language);
  const readers = archives(health(), rangeCache());
  const pictures = new Map(shown.map((archive): [Archive, Picture] => [archive, {
    minZoom: archive.min_zoom ?? 0, maxZoom: archive.max_zoom ?? 14, tileSize: archive.tile_size ?? 512,
    tiles: readers.at(archive, new URL(archive.file, root).href),
  }]));
  const under = UNDER.flatMap((product) => shown.filter((archive) => archive.product === product));
  const imagery = shown.filter(({ product }) => product === 'imagery').sort((a, b) => ((a.date ?? '') < (b.date ?? '') ? 1 : -1));
  let over: Archive | null = imagery[0] ?? null;

  const canvas = element('canvas', { class: 'picture-canvas', tabindex: 0, role: 'application', 'aria-label': say('canvas') });
  const paint = painter(canvas, BACKGROUND);
  let view = viewOf(location.hash) ?? { ...world(catalog.center[0], catalog.center[1]), zoom: catalog.center[2] };
  const legal = legalBar(catalog, language, translator(language));
  function show(next: View = view): void {
    view = next;
    paint.paint(view, [...under, ...(over ? [over] : [])].map((archive) => pictures.get(archive)!));
    legal.credit(over?.attribution ?? under[0]?.attribution ?? null);
    const { lng, lat } = degrees(view.x, view.y);
    history.replaceState(null, '', `#map=${view.zoom.toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
  }

  const button = (label: string, sign: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button', 'aria-label': label, title: label }, sign);
    node.addEventListener('click', act);
    return node;
  };
  const choice = element('select', {}, ...imagery.map((archive) => element('option', { value: archive.id }, inLanguage(archive.title, language))),
    under.length > 0 && element('option', { value: '' }, say('relief')));
  choice.addEventListener('change', () => {
    over = imagery.find(({ id }) => id === choice.value) ?? null;
    show();
  });
  app.style.display = '';
  app.classList.add('picture-map');
  message.classList.add('beside');
  app.replaceChildren(
    element('header', { class: 'picture-head' }, element('h1', {}, inLanguage(catalog.platform, language)),
      imagery.length > 0 && element('label', {}, say('picture'), choice), sampleNotice(catalog, language)),
    element('main', {}, canvas, element('div', { class: 'picture-zoom' },
      button(say('zoomIn'), '+', () => show(zoomed(view, 1))), button(say('zoomOut'), '−', () => show(zoomed(view, -1))))),
    legal.element);
  listen(canvas, () => view, show);
  new ResizeObserver(() => show()).observe(canvas);
  Object.assign(window, { longquanPictures: paint }); // for tests
  show();
  app.dataset['ready'] = 'true';
}

/** Fingers, mouse and keys. */
function listen(canvas: HTMLCanvasElement, now: () => View, show: (view: View) => void): void {
  const down = new Map<number, { x: number; y: number }>();
  const offset = (x: number, y: number): [number, number] => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [x - left - width / 2, y - top - height / 2];
  };
  const spread = (): number => {
    const [a, b] = [...down.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, (event) => down.delete(event.pointerId));
  canvas.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const wide = spread();
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const shifted = moved(now(), (before.x - event.clientX) / down.size, (before.y - event.clientY) / down.size);
    show(down.size === 2 && wide > 0 ? zoomed(shifted, Math.log2(spread() / wide), ...offset(event.clientX, event.clientY)) : shifted);
  });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    show(zoomed(now(), Math.max(-1, Math.min(1, -event.deltaY / 300)), ...offset(event.clientX, event.clientY)));
  }, { passive: false });
  canvas.addEventListener('dblclick', (event) => show(zoomed(now(), 1, ...offset(event.clientX, event.clientY))));
  const keys: Readonly<Record<string, (view: View) => View>> = {
    ArrowLeft: (view) => moved(view, -STEP, 0), ArrowRight: (view) => moved(view, STEP, 0),
    ArrowUp: (view) => moved(view, 0, -STEP), ArrowDown: (view) => moved(view, 0, STEP),
    '+': (view) => zoomed(view, 1), '=': (view) => zoomed(view, 1), '-': (view) => zoomed(view, -1),
  };
  canvas.addEventListener('keydown', (event) => {
    const change = keys[event.key];
    if (!change) return;
    event.preventDefault();
    show(change(now()));
  });
}

/** The view that a link carries: `#map=zoom/lat/lng`. */
function viewOf(hash: string): View | null {
  const match = /[#&]map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)/.exec(hash);
  if (!match) return null;
  const [zoom, lat, lng] = match.slice(1).map(Number) as [number, number, number];
  return { ...world(lng, lat), zoom };
}
