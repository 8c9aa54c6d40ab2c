import { createPropertyExpression, latest, type StylePropertySpecification } from '@maplibre/maplibre-gl-style-spec';
import { expect, test } from 'vitest';

import { evaluate } from './evaluate.ts';

const spec = latest.paint_circle['circle-radius'] as StylePropertySpecification;

const expressions: readonly unknown[] = [
  7,
  ['interpolate', ['linear'], ['zoom'], 10, 1, 14, 3],
  ['interpolate', ['exponential', 1.5], ['zoom'], 6, ['match', ['get', 'CLASS'], 'national', 0.7, 0], 15, ['match', ['get', 'CLASS'], ['national', 'provincial'], 8, 1]],
  ['step', ['zoom'], 1, 12, 2, 13, 3],
  ['case', ['has', 'NAME'], 1, ['==', ['get', 'CLASS'], 'national'], 2, 3],
  ['case', ['any', ['>', ['to-number', ['get', 'RANK']], 3], ['<=', ['to-number', ['get', 'RANK']], 2]], 1, 0],
  ['case', ['in', ['get', 'CLASS'], ['literal', ['county', 'national']]], 1, 0],
  ['case', ['all', ['!', ['has', 'NAME']], ['!=', ['get', 'RANK'], 4]], 1, 0],
  ['+', 1, ['*', 0.5, ['coalesce', ['to-number', ['get', 'RANK'], 1], 1]]],
  ['-', 0, ['to-number', ['get', 'MISSING'], 5]],
  ['round', 2.6],
];

// The library that MapLibre itself evaluates with is the oracle.
test.each(expressions.map((expression) => [JSON.stringify(expression), expression]))('%s', (_, expression) => {
  for (const zoom of [4, 10, 11.3, 12, 13.7, 16]) {
    for (const properties of [{ CLASS: 'national', RANK: 4 }, { CLASS: 'lane', RANK: '2', NAME: '巷' }, {}]) {
      const parsed = createPropertyExpression(expression, 'circle-radius', spec);
      if (parsed.result === 'error') throw new Error(JSON.stringify(parsed.value));
      const expected = parsed.value.evaluate({ zoom }, { type: 1, properties });
      expect(evaluate(expression, { zoom, properties })).toBeCloseTo(expected as number, 6);
    }
  }
});

test('colours come out of matches; unknown operators are undefined', () => {
  const at = { zoom: 14, properties: { USE: 'public' } };
  expect(evaluate(['match', ['get', 'USE'], ['public', 'school'], '#dcd3dd', '#e2dbd0'], at)).toBe('#dcd3dd');
  expect(evaluate(['to-string', ['get', 'USE']], at)).toBe('public');
  expect(evaluate(['distance', {}], at)).toBeUndefined();
});
