// The order in which datasets are drawn: as the style has it, but for those a reader lifted to the top or laid to the ground.

import type { Map as MapLibre, StyleSpecification } from 'maplibre-gl';

import { datasetOf, partOf } from './style.ts';

/** Before a dataset that lies on the ground: over land, water and imagery, under all else. As links have it. */
export const BELOW = '-';

export interface LayerOrder {
  /** Draw in the order asked: datasets over all others, the topmost first, then those (`-id`) under all others. */
  show(above: readonly string[], ground: string | undefined): void;
}

/** One layer put directly under another; null: under whatever lies over the style. */
export interface Move {
  readonly layer: string;
  readonly under: string | null;
}

/** What orders the datasets of a map whose style is there. */
export function layerOrder(map: MapLibre, style: StyleSpecification): LayerOrder {
  let last: readonly string[] = [];
  return {
    show(above, ground) {
      if (above.length === 0 && last.length === 0) return;
      const over = overStyle(map.getLayersOrder(), style);
      for (const { layer, under } of moves(style, last, above, ground ?? null)) {
        if (map.getLayer(layer)) map.moveLayer(layer, under !== null && map.getLayer(under) ? under : over);
      }
      last = above;
    },
  };
}

/** The first layer of a map over all those of its style: selections and sketches stay on top. */
export function overStyle(order: readonly string[], style: StyleSpecification): string | undefined {
  const own = new Set(style.layers.map(({ id }) => id));
  return order[order.length - [...order].reverse().findIndex((id) => own.has(id))];
}

/** The moves from one order to the next: first those home that are no longer moved, then the ground, then the top. */
export function moves(style: StyleSpecification, last: readonly string[], above: readonly string[], ground: string | null): Move[] {
  const [before, after] = [displaced(style, last), displaced(style, above)];
  const home = [...style.layers.keys()].reverse().flatMap((i): Move[] => {
    const { id } = style.layers[i]!;
    if (!before.has(id) || after.has(id)) return [];
    return [{ layer: id, under: style.layers.slice(i + 1).find((other) => !after.has(other.id))?.id ?? null }];
  });
  const placed = (wanted: readonly string[], under: string | null): Move[] =>
    [...wanted].reverse().flatMap((dataset) => layersOf(style, dataset).map((layer) => ({ layer, under })));
  return [...home, ...placed(above.filter((id) => id.startsWith(BELOW)), ground), ...placed(above.filter((id) => !id.startsWith(BELOW)), null)];
}

function displaced(style: StyleSpecification, above: readonly string[]): ReadonlySet<string> {
  return new Set(above.flatMap((id) => layersOf(style, id)));
}

/** The layers a wish moves, bottom first. On the ground only areas, lines and discs lie: letters stay readable. */
function layersOf(style: StyleSpecification, wish: string): string[] {
  const below = wish.startsWith(BELOW);
  const dataset = below ? wish.slice(BELOW.length) : wish;
  return style.layers.filter((layer) => datasetOf(layer) === dataset && !(below && layer.type === 'symbol')).map(({ id }) => id);
}

/** Whether a dataset is a part of the ground itself, below which nothing can be laid. */
export function isGround(style: StyleSpecification, dataset: string): boolean {
  return style.layers.some((layer) => datasetOf(layer) === dataset && ['land', 'water', 'relief'].includes(partOf(layer) ?? ''));
}
