// What a query found, on the map: all that the list shows, and the one that is looked at.

import type { Feature } from 'geojson';
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';

import type { Item } from './items.ts';

const PREFIX = 'longquan-query';
const COLOUR = '#8a3ffc'; // no road, river or building has it
const PICKED = '#d3342b';
const MOST = 20_000; // features drawn at once

export interface FoundLayer {
  show(items: readonly Item[]): void;
  pick(item: Item | null): void;
  clear(): void;
}

export function foundLayer(map: MapLibre): FoundLayer {
  const set = (part: 'found' | 'picked', items: readonly Item[]): void => {
    const id = `${PREFIX}-${part}`;
    const data = { type: 'FeatureCollection' as const, features: items.slice(0, MOST).map(({ geometry }): Feature => ({ type: 'Feature', properties: {}, geometry })) };
    const known = map.getSource<GeoJSONSource>(id);
    if (known) return void known.setData(data);
    if (items.length === 0) return;
    const strong = part === 'picked';
    const colour = strong ? PICKED : COLOUR;
    map.addSource(id, { type: 'geojson', data, tolerance: 0.2 });
    map.addLayer({ id: `${id}-fill`, type: 'fill', source: id, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour, 'fill-opacity': strong ? 0.25 : 0.16 } });
    map.addLayer({ id: `${id}-line`, type: 'line', source: id, filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-join': 'round' }, paint: { 'line-color': colour, 'line-width': strong ? 3.5 : 1.6 } });
    map.addLayer({ id: `${id}-point`, type: 'circle', source: id, filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': strong ? 8 : 4.5, 'circle-color': colour, 'circle-opacity': strong ? 0.35 : 0.8, 'circle-stroke-color': strong ? PICKED : '#ffffff', 'circle-stroke-width': strong ? 2.5 : 1 } });
  };
  return {
    show: (items) => set('found', items),
    pick: (item) => set('picked', item ? [item] : []),
    clear() {
      for (const part of ['found', 'picked']) {
        for (const layer of ['fill', 'line', 'point']) if (map.getLayer(`${PREFIX}-${part}-${layer}`)) map.removeLayer(`${PREFIX}-${part}-${layer}`);
        if (map.getSource(`${PREFIX}-${part}`)) map.removeSource(`${PREFIX}-${part}`);
      }
    },
  };
}
