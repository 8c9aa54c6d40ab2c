// A small picture of how the map draws something.

import { element, svg } from './element.ts';
import type { LegendEntry, Mark } from '../core/legend.ts';
import type { Sprite } from './sprite.ts';

const WIDTH = 32;
const HEIGHT = 20;

/** The swatch of a legend entry, decorative: its title stands beside it. */
export function swatch(entry: LegendEntry, sprite: Sprite): HTMLElement {
  const picture = svg('svg', { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  const area = entry.marks.some((mark) => mark.kind === 'area');
  for (const mark of entry.marks) {
    const shape = draw(mark, area);
    if (shape) picture.append(shape);
  }
  const icon = entry.marks.find((mark) => mark.kind === 'icon');
  const kinds = new Set(entry.marks.map((mark) => mark.kind));
  const classes = ['swatch', kinds.has('disc') && 'disc', kinds.has('text') && 'lettered'].filter(Boolean).join(' ');
  return element('span', { class: classes, 'aria-hidden': 'true' }, icon && sprite.picture(icon.name), picture);
}

function draw(mark: Mark, withArea: boolean): SVGElement | null {
  const box = { x: 3.5, y: 2.5, width: WIDTH - 7, height: HEIGHT - 5, rx: 2 };
  switch (mark.kind) {
    case 'area':
      return svg('rect', { ...box, fill: mark.colour, 'fill-opacity': mark.opacity, stroke: mark.edge ?? 'none' });
    case 'stroke': {
      const width = Math.min(mark.width, 9);
      const line = { stroke: mark.colour, 'stroke-width': width, 'stroke-opacity': mark.opacity, fill: 'none' };
      const dashes = mark.dashes.length ? { 'stroke-dasharray': mark.dashes.map((dash) => dash * width).join(' ') } : {};
      return withArea
        ? svg('rect', { ...box, ...line, ...dashes })
        : svg('line', { x1: 1, y1: HEIGHT / 2, x2: WIDTH - 1, y2: HEIGHT / 2, ...line, ...dashes });
    }
    case 'disc': {
      const radius = Math.min(mark.radius, 8.5);
      const edge = { stroke: mark.edge, 'stroke-width': mark.edgeWidth };
      return svg('circle', { cx: WIDTH / 2, cy: HEIGHT / 2, r: radius, fill: mark.colour, ...edge });
    }
    case 'text': {
      const at = { x: WIDTH / 2, y: HEIGHT / 2, 'text-anchor': 'middle', 'dominant-baseline': 'central' };
      const text = svg('text', { ...at, fill: mark.colour, 'font-size': mark.text.length > 2 ? 9.5 : 13, 'font-weight': mark.bold ? 700 : 400 });
      text.textContent = mark.text;
      return text;
    }
    case 'icon':
      return null;
  }
}
