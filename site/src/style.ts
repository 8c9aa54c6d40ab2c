// The published style made ready for MapLibre: absolute addresses, labels in the reader's language.

import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';

import type { Language } from './catalog.ts';

export const DATASET = 'longquan:dataset';
export const LEGEND = 'longquan:legend';

type Layer = LayerSpecification & { readonly 'source-layer'?: string };
type Metadata = { readonly [DATASET]?: string; readonly [LEGEND]?: readonly LegendHint[] };

/** What a layer says about its place in the legend. */
export interface LegendHint {
  readonly title?: Readonly<Record<Language, string>>;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly zoom?: number;
  readonly text?: string;
  readonly icon?: string;
}

export function metadataOf(layer: Layer): Metadata {
  return (layer.metadata ?? {}) as Metadata;
}

/** The dataset a layer shows, or undefined for the background. */
export function datasetOf(layer: Layer): string | undefined {
  return metadataOf(layer)[DATASET];
}

/**
 * A copy of the style with every address absolute. Addresses in a style are relative to the style's own file
 * (styles/README.md); MapLibre would resolve them against the page, and `sprite` not at all.
 */
export function resolveStyle(style: StyleSpecification, address: string): StyleSpecification {
  const absolute = (relative: string): string => {
    const scheme = relative.startsWith('pmtiles://') ? 'pmtiles://' : '';
    const resolved = new URL(relative.slice(scheme.length), address).href;
    return scheme + resolved.replace(/%7B/gi, '{').replace(/%7D/gi, '}');
  };
  const result = structuredClone(style);
  if (typeof result.sprite === 'string') result.sprite = absolute(result.sprite);
  if (result.glyphs) result.glyphs = absolute(result.glyphs);
  for (const source of Object.values(result.sources)) {
    if ('url' in source && source.url) source.url = absolute(source.url);
  }
  for (const faces of Object.values(result['font-faces'] ?? {})) {
    if (Array.isArray(faces)) for (const face of faces) face.url = absolute(face.url);
  }
  return result;
}

/** The `text-field` of a layer for readers of the language: names in pinyin for those who do not read Chinese. */
export function textField(layer: Layer, language: Language): unknown {
  if (layer.type !== 'symbol') return undefined;
  const original = layer.layout?.['text-field'];
  return language === 'zh' || original === undefined ? original : withPinyin(original);
}

function withPinyin(expression: unknown): unknown {
  if (!Array.isArray(expression)) return expression;
  if (expression.length === 2 && expression[0] === 'get' && expression[1] === 'NAME') {
    return ['coalesce', ['get', 'PINYIN'], ['get', 'NAME']];
  }
  return expression.map(withPinyin);
}
