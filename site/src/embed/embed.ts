// An embedded map put together: the map, whose it is, what is here, and the wire to the page around.

import type { Map as MapLibre } from 'maplibre-gl';

import { imageryIn, maxPitch } from '../core/base-map.ts';
import { inLanguage, type Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import { nameOf, referenceOf } from '../core/identify.ts';
import { createMap } from '../core/map.ts';
import { selection } from '../core/selection.ts';
import { loadSprite } from '../ui/sprite.ts';
import { saying, translator } from '../messages/i18n.ts';
import { here } from '../shell/here/here.ts';
import { whatIsAt } from '../core/what-is-at.ts';
import { legalBar } from '../ui/legal-bar.ts';
import { writeAddress, type Wishes } from '../state/address.ts';
import { changed } from '../state/ground.ts';
import { linkWith } from '../state/link.ts';
import { askedState, prepare, scene, styleFor, usualState } from '../state/scene.ts';
import { said, type State } from '../state/state.ts';
import { store } from '../state/store.ts';
import type { Portal } from '../tools/tool.ts';
import { element } from '../ui/element.ts';
import { icon } from '../ui/icons.ts';
import { panel } from '../ui/panel.ts';
import { pin, type Place } from '../ui/pin.ts';
import { channel } from './channel.ts';
import { partsIn } from '../state/embed-parts.ts';
import type { Command } from './protocol.ts';
import { words } from './words.ts';

const REACH = 6; // px around a click

export interface EmbedOptions {
  readonly app: HTMLElement;
  readonly city: City;
  readonly language: Language;
  readonly wishes: Wishes;
}

export async function embed({ app, city, language, wishes }: EmbedOptions): Promise<void> {
  const { catalog } = city;
  const t = translator(language);
  const say = saying(words, language);
  const parts = partsIn(location.hash);
  const style = styleFor(city, language);
  const usual = usualState(city, style);
  const state = store<State>({ ...askedState(city, style, usual, wishes), tool: null });
  prepare(style, state.now);

  const container = element('main', { id: 'map', class: 'map' });
  const larger = element('a', { class: 'larger', target: '_blank', rel: 'noopener' }, say('larger'));
  const name = element('header', { class: 'whose' }, element('h1', {}, inLanguage(catalog.platform, language)), larger);
  const legal = legalBar(catalog, language, t);
  const news = element('p', { class: 'news', role: 'status' });
  app.replaceChildren(name, container, legal.element, news);
  document.title = inLanguage(catalog.platform, language);

  const map = createMap(container, style, city, { language, maxPitch: maxPitch(state.now.ground.terrain), navigation: parts.has('zoom') });
  Object.assign(window, { longquanMap: map });
  const [styled, loaded] = (['style.load', 'load'] as const).map((event) => new Promise<unknown>((done) => map.once(event, done)));
  map.on('error', ({ error }) => console.error(error));
  await styled;
  const drawn = scene(map, style, city, state.now);
  const show = (): void => {
    drawn.show(state.now);
    legal.credit(imageryIn(state.now.ground)?.attribution ?? null);
  };
  state.on(['ground', 'shown', 'fade', 'above'], show);
  show();
  if (parts.has('layers')) name.append(await layers());
  await loaded;

  const portalAddress = new URL('.', location.href).pathname;
  const context: Portal = {
    app, map, city, language, store: state, selection: selection(map),
    worn: () => style,
    cover: () => () => undefined, // no tool that compares is here
    takeClicks: () => () => undefined,
    announce: (text) => void (news.textContent = text),
    padding: () => ({ left: 30, right: 30, top: 60, bottom: 30 }),
    async openTool(id) {
      if (id) window.open(linkWith({ tool: id, with: null }, portalAddress), '_blank', 'noopener');
      return null;
    },
  };
  const asking = here({ portal: context, t, onOpen: () => undefined });
  if (!parts.has('info')) asking.rest(); // it still tells of what the page around selects
  container.after(asking.element);
  const stuck = pin(map, named, { title: 'pin-title' });
  stuck.show(state.now.marker);
  state.on(['marker'], ({ marker }) => stuck.show(marker));

  const wire = channel(catalog, (command) => obey(command));
  const link = (): void => void (larger.href = linkWith({ with: null }, portalAddress));
  state.on(Object.keys(usual) as (keyof State)[], (now) => {
    writeAddress(said(now, usual));
    link();
  });
  map.on('moveend', () => {
    link();
    wire.tell('view', { view: viewOf(map) });
  });
  map.on('click', ({ point, lngLat: { lng, lat } }) => wire.tell('click', {
    lng, lat,
    features: whatIsAt(map, catalog, point, REACH).map((found) => ({
      ...referenceOf(found), dataset: found.dataset.id, name: nameOf(found, language), properties: found.feature.properties,
    })),
  }));
  link();
  app.dataset['ready'] = 'true';
  wire.tell('ready', { state: report() });

  function obey(command: Command): Readonly<Record<string, unknown>> {
    const known = (ids: readonly string[]): readonly string[] => {
      const strange = ids.find((id) => !catalog.datasets.some((dataset) => dataset.id === id));
      if (strange !== undefined) throw new Error(`no dataset ${strange}`);
      return ids;
    };
    switch (command.type) {
      case 'setView': {
        const { type: _type, animate, center, ...view } = command;
        const target = { ...view, ...(center ? { center: [center[0], center[1]] as [number, number] } : {}) };
        if (animate) map.easeTo(target);
        else map.jumpTo(target);
        break;
      }
      case 'show':
        state.set({ shown: new Set([...state.now.shown, ...known(command.datasets)]) });
        break;
      case 'hide': {
        const away = new Set(known(command.datasets));
        state.set({ shown: new Set([...state.now.shown].filter((id) => !away.has(id))) });
        break;
      }
      case 'setBase':
        if (!city.rasters.bases.includes(command.base)) throw new Error(`no base map ${command.base}: ${city.rasters.bases.join(', ')}`);
        state.set({ ground: changed(state.now.ground, { base: command.base }) });
        break;
      case 'select':
        if (command.feature) known([command.feature.dataset]);
        state.set({ selected: command.feature });
        break;
      case 'mark':
        state.set({ marker: command.place });
        break;
      case 'getState':
        return { state: report() };
    }
    return {};
  }

  /** What the page around may want to keep. */
  function report(): Readonly<Record<string, unknown>> {
    const { shown, ground, selected, marker: place } = state.now;
    return { view: viewOf(map), shown: [...shown].sort(), base: ground.base, selected, marker: place, language, link: larger.href };
  }

  async function layers(): Promise<HTMLElement> {
    const { layerPanel } = await import('../shell/layers/layer-panel.ts');
    const sprite = await loadSprite(typeof style.sprite === 'string' ? style.sprite : undefined, devicePixelRatio);
    const list = layerPanel({
      city, style, map, language, t, store: state, usual, sprite, bases: null,
      announce: (text) => void (news.textContent = text), padding: () => ({ left: 30, right: 30, top: 60, bottom: 30 }),
    });
    const button = element('button', { type: 'button', class: 'layers-button', 'aria-expanded': 'false', 'aria-controls': 'layers', 'aria-label': say('layers') }, icon('layers'));
    const open = (yes: boolean): void => button.setAttribute('aria-expanded', String(yes));
    const root = panel({ id: 'layers', title: say('layers'), closeLabel: say('close'), onClose: () => open(false), returnFocus: () => button });
    container.after(root.element);
    button.addEventListener('click', () => {
      if (root.open) return root.hide();
      root.show(list.element);
      open(true);
    });
    list.setZoom(map.getZoom());
    map.on('zoom', () => list.setZoom(map.getZoom()));
    return button;
  }
}

/** What the pin of a link or of the page around is called. */
function named({ lng, lat, title }: Place): string {
  return title || `${lng}, ${lat}`;
}

function viewOf(map: MapLibre): Readonly<Record<string, unknown>> {
  const { lng, lat } = map.getCenter();
  const [[west, south], [east, north]] = map.getBounds().toArray();
  return { center: [lng, lat], zoom: map.getZoom(), bearing: map.getBearing(), pitch: map.getPitch(), bounds: [west, south, east, north] };
}
