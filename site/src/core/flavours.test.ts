import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';

import { mapFlavours } from './catalog.ts';
import { flavourOf, restyle } from './flavours.ts';

const entry = (id: string, base?: 'map' | 'hybrid' | 'terrain') => ({ id, title: { zh: id }, href: `styles/${id}.json`, ...(base ? { base } : {}) });
const catalog = { styles: [entry('light', 'map'), entry('dark', 'map'), entry('imagery-hybrid', 'hybrid'), entry('terrain', 'terrain')] };

test.each([
  ['map', null, 'light'], ['map', 'dark', 'dark'], ['map', 'terrain', 'light'], ['map', 'nothing', 'light'],
  ['imagery', 'dark', 'dark'], ['hybrid', 'dark', 'imagery-hybrid'], ['terrain', null, 'terrain'],
] as const)('on %s a reader who chose %s sees %s', (base, chosen, seen) => {
  expect(flavourOf(catalog, { base, opacity: 1 }, chosen)).toBe(seen);
});

test('imagery that is hardly seen leaves the look to the reader, and so does a city without a look for it', () => {
  expect(flavourOf(catalog, { base: 'hybrid', opacity: 0.3 }, 'dark')).toBe('dark');
  expect(flavourOf({ styles: [entry('light')] }, { base: 'hybrid', opacity: 1 }, null)).toBe('light');
  expect(mapFlavours(catalog).map(({ id }) => id)).toEqual(['light', 'dark']);
  expect(mapFlavours({ styles: [entry('old')] }).map(({ id }) => id)).toEqual(['old']); // catalogues before there was a choice
});

/** As much of a map as restyling touches, that keeps what was done to it. */
function fakeMap(layers: readonly LayerSpecification[]): { map: never; order: string[]; done: unknown[] } {
  const order = layers.map(({ id }) => id);
  const done: unknown[] = [];
  const map = {
    getLayer: (id: string) => (order.includes(id) ? { id } : undefined),
    getLayersOrder: () => [...order],
    getSource: (id: string) => id === 'tiles',
    addSource: (id: string) => done.push(['source', id]),
    removeLayer: (id: string) => void order.splice(order.indexOf(id), 1),
    addLayer: (layer: LayerSpecification, before?: string) => void order.splice(before ? order.indexOf(before) : order.length, 0, layer.id),
    setPaintProperty: (...change: unknown[]) => done.push(['paint', ...change]),
    setLayoutProperty: (...change: unknown[]) => done.push(['layout', ...change]),
    setFilter: (...change: unknown[]) => done.push(['filter', ...change]),
    setLayerZoomRange: (...change: unknown[]) => done.push(['zoom', ...change]),
  };
  return { map: map as never, order, done };
}

const style = (...layers: object[]) => ({ version: 8, sources: { tiles: {} }, layers }) as unknown as StyleSpecification;
const line = (id: string, paint: object, more: object = {}) => ({ id, type: 'line', source: 'tiles', 'source-layer': id, paint, ...more });

test('only what differs is set, and what others added keeps its place', () => {
  const from = style(line('a', { 'line-color': '#fff', 'line-width': 2 }), line('cover', {}), line('b', { 'line-color': '#eee' }, { minzoom: 9 }));
  const to = style(
    line('a', { 'line-color': '#000', 'line-width': 2 }, { layout: { visibility: 'none', 'line-cap': 'round' } }),
    line('b', {}, { filter: ['has', 'x'] }), line('new', {}),
  );
  const { map, order, done } = fakeMap([...from.layers, line('longquan-draw', {}) as unknown as LayerSpecification]);
  restyle(map, from, to);
  expect(order).toEqual(['a', 'b', 'new', 'longquan-draw']);
  expect(done).toEqual([
    ['paint', 'b', 'line-color', undefined], ['filter', 'b', ['has', 'x']], ['zoom', 'b', 0, 24],
    ['paint', 'a', 'line-color', '#000'], ['layout', 'a', 'line-cap', 'round'],
  ]);
});

test('there and back is where one was', () => {
  const [one, other] = [style(line('a', {}), line('b', {}), line('c', {})), style(line('a', {}), line('c', {}))];
  const { map, order } = fakeMap(one.layers);
  restyle(map, one, other);
  expect(order).toEqual(['a', 'c']);
  restyle(map, other, one);
  expect(order).toEqual(['a', 'b', 'c']);
});
