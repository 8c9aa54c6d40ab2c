import { validateStyleMin, type StyleSpecification } from '@maplibre/maplibre-gl-style-spec';
import type { Map } from 'maplibre-gl';
import { expect, test } from 'vitest';

import { faded, fader, scaled } from './fade.ts';

const ZOOM = ['zoom'];

test.each<[unknown, unknown]>([
  [0.8, 0.4],
  [['interpolate', ['linear'], ZOOM, 12, 0, 14, 1], ['interpolate', ['linear'], ZOOM, 12, 0, 14, 0.5]],
  [['interpolate-hcl', ['linear'], ZOOM, 12, 0.2, 14, ['get', 'a']], ['interpolate-hcl', ['linear'], ZOOM, 12, 0.1, 14, ['*', 0.5, ['get', 'a']]]],
  [['step', ZOOM, 0, 10, ['case', ['has', 'a'], 1, 0.5]], ['step', ZOOM, 0, 10, ['*', 0.5, ['case', ['has', 'a'], 1, 0.5]]]],
  [['step', ['get', 'n'], 0, 10, 1], ['*', 0.5, ['step', ['get', 'n'], 0, 10, 1]]],
  [['let', 'k', 0.4, ['interpolate', ['linear'], ZOOM, 1, ['var', 'k'], 2, 1]], ['let', 'k', 0.4, ['interpolate', ['linear'], ZOOM, 1, ['*', 0.5, ['var', 'k']], 2, 0.5]]],
  [{ base: 1.2, stops: [[1, 0.5], [2, 1]] }, { base: 1.2, stops: [[1, 0.25], [2, 0.5]] }],
])('%j by half', (value, half) => expect(scaled(value, 0.5)).toEqual(half));

function style(): StyleSpecification {
  const at = { source: 's', 'source-layer': 'l', metadata: { 'longquan:dataset': 'd' } };
  return {
    version: 8, sources: { s: { type: 'vector', url: 'pmtiles://x' } },
    layers: [
      { id: 'area', type: 'fill', ...at, paint: { 'fill-opacity': ['interpolate', ['linear'], ['zoom'], 5, 0, 9, ['case', ['has', 'x'], 1, 0.5]] } },
      { id: 'disc', type: 'circle', ...at },
      { id: 'name', type: 'symbol', ...at, paint: { 'text-opacity': ['step', ['zoom'], 0, 4, 1] } },
      { id: 'other', type: 'line', ...at, metadata: { 'longquan:dataset': 'e' } },
    ],
  };
}

test('every opacity a layer has is scaled, the style stays valid, other datasets are left alone, and all is undone', () => {
  const one = style();
  const usual = structuredClone(one.layers.map((layer) => layer.paint));
  const map = {
    getLayer: (id: string) => one.layers.find((layer) => layer.id === id),
    setPaintProperty(id: string, name: string, value: unknown) {
      const layer = one.layers.find((other) => other.id === id)!;
      const { [name as 'line-opacity']: _, ...paint } = (layer.paint ?? {}) as Record<string, unknown>;
      layer.paint = { ...paint, ...(value === undefined ? {} : { [name]: value }) };
    },
  };
  const fades = fader(map as unknown as Map, style());
  fades.show(new globalThis.Map([['d', 0.5]]));
  expect(validateStyleMin(one)).toEqual([]);
  expect(one.layers.map((layer) => layer.paint)).toEqual([
    { 'fill-opacity': ['interpolate', ['linear'], ['zoom'], 5, 0, 9, ['*', 0.5, ['case', ['has', 'x'], 1, 0.5]]] },
    { 'circle-opacity': 0.5, 'circle-stroke-opacity': 0.5 },
    { 'icon-opacity': 0.5, 'text-opacity': ['step', ['zoom'], 0, 4, 0.5] },
    undefined,
  ]);
  fades.show(new globalThis.Map());
  expect(one.layers.map((layer) => layer.paint ?? {})).toEqual(usual.map((paint) => paint ?? {}));
});

test('at full share a layer is as the style has it', () => {
  const [area, disc] = style().layers;
  expect(faded(area!, 1)).toEqual(area!.paint);
  expect(faded(disc!, 1)).toEqual({ 'circle-opacity': undefined, 'circle-stroke-opacity': undefined });
});
