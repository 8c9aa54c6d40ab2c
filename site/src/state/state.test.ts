import { expect, test } from 'vitest';

import type { Catalog } from '../core/catalog.ts';
import { rastersOf } from '../core/rasters.ts';
import { changeHash, NO_WISHES, readAddress } from './address.ts';
import { beginWith } from './ground.ts';
import { said, stateOf, type State } from './state.ts';

const rasters = rastersOf({ archives: [] } as unknown as Catalog);
const datasets = new Set(['roads', 'water', 'schools', 'clinics']);
const ground = beginWith(rasters, NO_WISHES, true);
const usual: State = {
  shown: new Set(['roads', 'water']), fade: new Map(), above: [], flavour: 'light', ground, selected: null, marker: null, tool: null, swipe: null, time: null, drawing: null,
};
const begin = (hash: string): State => stateOf(readAddress(new URL(`http://a/${hash}`)), usual, ground, datasets);

test.each([
  '#on=clinics,schools', '#off=roads', '#fade=roads:0.4,schools:0', '#above=schools,roads', '#at=schools:17', '#at=roads:县道 12:3',
  '#pin=119.130000,28.070000', '#pin=119.130000,28.070000,龙泉, 剑池街道 & 100%', '#tool=measure', '#swipe=imagery', '#time=2026-09-30', '#draw=point:119.1,28.1',
])('a state survives the address: %s', (text) => {
  const state = begin(changeHash('', Object.fromEntries([text.slice(1).split(/=(.*)/s).slice(0, 2)])));
  const hash = changeHash('', said(state, usual));
  expect(begin(hash)).toEqual(state);
  expect(decodeURIComponent(hash)).toBe(text);
});

test('the usual state says nothing', () => {
  expect(Object.values(said(usual, usual)).filter((value) => value !== null)).toEqual([]);
});

test('what the city does not have is not asked for', () => {
  expect(begin('#on=secrets&fade=secrets:0.5,roads:1&above=secrets&at=secrets:1&pin=a,b&opacity=%')).toEqual(usual);
});
