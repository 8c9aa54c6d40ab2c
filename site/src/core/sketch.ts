// Drawing and editing on the map by hand: terra-draw on our map, under a tool's own prefix.

import type { Map as MapLibre } from 'maplibre-gl';
import {
  TerraDraw, TerraDrawCircleMode, TerraDrawFreehandLineStringMode, TerraDrawLineStringMode, TerraDrawModeUndoRedo, TerraDrawPointMode, TerraDrawPolygonMode,
  TerraDrawRectangleMode, TerraDrawSelectMode, type GeoJSONStoreFeatures, type HexColor,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';

export interface Look {
  readonly colour: string; // #rrggbb
  readonly width: number; // px of lines
}

export type SketchFeature = GeoJSONStoreFeatures;

export const DIGITS = 7; // of a degree: 1 cm
const HALO = '#ffffff';
const SEGMENTS = 72; // of a circle, as `circleAround` has them
const KEYS = { finish: 'Enter', cancel: 'Escape' } as const;

/**
 * A sketch, not started yet. How a feature looks is in its own properties `colour` and `width`; what is being drawn takes
 * `look()`. Modes: point, linestring, freehand-linestring, polygon, rectangle, circle, select.
 */
export function sketch(map: MapLibre, options: {
  readonly prefix: string; // of its sources and layers
  readonly look: () => Look;
  readonly keepSelected?: boolean; // a click beside what is selected leaves it selected
}): TerraDraw {
  const colour = ({ properties }: SketchFeature): HexColor => (typeof properties['colour'] === 'string' ? properties['colour'] : options.look().colour) as HexColor;
  const width = ({ properties }: SketchFeature): number => (typeof properties['width'] === 'number' ? properties['width'] : options.look().width);
  const closing = { closingPointColor: colour, closingPointWidth: 6, closingPointOutlineColor: HALO, closingPointOutlineWidth: 2 } as const;
  const area = { fillColor: colour, fillOpacity: 0.18, outlineColor: colour, outlineWidth: width, outlineOpacity: 1 } as const;
  const line = { lineStringColor: colour, lineStringWidth: width } as const;
  const free = { feature: { draggable: true, coordinates: { draggable: true, midpoints: true, deletable: true } } } as const;
  const pointerDistance = matchMedia('(pointer: coarse)').matches ? 28 : 12; // px from a corner that count as on it
  // A circle has a corner every five degrees; four of them to pull at are enough.
  const grip = ({ properties: { selectionPointFeatureId: of, index } }: SketchFeature): boolean =>
    Number(index) % (SEGMENTS / 4) === 0 || drawing.getSnapshotFeature(of as number)?.properties['mode'] !== 'circle';
  let next = 1_000_000; // ids below are for features that a tool adds
  const drawing: TerraDraw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: options.prefix, coordinatePrecision: DIGITS }),
    idStrategy: { isValidId: (id) => typeof id === 'number', getId: () => ++next },
    tracked: false,
    undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
    modes: [
      new TerraDrawPointMode({ styles: { pointColor: colour, pointWidth: 6, pointOutlineColor: HALO, pointOutlineWidth: 2 } }),
      new TerraDrawLineStringMode({ pointerDistance, keyEvents: KEYS, showCoordinatePoints: true, styles: { ...line, ...closing, coordinatePointColor: HALO, coordinatePointOutlineColor: colour, coordinatePointOutlineWidth: 2, coordinatePointWidth: 4 } }),
      new TerraDrawFreehandLineStringMode({ pointerDistance, keyEvents: KEYS, styles: { ...line, closingPointColor: colour, closingPointWidth: 6, closingPointOutlineColor: HALO, closingPointOutlineWidth: 2 } }),
      new TerraDrawPolygonMode({ pointerDistance, keyEvents: KEYS, showCoordinatePoints: true, styles: { ...area, ...closing, coordinatePointColor: HALO, coordinatePointOutlineColor: colour, coordinatePointOutlineWidth: 2, coordinatePointWidth: 4 } }),
      new TerraDrawRectangleMode({ pointerDistance, keyEvents: KEYS, styles: area }),
      new TerraDrawCircleMode({ pointerDistance, keyEvents: KEYS, styles: area, segments: SEGMENTS }),
      new TerraDrawSelectMode({
        pointerDistance,
        dragEventThrottle: Number.MAX_SAFE_INTEGER, // every so many events one is left out: none, so that what is dragged ends where the pointer does
        allowManualDeselection: !options.keepSelected,
        keyEvents: { deselect: 'Escape', delete: null, rotate: null, scale: null }, // what is deleted is for the tool to say
        flags: {
          'point': { feature: { draggable: true } }, 'linestring': free, 'freehand-linestring': free, 'polygon': free,
          'rectangle': { feature: { draggable: true, coordinates: { draggable: false, resizable: 'opposite' } } },
          'circle': { feature: { draggable: true, coordinates: { draggable: false, resizable: 'center-fixed' } } },
        },
        styles: {
          selectedPointColor: colour, selectedPointWidth: 9, selectedPointOutlineColor: HALO, selectedPointOutlineWidth: 3,
          selectedLineStringColor: colour, selectedLineStringWidth: (feature) => width(feature) + 1.5,
          selectedPolygonColor: colour, selectedPolygonFillOpacity: 0.28, selectedPolygonOutlineColor: colour, selectedPolygonOutlineWidth: (feature) => width(feature) + 1,
          selectionPointColor: HALO, selectionPointWidth: (point) => (grip(point) ? 6 : 0), selectionPointOutlineColor: colour, selectionPointOutlineWidth: (point) => (grip(point) ? 2.5 : 0),
          midPointColor: HALO, midPointWidth: 3.5, midPointOutlineColor: '#4a5a53', midPointOutlineWidth: 1.5,
        },
      }),
    ],
  });
  return drawing;
}
