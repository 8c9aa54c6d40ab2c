// The looks of a city's map: which one a state asks for, and how a map that is in use changes into another.

import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { applyLook, markPlaces, type BaseState } from './base-map.ts';
import { mapFlavours, readJson, type Catalog, type Language } from './catalog.ts';
import { withTiles, type City } from './city.ts';
import { productOf, readableStyle, resolveStyle } from './style.ts';

const NAMES_FROM = 0.4; // from this opacity on imagery decides how names must look

/** The look a state asks for: made for its base map where the city has one, else the reader's choice, else the first. */
export function flavourOf(catalog: Pick<Catalog, 'styles'>, ground: Pick<BaseState, 'base' | 'opacity'>, chosen: string | null): string {
  const made = ground.base === 'hybrid' && ground.opacity <= NAMES_FROM ? undefined : catalog.styles.find(({ base }) => base === ground.base && base !== 'map');
  const drawn = mapFlavours(catalog);
  return (made ?? drawn.find(({ id }) => id === chosen) ?? drawn[0] ?? catalog.styles[0]!).id;
}

/** The styles of a city ready for a reader, each read when it is first asked for. */
export function wardrobe(city: Pick<City, 'catalog' | 'style' | 'flavour' | 'faults' | 'address'>, language: Language): (id: string) => Promise<StyleSpecification> {
  const ready = (style: StyleSpecification): StyleSpecification => {
    const made = readableStyle(style, new Set(city.faults.keys()), language);
    made.layers = made.layers.filter(({ ...layer }) => !drawnHere(layer as LayerSpecification));
    applyLook(made);
    markPlaces(made);
    return made;
  };
  const read = async (id: string): Promise<StyleSpecification> => {
    const address = city.address(city.catalog.styles.find((style) => style.id === id)!.href);
    return ready(withTiles(resolveStyle(await readJson<StyleSpecification>(address), address), city.catalog, city.address));
  };
  const styles = new Map([[city.flavour, Promise.resolve(ready(city.style))]]);
  return (id) => {
    const style = styles.get(id) ?? read(id);
    styles.set(id, style);
    style.catch(() => styles.delete(id)); // the server may be back for the next time
    return style;
  };
}

/** Imagery and tints of heights: the portal draws them itself, with dates, opacity and a place among the layers. */
function drawnHere(layer: LayerSpecification): boolean {
  const product = productOf(layer) as string | undefined;
  return product === 'imagery' || (product === 'tint' && layer.type === 'color-relief');
}

/**
 * Change a map that wears the style `from` into `to`, layer by layer. What others have added to the map, the order of
 * layers, their visibility and whatever both styles agree on stays as it is.
 */
export function restyle(map: MapLibre, from: StyleSpecification, to: StyleSpecification): void {
  const before = new Map(from.layers.map((layer) => [layer.id, layer]));
  const after = new Set(to.layers.map(({ id }) => id));
  for (const { id } of from.layers) if (!after.has(id) && map.getLayer(id)) map.removeLayer(id);
  for (const [id, source] of Object.entries(to.sources)) if (!map.getSource(id)) map.addSource(id, source);
  let above: string | undefined;
  for (const layer of [...to.layers].reverse()) {
    const old = before.get(layer.id);
    if (old && map.getLayer(layer.id)) change(map, old, layer);
    else map.addLayer(layer, above ?? firstForeign(map, from, to));
    above = layer.id;
  }
}

/** The lowest layer above those of the styles: what has no successor in the new style still belongs below it. */
function firstForeign(map: MapLibre, from: StyleSpecification, to: StyleSpecification): string | undefined {
  const own = new Set([...from.layers, ...to.layers].map(({ id }) => id));
  const order = map.getLayersOrder();
  return order[Math.max(...order.map((id, i) => (own.has(id) ? i : -1))) + 1];
}

type Loose = Readonly<Record<string, unknown>>;

function change(map: MapLibre, from: LayerSpecification, to: LayerSpecification): void {
  for (const [name, value] of differences(from.paint, to.paint)) map.setPaintProperty(to.id, name as 'fill-color', value as string);
  for (const [name, value] of differences(from.layout, to.layout)) {
    if (name !== 'visibility') map.setLayoutProperty(to.id, name as 'icon-image', value as string);
  }
  const filters = [from, to].map((layer) => ('filter' in layer ? layer.filter : undefined));
  if (differ(filters[0], filters[1])) map.setFilter(to.id, filters[1] ?? null);
  if (from.minzoom !== to.minzoom || from.maxzoom !== to.maxzoom) map.setLayerZoomRange(to.id, to.minzoom ?? 0, to.maxzoom ?? 24);
}

function differences(from: object | undefined, to: object | undefined): readonly (readonly [string, unknown])[] {
  const [old, now] = [(from ?? {}) as Loose, (to ?? {}) as Loose];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => differ(old[name], now[name])).map((name) => [name, now[name]] as const);
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
