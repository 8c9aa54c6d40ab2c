// Shapes in a sketch on the map: drawn, selected, edited there, and told as shapes again.

import type { LineString, Point, Polygon } from 'geojson';
import type { Map as MapLibre } from 'maplibre-gl';

import { sketch } from '../../core/sketch.ts';
import type { Mode } from './mode-icons.ts';
import type { Kind, Shape } from './shape.ts';

type Drawable = Point | LineString | Polygon;

export interface Board {
  /** Begin with shapes, or put others in their place; `selected` is one of them to be edited. */
  show(shapes: readonly Shape[], selected: number | null): void;
  stop(): void;
  mode: Mode;
  readonly drawing: boolean; // something is begun and not finished
  undoCorner(): void;
  finish(): void;
}

const MODES: Readonly<Record<Mode, string>> = {
  select: 'select', point: 'point', text: 'point', line: 'linestring', freehand: 'freehand-linestring', area: 'polygon', rectangle: 'rectangle', circle: 'circle',
};

export function board(options: {
  readonly map: MapLibre;
  readonly look: () => { readonly colour: string; readonly width: number };
  readonly onDrawn: (kind: Kind, geometry: Drawable) => void;
  readonly onEdited: (id: number, geometry: Drawable, resized: boolean) => void;
  readonly onSelect: (id: number | null) => void;
  /** Something moves: the shape of `id`, or with null one that is being drawn. */
  readonly onMove: (id: number | null, geometry: Drawable | null) => void;
}): Board {
  const { map } = options;
  const drawing = sketch(map, { prefix: 'longquan-draw', look: options.look });
  let mode: Mode = 'select';
  let quiet = false; // what happens is our own doing

  const quietly = (act: () => void): void => {
    quiet = true;
    act();
    quiet = false;
  };

  drawing.on('finish', (id, { action }) => {
    const geometry = drawing.getSnapshotFeature(id)?.geometry;
    if (!geometry) return;
    // The sketch is still in the middle of its own event.
    queueMicrotask(() => {
      if (action !== 'draw') options.onEdited(id as number, geometry, action === 'dragCoordinateResize');
      else if (mode !== 'select') options.onDrawn(mode, geometry);
    });
  });
  drawing.on('select', (id) => !quiet && options.onSelect(id as unknown as number));
  drawing.on('deselect', () => !quiet && options.onSelect(null));
  drawing.on('change', (_ids, _type, context) => {
    if (quiet || (context && 'origin' in context)) return;
    const moving = drawing.getSnapshot().find(({ properties }) => properties['currentlyDrawing'] === true || properties['selected'] === true);
    options.onMove(moving?.properties['selected'] === true ? (moving.id as number) : null, moving?.geometry ?? null);
  });

  return {
    show(shapes, selected) {
      quietly(() => {
        if (drawing.enabled) drawing.clear();
        else drawing.start();
        drawing.addFeatures(shapes.map(({ id, kind, geometry, colour, width }) => ({ type: 'Feature', id, geometry, properties: { mode: MODES[kind], colour, width } })));
        if (selected !== null) mode = 'select';
        drawing.setMode(MODES[mode]);
        if (selected !== null && drawing.hasFeature(selected)) drawing.selectFeature(selected);
      });
    },
    stop: () => quietly(() => drawing.enabled && drawing.stop()),
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      quietly(() => drawing.setMode(MODES[next]));
    },
    get drawing() {
      return drawing.enabled && drawing.getModeState() === 'drawing';
    },
    undoCorner: () => void drawing.undo(),
    finish: () => void map.getCanvas().dispatchEvent(new KeyboardEvent('keyup', { key: 'Enter' })),
  };
}
