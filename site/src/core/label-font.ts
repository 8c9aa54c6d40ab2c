// The font that a tool's own labels take: the one that the style's labels have.

import type { Map as MapLibre } from 'maplibre-gl';

/** As a part of a symbol layer's layout; empty where the style has no labels. */
export function labelFont(map: MapLibre): { readonly 'text-font'?: string[] } {
  for (const layer of map.getStyle().layers) {
    const font = layer.type === 'symbol' ? layer.layout?.['text-font'] : undefined;
    if (Array.isArray(font) && font.every((name) => typeof name === 'string')) return { 'text-font': font as string[] };
  }
  return {};
}
