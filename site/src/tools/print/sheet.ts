// A sheet put together: title, map, grid, legend, scale, north, and what must always stand on a map.

import type { QrCode } from '../../core/qr.ts';
import { QUIET, qrPath } from '../../core/qr.ts';
import { gridInks, type GridKind } from './grid.ts';
import { BLACK, circle, line, rectangle, type Ink } from './ink.ts';
import type { Layout } from './layout.ts';
import { legendInks, type LegendGroup, type LegendOptions } from './legend-inks.ts';
import { barLength, metresText, onPaper, scaleText, type Cut, type Place } from './scale.ts';

export interface Sheet {
  readonly layout: Layout;
  readonly cut: Cut;
  readonly picture: HTMLCanvasElement;
  readonly title: string;
  readonly notes: readonly { readonly text: string; readonly stress?: boolean }[]; // owner, review, notice, date: always there
  readonly standing: string | null; // stamped on the map: 待审核, 示例数据
  readonly pin: { readonly place: Place; readonly title: string } | null; // that the page lays over the map
  readonly grid: GridKind;
  readonly legend: readonly LegendGroup[];
  readonly legendTitle: string;
  readonly scaleNote: string;
  readonly code: QrCode | null;
  readonly icons: ReadonlyMap<string, HTMLCanvasElement>;
  readonly measure: LegendOptions['measure'];
  readonly more: LegendOptions['more'];
}

const RED = '#9c2f24';
const GREY = '#55635d';
const BAR = 56; // mm, at most
const NOTE = 2.5; // mm of the letters

/** Everything on a sheet, the lowest first. */
export function sheetInks(sheet: Sheet): readonly Ink[] {
  const { layout: { map, legend, title, code }, cut, measure } = sheet;
  const titleSize = Math.min(6.2, (title.width / Math.max(1, measure(sheet.title, 1, true))));
  return [
    { kind: 'text', x: title.x + title.width / 2, y: title.y + 8, text: sheet.title, size: titleSize, bold: true, anchor: 'middle' },
    { kind: 'image', ...map, picture: sheet.picture },
    ...gridInks(cut, sheet.grid, map),
    ...pin(sheet),
    { kind: 'path', d: rectangle(map.x, map.y, map.width, map.height), stroke: BLACK, width: 0.35 },
    ...north(map.x + map.width - 8, map.y + 5),
    ...(sheet.standing ? stamp(sheet.standing, map.x + 3, map.y + 6.2, measure) : []),
    ...(legend ? legendInks(sheet.legend, { box: legend, title: sheet.legendTitle, icons: sheet.icons, measure, more: sheet.more }) : []),
    ...foot(sheet),
    ...(code && sheet.code ? link(sheet.code, code.x, code.y, code.width) : []),
  ];
}

/** The pin at a place, its point on it, as far as the map shows that place. */
function pin({ pin: wanted, cut, layout: { map } }: Sheet): Ink[] {
  if (!wanted) return [];
  const { x, y } = onPaper(cut, wanted.place);
  if (x < 0 || y < 0 || x > map.width || y > map.height) return [];
  const [left, top] = [map.x + x, map.y + y];
  const drop = `M${left} ${top}c0 0 -3.2 -3.8 -3.2 -6.2a3.2 3.2 0 1 1 6.4 0c0 2.4 -3.2 6.2 -3.2 6.2z`;
  return [
    { kind: 'path', d: drop, fill: '#d3342b', stroke: '#fff', width: 0.5 },
    { kind: 'path', d: circle(left, top - 6.2, 1.1), fill: '#fff' },
    ...(wanted.title ? [{ kind: 'text', x: left, y: top + 4, text: wanted.title, size: 3.2, bold: true, anchor: 'middle', halo: '#fff' } as const] : []),
  ];
}

/** An arrow to the north, which is up everywhere in Mercator's projection. */
function north(x: number, y: number): Ink[] {
  const half = (side: -1 | 1): string => `M${x} ${y}l${side * 2.6} 9l${-side * 2.6} -2.2z`;
  const outline = `M${x} ${y}l2.6 9l-2.6 -2.2l-2.6 2.2z`;
  return [
    { kind: 'path', d: outline, fill: '#fff', stroke: '#fff', width: 1.1, opacity: 0.85 },
    { kind: 'path', d: half(-1), fill: BLACK },
    { kind: 'path', d: outline, stroke: BLACK, width: 0.25 },
    { kind: 'text', x, y: y + 13.2, text: 'N', size: 4, bold: true, anchor: 'middle', halo: '#fff' },
  ];
}

function stamp(text: string, x: number, y: number, measure: Sheet['measure']): Ink[] {
  const size = 3.4;
  const width = measure(text, size, true) + 3;
  return [
    { kind: 'path', d: rectangle(x, y - 4, width, 5.6), fill: '#fff', opacity: 0.88 },
    { kind: 'path', d: rectangle(x, y - 4, width, 5.6), stroke: RED, width: 0.25 },
    { kind: 'text', x: x + 1.5, y, text, size, bold: true, colour: RED },
  ];
}

function foot({ layout: { foot: box, code }, cut, scaleNote, notes, measure }: Sheet): Ink[] {
  const metres = barLength(cut.scale, BAR);
  const length = (metres * 1000) / cut.scale;
  const y = box.y + 13;
  const quarter = length / 4;
  const [x, tall] = [box.x + 1.5, 1.4];
  const number = (at: number, text: string): Ink => ({ kind: 'text', x: x + at, y: y - 1, text, size: NOTE, anchor: 'middle' });
  const bar: Ink[] = [
    { kind: 'text', x: box.x, y: box.y + 6.4, text: scaleText(cut.scale), size: 4.6, bold: true },
    ...[0, 2].map((i): Ink => ({ kind: 'path', d: rectangle(x + i * quarter, y, quarter, tall), fill: BLACK })),
    { kind: 'path', d: rectangle(x, y, length, tall), stroke: BLACK, width: 0.2 },
    { kind: 'path', d: line(x + length / 2, y, x + length / 2, y + tall), stroke: BLACK, width: 0.2 },
    number(0, '0'), number(length / 2, metresText(metres / 2).replace(/ .*/, '')), number(length, metresText(metres)),
    { kind: 'text', x: box.x, y: y + 6, text: scaleNote, size: 2.2, colour: GREY },
  ];
  const left = box.x + BAR + 18;
  const width = (code ? code.x - 3 : box.x + box.width) - left;
  const lines = notes.flatMap(({ text, stress }) => wrapped(text, NOTE, width, measure).map((part) => ({ text: part, stress })));
  const size = Math.min(NOTE, (box.height - 2) / lines.length / 1.45);
  return [
    ...bar,
    ...lines.map(({ text, stress }, i): Ink => ({
      kind: 'text', x: left, y: box.y + 3 + i * size * 1.45 + size * 0.6, text, size, ...(stress ? { bold: true, colour: RED } : {}),
    })),
  ];
}

/** A text in lines that fit: broken between words, Chinese between any two letters. */
export function wrapped(text: string, size: number, width: number, measure: Sheet['measure']): string[] {
  const words = text.match(/[\p{Script=Han}，。；：、（）·]|[^\s\p{Script=Han}，。；：、（）·]+|\s+/gu) ?? [];
  const lines: string[] = [];
  let current = '';
  for (const word of words) {
    if (current && measure(current + word, size) > width) {
      lines.push(current.trimEnd());
      current = word.trimStart();
    } else current += word;
  }
  return [...lines, ...(current.trim() ? [current.trimEnd()] : [])];
}

/** The code of the link to this map. */
function link(code: QrCode, x: number, y: number, width: number): Ink[] {
  const module = width / (code.size + 2 * QUIET);
  const scaled = qrPath(code).replace(/M([\d.]+) ([\d.]+)h([\d.]+)v1H([\d.]+)z/g, (_, column: string, row: string, run: string) =>
    rectangle(x + (Number(column) + QUIET) * module, y + (Number(row) + QUIET) * module, Number(run) * module, module));
  return [{ kind: 'path', d: scaled, fill: '#000' }];
}
