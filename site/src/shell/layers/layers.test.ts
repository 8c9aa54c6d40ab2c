import type { StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';

import type { Dataset } from '../../core/catalog.ts';
import { answers } from './find.ts';
import { placed } from './order-list.ts';
import { firstZoom, viewOf } from './reach.ts';

const dataset: Dataset = {
  id: 'kiln-sites', title: { zh: '青瓷窑址', en: 'Kiln sites' }, description: { zh: '历史窑址' }, theme: 'culture',
  department: { id: 'culture', name: { zh: '文化和旅游局', en: 'Culture Bureau' } }, currency: null, fields: [],
  extent: [118.8, 27.8, 119.3, 28.2],
  layers: [{ archive: 'a', layer: 'KILN', geometry: 'point', min_zoom: 8, max_zoom: 14 }, { archive: 'b', layer: 'x', geometry: 'point', min_zoom: 9, max_zoom: 14 }],
};
const theme = { zh: '文化遗产', en: 'Heritage' };

test.each(['窑', 'KILN', 'ｋｉｌｎ', '遗产', 'heritage sites', '旅游', '历史', 'kiln-sites'])('“%s” finds it', (text) => expect(answers(dataset, theme, text)).toBe(true));
test.each(['学校', 'kiln school', '窑 学校'])('“%s” does not', (text) => expect(answers(dataset, theme, text)).toBe(false));

test('lifted, laid down, and each dataset stands once', () => {
  expect(placed([], 'a', 'top')).toEqual(['a']);
  expect(placed(['b', '-c'], 'a', 'top')).toEqual(['a', 'b', '-c']);
  expect(placed(['b', 'a', '-c'], 'a', 'top')).toEqual(['a', 'b', '-c']);
  expect(placed(['b', 'a', '-c'], 'a', 'bottom')).toEqual(['b', '-c', '-a']);
  expect(placed(['b', '-a'], 'a', 'top')).toEqual(['a', 'b']);
});

test('a dataset can be seen where both its data and its layers begin', () => {
  const style = (...zooms: (number | undefined)[]): StyleSpecification => ({
    version: 8, sources: {},
    layers: zooms.map((minzoom, i) => ({ id: String(i), type: 'line', source: 's', ...(minzoom !== undefined && { minzoom }), metadata: { 'longquan:dataset': 'kiln-sites' } })),
  });
  expect([firstZoom(style(12, 10), dataset), firstZoom(style(undefined, 12), dataset), firstZoom(style(), dataset)]).toEqual([10, 8, null]);
});

test('the view that shows all of it, else a part where the reader is, in the city, or in its middle', () => {
  const whole = { center: [119.05, 28], zoom: 9.5 } as const;
  const at = (lng: number, lat: number): { center: readonly [number, number]; zoom: number } => ({ center: [lng, lat], zoom: 12 });
  const city = { center: [119.13, 28.07, 12] } as const;
  expect(viewOf(dataset, 8, whole, at(119, 28), city)).toEqual(whole);
  expect(viewOf(dataset, 15, whole, at(119, 28), city)).toEqual({ center: [119, 28], zoom: 15.1 });
  expect(viewOf(dataset, 15, whole, at(110, 28), city)).toEqual({ center: [119.13, 28.07], zoom: 15.1 });
  const [x, y] = viewOf(dataset, 15, whole, at(110, 28), { center: [100, 20, 9] }).center;
  expect([x, y]).toEqual([(118.8 + 119.3) / 2, 28]);
});
