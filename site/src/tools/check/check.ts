// 立项查重 by the reader: an area that is drawn, dropped or in view, and what the platform has for it. No formal opinion.

import './check.css';

import type { Map as MapLibre } from 'maplibre-gl';

import { inLanguage, type Catalog } from '../../core/catalog.ts';
import { saying } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import type { Portal, Tool } from '../tool.ts';
import { multiPolygon, polygonsOf } from './area-file.ts';
import { assess, type Existing, type ThemeMatch, type Wanted } from './assess.ts';
import { frameOf, NOTHING, type Cells } from './cells.ts';
import { draw, type Drawing } from './draw.ts';
import { drawn } from './drawn.ts';
import { coverages } from './files.ts';
import { found, selfCheck } from './result.ts';
import { areaCells, type Polygon } from './shapes.ts';
import { wantedForm } from './wanted-form.ts';
import { words } from './words.ts';

export function check(portal: Portal): Tool {
  const { map, city: { catalog, address }, language } = portal;
  const t = saying(words, language);
  const readCoverage = coverages(address);
  const layer = drawn(map);
  let release: (() => void) | null = null; // gives the clicks on the map back
  let drawing: Drawing | null = null;
  let area: readonly Polygon[] = [];
  let cells: Cells = NOTHING;
  let themes: readonly ThemeMatch[] = [];
  let theme: string | null = null; // the one on the map
  let turn = 0;

  const message = element('p', { class: 'message', role: 'status' });
  const result = element('div', { class: 'result' });
  const form = wantedForm({ catalog, language, t, onChange: () => void compare() });
  const file = element('input', { type: 'file', accept: '.json,.geojson,application/json,application/geo+json', class: 'file', tabindex: -1, 'aria-hidden': 'true' });
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const begin = button(t('checkDraw'), () => start());
  const choose = element('div', { class: 'actions' },
    begin, button(t('checkFile'), () => file.click()), button(t('checkView'), () => use(inView(map))), file);
  const finish = button(t('drawFinish'), () => drawing?.finish());
  const draws = element('div', { class: 'actions', hidden: true },
    finish, button(t('drawUndo'), () => drawing?.undo()), button(t('drawCancel'), () => drawing?.cancel()));
  const rest = element('div', {}, form.element, result);
  const root = element('div', { class: 'check' },
    element('p', { class: 'standing' }, element('strong', {}, t('checkStanding')), element('span', {}, t('checkHint'))), choose, draws, message, rest);

  file.addEventListener('change', () => {
    const chosen = file.files?.[0];
    if (chosen) void read(chosen);
    file.value = '';
  });

  const start = (): void => {
    layer.clear();
    const set = (active: boolean): void => {
      choose.hidden = rest.hidden = active;
      draws.hidden = !active;
      message.textContent = active ? t('drawHint') : '';
    };
    set(true);
    finish.disabled = true;
    drawing = draw(map, (corners, pointer) => {
      finish.disabled = corners.length < 3;
      layer.sketch(corners, pointer);
    }, (ring) => {
      drawing = null;
      set(false);
      if (ring) use([[ring]]);
      else show();
    });
  };

  const read = async (chosen: File): Promise<void> => {
    drawing?.cancel();
    const polygons = polygonsOf(await chosen.text());
    if (typeof polygons === 'string') {
      message.textContent = t(polygons, { file: chosen.name });
      return;
    }
    if (reaches(polygons, catalog.bounds)) map.fitBounds(boundsOf(polygons), { padding: portal.padding(), maxZoom: 15, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches });
    use(polygons);
  };

  const use = (polygons: readonly Polygon[]): void => {
    if (!reaches(polygons, catalog.bounds)) {
      message.textContent = t('checkElsewhere'); // "nothing there" would be true, and wrong
      return;
    }
    area = polygons;
    cells = areaCells(polygons);
    message.textContent = '';
    void compare();
  };

  const compare = async (): Promise<void> => {
    if (area.length === 0) return;
    const mine = ++turn;
    const wanted = form.value();
    const frame = frameOf(cells);
    const asked = catalog.datasets.filter((dataset) => wanted.theme === null || dataset.theme === wanted.theme);
    try {
      const read = await Promise.all(asked.map(async (dataset) => [dataset as Existing, await readCoverage(dataset.id, frame)] as const));
      if (mine !== turn) return;
      const known = read.flatMap(([dataset, coverage]) => (coverage ? [[dataset, coverage] as const] : []));
      themes = assess(cells, wanted, catalog.themes, known);
      if (!themes.some(({ id }) => id === theme)) theme = themes[0]?.id ?? null;
      tell(wanted);
    } catch (error) {
      console.error(error);
      message.textContent = t('checkFault', { reason: error instanceof Error ? error.message : String(error) });
    }
  };

  const tell = (wanted: Wanted): void => {
    result.replaceChildren(found({
      cells, themes, theme, language, t,
      onTheme(id) {
        theme = id;
        show();
      },
      onSave: () => save(JSON.stringify(selfCheck({ catalog, wanted, cells, area: multiPolygon(area), themes }), null, 1)),
    }));
    show();
  };

  const show = (): void => {
    if (area.length > 0) layer.show(area, themes.find(({ id }) => id === theme) ?? null);
    else layer.clear();
  };

  return {
    element: root,
    enter() {
      release = portal.takeClicks(); // they draw an area
      show();
    },
    leave() {
      drawing?.cancel();
      layer.clear();
      release?.();
    },
    take([file]) {
      if (file) void read(file);
      return file !== undefined;
    },
  };

  function save(text: string): void {
    const link = element('a', { href: URL.createObjectURL(new Blob([text], { type: 'application/json' })), download: `${t('name')}-${inLanguage(catalog.city.name, language)}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

/** What the map shows, as an area. */
function inView(map: MapLibre): Polygon[] {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const ring = ([[0, 0], [width, 0], [width, height], [0, height], [0, 0]] as const).map(([x, y]) => {
    const { lng, lat } = map.unproject([x, y]);
    return [lng, lat] as const;
  });
  return [[ring]];
}

/** Whether an area meets the city. */
function reaches(polygons: readonly Polygon[], [west, south, east, north]: Catalog['bounds']): boolean {
  const [left, bottom, right, top] = boundsOf(polygons);
  return left <= east && right >= west && bottom <= north && top >= south;
}

function boundsOf(polygons: readonly Polygon[]): [number, number, number, number] {
  const places = polygons.flat(2);
  const [lng, lat] = [places.map((at) => at[0]), places.map((at) => at[1])];
  const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
  return [least(lng), least(lat), most(lng), most(lat)];
}
