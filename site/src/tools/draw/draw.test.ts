import type { Feature } from 'geojson';
import { describe, expect, test } from 'vitest';

import { distance } from '../../core/geodesy.ts';
import { toGeoJson } from '../../core/geojson-formats.ts';
import { history } from './history.ts';
import { keyOf } from './kept.ts';
import { decoded, encoded } from './link-code.ts';
import { circleGeometry, circleOf, clean, featureOf, labelPlace, measureOf, shapesFrom, type Shape } from './shape.ts';

const CIRCLE = { centre: [119.13, 28.07], radius: 500 } as const;
const look = { name: '', note: '', colour: '#1f6fb5', width: 3 };
const SHAPES: Shape[] = [
  { ...look, id: 1, kind: 'point', geometry: { type: 'Point', coordinates: [119.123456, 28.06] }, name: '井', note: '一~二,三;四' },
  { ...look, id: 2, kind: 'text', geometry: { type: 'Point', coordinates: [-0.000001, -89.5] }, name: '龙泉, 剑池; 100%' },
  { ...look, id: 3, kind: 'line', geometry: { type: 'LineString', coordinates: [[119.1, 28], [119.2, 28.1], [119.15, 27.9]] }, width: 8, colour: '#22302b' },
  { ...look, id: 4, kind: 'freehand', geometry: { type: 'LineString', coordinates: [[179.999999, 0], [-179.999999, 0]] } },
  { ...look, id: 5, kind: 'area', geometry: { type: 'Polygon', coordinates: [[[119, 28], [119.1, 28], [119.1, 28.1], [119, 28]]] } },
  { ...look, id: 6, kind: 'rectangle', geometry: { type: 'Polygon', coordinates: [[[119, 28], [119.1, 28], [119.1, 28.1], [119, 28.1], [119, 28]]] } },
  { ...look, id: 7, kind: 'circle', geometry: circleGeometry(CIRCLE), circle: CIRCLE },
];

describe('in a link', () => {
  test('a drawing comes back as it was', () => expect(decoded(encoded(SHAPES))).toEqual(SHAPES));

  test('as short as it should be, of letters that links may carry', () => {
    const text = encoded(SHAPES.slice(2));
    expect(text).toMatch(/^[\w,;-]+$/);
    expect(text.length).toBeLessThan(180);
    expect(encoded([SHAPES[4]!])).toBe('a31f6fb5,g8l_iHgw_s1BgqjGAAgqjG'); // by ten lines of Python
  });

  test.each(['', 'x', 'p31f6fb5', 'p31f6fb5,', 'p31f6fb5,gg', 'p31f6fb5,AAAA', 'l31f6fb5,AA', 'a31f6fb5,AAAA', 'c31f6fb5,AA', 'c31f6fb5,AAA', 'p31f6fb5,!!', 'p31f6fb5,AA,a,b,c', 'q31f6fb5,AA', 'p31f6fb5,AA;', 'p31f6fb5,__________AA'])(
    'what is none is not taken for one: %j', (text) => expect(decoded(text)).toBeNull());
});

describe('in a file', () => {
  const again = (features: readonly Feature[]): Feature[] => (JSON.parse(toGeoJson(features)) as { features: Feature[] }).features;

  test('a drawing comes back as it was', () => expect(shapesFrom(again(SHAPES.map(featureOf)), 1)).toEqual({ shapes: SHAPES, refused: 0 }));

  test('files of others are drawings, too', () => {
    const { shapes, refused } = shapesFrom([
      { type: 'Feature', properties: { name: 5, description: { '@type': 'html', value: '<b>x</b>' }, 'icon-color': '#AABBCC' }, geometry: { type: 'MultiPoint', coordinates: [[119, 28, 7], [119.1, 28]] } },
      { type: 'Feature', properties: null, geometry: { type: 'Polygon', coordinates: [[[0, 0], [9, 0], [9, 9], [0, 0]], [[1, 0.5], [2, 0.5], [2, 1], [1, 0.5]]] } },
      { type: 'Feature', properties: { 'stroke-width': 99 }, geometry: { type: 'LineString', coordinates: [[0, 0], [0, 0], [1, 1]] } },
      { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [500_000, 3_100_000] } },
    ], 4);
    expect(refused).toBe(2);
    expect(shapes).toEqual([
      { id: 4, kind: 'point', geometry: { type: 'Point', coordinates: [119, 28] }, name: '5', note: '<b>x</b>', colour: '#aabbcc', width: 3 },
      { id: 5, kind: 'point', geometry: { type: 'Point', coordinates: [119.1, 28] }, name: '5', note: '<b>x</b>', colour: '#aabbcc', width: 3 },
      { id: 6, kind: 'line', geometry: { type: 'LineString', coordinates: [[0, 0], [1, 1]] }, name: '', note: '', colour: '#c0392b', width: 3 },
    ]);
  });
});

test('a circle is as far everywhere and found again', () => {
  const ring = circleGeometry(CIRCLE).coordinates[0]! as [number, number][];
  for (const at of ring) expect(distance(CIRCLE.centre, at)).toBeCloseTo(500, 1);
  const { centre, radius } = circleOf(ring);
  expect(distance(centre, CIRCLE.centre)).toBeLessThan(0.05);
  expect(radius).toBeCloseTo(500, 1);
});

test('what shapes measure', () => {
  expect(SHAPES.map(measureOf).slice(0, 2)).toEqual([null, null]);
  expect(measureOf(SHAPES[6]!)).toEqual({ area: expect.closeTo(Math.PI * 250_000, -3) as number });
  expect(measureOf(SHAPES[3]!)).toEqual({ length: expect.closeTo(0.2226, 3) as number }); // two millionths of a degree on the equator
});

test('where names stand', () => {
  expect(SHAPES.map(labelPlace).slice(2)).toEqual([[119.2, 28.1], [179.999999, 0], [119.05, 28.05], [119.05, 28.05], [119.13, 28.07]]);
});

test('an outline is closed, without it is none', () => {
  expect(clean({ type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1]]] })).toEqual({ type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] });
  expect([clean({ type: 'Polygon', coordinates: [[[0, 0], [1, 0], [0, 0]]] }), clean({ type: 'LineString', coordinates: [[1, 1], [1, 1]] })]).toEqual([null, null]);
});

test('steps back and forth', () => {
  const steps = history(0, 4);
  expect([steps.canUndo, steps.canRedo, steps.undo()]).toEqual([false, false, 0]);
  for (const value of [1, 2, 3]) steps.push(value);
  expect([steps.undo(), steps.undo(), steps.redo(), steps.now]).toEqual([2, 1, 2, 2]);
  steps.push(9); // the way to 3 is gone
  expect([steps.canRedo, steps.redo(), steps.undo(), steps.undo(), steps.undo()]).toEqual([false, 9, 2, 1, 0]);
  for (const value of [5, 6, 7, 8]) steps.push(value);
  expect([steps.undo(), steps.undo(), steps.undo(), steps.undo()]).toEqual([7, 6, 5, 5]);
  steps.reset(3);
  expect([steps.now, steps.canUndo, steps.canRedo]).toEqual([3, false, false]);
});

test('each published folder keeps its own', () => {
  expect(keyOf('http://a.test/city/public/index.html?x#map=1')).toBe('longquan-drawing:/city/public/');
  expect(keyOf('http://a.test/city/public/')).toBe('longquan-drawing:/city/public/');
});
