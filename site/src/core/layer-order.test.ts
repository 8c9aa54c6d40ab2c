import type { StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';

import { groundOf, markPlaces } from './base-map.ts';
import { isGround, moves, overStyle } from './layer-order.ts';

const layer = (id: string, dataset: string, type: 'fill' | 'line' | 'symbol', part?: string): StyleSpecification['layers'][number] => ({
  id, type, source: 's', 'source-layer': 'l', metadata: { 'longquan:dataset': dataset, ...(part && { 'longquan:part': part }) },
});

function style(): StyleSpecification {
  return {
    version: 8, sources: {},
    layers: [
      { id: 'back', type: 'background' }, layer('land', 'cover', 'fill', 'land'), layer('case', 'roads', 'line', 'transport'),
      layer('road', 'roads', 'line', 'transport'), layer('zone', 'zones', 'fill'), layer('bus', 'lines', 'line'), layer('name', 'roads', 'symbol', 'labels'), layer('zone-name', 'zones', 'symbol'),
    ],
  };
}

/** Where the layers end up, and something of the reader's on top. */
class Pile {
  order = [...style().layers.map(({ id }) => id), 'sketch'];
  last: readonly string[] = [];
  show(above: readonly string[], ground: string | null = 'case'): string {
    const over = overStyle(this.order, style());
    for (const { layer: id, under } of moves(style(), this.last, above, ground)) {
      this.order = this.order.filter((one) => one !== id);
      const at = this.order.indexOf((under ?? over)!);
      this.order.splice(at, 0, id);
    }
    this.last = above;
    return this.order.join(' ');
  }
}

test('the topmost first, each with its letters, and below what the reader drew', () => {
  expect(new Pile().show(['zones', 'lines'])).toBe('back land case road name bus zone zone-name sketch');
});

test('on the ground: under roads, over the land, letters where they were', () => {
  expect(new Pile().show(['-zones'])).toBe('back land zone case road bus name zone-name sketch');
  expect(new Pile().show(['-zones', '-lines'])).toBe('back land bus zone case road name zone-name sketch');
});

test('whatever was moved finds its way home', () => {
  const pile = new Pile();
  const usual = pile.order.join(' ');
  for (const above of [['roads'], ['zones', 'roads'], ['-zones', '-lines'], ['lines', '-zones'], ['-roads'], ['cover']]) {
    pile.show(above);
    expect(pile.order).toHaveLength(9);
    expect(pile.show([])).toBe(usual);
  }
  pile.show(['roads', 'zones']);
  expect(pile.show(['zones'])).toBe(new Pile().show(['zones']));
});

test('places of rasters are marked by layers that stay', () => {
  const one = style();
  markPlaces(one);
  markPlaces(one);
  expect(one.layers.map(({ id }) => id)).toEqual(['back', 'land', 'longquan-place-relief', 'longquan-place-hybrid', 'case', 'road', 'longquan-place-imagery', 'zone', 'bus', 'name', 'zone-name']);
  expect([groundOf(one, { base: 'map' }), groundOf(one, { base: 'imagery' })]).toEqual(['longquan-place-hybrid', 'longquan-place-imagery']);
  expect(groundOf(style(), { base: 'map' })).toBe('case'); // a style that nobody made ready
});

test('nothing lies below the ground itself', () => {
  expect([isGround(style(), 'cover'), isGround(style(), 'roads')]).toEqual([true, false]);
});
