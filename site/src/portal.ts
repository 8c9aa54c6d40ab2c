// The portal around the map: header, layer panel, what is here, and the lines that must always be seen.

import type { Map as MapLibre, MapGeoJSONFeature, PointLike, StyleSpecification } from 'maplibre-gl';

import { writeAddress, type Wishes } from './address.ts';
import { applyLook, baseMap, beginWith, drawnBase, EXAGGERATION, maxPitch, type BaseMap, type BaseState } from './base-map.ts';
import { basePanel } from './base-panel.ts';
import { inLanguage, type Catalog, type Language } from './catalog.ts';
import type { Check } from './coverage/check.ts';
import { element } from './element.ts';
import { featurePanel } from './feature-panel.ts';
import { header } from './header.ts';
import { translator } from './i18n.ts';
import { collect, nameOf, type Found } from './identify.ts';
import { imageBar } from './image-bar.ts';
import { layerPanel } from './layer-panel.ts';
import { legalBar, sampleNotice } from './legal-bar.ts';
import { legendOf } from './legend.ts';
import { createMap } from './map.ts';
import { panel } from './panel.ts';
import { rastersOf } from './rasters.ts';
import { selection, type Selection } from './selection.ts';
import { loadSprite } from './sprite.ts';
import { DATASET, datasetOf, textField } from './style.ts';
import { elevations } from './terrain-archive.ts';
import { terrainButton } from './terrain-button.ts';
import { applyWishes, shownByDefault, visibility, type Visibility } from './visibility.ts';

export interface PortalOptions {
  readonly app: HTMLElement;
  readonly catalog: Catalog;
  readonly style: StyleSpecification;
  readonly language: Language;
  readonly wishes: Wishes;
  readonly unreadable: ReadonlySet<string>; // archive ids
  readonly address: (file: string) => string; // absolute, of a file of the published folder
}

const DISTRICTS = 'BOUA';
const WIDE = '(min-width: 720px)'; // panels float beside each other
const ROOMY = '(min-width: 1000px)'; // and leave most of the map free

export async function portal(options: PortalOptions): Promise<void> {
  const { app, catalog, language, wishes } = options;
  const t = translator(language);
  const byDefault = shownByDefault(options.style);
  const style = readableStyle(options);
  applyWishes(style, wishes);
  applyLook(style);

  const container = element('main', { id: 'map', class: 'map' });
  const layersPanel = panel({
    id: 'layers', title: t('layers'), closeLabel: t('collapse'),
    onClose: () => top.setLayersOpen(false), returnFocus: () => top.layersButton,
  });
  const herePanel = panel({
    id: 'here', title: t('here'), closeLabel: t('close'),
    onClose: () => marked?.show(null), returnFocus: () => map.getCanvas(),
  });
  let marked: Selection | null = null;
  let check: Check | null = null;
  const checkPanel = panel({
    id: 'check', title: t('checkButton'), closeLabel: t('close'),
    onClose() {
      check?.leave();
      top.setCheckOpen(false);
    },
    returnFocus: () => top.checkButton,
  });
  const openCheck = async (): Promise<Check> => {
    const make = (await import('./coverage/check.ts')).check; // few readers plan a survey
    await loaded;
    check ??= make({ map, catalog, language, t, address: options.address });
    herePanel.hide();
    if (!matchMedia(WIDE).matches) layersPanel.hide();
    checkPanel.show(check.element);
    top.setCheckOpen(true);
    check.enter();
    return check;
  };

  const top = header({
    catalog, language, t,
    onLayers() {
      if (layersPanel.open) return layersPanel.hide();
      if (!matchMedia(WIDE).matches) [herePanel, checkPanel].forEach((other) => other.hide());
      layersPanel.show();
      top.setLayersOpen(true);
    },
    onCheck() {
      if (checkPanel.open) checkPanel.hide();
      else void openCheck();
    },
    onLanguage() {
      writeAddress({ lang: language === 'zh' ? 'en' : 'zh' });
      location.reload();
    },
  });
  const legal = legalBar(catalog, language, t);
  app.replaceChildren(
    element('a', { class: 'skip', href: '#map' }, t('skip')),
    top.element, layersPanel.element, container, herePanel.element, checkPanel.element,
    legal.element);
  top.element.append(sampleNotice(catalog, language) ?? '');
  document.title = inLanguage(catalog.platform, language);
  const skip = app.querySelector<HTMLAnchorElement>('.skip')!;
  skip.addEventListener('click', (event) => {
    event.preventDefault(); // the hash belongs to the view
    map.getCanvas().focus();
  });

  const rasters = rastersOf(catalog, options.unreadable);
  const begin = beginWith(rasters, wishes, drawnBase(style));
  const { map, archiveAt } = createMap(container, style, catalog, language, maxPitch(begin.terrain));
  const [styled, loaded] = (['style.load', 'load'] as const).map((event) => new Promise<unknown>((done) => map.once(event, done)));
  let base: BaseMap | null = null;
  const change = (changes: Partial<BaseState>): void => base?.change(changes);
  const button = rasters.terrain
    ? terrainButton(t('terrainButton'), () => change({ terrain: base?.state.terrain === null ? EXAGGERATION : null }))
    : null;
  if (button) map.addControl(button, 'bottom-right');
  const images = imageBar(map, language, t, (epoch) => change({ epoch }));
  container.after(images.element);
  const bases = basePanel({ language, t, rasters, onChange: change });
  const sprite = await loadSprite(typeof style.sprite === 'string' ? style.sprite : undefined, devicePixelRatio);
  const shown: Visibility = visibility(map, style, byDefault, (layer) => base?.allows(layer) ?? true);
  const unavailable = new Set(
    catalog.datasets.filter((d) => d.layers.some((layer) => options.unreadable.has(layer.archive))).map((d) => d.id),
  );
  const list = layerPanel({
    catalog, language, t, sprite, unavailable,
    legend: (dataset) => legendOf(style.layers, dataset),
    minZoom: (dataset) => firstZoom(style, catalog, dataset),
    visible: shown.has,
    onToggle: shown.set,
    bases: bases?.element ?? null,
  });
  layersPanel.show(list.element);
  if (!matchMedia(ROOMY).matches) layersPanel.hide();
  top.setLayersOpen(layersPanel.open);
  list.setZoom(map.getZoom());
  map.on('zoom', () => list.setZoom(map.getZoom()));
  map.on('error', (event) => console.error(event.error));
  window.addEventListener('hashchange', () => {
    const lang = /[#&]lang=(\w+)/.exec(location.hash)?.[1];
    if (lang && lang !== language) location.reload();
  });
  Object.assign(window, { longquanMap: map }); // for other scripts of the page, and for tests

  await styled;
  base = baseMap({
    map, style, rasters, begin,
    address: (archive) => options.address(archive.file),
    onChange(now, archive) {
      bases?.update(now);
      button?.update(now.terrain !== null);
      app.classList.toggle('with-epochs', images.update(now, archive));
      legal.credit(archive?.attribution ?? null);
      shown.refresh();
    },
  });
  shown.refresh();
  const heightAt = rasters.terrain ? elevations(rasters.terrain, archiveAt(options.address(rasters.terrain.file))) : null;

  await loaded;
  marked = selection(map);
  const ask = (point: { x: number; y: number }, reach: number): void => {
    if (checkPanel.open) return; // clicks draw an area
    if (!matchMedia(WIDE).matches) layersPanel.hide();
    const at = whatIsAt(map, catalog, point, reach, language);
    const place = { ...at, elevation: heightAt?.(at.lng, at.lat) ?? null };
    herePanel.show(featurePanel(place, language, t, (found) => marked?.show(found?.feature ?? null)));
    marked?.show(place.found[0]?.feature ?? null);
  };
  map.on('click', (event) => ask(event.point, matchMedia('(pointer: coarse)').matches ? 12 : 4));
  map.getCanvas().addEventListener('keydown', (event) => {
    if (event.key === 'Enter') ask(map.project(map.getCenter()), 12);
    if (event.key === 'Escape') herePanel.hide();
  });
  map.getCanvas().setAttribute('aria-description', t('hereHint'));
  container.addEventListener('dragover', (event) => event.preventDefault());
  container.addEventListener('drop', (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void openCheck().then((opened) => opened.read(file));
  });
  app.dataset['ready'] = 'true';
}

/** The style for this reader: labels in their language, nothing from archives that cannot be read. */
function readableStyle(options: PortalOptions): StyleSpecification {
  const style = structuredClone(options.style);
  style.layers = style.layers.filter((layer) => !('source' in layer && options.unreadable.has(String(layer.source))));
  for (const id of options.unreadable) delete style.sources[id];
  for (const layer of style.layers) {
    const text = textField(layer, options.language);
    if (layer.type === 'symbol' && text !== undefined) {
      layer.layout = { ...layer.layout, 'text-field': text as string };
    }
  }
  return style;
}

/** The zoom from which a dataset can be seen: where both its data and its first layer begin; null without layers. */
function firstZoom(style: StyleSpecification, catalog: Catalog, dataset: string): number | null {
  const data = Math.min(...(catalog.datasets.find(({ id }) => id === dataset)?.layers ?? []).map((layer) => layer.min_zoom));
  const drawn = style.layers.filter((layer) => datasetOf(layer) === dataset).map((layer) => layer.minzoom ?? 0);
  return drawn.length > 0 ? Math.max(data, Math.min(...drawn)) : null;
}

function whatIsAt(map: MapLibre, catalog: Catalog, point: { x: number; y: number }, reach: number, language: Language): {
  lng: number; lat: number; town: string | null; found: readonly Found<MapGeoJSONFeature>[];
} {
  const box: [PointLike, PointLike] = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
  const layers = map.getStyle().layers.filter((layer) => datasetOf(layer) && layer.type !== 'background').map((layer) => layer.id);
  const near = map.queryRenderedFeatures(box, { layers });
  const exact = new Set(map.queryRenderedFeatures([point.x, point.y], { layers }).filter(isArea).map(identity));
  // Points and lines within reach count; areas only where the place really lies inside.
  const found = collect(near.filter((feature) => !isArea(feature) || exact.has(identity(feature))), catalog);
  const district = found.find((item) => item.feature.sourceLayer === DISTRICTS);
  const { lng, lat } = map.unproject([point.x, point.y]);
  return { lng, lat, town: district ? nameOf(district, language) : null, found };
}

function isArea(feature: MapGeoJSONFeature): boolean {
  return feature.geometry.type.endsWith('Polygon');
}

function identity(feature: MapGeoJSONFeature): string {
  const metadata = feature.layer.metadata as Record<string, string> | undefined;
  return `${metadata?.[DATASET] ?? ''} ${String(feature.id ?? JSON.stringify(feature.properties))}`;
}
