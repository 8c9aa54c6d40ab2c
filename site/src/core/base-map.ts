// The base map in use: the drawn map, imagery, both, or the heights; what is laid over it, and the third dimension.

import type { LayerSpecification, Map as MapLibre, SourceSpecification, StyleSpecification } from 'maplibre-gl';

import type { Archive } from './catalog.ts';
import type { Base, Imagery, Rasters, Shade } from './rasters.ts';
import { lookOf, OVER_IMAGERY, partOf, productOf } from './style.ts';

export const EXAGGERATION = 1.5; // hills look lower from above than on foot
const FLAT = 60; // degrees the map may be tilted, flat
const HIGH = 78; // and with mountains in sight: the horizon shows
const DIM = 0.38; // how dark the map is around opaque imagery
const TILT = 58; // degrees when the third dimension is switched on
const DEM = 'longquan-heights'; // a source of its own: shading and 3D want different tiles at a time
const TINT = 'longquan-tint';
const SCRIM = 'longquan-scrim'; // dims the map around imagery that covers a part of it
const PLACE = 'longquan-place-'; // before which rasters belong

export interface BaseState {
  readonly base: Base;
  readonly imagery: Imagery | null;
  readonly epoch: number; // of the imagery
  readonly opacity: number; // of the imagery
  readonly shades: ReadonlySet<Shade>;
  readonly terrain: number | null; // exaggeration in 3D; null: flat
}

export interface BaseMap {
  /** Go on with another style, that the map wears already; as long as it is told so before the state is shown. */
  wear(style: StyleSpecification): void;
  /** Bring the map into a state. */
  show(state: BaseState): void;
  /** Whether the base map in use leaves room for a layer of the style. */
  allows(layer: LayerSpecification): boolean;
}

export interface BaseMapOptions {
  readonly map: MapLibre;
  readonly style: StyleSpecification;
  readonly rasters: Rasters;
  readonly address: (archive: Archive) => string; // absolute
}

/** Shade hills as well as this version of MapLibre can; before the map sees the style, as lights cannot fade in. */
export function applyLook(style: StyleSpecification): void {
  const { hillshade } = lookOf(style);
  for (const layer of style.layers) if (layer.type === 'hillshade') layer.paint = { ...layer.paint, ...hillshade };
}

/** Mark the places of rasters by layers that draw nothing and stay when others are moved; before the map sees the style. */
export function markPlaces(style: StyleSpecification): void {
  for (const [place, layer] of Object.entries(anchors(style))) {
    const at = style.layers.findIndex(({ id }) => id === layer);
    if (at >= 0 && !layer!.startsWith(PLACE)) style.layers.splice(at, 0, { id: PLACE + place, type: 'background', layout: { visibility: 'none' } });
  }
}

/** The layer under which rasters of the base map in use lie, and all that is laid on the ground. */
export function groundOf(style: StyleSpecification, { base }: Pick<BaseState, 'base'>): string | undefined {
  return anchors(style)[base === 'imagery' ? 'imagery' : 'hybrid'];
}

/** How far the map may be tilted. */
export function maxPitch(terrain: number | null): number {
  return terrain === null ? FLAT : HIGH;
}

/** The archive of imagery a state shows, or null. */
export function imageryIn(state: BaseState): Archive | null {
  return state.base === 'imagery' || state.base === 'hybrid' ? state.imagery?.epochs[state.epoch] ?? null : null;
}

/** What brings a map whose style is there into a state, beginning with `state`. */
export function baseMap(options: BaseMapOptions, state: BaseState): BaseMap {
  const { map, rasters } = options;
  let { style } = options;
  let look = lookOf(style);
  let onTop: string | null = null; // layer of the imagery in use
  let places = anchors(style);

  function paint(id: string, properties: object): void {
    for (const [name, value] of Object.entries(properties)) map.setPaintProperty(id, name as 'text-color', value as string);
  }

  function showImagery(): void {
    const wanted = imageryIn(state);
    const id = wanted && layerId(wanted);
    const before = state.base === 'imagery' ? places.imagery : places.hybrid;
    if (id && !map.getLayer(SCRIM)) map.addLayer({ id: SCRIM, type: 'background', paint: look.scrim }, before);
    if (map.getLayer(SCRIM)) {
      map.setLayoutProperty(SCRIM, 'visibility', id ? 'visible' : 'none');
      map.setPaintProperty(SCRIM, 'background-opacity', DIM * state.opacity);
      map.moveLayer(SCRIM, before);
    }
    if (wanted && id && !map.getLayer(id)) {
      if (!map.getSource(wanted.id)) map.addSource(wanted.id, pixels(wanted, options.address(wanted)));
      map.addLayer({ id, type: 'raster', source: wanted.id, paint: { 'raster-fade-duration': 0 } }, before);
    }
    if (id) {
      map.setPaintProperty(id, 'raster-opacity', state.opacity);
      map.moveLayer(id, before);
    }
    for (const shade of shadeLayers(style, ['slope', 'aspect'])) map.moveLayer(shade, before);
    if (onTop && onTop !== id) {
      // The former picture stays below the new one until that is complete: no flash of the map between two dates.
      const former = onTop;
      const remove = (): void => {
        if (former !== onTop && map.getLayer(former)) map.removeLayer(former);
      };
      if (id) map.once('idle', remove);
      else map.removeLayer(former);
    }
    onTop = id;
  }

  function showRelief(): void {
    for (const layer of style.layers) {
      const product = productOf(layer);
      if (!product) continue;
      const visible = product === 'tint' ? state.base === 'terrain' : state.shades.has(product);
      map.setLayoutProperty(layer.id, 'visibility', visible ? 'visible' : 'none');
    }
    const dem = rasters.terrain;
    if (!dem) return;
    if (state.base === 'terrain' && !map.getLayer(TINT)) {
      if (!map.getSource(dem.id)) map.addSource(dem.id, heights(dem, options.address(dem)));
      map.addLayer({ id: TINT, type: 'color-relief', source: dem.id, paint: look.tint }, places.relief);
    }
    if (map.getLayer(TINT)) map.setLayoutProperty(TINT, 'visibility', state.base === 'terrain' ? 'visible' : 'none');
  }

  function showTerrain(): void {
    const dem = rasters.terrain;
    if (!dem) return;
    if (state.terrain === null) {
      if (map.getTerrain()) map.setTerrain(null);
      return;
    }
    if (!map.getSource(DEM)) map.addSource(DEM, heights(dem, options.address(dem)));
    if (map.getTerrain()?.exaggeration !== state.terrain) map.setTerrain({ source: DEM, exaggeration: state.terrain });
    map.setSky(look.sky);
  }

  /** Names over a photograph: light letters with dark edges, whatever is below them. */
  function showNames(): void {
    const over = imageryIn(state) !== null && state.opacity > 0.4 && !forImagery(style);
    for (const layer of style.layers) {
      if (layer.type !== 'symbol' || !(layer.paint && 'text-halo-color' in layer.paint)) continue;
      const light = { ...look.overImagery, ...(layer.metadata as Record<string, object> | undefined)?.[OVER_IMAGERY] };
      const own = layer.paint as Record<string, unknown>;
      paint(layer.id, over ? light : Object.fromEntries(Object.keys(light).map((name) => [name, own[name]])));
    }
  }

  function show(): void {
    showImagery();
    showRelief();
    showTerrain();
    showNames();
  }

  show();
  return {
    wear(next) {
      style = next;
      look = lookOf(style);
      places = anchors(style);
      if (map.getLayer(SCRIM)) paint(SCRIM, look.scrim);
    },
    show(next) {
      const before = state;
      state = next;
      if ((before.terrain === null) !== (state.terrain === null)) tilt(map, state.terrain !== null);
      show();
    },
    allows(layer) {
      if (imageryIn(state) === null || layer.type === 'background') return true;
      if (partOf(layer) === 'labels') return state.base === 'hybrid';
      return !(partOf(layer) === 'relief' && layer.type === 'symbol'); // no heights on lines that imagery hides
    },
  };
}

/** Hills are seen from the side; a flat map from above. */
function tilt(map: MapLibre, on: boolean): void {
  if (on) map.setMaxPitch(HIGH);
  const pitch = on ? Math.max(map.getPitch(), TILT) : 0;
  const settle = (): void => {
    if (!on && !map.getTerrain()) map.setMaxPitch(FLAT);
  };
  map.once('moveend', settle);
  map.easeTo({ pitch, duration: 600 });
}

/** Before which layers of the style rasters belong. */
function anchors(style: StyleSpecification): { relief: string | undefined; hybrid: string | undefined; imagery: string | undefined } {
  const first = (place: string, test: (part: string | undefined) => boolean): string | undefined =>
    (style.layers.find(({ id }) => id === PLACE + place) ?? style.layers.find((layer) => layer.type !== 'background' && test(partOf(layer))))?.id;
  return {
    relief: first('relief', (part) => part !== 'land'),
    hybrid: first('hybrid', (part) => part === undefined || ['transport', 'boundaries', 'labels'].includes(part)),
    imagery: first('imagery', (part) => part === undefined || part === 'labels'),
  };
}

function shadeLayers(style: StyleSpecification, wanted: readonly Shade[]): string[] {
  return style.layers.filter((layer) => wanted.some((shade) => productOf(layer) === shade)).map((layer) => layer.id);
}

function layerId(archive: Archive): string {
  return `imagery/${archive.id}`;
}

function pixels(archive: Archive, address: string): SourceSpecification {
  return { type: 'raster', url: `pmtiles://${address}`, tileSize: archive.tile_size ?? 512 };
}

function heights(archive: Archive, address: string): SourceSpecification {
  return { type: 'raster-dem', url: `pmtiles://${address}`, tileSize: archive.tile_size ?? 512, encoding: archive.encoding! };
}

/** Whether the style is made to lie over photographs, its names light already. */
function forImagery(style: StyleSpecification): boolean {
  return (style.metadata as Record<string, unknown> | undefined)?.['longquan:for'] === 'hybrid';
}

/** Whether the style draws a base map itself. */
export function drawnBase(style: StyleSpecification): boolean {
  return (style.metadata as Record<string, unknown> | undefined)?.['longquan:base'] !== false;
}
