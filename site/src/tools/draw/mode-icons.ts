// Pictures of what can be drawn, on a grid of 20.

import { svg } from '../../ui/element.ts';
import type { Kind } from './shape.ts';

export type Mode = Kind | 'select';

const PATHS: Readonly<Record<Mode, readonly string[]>> = {
  select: ['M5 3l10 7.2-4.6.9L8 15.6z'],
  point: ['M10 17.5S4.5 12 4.5 8a5.5 5.5 0 0 1 11 0c0 4-5.5 9.5-5.5 9.5z', 'M10 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z'],
  text: ['M4.5 6V4h11v2M10 4v12M7.5 16h5'],
  line: ['M4 15l4-8 4 6 4-8', 'M4 13.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM16 3.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z'],
  freehand: ['M3 13c2-7 5-8 5.5-5S7 14 9 14s3-8 5-8 1 6 3 6'],
  area: ['M4 8l6-4.5L16.5 8 14 16H6z'],
  rectangle: ['M3.5 5h13v10h-13z'],
  circle: ['M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z', 'M10 10h7'],
};

export function modeIcon(mode: Mode): SVGElement {
  const strokes = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  return svg('svg', { width: 20, height: 20, viewBox: '0 0 20 20', 'aria-hidden': 'true', ...strokes }, ...PATHS[mode].map((d) => svg('path', { d })));
}
