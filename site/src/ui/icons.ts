// Icons of the portal's own buttons: strokes on a grid of 20, in the colour of the text.

import { svg } from './element.ts';

const PATHS = {
  layers: ['M10 3 18 7.5 10 12 2 7.5z', 'm2.5 12 7.5 4.2 7.5-4.2'],
  search: ['M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z', 'm12.6 12.6 4.9 4.9'],
  tools: ['M3 3.5h5v5H3zM12 3.5h5v5h-5zM3 11.5h5v5H3zM12 11.5h5v5h-5z'],
  measure: ['m2.5 13.5 11-11 4 4-11 11z', 'm5.5 10.5 1.6 1.6M8 8l2.4 2.4M10.5 5.5l1.6 1.6'],
  draw: ['m3 17 1-4L13.5 3.5l3 3L7 16z', 'm11.5 5.5 3 3'],
  open: ['M2.5 16V4.5h5l2 2h8V16z', 'M10 14V9m-2.2 2L10 8.8l2.2 2.2'],
  query: ['M3 4h14l-5.4 6.3V16l-3.2-1.6v-4.1z'],
  compare: ['M3 4h14v12H3z', 'M10 2v16', 'm7.5 8-2 2 2 2M12.5 8l2 2-2 2'],
  download: ['M10 3v9m-3.5-3.5L10 12l3.5-3.5', 'M3.5 13v3.5h13V13'],
  print: ['M5.5 7.5V3h9v4.5', 'M5.5 14H3V7.5h14V14h-2.5', 'M5.5 11.5h9V17h-9z'],
  share: ['M13.2 6.1 6.9 9.1M13.2 13.9l-6.3-3', 'M15 3a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM5 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM15 13a2 2 0 1 1 0 4 2 2 0 0 1 0-4z'],
  feedback: ['M3 4h14v9.5H9L5.5 17v-3.5H3z', 'M6.5 7.5h7M6.5 10.2h4.5'],
  list: ['M7 5h10M7 10h10M7 15h10', 'M3 5h.6M3 10h.6M3 15h.6'],
  time: ['M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z', 'M10 6v4.3l3 1.8'],
  help: ['M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15z', 'M7.9 8a2.1 2.1 0 1 1 2.9 1.9c-.6.3-.8.7-.8 1.5M10 14v.3'],
  check: ['M3 6.5 9 3l8 3-1.5 9L6 17z', 'm8 10.5 2 2 3.5-4'],
  more: ['M4 10h.01M10 10h.01M16 10h.01'],
} as const;

export type IconName = keyof typeof PATHS;

/** An icon, of `size` pixels; hidden from those who hear the button's name. */
export function icon(name: IconName, size = 20): SVGElement {
  const strokes = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  return svg('svg', { width: size, height: size, viewBox: '0 0 20 20', 'aria-hidden': 'true', ...strokes },
    ...PATHS[name].map((d) => svg('path', { d })));
}
