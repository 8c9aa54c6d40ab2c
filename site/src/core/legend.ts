// The legend, read out of the style: which swatches a dataset needs and what each is made of.

import type { LayerSpecification } from 'maplibre-gl';

import type { Language } from './catalog.ts';
import { evaluate, type Situation } from './evaluate.ts';
import { datasetOf, LEGEND, metadataOf } from './style.ts';

/** One stroke, area, disc, icon or text of a swatch, bottom first. */
export type Mark =
  | { readonly kind: 'area'; readonly colour: string; readonly opacity: number; readonly edge: string | null }
  | { readonly kind: 'stroke'; readonly colour: string; readonly width: number; readonly opacity: number; readonly dashes: readonly number[] }
  | { readonly kind: 'disc'; readonly colour: string; readonly radius: number; readonly edge: string; readonly edgeWidth: number }
  | { readonly kind: 'icon'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string; readonly colour: string; readonly bold: boolean };

export interface LegendEntry {
  readonly title: Readonly<Record<Language, string>> | null; // null: the dataset's own title
  readonly marks: readonly Mark[];
}

const DEFAULT_ZOOM = 14;

/** All legend entries of a dataset, in the order of the style. */
export function legendOf(layers: readonly LayerSpecification[], dataset: string): readonly LegendEntry[] {
  const own = layers.filter((layer) => datasetOf(layer) === dataset);
  return own.flatMap((layer) =>
    (metadataOf(layer)[LEGEND] ?? []).map((hint) => {
      const situation = { zoom: hint.zoom ?? DEFAULT_ZOOM, properties: hint.properties ?? {} };
      const kin = own.filter((other) => sameShape(layer, other));
      const marks = kin.filter((other) => shows(other, situation)).flatMap((other) => marksOf(other, situation, hint.text));
      return { title: hint.title ?? null, marks: hint.icon ? [...marks, { kind: 'icon', name: hint.icon }] : marks } as const;
    }),
  );
}

/** Layers that are drawn over each other to make one picture: a road's casing and filling, an area and its edge. */
function sameShape(layer: LayerSpecification, other: LayerSpecification): boolean {
  if (source(layer) !== source(other)) return false;
  return other.type === layer.type || (layer.type === 'fill' && other.type === 'line');
}

function source(layer: LayerSpecification): unknown {
  return 'source-layer' in layer ? layer['source-layer'] : undefined;
}

function shows(layer: LayerSpecification, at: Situation): boolean {
  if (at.zoom < (layer.minzoom ?? 0) || at.zoom >= (layer.maxzoom ?? 24)) return false;
  const geometry = ({ fill: 'Polygon', line: 'LineString' } as const)[layer.type as 'fill' | 'line'] ?? 'Point';
  return !('filter' in layer) || layer.filter === undefined || Boolean(evaluate(layer.filter, { ...at, geometry }));
}

function marksOf(layer: LayerSpecification, at: Situation, text: string | undefined): readonly Mark[] {
  const paint = (layer.paint ?? {}) as Record<string, unknown>;
  const layout = (layer.layout ?? {}) as Record<string, unknown>;
  const value = <T>(from: Record<string, unknown>, name: string, otherwise: T): T =>
    (name in from ? (evaluate(from[name], at) as T) : otherwise) ?? otherwise;
  switch (layer.type) {
    case 'fill':
      return [{
        kind: 'area',
        colour: value(paint, 'fill-color', '#000000'),
        opacity: value(paint, 'fill-opacity', 1),
        edge: value<string | null>(paint, 'fill-outline-color', null),
      }];
    case 'line':
      return [{
        kind: 'stroke',
        colour: value(paint, 'line-color', '#000000'),
        width: value(paint, 'line-width', 1),
        opacity: value(paint, 'line-opacity', 1),
        dashes: value<readonly number[]>(paint, 'line-dasharray', []),
      }];
    case 'circle':
      return [{
        kind: 'disc',
        colour: value(paint, 'circle-color', '#000000'),
        radius: value(paint, 'circle-radius', 5),
        edge: value(paint, 'circle-stroke-color', '#000000'),
        edgeWidth: value(paint, 'circle-stroke-width', 0),
      }];
    case 'symbol': {
      const icon = value(layout, 'icon-image', '');
      const shown = text ?? (value(layout, 'icon-text-fit', 'none') === 'none' ? '' : value(layout, 'text-field', ''));
      const fonts = layout['text-font'];
      const bold = Array.isArray(fonts) && String(fonts[0]).includes('Bold');
      return [
        ...(icon && !text ? [{ kind: 'icon', name: icon } as const] : []),
        ...(shown ? [{ kind: 'text', text: shown, colour: value(paint, 'text-color', '#000000'), bold } as const] : []),
      ];
    }
    default:
      return [];
  }
}
