// Lengths beside the legs of a line, the total at its end or the area in its middle, and a place along it.

import type { Feature, Point } from 'geojson';
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';

import type { Language } from '../../core/catalog.ts';
import type { Place } from '../../core/geodesy.ts';
import { labelFont } from '../../core/label-font.ts';
import { legsOf, mainFigure, type Kind } from './figures.ts';
import { lengthText } from '../../core/units.ts';

const SOURCE = 'longquan-measure-label';

export interface Labels {
  show(kind: Kind, line: readonly Place[]): void;
  /** Mark a place along the line; null marks none. */
  mark(at: Place | null): void;
  add(): void;
  remove(): void;
}

export function labels(map: MapLibre, language: Language): Labels {
  let texts: readonly Feature<Point>[] = [];
  let marked: Place | null = null;
  const point = ([lng, lat]: Place, properties: Record<string, string>): Feature<Point> => ({ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [lng, lat] } });
  const draw = (): void => {
    const features = [...texts, ...(marked ? [point(marked, { rank: 'mark' })] : [])];
    map.getSource<GeoJSONSource>(SOURCE)?.setData({ type: 'FeatureCollection', features });
  };
  return {
    show(kind, line) {
      const legs = legsOf(line);
      const main = mainFigure(kind, line, language);
      const middle = ([lng1, lat1]: Place, [lng2, lat2]: Place): Place => [(lng1 + lng2) / 2, (lat1 + lat2) / 2];
      const total = !main || (kind === 'distance' && legs.length < 2) ? [] : [point(kind === 'area' ? centreOf(line) : line.at(-1)!, { text: main, rank: 'total' })];
      texts = [...total, ...legs.map((leg) => point(middle(leg.from, leg.to), { text: lengthText(leg.length, language), rank: 'leg' }))];
      draw();
    },
    mark(at) {
      marked = at;
      draw();
    },
    add() {
      if (map.getSource(SOURCE)) return;
      map.addSource(SOURCE, { type: 'geojson', data: { type: 'FeatureCollection', features: [] }, tolerance: 0 });
      map.addLayer({
        id: `${SOURCE}-mark`, type: 'circle', source: SOURCE, filter: ['==', ['get', 'rank'], 'mark'],
        paint: { 'circle-radius': 6, 'circle-color': '#9c2f24', 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2 },
      });
      map.addLayer({
        id: SOURCE, type: 'symbol', source: SOURCE, filter: ['has', 'text'],
        layout: {
          ...labelFont(map), 'text-field': ['get', 'text'], 'text-size': ['match', ['get', 'rank'], 'total', 14, 12],
          'symbol-sort-key': ['match', ['get', 'rank'], 'total', 0, 1], 'text-variable-anchor': ['top', 'bottom', 'left', 'right'], 'text-radial-offset': 0.7, 'text-padding': 1,
        },
        paint: { 'text-color': '#5d1710', 'text-halo-color': '#ffffff', 'text-halo-width': 2 },
      });
      draw();
    },
    remove() {
      for (const id of [SOURCE, `${SOURCE}-mark`]) if (map.getLayer(id)) map.removeLayer(id);
      if (map.getSource(SOURCE)) map.removeSource(SOURCE);
    },
  };
}

/** The middle of the box around a ring. */
function centreOf(ring: readonly Place[]): Place {
  const [lngs, lats] = [ring.map(([lng]) => lng), ring.map(([, lat]) => lat)];
  return [(Math.min(...lngs) + Math.max(...lngs)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}
