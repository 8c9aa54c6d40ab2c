// A QR code in the page.

import { QUIET, qrPath, type QrCode } from '../core/qr.ts';
import { svg } from './element.ts';

/** The code as a picture of `size` pixels, with a name for those who cannot see it. */
export function qrPicture(code: QrCode, size: number, name: string): SVGElement {
  const edge = code.size + 2 * QUIET;
  return svg('svg', { class: 'qr', width: size, height: size, viewBox: `${-QUIET} ${-QUIET} ${edge} ${edge}`, role: 'img', 'aria-label': name, 'shape-rendering': 'crispEdges' },
    svg('rect', { x: -QUIET, y: -QUIET, width: edge, height: edge, fill: '#fff' }),
    svg('path', { d: qrPath(code), fill: '#000' }));
}
