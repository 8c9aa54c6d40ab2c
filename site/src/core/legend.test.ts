import type { LayerSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';

import { legendOf } from './legend.ts';

const base = { source: 's', 'source-layer': 'LRDL' } as const;
const layers = [
  { id: 'case', type: 'line', ...base, metadata: { 'longquan:dataset': 'roads' }, paint: { 'line-color': '#000000', 'line-width': 6 } },
  {
    id: 'fill', type: 'line', ...base, filter: ['==', ['get', 'CLASS'], 'national'],
    metadata: { 'longquan:dataset': 'roads', 'longquan:legend': [{ title: { zh: '国道', en: 'National' }, properties: { CLASS: 'national' } }] },
    paint: { 'line-color': ['match', ['get', 'CLASS'], 'national', '#ff0000', '#ffffff'], 'line-width': 4 },
  },
  { id: 'high', type: 'line', ...base, minzoom: 18, metadata: { 'longquan:dataset': 'roads' }, paint: { 'line-width': 1 } },
  { id: 'other', type: 'line', ...base, metadata: { 'longquan:dataset': 'rail' } },
] as unknown as LayerSpecification[];

test('a swatch is made of all layers that draw such a feature, bottom first', () => {
  expect(legendOf(layers, 'roads')).toEqual([
    {
      title: { zh: '国道', en: 'National' },
      marks: [
        { kind: 'stroke', colour: '#000000', width: 6, opacity: 1, dashes: [] },
        { kind: 'stroke', colour: '#ff0000', width: 4, opacity: 1, dashes: [] },
      ],
    },
  ]);
  expect(legendOf(layers, 'rail')).toEqual([]);
});

test('a disc carries the icon its hint names', () => {
  const disc = {
    id: 'd', type: 'circle', source: 's', 'source-layer': 'schools', paint: { 'circle-color': '#2f7d6b', 'circle-radius': 8 },
    metadata: { 'longquan:dataset': 'schools', 'longquan:legend': [{ icon: 'maki-school' }] },
  } as unknown as LayerSpecification;
  expect(legendOf([disc], 'schools')).toEqual([
    { title: null, marks: [{ kind: 'disc', colour: '#2f7d6b', radius: 8, edge: '#000000', edgeWidth: 0 }, { kind: 'icon', name: 'maki-school' }] },
  ]);
});
