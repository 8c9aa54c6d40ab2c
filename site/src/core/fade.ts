// How strongly a dataset is drawn: the opacities of its layers scaled by one number, expressions of zoom kept valid.

import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { datasetOf } from './style.ts';

const OPACITIES: Readonly<Record<string, readonly string[]>> = {
  fill: ['fill-opacity'],
  line: ['line-opacity'],
  circle: ['circle-opacity', 'circle-stroke-opacity'],
  symbol: ['icon-opacity', 'text-opacity'],
  raster: ['raster-opacity'],
  heatmap: ['heatmap-opacity'],
  'fill-extrusion': ['fill-extrusion-opacity'],
};

export interface Fader {
  /** Draw each dataset with its share of what the style gives it, 0 … 1; those that are not named as the style does. */
  show(fade: ReadonlyMap<string, number>): void;
}

/** What fades the datasets of a map whose style is there; only what differs from the last time is set. */
export function fader(map: MapLibre, style: StyleSpecification): Fader {
  let last: ReadonlyMap<string, number> = new Map();
  return {
    show(fade) {
      for (const layer of style.layers) {
        const dataset = datasetOf(layer);
        if (dataset === undefined || !map.getLayer(layer.id)) continue;
        const share = fade.get(dataset) ?? 1;
        if (share === (last.get(dataset) ?? 1)) continue;
        for (const [name, value] of Object.entries(faded(layer, share))) map.setPaintProperty(layer.id, name as 'line-opacity', value as number);
      }
      last = fade;
    },
  };
}

/** The opacities of a layer at a share; undefined where the style says nothing and nothing is to be said. */
export function faded(layer: LayerSpecification, share: number): Readonly<Record<string, unknown>> {
  const paint = (layer.paint ?? {}) as Record<string, unknown>;
  return Object.fromEntries((OPACITIES[layer.type] ?? []).map((name) => [name, share === 1 ? paint[name] : scaled(paint[name] ?? 1, share)]));
}

/** A number or an expression times a share. `zoom` may only steer an outermost curve, so that curve's outputs are scaled. */
export function scaled(value: unknown, share: number): unknown {
  if (typeof value === 'number') return value * share;
  if (!Array.isArray(value)) {
    const stops = (value as { stops?: readonly (readonly [unknown, unknown])[] } | null)?.stops; // functions, as styles had them once
    return stops ? { ...(value as object), stops: stops.map(([at, output]) => [at, scaled(output, share)]) } : value;
  }
  const [name, ...args] = value as [unknown, ...unknown[]];
  if (name === 'step' && zooms(args[0])) return [name, args[0], scaled(args[1], share), ...outputs(args.slice(2), share)];
  if (typeof name === 'string' && name.startsWith('interpolate') && zooms(args[1])) return [name, args[0], args[1], ...outputs(args.slice(2), share)];
  if (name === 'let') return [name, ...args.slice(0, -1), scaled(args.at(-1), share)];
  return ['*', share, value];
}

/** Pairs of a stop and its output. */
function outputs(pairs: readonly unknown[], share: number): unknown[] {
  return pairs.map((each, i) => (i % 2 === 1 ? scaled(each, share) : each));
}

function zooms(input: unknown): boolean {
  return Array.isArray(input) && input.length === 1 && input[0] === 'zoom';
}
