// A reader's own files on the map, read in the browser and never uploaded.

import './open.css';

import { MOST_FEATURES, type FileLayer } from '../../core/files/layer.ts';
import { faultText, MOST_BYTES, readFiles } from '../../core/files/read-files.ts';
import { saying } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import type { Portal, Tool } from '../tool.ts';
import { featureFacts } from './attribute-table.ts';
import { layerCard } from './layer-card.ts';
import { boundsToFit, mapLayer, type Look, type MapLayer } from './map-layer.ts';
import { words } from './words.ts';

interface Opened {
  readonly layer: FileLayer;
  readonly drawn: MapLayer;
  readonly card: HTMLElement;
}

const COLOURS = ['#1f6fb5', '#b45f06', '#6b3fa0', '#2c7a4b', '#c0392b', '#7a6a00'];
const ACCEPT = '.geojson,.json,.kml,.kmz,.gpx,.csv,.tsv,.txt,.zip,.shp,.dbf,.prj,.cpg,.shx,.tif,.tiff';
const [REACH, FINGER] = [4, 12]; // px around a click, a tap

export function open(portal: Portal): Tool {
  const { map, language, city: { catalog } } = portal;
  const t = saying(words, language);
  let opened: readonly Opened[] = [];
  let made = 0; // layers ever
  let ending: (() => void)[] = [];

  const input = element('input', { type: 'file', multiple: true, accept: ACCEPT, class: 'file', tabindex: -1, 'aria-hidden': 'true' });
  const choose = element('button', { type: 'button', class: 'choose' }, t('choose'));
  choose.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    void read([...(input.files ?? [])]);
    input.value = '';
  });
  const status = element('p', { class: 'status', role: 'status' });
  const faults = element('ul', { class: 'faults' });
  const clicked = element('div', {});
  const list = element('div', {});
  const root = element('div', { class: 'open-files' },
    choose, input, element('p', { class: 'local' }, t('local')),
    element('p', { class: 'about' }, t('formats', { mb: MOST_BYTES / 1024 / 1024, n: MOST_FEATURES.toLocaleString(language) })),
    status, element('div', { role: 'alert' }, faults), clicked, list);

  const read = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return;
    status.textContent = t('reading', { n: files.length });
    const reads = await readFiles(files, [catalog.center[0], catalog.center[1]]);
    faults.replaceChildren();
    const fresh = reads.flatMap(({ layers }) => layers.map(add));
    for (const { fault } of reads) if (fault) faults.append(faultRow(faultText(fault, language)));
    status.textContent = fresh.length > 0 ? t('opened', { name: fresh.map(({ layer }) => layer.name).join('、') }) : '';
    opened = [...fresh.reverse(), ...opened]; // the topmost first
    show();
    if (fresh.length > 0) fit(fresh.map(({ layer }) => layer));
  };

  const faultRow = (text: string): HTMLElement => {
    const close = element('button', { type: 'button', class: 'close', 'aria-label': t('closeFault') });
    const row = element('li', {}, element('span', {}, text), close);
    close.addEventListener('click', () => {
      row.remove();
      choose.focus();
    });
    return row;
  };

  const add = (layer: FileLayer): Opened => {
    const id = `longquan-open-${++made}`;
    const drawn = mapLayer(map, id, layer);
    const look: Look = { visible: true, colour: COLOURS[(made - 1) % COLOURS.length]!, opacity: 1, label: null };
    drawn.look(look);
    const [west, south, east, north] = catalog.bounds;
    const [left, bottom, right, top] = layer.bounds;
    const one: Opened = {
      layer, drawn,
      card: layerCard({
        layer, look, language, t, outside: left > east || right < west || bottom > north || top < south,
        onLook: (next) => drawn.look(next),
        onZoom(row) {
          for (const other of opened) other.drawn.mark(other === one ? row : null);
          map.fitBounds(boundsToFit(layer, row), { padding: portal.padding(), maxZoom: 17, animate: animated() });
        },
        onRemove() {
          drawn.remove();
          opened = opened.filter((other) => other !== one);
          clicked.replaceChildren();
          show();
          portal.announce(t('removed', { name: layer.name }));
          choose.focus();
        },
      }),
    };
    return one;
  };

  const show = (): void => {
    list.replaceChildren(...(opened.length === 0 ? [element('p', { class: 'about' }, t('none'))] : [
      element('h3', {}, t('list', { n: opened.length })), element('p', { class: 'about' }, t('hint')), element('ul', {}, ...opened.map(({ card }) => card)),
    ]));
  };

  const fit = (layers: readonly FileLayer[]): void => {
    const all = layers.map(({ bounds }) => bounds);
    const edge = (axis: 0 | 1 | 2 | 3, pick: (...values: number[]) => number): number => pick(...all.map((bounds) => bounds[axis]));
    map.fitBounds([edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)], { padding: portal.padding(), maxZoom: 16, animate: animated() });
  };

  /** Tell of the feature below a click. */
  const ask = (point: { readonly x: number; readonly y: number }): void => {
    const reach = matchMedia('(pointer: coarse)').matches ? FINGER : REACH;
    let told: HTMLElement | null = null;
    for (const { layer, drawn } of opened) {
      const row: number | null = told || layer.kind === 'image' ? null : drawn.rowAt(point, reach);
      drawn.mark(row);
      if (row !== null && layer.kind === 'features') told = element('div', { class: 'clicked' }, element('h3', {}, `${t('clicked')} · ${layer.name}`), featureFacts(layer, row, t));
    }
    clicked.replaceChildren(told ?? '');
    if (told) told.scrollIntoView({ block: 'nearest' });
  };

  show();
  return {
    element: root,
    enter() {
      const listening = map.on('click', ({ point }) => ask(point));
      const canvas = map.getCanvas();
      const key = (event: KeyboardEvent): void => {
        if (event.key === 'Enter') ask(map.project(map.getCenter()));
      };
      canvas.addEventListener('keydown', key);
      ending = [portal.takeClicks(), () => listening.unsubscribe(), () => canvas.removeEventListener('keydown', key)];
    },
    leave() {
      for (const { drawn } of opened) drawn.mark(null);
      clicked.replaceChildren();
      for (const end of ending) end(); // the files stay on the map until they are removed
    },
    take(files) {
      void read(files);
      return files.length > 0;
    },
  };
}

function animated(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}
