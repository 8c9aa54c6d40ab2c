// The legend of a sheet, with the same swatches as the layer panel.

import { inLanguage, type Catalog, type Language } from '../../core/catalog.ts';
import { legendOf, type LegendEntry, type Mark } from '../../core/legend.ts';
import type { LayerSpecification } from 'maplibre-gl';
import { BLACK, circle, line, rectangle, type Ink } from './ink.ts';
import type { Box } from './layout.ts';

export interface LegendGroup {
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly entry: LegendEntry }[]; // one without a title of its own stands for the group
}

const PX = 0.2; // mm that a pixel of a swatch is large
const ROW = 4.7;
const HEAD = 5;
const SIZE = 2.6;
const SWATCH_WIDTH = 32; // pixels
const SWATCH_HEIGHT = 20;
const COLUMN = 35; // mm, at least
const SIZES = [1, 0.86, 0.74]; // of these the first at which all of it finds room; 1.9 mm is the smallest print on maps

/** What the datasets shown look like, in the order of the catalogue. */
export function legendGroups(layers: readonly LayerSpecification[], catalog: Catalog, shown: (dataset: string) => boolean, language: Language): readonly LegendGroup[] {
  return catalog.datasets.filter(({ id }) => shown(id)).flatMap((dataset) => {
    const title = inLanguage(dataset.title, language);
    const entries = legendOf(layers, dataset.id);
    const seen = new Set<string>();
    const rows = entries.map((entry) => ({ title: entry.title ? inLanguage(entry.title, language) : title, entry }))
      .filter((row) => row.entry.marks.length > 0 && !seen.has(row.title) && seen.add(row.title));
    return rows.length > 0 ? [{ title, rows }] : [];
  });
}

/** Names of the icons that a legend needs. */
export function legendIcons(groups: readonly LegendGroup[]): readonly string[] {
  return [...new Set(groups.flatMap(({ rows }) => rows.flatMap(({ entry }) => entry.marks.flatMap((mark) => (mark.kind === 'icon' ? [mark.name] : [])))))];
}

export interface LegendOptions {
  readonly box: Box;
  readonly title: string;
  readonly icons: ReadonlyMap<string, HTMLCanvasElement>;
  readonly measure: (text: string, size: number, bold?: boolean) => number;
  readonly more: (count: number) => string; // for what finds no room
}

/** The legend in columns within a box; what finds no room even in small letters is counted, not dropped silently. */
export function legendInks(groups: readonly LegendGroup[], options: LegendOptions): readonly Ink[] {
  const tries = SIZES.map((size) => setIn(groups, options, size));
  return (tries.find(({ left }) => left === 0) ?? tries.at(-1)!).inks;
}

function setIn(groups: readonly LegendGroup[], { box, title, icons, measure, more }: LegendOptions, scale: number): { readonly inks: readonly Ink[]; readonly left: number } {
  const [row, head, size, px] = [ROW * scale, HEAD * scale, SIZE * scale, PX * scale];
  const inks: Ink[] = [{ kind: 'text', x: box.x, y: box.y + 3.2, text: title, size: 3.2, bold: true }];
  const columns = Math.max(1, Math.floor((box.width + 2) / (COLUMN * scale)));
  const width = box.width / columns;
  const top = box.y + 6;
  const end = box.y + box.height;
  let [column, y] = [0, top];
  let left = 0; // rows without room
  const room = (height: number): boolean => {
    if (y + height <= end - (column === columns - 1 ? row : 0)) return true;
    if (column === columns - 1) return false;
    [column, y] = [column + 1, top];
    return true;
  };
  for (const { title: heading, rows } of groups) {
    const headed = rows.length > 1 || rows[0]!.title !== heading;
    if (left > 0 || !room((headed ? head : 0) + row)) {
      left += rows.length;
      continue;
    }
    const x = (): number => box.x + column * width;
    if (headed) {
      inks.push({ kind: 'text', x: x(), y: y + 0.68 * head, text: fitted(heading, size, width - 2, measure, true), size, bold: true });
      y += head;
    }
    for (const { title: name, entry } of rows) {
      if (left > 0 || !room(row)) {
        left++;
        continue;
      }
      inks.push(...swatchInks(entry, x(), y, px, icons));
      const indent = SWATCH_WIDTH * px + 1.8 * scale;
      inks.push({ kind: 'text', x: x() + indent, y: y + 0.63 * row, text: fitted(name, size, width - indent - 1.5, measure), size });
      y += row;
    }
    if (headed) y += row / 4;
  }
  if (left > 0) inks.push({ kind: 'text', x: box.x + (columns - 1) * width, y: end - 1, text: more(left), size, colour: '#55635d' });
  return { inks, left };
}

/** A text, cut off with an ellipsis where it is too wide. */
export function fitted(text: string, size: number, width: number, measure: LegendOptions['measure'], bold = false): string {
  if (measure(text, size, bold) <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && measure(`${letters.join('')}…`, size, bold) > width) letters.pop();
  return `${letters.join('')}…`;
}

function swatchInks({ marks }: LegendEntry, x: number, y: number, px: number, icons: ReadonlyMap<string, HTMLCanvasElement>): Ink[] {
  const area = marks.some((mark) => mark.kind === 'area');
  const lettered = marks.some((mark) => mark.kind === 'text');
  const order = (mark: Mark): number => (mark.kind === 'icon' ? (lettered ? 0 : 2) : 1); // shields lie below their number
  return [...marks].sort((a, b) => order(a) - order(b)).flatMap((mark): Ink[] => {
    const box = { x: x + 3.5 * px, y: y + 2.5 * px, width: SWATCH_WIDTH * px - 7 * px, height: SWATCH_HEIGHT * px - 5 * px };
    const middle = { x: x + (SWATCH_WIDTH * px) / 2, y: y + (SWATCH_HEIGHT * px) / 2 };
    switch (mark.kind) {
      case 'area':
        return [{ kind: 'path', d: rectangle(box.x, box.y, box.width, box.height), fill: mark.colour, opacity: mark.opacity, ...(mark.edge ? { stroke: mark.edge, width: px } : {}) }];
      case 'stroke': {
        const width = Math.min(mark.width, 9) * px;
        const d = area ? rectangle(box.x, box.y, box.width, box.height) : line(x + px, middle.y, x + SWATCH_WIDTH * px - px, middle.y);
        return [{ kind: 'path', d, stroke: mark.colour, width, opacity: mark.opacity, dashes: mark.dashes.map((dash) => dash * width) }];
      }
      case 'disc':
        return [{ kind: 'path', d: circle(middle.x, middle.y, Math.min(mark.radius, 8.5) * px), fill: mark.colour, stroke: mark.edge, width: mark.edgeWidth * px }];
      case 'text': {
        const size = (mark.text.length > 2 ? 9.5 : 13) * px;
        return [{ kind: 'text', x: middle.x, y: middle.y + size * 0.36, text: mark.text, size, bold: mark.bold, colour: mark.colour || BLACK, anchor: 'middle' }];
      }
      case 'icon': {
        const picture = icons.get(mark.name);
        if (!picture) return [];
        const ratio = Number(picture.dataset['ratio']) || 1;
        const wide = (picture.width / ratio) * px * (lettered ? 1.5 : 1);
        const high = (picture.height / ratio) * px;
        return [{ kind: 'image', x: middle.x - wide / 2, y: middle.y - high / 2, width: wide, height: high, picture }];
      }
    }
  });
}
