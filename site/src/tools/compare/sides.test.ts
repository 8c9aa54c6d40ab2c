import { expect, test } from 'vitest';

import type { Archive, Catalog } from '../../core/catalog.ts';
import { rastersOf } from '../../core/rasters.ts';
import { saying } from '../../messages/i18n.ts';
import { firstSide, readSwipe, sidesOf, written } from './sides.ts';
import { words } from './words.ts';

const archive = (id: string, product: Archive['product'], more: Partial<Archive> = {}): Archive => ({ id, title: { zh: id }, file: id, bytes: 1, type: 'raster', product: product!, ...more });
const catalog = (...archives: Archive[]): Catalog => ({ archives, styles: [{ id: 'light', title: { zh: '浅色' }, href: '' }] }) as unknown as Catalog;
const full = catalog(
  archive('new', 'imagery', { series: 'ortho', date: '2026-09' }), archive('old', 'imagery', { series: 'ortho', date: '2016' }), archive('dem', 'terrain', { encoding: 'terrarium' }),
);
const say = saying(words, 'zh');
const sides = sidesOf(full, rastersOf(full), 'zh', say);

test('every base map and every date of imagery can stand on a side, the oldest first', () => {
  expect(sides.map(({ id, title }) => [id, title])).toEqual([
    ['map', '地图'], ['imagery/old', '影像 2016'], ['imagery/new', '影像 2026-09'], ['hybrid/old', '影像注记 2016'], ['hybrid/new', '影像注记 2026-09'], ['terrain', '地形'],
  ]);
  expect(sides[1]).toMatchObject({ base: 'imagery', imagery: 'ortho', epoch: 0, flavour: null });
});

test('looks of the drawn map, where there are several; those made for imagery are no choice', () => {
  const styles = [{ id: 'light', title: { zh: '浅色' } }, { id: 'dark', title: { zh: '深色' } }, { id: 'hybrid', title: { zh: '影像' }, base: 'hybrid' }];
  const only = { ...catalog(), styles } as unknown as Catalog;
  expect(sidesOf(only, rastersOf(only), 'zh', say).map(({ id, title }) => [id, title])).toEqual([['map', '地图'], ['look/light', '地图样式：浅色'], ['look/dark', '地图样式：深色']]);
});

test('what is worth comparing first', () => {
  const first = (base: 'map' | 'imagery' | 'hybrid' | 'terrain', epoch = 0): string | undefined => firstSide(sides, { base, epoch, flavour: null })?.id;
  expect([first('map'), first('terrain'), first('imagery', 1), first('imagery', 0), first('hybrid', 1)]).toEqual(['imagery/new', 'imagery/new', 'imagery/old', 'imagery/new', 'hybrid/old']);
  const heights = catalog(archive('dem', 'terrain', { encoding: 'terrarium' }));
  expect(firstSide(sidesOf(heights, rastersOf(heights), 'zh', say), { base: 'map', epoch: 0, flavour: null })?.id).toBe('terrain');
  expect(firstSide(sidesOf(catalog(), rastersOf(catalog()), 'zh', say), { base: 'map', epoch: 0, flavour: null })).toBeNull();
});

test('a swipe in a link and back; a broken one asks for the middle', () => {
  expect(readSwipe(written({ side: 'hybrid/old@2', percent: 37 }))).toEqual({ side: 'hybrid/old@2', percent: 37 });
  expect([readSwipe('terrain'), readSwipe('terrain@900'), readSwipe(null), readSwipe('')]).toEqual([{ side: 'terrain', percent: 50 }, { side: 'terrain', percent: 100 }, null, null]);
});
