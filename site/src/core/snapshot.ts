// The map as it is on the screen, as a picture.

import type { Map as MapLibre } from 'maplibre-gl';

/** A copy of the canvas, taken while it is drawn: afterwards browsers throw its pixels away. */
export function snapshot(map: MapLibre): Promise<HTMLCanvasElement> {
  return new Promise((done) => {
    map.once('render', () => {
      const source = map.getCanvas();
      const copy = document.createElement('canvas');
      Object.assign(copy, { width: source.width, height: source.height });
      copy.getContext('2d')!.drawImage(source, 0, 0);
      done(copy);
    });
    map.triggerRepaint();
  });
}
