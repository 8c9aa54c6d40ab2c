import { expect, test } from 'vitest';

import type { Catalog, Dataset } from './catalog.ts';
import { translator } from '../messages/i18n.ts';
import { collect, nameOf, position, referenceOf, rowsOf, type Rendered } from './identify.ts';

const dataset = (id: string, fields: Dataset['fields'] = []): Dataset => ({
  id, title: { zh: `${id}图层`, en: id }, theme: 't', department: { id: 'd', name: { zh: '规划局' } }, currency: null, layers: [], fields,
});
const roads = dataset('roads', [
  { name: 'CLASS', title: { zh: '技术等级', en: 'Class' }, type: 'string', unit: null, domain: { national: { zh: '国道', en: 'National road' } } },
  { name: 'WIDTH', title: { zh: '宽度', en: 'Width' }, type: 'number', unit: 'm' },
  { name: 'BRIDGE', title: { zh: '桥', en: 'Bridge' }, type: 'boolean', unit: null },
  { name: 'NOTE', title: {}, type: 'string', unit: null },
]);
const catalog = { datasets: [roads, dataset('towns'), dataset('schools')] } as unknown as Catalog;

const feature = (id: number | undefined, set: string, type: string, properties = {}): Rendered => ({
  id, properties, geometry: { type }, layer: { metadata: { 'longquan:dataset': set } },
});

test('each feature once, points before lines before areas, strangers left out', () => {
  const found = collect([
    feature(1, 'towns', 'Polygon'), feature(7, 'roads', 'LineString'), feature(7, 'roads', 'LineString'), feature(1, 'towns', 'Point'),
    feature(undefined, 'schools', 'Point', { ID: 'a' }), feature(undefined, 'schools', 'Point', { ID: 'a' }), feature(9, 'gone', 'Point'),
  ], catalog);
  expect(found.map(({ dataset: { id }, feature: { geometry } }) => [id, geometry.type])).toEqual([
    ['schools', 'Point'], ['roads', 'LineString'], ['towns', 'Polygon'],
  ]);
});

test('rows have readable names, units and meanings; empty values are left out, unknown fields come last', () => {
  const found = { dataset: roads, feature: feature(1, 'roads', 'LineString', { OTHER: 'x', CLASS: 'national', WIDTH: 1234.5, BRIDGE: true, NOTE: '' }) };
  expect(rowsOf(found, 'zh', translator('zh'))).toEqual([['技术等级', '国道'], ['宽度', '1,234.5 m'], ['桥', '是'], ['OTHER', 'x']]);
  expect(rowsOf(found, 'en', translator('en'))[0]).toEqual(['Class', 'National road']);
});

test('a feature is called by its name, else by its class, else by its dataset', () => {
  const named = { dataset: roads, feature: feature(1, 'roads', 'LineString', { NAME: '中山街', PINYIN: 'Zhōngshān Jiē' }) };
  expect([nameOf(named, 'zh'), nameOf(named, 'en')]).toEqual(['中山街', 'Zhōngshān Jiē']);
  expect(nameOf({ dataset: roads, feature: feature(1, 'roads', 'LineString', { CLASS: 'national' }) }, 'zh')).toBe('国道');
  expect(nameOf({ dataset: roads, feature: feature(1, 'roads', 'LineString', { NAME: '' }) }, 'zh')).toBe('roads图层');
  const contours = dataset('contours', [
    { name: 'INDEX', title: { zh: '计曲线' }, type: 'integer', unit: null, domain: { 0: { zh: '否', en: 'No' }, 1: { zh: '是', en: 'Yes' } } },
  ]);
  const contour = { dataset: contours, feature: feature(1, 'contours', 'LineString', { INDEX: 0 }) };
  expect(nameOf(contour, 'zh')).toBe('contours图层'); // a yes or no is no name
  expect(rowsOf(contour, 'en', translator('en'))).toEqual([['计曲线', 'No']]);
});

test('positions name their hemispheres', () => {
  expect(position(119.13, 28.074, 'zh', translator('zh'))).toBe('东经 119.13000°，北纬 28.07400°');
  expect(position(-71.1, -42.5, 'en', translator('en'))).toBe('42.50000° S, 71.10000° W');
});

test('a feature is called by its id, else by its number, else not at all', () => {
  const feature = (id: number | undefined, properties: object): never => ({ id, properties, geometry: { type: 'Point' }, layer: {} }) as never;
  expect(referenceOf({ dataset: dataset('d'), feature: feature(7, { ID: 9 }) })).toEqual({ dataset: 'd', id: '7' });
  expect(referenceOf({ dataset: dataset('d'), feature: feature(0, {}) })).toEqual({ dataset: 'd', id: '0' });
  expect(referenceOf({ dataset: dataset('d'), feature: feature(undefined, { ID: 9 }) })).toEqual({ dataset: 'd', id: '9' });
  expect(referenceOf({ dataset: dataset('d'), feature: feature(undefined, {}) })).toBeNull();
});
