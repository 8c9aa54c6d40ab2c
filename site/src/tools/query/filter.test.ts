import { describe, expect, test } from 'vitest';

import { areaOf as area } from '../../core/area.ts';
import type { TownArea } from '../../core/towns.ts';
import { byTown, measuresFor, placeOf } from './by-town.ts';
import { breaksOf, classOf, coloursOf } from './classes.ts';
import { filtered, frequencies, kindOf, METRES, ordered, statistics } from './filter.ts';
import { itemOf, type Item } from './items.ts';
import { csv } from './table-file.ts';

const item = (id: number, properties: Record<string, unknown>, metres = 0): Item => ({ id, properties, metres, squareMetres: 0, broken: false, geometry: { type: 'Point', coordinates: [0, 0] } });
const ITEMS = [
  item(1, { NAME: '龙渊路', CLASS: 'street', LANES: 4 }, 300), item(2, { NAME: 'ＡBC 路', CLASS: 'lane', LANES: 2 }, 100),
  item(3, { CLASS: 'street' }, 50), item(4, { NAME: '龙泉大道', CLASS: 'national', LANES: 6 }, 900),
];
const ids = (items: readonly Item[]): unknown[] => items.map(({ id }) => id);

describe('filters', () => {
  test('text, folded', () => {
    expect(ids(filtered(ITEMS, [{ kind: 'text', field: 'NAME', contains: '龙' }]))).toEqual([1, 4]);
    expect(ids(filtered(ITEMS, [{ kind: 'text', field: 'NAME', contains: ' abc' }]))).toEqual([2]);
    expect(ids(filtered(ITEMS, [{ kind: 'text', field: 'NAME', contains: ' ' }]))).toEqual([1, 2, 3, 4]);
  });
  test('ranges, of lengths too', () => {
    expect(ids(filtered(ITEMS, [{ kind: 'range', field: 'LANES', least: 3, most: null }]))).toEqual([1, 4]);
    expect(ids(filtered(ITEMS, [{ kind: 'range', field: METRES, least: 50, most: 300 }]))).toEqual([1, 2, 3]);
  });
  test('codes, and several conditions at once', () => {
    expect(ids(filtered(ITEMS, [{ kind: 'codes', field: 'CLASS', codes: new Set(['street', 'national']) }, { kind: 'text', field: 'NAME', contains: '龙' }]))).toEqual([1, 4]);
    expect(ids(filtered(ITEMS, [{ kind: 'codes', field: 'LANES', codes: new Set(['']) }]))).toEqual([3]);
  });
  test('what a field is asked for', () => {
    expect([{ type: 'string' }, { type: 'integer' }, { type: 'integer', domain: { 1: {} } }, { type: 'boolean' }].map((field) => kindOf({ name: '', title: {}, unit: null, ...field }))).toEqual(['text', 'range', 'codes', 'codes']);
  });
});

test('orders: what is absent comes last either way', () => {
  expect(ids(ordered(ITEMS, { field: 'LANES', down: false }, 'zh'))).toEqual([2, 1, 4, 3]);
  expect(ids(ordered(ITEMS, { field: 'LANES', down: true }, 'zh'))).toEqual([4, 1, 2, 3]);
});

test('statistics and frequencies', () => {
  expect(statistics(ITEMS, 'LANES')).toEqual({ count: 3, sum: 12, mean: 4, least: 2, most: 6 });
  expect(statistics(ITEMS, 'NAME')).toBeNull();
  expect(frequencies(ITEMS, 'CLASS')).toEqual([['street', 2], ['lane', 1], ['national', 1]]);
});

describe('classes', () => {
  const values = [1, 2, 3, 10, 11, 12, 50, 51, 52, 200];
  test('quantiles hold as many each', () => expect(breaksOf(values, 5, 'quantile')).toEqual([2, 10, 12, 51, 200]));
  test('equal intervals', () => expect(breaksOf([0, 1, 5, 7, 8, 9, 10], 5, 'equal')).toEqual([2, 4, 6, 8, 10]));
  test('natural breaks stand where the gaps are', () => expect(breaksOf(values, 4, 'natural')).toEqual([3, 12, 52, 200]));
  test('natural breaks are the best of all there are', () => {
    const some = [4, 5, 9, 10, 11, 19, 21, 22, 40];
    const cost = (bounds: readonly number[]): number => bounds.reduce((sum, bound, i) => {
      const members = some.filter((value) => value <= bound && (i === 0 || value > bounds[i - 1]!));
      const mean = members.reduce((a, b) => a + b, 0) / members.length;
      return sum + members.reduce((a, b) => a + (b - mean) ** 2, 0);
    }, 0);
    let least = Infinity;
    for (const a of some) for (const b of some) if (a < b && b < 40) least = Math.min(least, cost([a, b, 40]));
    expect(cost(breaksOf(some, 3, 'natural'))).toBeCloseTo(least, 9);
  });
  test('fewer classes than asked for where values are few', () => {
    expect(breaksOf([3, 3, 3, 7], 5, 'quantile')).toEqual([3, 7]);
    expect(breaksOf([5, 5, 5, 5, 5, 5, 9, 10, 12, 14], 4, 'quantile')).toEqual([5, 10, 14]);
  });
  test('a value belongs to the first class that reaches it', () => expect([1, 2, 2.1, 99].map((value) => classOf(value, [2, 5, 9]))).toEqual([0, 0, 1, 2]));
  test('colours go from light to dark', () => expect(coloursOf('blue', 3)).toEqual(['#eff3ff', '#6baed6', '#084594']));
});

describe('towns', () => {
  const square = (id: string, west: number): TownArea => {
    const coordinates = [[[west, 28], [west + 0.1, 28], [west + 0.1, 28.1], [west, 28.1], [west, 28]]];
    return { id, name: id, properties: {}, geometry: { type: 'Polygon', coordinates }, area: area([coordinates] as never) };
  };
  const towns = [square('a', 119), square('b', 119.1)];
  const line = itemOf({ layer: '', id: 1, properties: { LANES: 2 }, broken: false, geometry: { type: 'LineString', coordinates: [[119.04, 28.05], [119.2, 28.05]] } });
  const place = (lng: number, lanes: number): Item => itemOf({ layer: '', id: lng, properties: { LANES: lanes }, broken: false, geometry: { type: 'Point', coordinates: [lng, 28.02] } });
  test('a feature belongs to one town', async () => {
    expect((await byTown(towns, [line, place(119.05, 4), place(119.06, 6), place(130, 1)], 'count', null)).map(({ value }) => value)).toEqual([2, 1]);
    expect((await byTown(towns, [line, place(119.05, 4), place(119.06, 6)], 'mean', 'LANES')).map(({ value }) => value)).toEqual([5, 2]);
    expect((await byTown(towns, [place(119.05, 4)], 'mean', 'LANES')).map(({ value }) => value)).toEqual([4, null]);
  });
  test('lengths are cut at the border, areas those of the ellipsoid', async () => {
    const found = await byTown(towns, [line], 'length', null);
    expect(found[0]!.value! + found[1]!.value!).toBeCloseTo(line.metres / 1000, 3);
    expect(found[0]!.value! / found[1]!.value!).toBeCloseTo(0.6, 6);
    expect(found[0]!.squareKilometres).toBeCloseTo(108.9545, 3); // pyproj's Geod on the same ellipsoid
  });
  test('what measures there are', () => expect([measuresFor('point', false), measuresFor('line', true).length]).toEqual([['count', 'density'], 7]));
  test('an area is where it has room, a line at its middle', () => {
    expect(placeOf({ geometry: { type: 'Polygon', coordinates: [[[0, 0], [10, 0], [10, 10], [6, 10], [6, 4], [1, 4], [1, 10], [0, 10], [0, 0]]] } })).toEqual([8, 5]);
    expect(placeOf({ geometry: { type: 'LineString', coordinates: [[0, 0], [2, 0], [2, 8]] } })).toEqual([2, 3]);
  });
});

test('cells that would be formulas are texts', () => {
  expect(csv([['名称', 'n'], ['=1+1', -3], ['a"b,c', null], ['-5', true]])).toBe('\uFEFF名称,n\r\n\'=1+1,-3\r\n"a""b,c",\r\n-5,true\r\n');
});
