// Drawing an outline on the map: a corner with every click; Enter, a double click or the first corner ends it.

import type { Map as MapLibre, MapMouseEvent } from 'maplibre-gl';

import type { Position } from './grid.ts';

export interface Drawing {
  /** The corner before goes. */
  undo(): void;
  finish(): void;
  cancel(): void;
}

const NEAR = 12; // px from the first corner that count as on it

/** Let the reader draw; `onChange` is told of every corner, `onEnd` of the ring, null where nothing came of it. */
export function draw(map: MapLibre, onChange: (corners: readonly Position[], pointer: Position | null) => void, onEnd: (ring: readonly Position[] | null) => void): Drawing {
  const corners: Position[] = [];
  const canvas = map.getCanvas();
  const zoomed = map.doubleClickZoom.isEnabled();
  const at = ({ lngLat }: MapMouseEvent): Position => [lngLat.lng, lngLat.lat];
  const end = (ring: readonly Position[] | null): void => {
    for (const subscription of listening) subscription.unsubscribe();
    canvas.removeEventListener('keydown', key, true);
    canvas.style.cursor = '';
    if (zoomed) setTimeout(() => map.doubleClickZoom.enable(), 0); // this double click ends the drawing only
    onEnd(ring);
  };
  const drawing: Drawing = {
    undo() {
      corners.pop();
      onChange(corners, null);
    },
    finish() {
      if (corners.length >= 3) end([...corners, corners[0]!]);
    },
    cancel: () => end(null),
  };
  const click = (event: MapMouseEvent): void => {
    const [first, last] = [corners[0], corners.at(-1)].map((corner) => corner && map.project([...corner]).dist(event.point));
    if (corners.length >= 3 && first! < NEAR) return drawing.finish();
    if (last !== undefined && last < 2) return; // the second of a double click
    corners.push(at(event));
    onChange(corners, null);
  };
  const move = (event: MapMouseEvent): void => onChange(corners, at(event));
  const twice = (event: MapMouseEvent): void => {
    event.preventDefault();
    drawing.finish();
  };
  const key = (event: KeyboardEvent): void => {
    const act = { Enter: drawing.finish, Escape: drawing.cancel, Backspace: drawing.undo }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  map.doubleClickZoom.disable();
  const listening = [map.on('click', click), map.on('mousemove', move), map.on('dblclick', twice)];
  canvas.addEventListener('keydown', key, true);
  canvas.style.cursor = 'crosshair';
  canvas.focus();
  return drawing;
}
