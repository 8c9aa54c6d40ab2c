import { expect, test } from 'vitest';

import { legendInks, type LegendGroup } from './legend-inks.ts';
import { wrapped } from './sheet.ts';

const measure = (text: string, size: number): number => text.length * size;
const group = (name: string, rows: number): LegendGroup => ({
  title: name, rows: Array.from({ length: rows }, (_, i) => ({ title: `${name}${i}`, entry: { title: null, marks: [{ kind: 'area', colour: '#abc', opacity: 1, edge: null }] } })),
});
const options = { box: { x: 100, y: 50, width: 50, height: 60 }, title: '图例', icons: new Map(), measure, more: (count: number) => `+${count}` };
const texts = (groups: readonly LegendGroup[]): string[] => legendInks(groups, options).flatMap((ink) => (ink.kind === 'text' ? [ink.text] : []));

test('a legend that fits says all', () => {
  expect(texts([group('a', 3), group('b', 2)])).toEqual(['图例', 'a', 'a0', 'a1', 'a2', 'b', 'b0', 'b1']);
});

test('what finds no room is counted', () => {
  const said = texts([group('a', 20), group('b', 30)]);
  const rows = said.filter((text) => /\d$/.test(text) && !text.startsWith('+')).length;
  expect(said.at(-1)).toBe(`+${50 - rows}`);
  expect(rows).toBeGreaterThan(20); // small letters and two columns before anything is left out
});

test('everything lies in the box', () => {
  for (const ink of legendInks([group('a', 20), group('b', 30)], options)) {
    if (ink.kind !== 'text') continue;
    expect(ink.x >= 100 && ink.x <= 150 && ink.y >= 50 && ink.y <= 110).toBe(true);
  }
});

test('lines break between words, Chinese anywhere', () => {
  expect(wrapped('资料来源：龙泉市', 1, 4, measure)).toEqual(['资料来源', '：龙泉市']);
  expect(wrapped('Source: Bureau of Planning', 1, 12, measure)).toEqual(['Source:', 'Bureau of', 'Planning']);
});
