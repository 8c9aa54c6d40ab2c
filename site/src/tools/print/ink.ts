// What a sheet is made of, in millimetres, and the two ways it gets onto paper: a canvas, and SVG for the browser's print.

import { svg } from '../../ui/element.ts';

export type Ink =
  | {
    readonly kind: 'path';
    readonly d: string; // SVG path data
    readonly fill?: string;
    readonly stroke?: string;
    readonly width?: number;
    readonly dashes?: readonly number[];
    readonly opacity?: number;
  }
  | {
    readonly kind: 'text';
    readonly x: number;
    readonly y: number; // of the base line
    readonly text: string;
    readonly size: number;
    readonly bold?: boolean;
    readonly colour?: string;
    readonly anchor?: 'start' | 'middle' | 'end';
    readonly turn?: number; // degrees
    readonly halo?: string;
  }
  | { readonly kind: 'image'; readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly picture: HTMLCanvasElement };

export const BLACK = '#1d2723';
const FAMILY = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Noto Sans SC Web", sans-serif';
const HALO = 0.22; // of the size of letters

export const rectangle = (x: number, y: number, width: number, height: number): string => `M${x} ${y}h${width}v${height}h${-width}z`;
export const line = (x1: number, y1: number, x2: number, y2: number): string => `M${x1} ${y1}L${x2} ${y2}`;
export const circle = (x: number, y: number, r: number): string => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;

/** Load the letters a sheet needs, so that the first drawing has them. */
export async function loadLetters(inks: readonly Ink[]): Promise<void> {
  const text = (bold: boolean): string => inks.map((ink) => (ink.kind === 'text' && Boolean(ink.bold) === bold ? ink.text : '')).join('');
  await Promise.allSettled([document.fonts.load(`16px ${FAMILY}`, text(false)), document.fonts.load(`700 16px ${FAMILY}`, text(true))]);
}

/** How wide letters are, in millimetres. */
export function ruler(): (text: string, size: number, bold?: boolean) => number {
  const context = document.createElement('canvas').getContext('2d')!;
  return (text, size, bold = false) => {
    context.font = `${bold ? '700 ' : ''}100px ${FAMILY}`;
    return (context.measureText(text).width * size) / 100;
  };
}

/** Draw a sheet on a canvas of `perMm` pixels a millimetre. */
export function paint(context: CanvasRenderingContext2D, inks: readonly Ink[], perMm: number): void {
  for (const ink of inks) {
    context.save();
    context.scale(perMm, perMm);
    if (ink.kind === 'path') {
      const path = new Path2D(ink.d);
      context.globalAlpha = ink.opacity ?? 1;
      if (ink.fill) {
        context.fillStyle = ink.fill;
        context.fill(path);
      }
      if (ink.stroke) {
        context.strokeStyle = ink.stroke;
        context.lineWidth = ink.width ?? 0.2;
        context.setLineDash([...(ink.dashes ?? [])]);
        context.stroke(path);
      }
    } else if (ink.kind === 'image') {
      // Where a picture has exactly the pixels of its place it is copied, not scaled.
      context.setTransform(1, 0, 0, 1, 0, 0);
      const [x, y] = [Math.round(ink.x * perMm), Math.round(ink.y * perMm)];
      const [width, height] = [Math.round(ink.width * perMm), Math.round(ink.height * perMm)];
      context.drawImage(ink.picture, x, y, width, height);
    } else {
      context.translate(ink.x, ink.y);
      context.rotate(((ink.turn ?? 0) * Math.PI) / 180);
      context.scale(ink.size / 100, ink.size / 100); // letters of 100 pixels: browsers round small ones
      context.font = `${ink.bold ? '700 ' : ''}100px ${FAMILY}`;
      context.textAlign = ink.anchor === 'middle' ? 'center' : ink.anchor ?? 'start';
      if (ink.halo) {
        context.strokeStyle = ink.halo;
        context.lineWidth = 100 * HALO;
        context.lineJoin = 'round';
        context.strokeText(ink.text, 0, 0);
      }
      context.fillStyle = ink.colour ?? BLACK;
      context.fillText(ink.text, 0, 0);
    }
    context.restore();
  }
}

/** A sheet of `width` × `height` millimetres as SVG; `address` tells where a picture can be read. */
export function drawing(inks: readonly Ink[], width: number, height: number, address: (picture: HTMLCanvasElement) => string): SVGElement {
  const root = svg('svg', { width: `${width}mm`, height: `${height}mm`, viewBox: `0 0 ${width} ${height}`, 'font-family': FAMILY });
  for (const ink of inks) {
    if (ink.kind === 'path') {
      root.append(svg('path', {
        d: ink.d, fill: ink.fill ?? 'none', stroke: ink.stroke ?? 'none', 'stroke-width': ink.width ?? 0.2, opacity: ink.opacity ?? 1,
        ...(ink.dashes?.length ? { 'stroke-dasharray': ink.dashes.join(' ') } : {}),
      }));
    } else if (ink.kind === 'image') {
      root.append(svg('image', { x: ink.x, y: ink.y, width: ink.width, height: ink.height, preserveAspectRatio: 'none', href: address(ink.picture) }));
    } else {
      const text = svg('text', {
        x: 0, y: 0, transform: `translate(${ink.x} ${ink.y}) rotate(${ink.turn ?? 0})`, 'font-size': ink.size, 'font-weight': ink.bold ? 700 : 400,
        'text-anchor': ink.anchor ?? 'start', fill: ink.colour ?? BLACK,
        ...(ink.halo ? { stroke: ink.halo, 'stroke-width': ink.size * HALO, 'stroke-linejoin': 'round', 'paint-order': 'stroke' } : {}),
      });
      text.textContent = ink.text;
      root.append(text);
    }
  }
  return root;
}
