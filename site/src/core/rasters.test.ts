import { describe, expect, test } from 'vitest';

import type { Archive, Catalog, Product } from './catalog.ts';
import { chooseBase, chooseEpoch, rastersOf, type Imagery } from './rasters.ts';

function archive(id: string, product: Product | 'vector', more: Partial<Archive> = {}): Archive {
  return { id, title: {}, file: `tiles/${id}.pmtiles`, bytes: 1, type: product === 'vector' ? 'vector' : 'raster', product, encoding: product === 'terrain' ? 'terrarium' : null, ...more };
}

function catalog(...archives: Archive[]): Catalog {
  return { archives } as unknown as Catalog;
}

describe('what a city can offer', () => {
  test('nothing without rasters, nor from a catalogue older than them', () => {
    const nothing = { imagery: [], terrain: null, bases: ['map'], shades: [] };
    expect(rastersOf(catalog(archive('framework', 'vector')))).toEqual(nothing);
    expect(rastersOf(catalog({ id: 'a', title: {}, file: 'a', bytes: 1 }))).toEqual(nothing);
  });

  test('imagery alone: with names and without', () => {
    expect(rastersOf(catalog(archive('photo', 'imagery')))).toMatchObject({ bases: ['map', 'imagery', 'hybrid'], shades: [], terrain: null });
  });

  test('heights alone: shading and a terrain map', () => {
    expect(rastersOf(catalog(archive('dem', 'terrain')))).toMatchObject({ bases: ['map', 'terrain'], shades: ['hillshade'], imagery: [] });
  });

  test('pictures of heights, for a city that does not publish the heights', () => {
    const rasters = rastersOf(catalog(archive('h', 'hillshade'), archive('t', 'tint'), archive('s', 'slope'), archive('a', 'aspect')));
    expect(rasters).toEqual({ imagery: [], terrain: null, bases: ['map', 'terrain'], shades: ['hillshade', 'slope', 'aspect'] });
  });

  test('archives that cannot be read, and heights in no known encoding, do not count', () => {
    expect(rastersOf(catalog(archive('photo', 'imagery'), archive('dem', 'terrain')), new Set(['photo', 'dem'])).bases).toEqual(['map']);
    expect(rastersOf(catalog(archive('dem', 'terrain', { encoding: null }))).terrain).toBeNull();
  });
});

describe('imagery of several dates', () => {
  const dated = (id: string, date: string | null, series: string | null = 'ortho'): Archive => archive(id, 'imagery', { date, series });

  test('a series is one picture, oldest first whatever their order; others stand beside it', () => {
    const { imagery } = rastersOf(catalog(dated('c', '2026-05'), dated('a', '2021'), dated('drone', '2025-01-01', null), dated('b', '2023-11-30')));
    expect(imagery.map((one) => [one.id, one.epochs.map((epoch) => epoch.id)])).toEqual([['ortho', ['a', 'b', 'c']], ['drone', ['drone']]]);
  });

  test('archives without a series stay apart, also one named like a series', () => {
    const { imagery } = rastersOf(catalog(dated('a', '2021'), dated('ortho', null, null), dated('drone', '2025', null)));
    expect(imagery.map((one) => one.epochs.map((epoch) => epoch.id))).toEqual([['a'], ['ortho'], ['drone']]);
  });

  test.each([
    [null, 2], ['', 2], // the newest
    ['2021', 0], ['2023-11', 1], ['2023', 1], ['2026-05-01', 2], // a year stands for what was flown in it
    ['2019', 0], ['2022-07', 0], ['2024-02', 1], ['2030', 2], // in between: the last before
  ])('the epoch of %s', (date, expected) => {
    const imagery: Imagery = { id: 'ortho', epochs: [dated('a', '2021'), dated('b', '2023-11-30'), dated('c', '2026-05')] };
    expect(chooseEpoch(imagery, date)).toBe(expected);
  });
});

test('the base map to begin with: what is asked for where there is it, else the map, else imagery', () => {
  const all = rastersOf(catalog(archive('photo', 'imagery'), archive('dem', 'terrain')));
  expect(['map', 'imagery', 'hybrid', 'terrain'].map((asked) => chooseBase(all, asked, true))).toEqual(['map', 'imagery', 'hybrid', 'terrain']);
  expect([chooseBase(all, null, true), chooseBase(all, 'globe', true), chooseBase(all, null, false)]).toEqual(['map', 'map', 'imagery']);
  const none = rastersOf(catalog());
  expect([chooseBase(none, 'imagery', true), chooseBase(none, null, false)]).toEqual(['map', 'map']);
});
