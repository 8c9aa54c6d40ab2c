// Choosing an area on the map: drawn as a rectangle, polygon or circle, all that is in view, or a town.

import './area-choice.css';

import type { Feature, Polygon as Shape } from 'geojson';
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import type { TerraDraw } from 'terra-draw';

import { saying } from '../messages/i18n.ts';
import { element } from '../ui/element.ts';
import { aim, type Aim, type Room } from './aim.ts';
import { areaOf, type Area, type Polygon } from '../core/area.ts';
import { words } from './area-words.ts';
import type { Language } from '../core/catalog.ts';
import { sketch } from '../core/sketch.ts';
import type { Towns } from '../core/towns.ts';

export interface ChosenArea {
  readonly area: Area;
  readonly kind: 'drawn' | 'view' | 'town';
  readonly name: string; // what to call it in files
}

export interface AreaChoice {
  readonly element: HTMLElement;
  readonly chosen: ChosenArea | null;
  enter(): void;
  leave(): void;
  clear(): void;
}

const COLOUR = '#1d2b52';
const MODES = { rectangle: 'rectangle', polygon: 'polygon', circle: 'circle' } as const;
type Mode = keyof typeof MODES;

export function areaChoice(options: {
  readonly map: MapLibre;
  readonly language: Language;
  readonly towns: Towns | null;
  readonly prefix: string; // of sources and layers
  readonly room: Room;
  readonly announce: (text: string) => void;
  readonly onArea: (chosen: ChosenArea | null) => void;
}): AreaChoice {
  const { map, language, towns, prefix } = options;
  const t = saying(words, language);
  let chosen: ChosenArea | null = null;
  let drawing: TerraDraw | null = null;
  let cross: Aim | null = null;
  let ending: (() => void)[] = [];
  let reading: AbortController | null = null;

  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const modes = (['rectangle', 'polygon', 'circle'] as const).map((mode) => [mode, button(t(mode), () => begin(mode))] as const);
  const view = button(t('view'), () => take({ area: areaOf(inView(map, options.room())), kind: 'view', name: t('view') }));
  const town = element('select', { 'aria-label': t('town') }, element('option', { value: '' }, t('town')));
  town.hidden = true;
  town.addEventListener('change', () => void takeTown(town.value));
  const kinds = element('div', { class: 'area-kinds', role: 'group', 'aria-label': t('area') }, ...modes.map(([, node]) => node), view, town);
  const hint = element('p', { class: 'area-hint', role: 'status' });
  const place = button(t('place'), () => cross?.click());
  const stop = button(t('cancel'), () => finish());
  const draws = element('div', { class: 'area-actions', hidden: true }, place, stop);
  const root = element('div', { class: 'area-choice' }, kinds, hint, draws);

  const show = (): void => {
    const data = { type: 'FeatureCollection' as const, features: chosen ? [shapeOf(chosen.area)] : [] };
    const known = map.getSource<GeoJSONSource>(`${prefix}-area`);
    if (known) return void known.setData(data);
    if (!chosen) return;
    map.addSource(`${prefix}-area`, { type: 'geojson', data, tolerance: 0.1 });
    map.addLayer({ id: `${prefix}-area-halo`, type: 'line', source: `${prefix}-area`, paint: { 'line-color': '#ffffff', 'line-width': 5, 'line-opacity': 0.85 } });
    map.addLayer({ id: `${prefix}-area-line`, type: 'line', source: `${prefix}-area`, paint: { 'line-color': COLOUR, 'line-width': 2.2, 'line-dasharray': [3, 1.5] } });
  };
  const take = (next: ChosenArea | null): void => {
    reading?.abort();
    finish();
    chosen = next;
    for (const [, node] of [...modes, ['view', view] as const]) node.setAttribute('aria-pressed', 'false');
    if (next?.kind !== 'town') town.value = '';
    show();
    hint.textContent = '';
    options.onArea(next);
  };

  const begin = (mode: Mode): void => {
    finish();
    chosen = null;
    town.value = '';
    show();
    options.onArea(null);
    drawing = sketch(map, { prefix: `${prefix}-draw`, look: () => ({ colour: COLOUR, width: 2.5 }) });
    drawing.on('finish', (id) => {
      const geometry = drawing?.getSnapshotFeature(id)?.geometry;
      // the sketch may not be stopped while it tells of its end
      if (geometry?.type === 'Polygon') setTimeout(() => take({ area: areaOf([geometry.coordinates as unknown as Polygon]), kind: 'drawn', name: t('drawn') }));
    });
    drawing.start();
    drawing.setMode(MODES[mode]);
    cross = aim(map, options.room);
    const quiet = map.on('dblclick', (event) => event.preventDefault());
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') finish();
    };
    map.getCanvas().addEventListener('keydown', key);
    ending = [() => cross?.end(), () => quiet.unsubscribe(), () => map.getCanvas().removeEventListener('keydown', key)];
    for (const [one, node] of modes) node.setAttribute('aria-pressed', String(one === mode));
    hint.textContent = t(`hint_${mode}`);
    draws.hidden = false;
    map.getCanvas().focus();
  };

  /** Drawing ends, with or without an area. */
  const finish = (): void => {
    for (const end of ending) end();
    ending = [];
    drawing?.stop();
    drawing = cross = null;
    draws.hidden = true;
    hint.textContent = '';
    for (const [, node] of modes) node.setAttribute('aria-pressed', 'false');
  };

  const takeTown = async (id: string): Promise<void> => {
    if (!id || !towns) return take(null);
    take(null);
    town.value = id;
    const mine = (reading = new AbortController());
    hint.textContent = t('townReading');
    try {
      const found = await towns.one(id, { signal: mine.signal });
      if (mine.signal.aborted || !found) return;
      reading = null;
      const [west, south, east, north] = found.area.bounds;
      map.fitBounds([west, south, east, north], { padding: options.room(), animate: !matchMedia('(prefers-reduced-motion: reduce)').matches });
      take({ area: found.area, kind: 'town', name: found.name });
      town.value = id;
    } catch (error) {
      if (mine.signal.aborted) return;
      console.error(error);
      hint.textContent = t('fault', { reason: error instanceof Error ? error.message : String(error) });
    }
  };

  const listTowns = async (): Promise<void> => {
    if (!towns || town.options.length > 1) return;
    try {
      for (const { id, name } of await towns.list()) town.append(element('option', { value: id }, name));
      town.hidden = town.options.length < 2;
    } catch (error) {
      console.error(error); // the other ways stay
    }
  };

  return {
    element: root,
    get chosen() {
      return chosen;
    },
    enter() {
      show();
      void listTowns();
    },
    leave() {
      reading?.abort();
      finish();
      for (const layer of ['halo', 'line']) if (map.getLayer(`${prefix}-area-${layer}`)) map.removeLayer(`${prefix}-area-${layer}`);
      if (map.getSource(`${prefix}-area`)) map.removeSource(`${prefix}-area`);
    },
    clear: () => take(null),
  };
}

function shapeOf(area: Area): Feature {
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: area.polygons as unknown as Shape['coordinates'][] } };
}

/** What the map shows beside the panels, as an area. */
function inView(map: MapLibre, { left, right, top, bottom }: ReturnType<Room>): Polygon[] {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const [x0, x1, y0, y1] = [left - 40, width - right + 40, top - 90, height - bottom + 40].map(Math.round) as [number, number, number, number];
  const corner = (x: number, y: number): readonly [number, number] => {
    const { lng, lat } = map.unproject([x, y]);
    return [Math.round(lng * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7];
  };
  const ring = [corner(x0, y0), corner(x0, y1), corner(x1, y1), corner(x1, y0)];
  return [[[...ring, ring[0]!]]];
}
