import type { StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';

import { applyLook, type BaseState } from '../core/base-map.ts';

import type { Catalog } from '../core/catalog.ts';
import { rastersOf } from '../core/rasters.ts';
import { readAddress } from './address.ts';
import { addressOf, beginWith } from './ground.ts';

const image = (id: string, date: string, series: string | null): object => ({ id, title: {}, file: id, bytes: 1, type: 'raster', product: 'imagery', date, series });
const rasters = rastersOf({ archives: [
  image('old', '2021', 'ortho'), image('new', '2026', 'ortho'), image('drone', '2025', null),
  { id: 'dem', title: {}, file: 'dem', bytes: 1, type: 'raster', product: 'terrain', encoding: 'terrarium' },
  { id: 'slope', title: {}, file: 'slope', bytes: 1, type: 'raster', product: 'slope' },
] } as unknown as Catalog);
const begin = (hash: string): BaseState => beginWith(rasters, readAddress(new URL(`http://a/${hash}`)), true);
const usual = begin('');

test('without wishes: the map with its hills shaded, flat, the newest imagery at hand', () => {
  expect(usual).toEqual({ base: 'map', imagery: rasters.imagery[0], epoch: 1, opacity: 1, shades: new Set(['hillshade']), terrain: null });
});

test.each(['#base=imagery', '#base=hybrid&date=2021', '#base=hybrid&image=drone', '#base=imagery&opacity=0.35', '#base=terrain&shade=slope', '#shade=none', '#shade=hillshade,slope', '#terrain=2.25'])(
  'a state survives the address: %s', (hash) => {
    const state = begin(hash);
    const said = Object.entries(addressOf(state, usual)).filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`);
    expect(said.sort()).toEqual(hash.slice(1).split('&').sort());
    expect(begin(`#${said.join('&')}`)).toEqual(state);
  });

test('the usual state says nothing', () => {
  expect(Object.values(addressOf(usual, usual)).every((value) => value === null)).toBe(true);
});

test('a city without heights stays flat whatever the address wishes', () => {
  expect(beginWith(rastersOf({ archives: [] } as unknown as Catalog), readAddress(new URL('http://a/#terrain=2&base=terrain&shade=slope')), true))
    .toEqual({ base: 'map', imagery: null, epoch: 0, opacity: 1, shades: new Set(), terrain: null });
});

test('hills get the lights of the portal, other layers keep theirs', () => {
  const style = {
    version: 8 as const, sources: {}, metadata: { 'longquan:portal': { hillshade: { 'hillshade-method': 'multidirectional' } } },
    layers: [{ id: 'a', type: 'hillshade' as const, source: 's', paint: { 'hillshade-exaggeration': 0.3 } }, { id: 'b', type: 'background' as const, paint: {} }],
  };
  applyLook(style as unknown as StyleSpecification);
  expect(style.layers.map((layer) => layer.paint)).toEqual([{ 'hillshade-exaggeration': 0.3, 'hillshade-method': 'multidirectional' }, {}]);
});
