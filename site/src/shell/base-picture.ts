// A small drawing of each base map, for those who do not read its name first.

import { svg } from '../ui/element.ts';
import type { Base } from '../core/rasters.ts';

const WIDTH = 64;
const HEIGHT = 42;

/** The drawing, decorative: the name stands below it. */
export function basePicture(base: Base): SVGElement {
  const picture = svg('svg', { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'xMidYMid slice', 'aria-hidden': 'true' });
  picture.append(...DRAWINGS[base]());
  return picture;
}

const DRAWINGS: Readonly<Record<Base, () => readonly SVGElement[]>> = {
  map: () => [ground('#e9efe0'), shape('M0 0h30L18 42H0z', '#d5e3d2'), river('#b3d7da', 6), ...roads('#b9752b', '#f6cb80', 3.4)],
  imagery: photograph,
  hybrid: () => [...photograph(), ...roads('#5d4a22', '#f6cb80', 2.6), ...name()],
  terrain: () => [
    ground('#cfdcc0'), shape('M0 42 20 10l9 14 13-20 22 38z', '#d8c3a0'), shape('M20 10l9 14-6 18H0z', '#b5a27e'),
    shape('M42 4 29 24l9 18h12z', '#a8946f'), line('M0 31c16 3 22-5 34-3s20 4 30 1', '#8a7350', 0.9), line('M0 37c16 2 26-4 38-2s18 2 26 0', '#8a7350', 0.9),
  ],
};

function photograph(): readonly SVGElement[] {
  return [
    ground('#4e6a45'), shape('M0 0h26L14 24 0 28z', '#3b5738'), shape('M40 0h24v16L46 20z', '#7d8a52'), shape('M36 26l20-6 8 4v18H40z', '#9b8f6e'),
    shape('M42 28h5v4h-5zM50 26h6v4h-6zM48 35h7v4h-7z', '#c8c2b4'), river('#3f5f63', 5.5),
  ];
}

function roads(edge: string, colour: string, width: number): readonly SVGElement[] {
  const path = 'M-2 12C14 10 26 16 38 14s20-8 28-6M40 14l6 30';
  return [line(path, edge, width + 1.4), line(path, colour, width)];
}

function name(): readonly SVGElement[] {
  const text = svg('text', { x: 21, y: 33, 'text-anchor': 'middle', 'font-size': 13, 'font-weight': 700, fill: '#fff', stroke: '#14211b', 'stroke-width': 2.4, 'paint-order': 'stroke' });
  text.textContent = '名';
  return [text];
}

function ground(fill: string): SVGElement {
  return svg('rect', { width: WIDTH, height: HEIGHT, fill });
}

function shape(d: string, fill: string): SVGElement {
  return svg('path', { d, fill });
}

function line(d: string, stroke: string, width: number): SVGElement {
  return svg('path', { d, stroke, 'stroke-width': width, fill: 'none', 'stroke-linecap': 'round' });
}

function river(colour: string, width: number): SVGElement {
  return line('M-2 34c14-12 22 4 34-4S52 22 68 30', colour, width);
}
