// The archive of a step on the map: green came, red went, amber changed; told apart by their strokes as well.

import type { LayerSpecification, Map as MapLibre } from 'maplibre-gl';

import { KINDS, kindOf, type Kind } from './steps.ts';

export const COLOURS: Readonly<Record<Kind, string>> = { added: '#1a7f37', removed: '#c62828', changed: '#d98200' };
export const SOURCE = 'longquan-changes';

/** The layers that draw the layers of an archive, areas below lines below points. */
export function layersFor(names: readonly string[]): LayerSpecification[] {
  const kinds = names.flatMap((name) => (kindOf(name) ? [[name, kindOf(name)!] as const] : []));
  const sorted = [...kinds].sort(([, a], [, b]) => KINDS.indexOf(b) - KINDS.indexOf(a));
  const of = (type: string, [name]: readonly [string, Kind]): { source: string; 'source-layer': string; filter: ['==', ['geometry-type'], string] } =>
    ({ source: SOURCE, 'source-layer': name, filter: ['==', ['geometry-type'], type] });
  const dashes = (kind: Kind): object => (kind === 'removed' ? { 'line-dasharray': [2, 1.5] } : {});
  return [
    ...sorted.map((one): LayerSpecification => ({ id: `${SOURCE}-area-${one[1]}`, type: 'fill', ...of('Polygon', one), paint: { 'fill-color': COLOURS[one[1]], 'fill-opacity': 0.3 } })),
    ...sorted.map((one): LayerSpecification => ({ id: `${SOURCE}-edge-${one[1]}`, type: 'line', ...of('Polygon', one), paint: { 'line-color': COLOURS[one[1]], 'line-width': 2.5, ...dashes(one[1]) } })),
    ...sorted.map((one): LayerSpecification => ({
      id: `${SOURCE}-line-${one[1]}`, type: 'line', ...of('LineString', one), layout: { 'line-join': 'round' }, paint: { 'line-color': COLOURS[one[1]], 'line-width': 4.5, ...dashes(one[1]) },
    })),
    ...sorted.map((one): LayerSpecification => ({
      id: `${SOURCE}-point-${one[1]}`, type: 'circle', ...of('Point', one),
      paint: { 'circle-radius': 7, 'circle-color': one[1] === 'removed' ? '#ffffff' : COLOURS[one[1]], 'circle-stroke-color': one[1] === 'removed' ? COLOURS.removed : '#ffffff', 'circle-stroke-width': one[1] === 'removed' ? 3 : 2 },
    })),
  ];
}

/** Take off whatever stands on the map. */
export function clear(map: MapLibre): void {
  for (const id of map.getLayersOrder()) if (id.startsWith(`${SOURCE}-`)) map.removeLayer(id);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
}

/** Show or hide the layers of a kind. */
export function showKind(map: MapLibre, kind: Kind, on: boolean): void {
  for (const id of map.getLayersOrder()) if (id.startsWith(`${SOURCE}-`) && id.endsWith(`-${kind}`)) map.setLayoutProperty(id, 'visibility', on ? 'visible' : 'none');
}
