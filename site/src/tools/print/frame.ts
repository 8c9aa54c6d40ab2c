// Where the sheet lies on the map: a frame that can be dragged.

import type { GeoJSONSource, Map as MapLibre, MapMouseEvent, MapTouchEvent } from 'maplibre-gl';

import { ringOf, type Cut, type Place } from './scale.ts';

const SOURCE = 'longquan-print';
const INSIDE = 'longquan-print-inside';
const LAYERS = ['longquan-print-mask', INSIDE, 'longquan-print-line'] as const;
const WORLD = [[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]];

export interface Frame {
  show(cut: Cut): void;
  hide(): void;
}

/** A frame that is hidden at first; `onMove` is told where its centre is dragged to. */
export function frame(map: MapLibre, onMove: (centre: Place) => void): Frame {
  let cut: Cut | null = null;
  let grip: Place | null = null; // the place under the pointer when the drag began, from the centre

  const begin = (event: MapMouseEvent | MapTouchEvent): void => {
    if (!cut || ('points' in event && event.points.length !== 1)) return;
    event.preventDefault(); // the map stays
    grip = { lng: event.lngLat.lng - cut.centre.lng, lat: event.lngLat.lat - cut.centre.lat };
    const touch = 'points' in event;
    map.on(touch ? 'touchmove' : 'mousemove', drag);
    map.once(touch ? 'touchend' : 'mouseup', end);
  };
  const drag = (event: MapMouseEvent | MapTouchEvent): void => {
    if (grip) onMove({ lng: event.lngLat.lng - grip.lng, lat: event.lngLat.lat - grip.lat });
  };
  const end = (): void => {
    grip = null;
    map.off('mousemove', drag);
    map.off('touchmove', drag);
  };
  const over = (): void => void (map.getCanvas().style.cursor = 'move');
  const out = (): void => void (map.getCanvas().style.cursor = '');

  const data = (): GeoJSON.FeatureCollection => {
    const ring = cut ? ringOf(cut) : [];
    const polygon = (part: string, coordinates: number[][][]): GeoJSON.Feature => ({ type: 'Feature', properties: { part }, geometry: { type: 'Polygon', coordinates } });
    return { type: 'FeatureCollection', features: [polygon('outside', [WORLD, [...ring].reverse()]), polygon('inside', [ring])] };
  };

  const add = (): void => {
    map.addSource(SOURCE, { type: 'geojson', data: data() });
    map.addLayer({ id: LAYERS[0], type: 'fill', source: SOURCE, filter: ['==', ['get', 'part'], 'outside'], paint: { 'fill-color': '#22302b', 'fill-opacity': 0.28, 'fill-antialias': false } });
    map.addLayer({ id: LAYERS[1], type: 'fill', source: SOURCE, filter: ['==', ['get', 'part'], 'inside'], paint: { 'fill-color': '#ffffff', 'fill-opacity': 0 } });
    map.addLayer({ id: LAYERS[2], type: 'line', source: SOURCE, filter: ['==', ['get', 'part'], 'inside'], paint: { 'line-color': '#2f6f5e', 'line-width': 2.5 } });
    map.on('mousedown', INSIDE, begin);
    map.on('touchstart', INSIDE, begin);
    map.on('mouseenter', INSIDE, over);
    map.on('mouseleave', INSIDE, out);
  };

  return {
    show(next) {
      cut = next;
      const source = map.getSource<GeoJSONSource>(SOURCE);
      if (source) source.setData(data());
      else add();
    },
    hide() {
      end();
      out();
      map.off('mousedown', INSIDE, begin);
      map.off('touchstart', INSIDE, begin);
      map.off('mouseenter', INSIDE, over);
      map.off('mouseleave', INSIDE, out);
      for (const layer of LAYERS) if (map.getLayer(layer)) map.removeLayer(layer);
      if (map.getSource(SOURCE)) map.removeSource(SOURCE);
    },
  };
}
