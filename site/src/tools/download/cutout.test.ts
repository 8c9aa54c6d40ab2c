import { expect, test } from 'vitest';

import type { Archive, Catalog, Dataset } from '../../core/catalog.ts';
import { choicesOf, layersFor, mayCut, originOf } from './cutout.ts';

const dataset = (id: string, share: string, layers: readonly [string, string | null, boolean][]): Dataset => ({
  id, share, title: { zh: id }, theme: '', department: { id: 'd', name: { zh: '局' } }, currency: '2026-09-30', licence: `licence of ${id}`, fields: [],
  layers: layers.map(([archive, layer, labels]) => ({ archive, layer, labels, geometry: layer ? 'line' : 'raster', min_zoom: 0, max_zoom: 15 })),
});
const archive = (id: string, type: 'vector' | 'raster'): Archive => ({ id, type, title: { zh: id }, file: `tiles/${id}-0.pmtiles`, bytes: 1, attribution: '龙泉市自然资源和规划局 · 示例数据' });
const catalog = {
  archives: [archive('base', 'vector'), archive('secret', 'vector'), archive('image', 'raster')], sample: true, notice: { zh: '示例数据' }, attribution: { zh: '局' },
  as_of: '2026-11-23', edition: { id: 'government', title: {} }, review: { number: null },
  datasets: [dataset('roads', 'unconditional', [['base', 'LRDL', true]]), dataset('pipes', 'conditional', [['base', 'PIPE', false], ['secret', 'PIPE', false]]), dataset('old', 'unconditional', [['image', null, false]]), dataset('new', 'conditional', [['image', null, false]])],
} as unknown as Catalog;
const [base, secret, image] = catalog.archives as readonly [Archive, Archive, Archive];

test('only what is shared without conditions may be cut out', () => {
  expect(choicesOf(catalog, base).map(({ dataset: { id }, free }) => [id, free])).toEqual([['roads', true], ['pipes', false]]);
  expect([base, secret, image].map((one) => mayCut(one, choicesOf(catalog, one)))).toEqual([true, false, false]);
});

test('labels go with their layer, and what is left out is named only where something is left out', () => {
  const [roads] = choicesOf(catalog, base);
  expect(layersFor([roads!], { vector_layers: [{ id: 'LRDL' }, { id: 'LRDL_label' }, { id: 'PIPE' }] })).toEqual(['LRDL', 'LRDL_label']);
  expect(layersFor([roads!], { vector_layers: [{ id: 'LRDL' }, { id: 'LRDL_label' }] })).toBeNull();
  expect(layersFor([roads!], {})).toEqual(['LRDL', 'LRDL_label']);
});

test('owner, licence and date travel with it', () => {
  const [roads] = choicesOf(catalog, base);
  expect(originOf(catalog, base, [roads!], [1, 2, 3, 4])).toMatchObject({
    attribution: '龙泉市自然资源和规划局 · 示例数据', licence: 'licence of roads',
    'longquan:cutout': { source: 'tiles/base-0.pmtiles', bounds: [1, 2, 3, 4], as_of: '2026-11-23', datasets: [{ id: 'roads', currency: '2026-09-30', department: { zh: '局' } }] },
  });
});
