import { describe, expect, test } from 'vitest';

import { assess, percent, type Coverage, type Existing, type Wanted } from './assess.ts';
import { count, type Cells } from './cells.ts';

const THEMES = [{ id: 'land', title: { zh: '土地' } }, { id: 'water', title: { zh: '水' } }];
const run = (start: number, stop: number): Cells => ({ starts: [start], stops: [stop] });
const AREA = run(100, 200);
const DEMANDING: Wanted = { theme: null, scale: 2000, current: '2026-01-01', accuracy: 0.5 };

function existing(id: string, start: number, stop: number, said: Partial<Existing> = {}): readonly [Existing, Coverage] {
  const dataset: Existing = {
    id, title: { zh: id }, theme: 'land', department: { id: 'd', name: {} }, currency: '2026-01-01', scale: 2000, accuracy_m: 0.5, layers: [], fields: [], ...said,
  };
  return [dataset, { how: 'areas', reach: 0, cells: run(start, stop) }];
}

// The table of tests/catalog/test_duplicates.py.
describe.each<[Partial<Existing>, string]>([
  [{}, 'right'],
  [{ scale: 500, accuracy_m: 0.1, currency: '2026-09-01' }, 'right'],
  [{ scale: 2001 }, 'coarse'],
  [{ accuracy_m: 0.51 }, 'coarse'],
  [{ currency: '2025-12-31' }, 'old'],
  [{ currency: '2025-12-31', scale: 5000, accuracy_m: 5 }, 'coarse-old'],
  [{ scale: null }, 'unknown'],
  [{ accuracy_m: null }, 'unknown'],
  [{ accuracy_m: null, scale: 5000 }, 'coarse'],
  [{ accuracy_m: null, currency: '2025-12-31' }, 'old'],
])('a dataset with %j', (said, fit) => {
  test.each<[Wanted, number, string]>([
    [DEMANDING, 0, fit],
    [{ theme: null, scale: null, current: null, accuracy: null }, 0, 'right'],
    [DEMANDING, 200, 'absent'],
  ])('is as good as it should be', (wanted, start, expected) => {
    expect(assess(AREA, wanted, THEMES, [existing('a', start, start + 150, said)])[0]!.matches[0]!.fit).toBe(expected);
  });
});

test('what follows for a theme', () => {
  const [good, rest, old] = [existing('good', 0, 150), existing('rest', 150, 250), existing('old', 0, 300, { currency: '2000-01-01' })];
  const found = [[old, good, rest], [good, old], [old], []].map((datasets) => assess(AREA, DEMANDING, THEMES, datasets)[0]!);
  expect(found.map(({ conclusion, right, unfit, gap }) => [conclusion, count(right), count(unfit), count(gap)])).toEqual([
    ['exists', 100, 0, 0], ['partly', 50, 50, 50], ['unfit', 0, 100, 100], ['none', 0, 0, 100],
  ]);
  expect(found[0]!.matches.map(({ dataset }) => dataset.id)).toEqual(['good', 'rest', 'old']);
  expect(assess(AREA, { ...DEMANDING, theme: 'water' }, THEMES, [good]).map(({ id }) => id)).toEqual(['water']);
});

test.each([[80, 100, '80.0'], [2, 3, '66.6'], [999_999, 1_000_000, '99.9'], [1, 1_000_001, '0.0'], [7, 7, '100.0'], [0, 5, '0.0']])(
  '%d of %d are %s %', (part, whole, expected) => expect(percent(run(0, part), run(0, whole))).toBe(expected));
