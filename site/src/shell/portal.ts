// The portal around the map: head, layers, tools, what is here, and the lines that must always be seen.

import type { Map as MapLibre } from 'maplibre-gl';

import { drawnBase, EXAGGERATION, imageryIn, maxPitch, type BaseState } from '../core/base-map.ts';
import { inLanguage, mapFlavours, type Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import { flavourOf, wardrobe } from '../core/flavours.ts';
import { createMap } from '../core/map.ts';
import { pin } from '../ui/pin.ts';
import { rastersOf } from '../core/rasters.ts';
import { searchOf } from '../core/search/service.ts';
import { selection } from '../core/selection.ts';
import { loadSprite } from '../ui/sprite.ts';
import { saying, translator } from '../messages/i18n.ts';
import { NO_WISHES, readAddress, writeAddress, type Wishes } from '../state/address.ts';
import { beginWith, changed } from '../state/ground.ts';
import { askedState, prepare, scene, styleFor, usualState } from '../state/scene.ts';
import { said, type State } from '../state/state.ts';
import { store, type Store } from '../state/store.ts';
import { FILES, TOOLS } from '../tools/registry.ts';
import type { Portal, Tool } from '../tools/tool.ts';
import { element } from '../ui/element.ts';
import { panel } from '../ui/panel.ts';
import { basePanel } from './base-panel.ts';
import { header } from './header.ts';
import { here, type Here } from './here/here.ts';
import { imageBar } from './image-bar.ts';
import { layerPanel } from './layers/layer-panel.ts';
import { legalBar, sampleNotice } from '../ui/legal-bar.ts';
import { padding, ROOMY, WIDE } from './room.ts';
import { searchBox } from './search/search-box.ts';
import { words as searchWords } from './search/words.ts';
import { terrainButton } from './terrain-button.ts';
import { toolHost } from './tool-host.ts';
import { toolRail } from './tool-rail.ts';

export interface PortalOptions {
  readonly app: HTMLElement;
  readonly city: City;
  readonly language: Language;
  readonly wishes: Wishes;
}

/** The page around the map; the map itself, once its first tiles are there. */
export async function portal(options: PortalOptions): Promise<MapLibre> {
  const { app, city, language, wishes } = options;
  const { catalog, rasters } = city;
  const t = translator(language);
  const wide = (): boolean => matchMedia(WIDE).matches;
  const styles = wardrobe(city, language);
  const opened = styleFor(city, language);
  void styles(catalog.styles[0]!.id).catch(() => null); // the page's head has sent for it; the way back from another look is short
  const usual = usualState(city, opened);
  const asked = (from: Wishes): State => askedState(city, opened, usual, from);
  const state = store(asked(wishes));
  const changeGround = (changes: Partial<BaseState>): void => state.set({ ground: changed(state.now.ground, changes) });
  let worn = flavourOf(catalog, state.now.ground, state.now.flavour);
  const style = { ...(await styles(worn)) };
  prepare(style, state.now);
  let inUse = style;

  // The frame, before the map: it says whose map this is while the first tiles come.
  const container = element('main', { id: 'map', class: 'map' });
  const news = element('p', { class: 'news', role: 'status' });
  const tools = TOOLS.filter((tool) => tool.fits?.(city) ?? true);
  const layersPanel = panel({
    id: 'layers', title: t('layers'), closeLabel: t('collapse'),
    onClose: () => top.setLayersOpen(false), returnFocus: () => top.layersButton,
  });
  const rail = toolRail(tools, t, (id) => state.set({ tool: state.now.tool === id ? null : id }));
  let handOver!: (portal: Portal) => void;
  const made = new Promise<Portal>((done) => (handOver = done));
  const host = toolHost({
    tools, t, portal: () => made,
    onClose: () => state.set({ tool: null }),
    returnFocus: (id) => (wide() ? rail.button(id) : top.toolsButton),
  });
  let asking: Here | null = null;
  const followTool = (): Promise<Tool | null> => {
    const { tool } = state.now;
    rail.press(tool);
    rail.show(false);
    top.setToolsOpen(false);
    if (tool) asking?.hide();
    if (tool && !wide()) layersPanel.hide();
    return host.follow(tool);
  };
  const top = header({
    catalog, language, t, tools: tools.length > 0,
    onLayers() {
      if (layersPanel.open) return layersPanel.hide();
      if (!wide()) [asking, host.panel].forEach((other) => other?.hide());
      layersPanel.show();
      top.setLayersOpen(true);
    },
    onTools() {
      rail.show(!rail.open);
      top.setToolsOpen(rail.open);
    },
    onLanguage() {
      writeAddress({ lang: language === 'zh' ? 'en' : 'zh' });
      location.reload();
    },
  });
  const legal = legalBar(catalog, language, t);
  const search = searchOf(city);
  const box = search && searchBox({ search, portal: made, language });
  const skip = element('a', { class: 'skip', href: '#map' }, t('skip'));
  app.replaceChildren(skip, top.element, ...(box ? [box.element] : []), layersPanel.element, container, rail.element, host.panel.element, legal.element, news);
  top.element.append(sampleNotice(catalog, language) ?? '');
  document.title = inLanguage(catalog.platform, language);

  const map = createMap(container, style, city, { language, maxPitch: maxPitch(state.now.ground.terrain) });
  const [styled, loaded] = (['style.load', 'load'] as const).map((event) => new Promise<unknown>((done) => map.once(event, done)));
  Object.assign(window, { longquanMap: map }); // for other scripts of the page, and for tests
  map.on('error', (event) => {
    const { offline, faults } = city.health.now;
    if (!offline && faults.size === 0) console.error(event.error); // those the page tells of in words of its own
  });
  map.getCanvas().setAttribute('aria-description', t('hereHint'));
  skip.addEventListener('click', (event) => {
    event.preventDefault(); // the hash belongs to the view
    map.getCanvas().focus();
  });
  const button = rasters.terrain ? terrainButton(t('terrainButton'), () => changeGround({ terrain: state.now.ground.terrain === null ? EXAGGERATION : null })) : null;
  if (button) map.addControl(button, 'bottom-right');
  const images = imageBar(map, language, t, (epoch) => changeGround({ epoch }));
  container.after(images.element);
  const bases = basePanel({ language, t, rasters, flavours: mapFlavours(catalog), onChange: changeGround, onFlavour: (flavour) => state.set({ flavour }) });
  const list = layerPanel({
    city, style: opened, map, language, t, store: state, usual, announce: (text) => void (news.textContent = text), padding: () => padding(app),
    sprite: await loadSprite(typeof style.sprite === 'string' ? style.sprite : undefined, devicePixelRatio),
    bases: bases?.element ?? null,
  });
  layersPanel.show(list.element);
  if (!matchMedia(ROOMY).matches) layersPanel.hide();
  top.setLayersOpen(layersPanel.open);
  list.setZoom(map.getZoom());
  map.on('zoom', () => list.setZoom(map.getZoom()));

  await styled;
  const drawn = scene(map, style, city, state.now);
  const showState = (): void => {
    const { ground: now } = state.now;
    bases?.update(now, state.now.flavour);
    button?.update(now.terrain !== null);
    const image = imageryIn(now);
    app.classList.toggle('with-epochs', images.update(now, image));
    legal.credit(image?.attribution ?? null);
    drawn.show(state.now);
  };
  const dress = async (): Promise<void> => {
    const wanted = flavourOf(catalog, state.now.ground, state.now.flavour);
    if (wanted === worn) return;
    worn = wanted;
    const next = await styles(wanted);
    if (wanted !== worn) return; // the reader has gone on
    prepare(next, state.now);
    drawn.wear(next, state.now);
    inUse = next;
    list.wear(next);
  };
  state.on(['ground', 'shown', 'fade', 'above', 'flavour'], showState);
  state.on(['ground', 'flavour'], () => void dress().catch((error: unknown) => console.error(error)));
  showState();
  city.health.on(({ faults }) => {
    const left = rastersOf(catalog, new Set(faults.keys()));
    bases?.limit(left);
    const { base, imagery } = state.now.ground;
    if (!left.bases.includes(base) || (imagery && !left.imagery.some(({ id, epochs }) => id === imagery.id && epochs.length === imagery.epochs.length))) {
      state.set({ ground: beginWith(left, NO_WISHES, drawnBase(style)) });
    }
  });

  await loaded;
  const marked = selection(map);
  const pinSay = saying(searchWords, language);
  const stuck = pin(map, ({ title }) => pinSay('pin', { name: title || pinSay('place') }));
  stuck.show(state.now.marker);
  state.on(['marker'], ({ marker }) => stuck.show(marker));
  const context: Portal = {
    app, map, city, language, store: state, selection: marked,
    worn: () => inUse,
    cover: (find) => asking!.cover(find),
    takeClicks: () => asking!.rest(),
    announce: (text) => void (news.textContent = text),
    padding: () => padding(app),
    openTool(id) {
      state.set({ tool: id });
      return followTool();
    },
  };
  asking = here({ portal: context, t, onOpen: () => !wide() && layersPanel.hide() });
  container.after(asking.element);
  handOver(context);
  state.on(['tool'], () => void followTool());
  state.on(['drawing'], (now) => host.wake(now));
  void followTool();
  host.wake(state.now);
  mirror(state, usual, asked, language);
  takeFiles(app, async (files) => {
    const open = await host.follow(state.now.tool);
    if (!open?.take?.(files)) (await context.openTool(FILES))?.take?.(files);
  });
  app.dataset['ready'] = 'true';
  return map;
}

/** Keep state and address alike: what is changed on the page is written, what is typed or followed is shown. */
function mirror(state: Store<State>, usual: State, asked: (wishes: Wishes) => State, language: Language): void {
  state.on(Object.keys(usual) as (keyof State)[], (now) => writeAddress(said(now, usual)));
  window.addEventListener('hashchange', () => {
    const wishes = readAddress(new URL(location.href));
    if (wishes.language && wishes.language !== language) return location.reload();
    const wanted = asked(wishes);
    if (JSON.stringify(said(wanted, usual)) !== JSON.stringify(said(state.now, usual))) state.set(wanted);
  });
}

/** Files dropped anywhere on the page: beside the map the browser would leave the page for them. */
function takeFiles(container: HTMLElement, take: (files: readonly File[]) => void): void {
  container.addEventListener('dragover', (event) => event.preventDefault());
  container.addEventListener('drop', (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  });
}

