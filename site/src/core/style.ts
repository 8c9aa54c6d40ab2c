// The published style made ready for MapLibre: absolute addresses, labels in the reader's language.

import type {
  BackgroundLayerSpecification, ColorReliefLayerSpecification, HillshadeLayerSpecification, LayerSpecification, SkySpecification, StyleSpecification, SymbolLayerSpecification,
} from 'maplibre-gl';

import type { Language, Product } from './catalog.ts';

export const DATASET = 'longquan:dataset';
export const LEGEND = 'longquan:legend';
export const OVER_IMAGERY = 'longquan:over-imagery';
const LOOK = 'longquan:portal';
const PART = 'longquan:part';
const PRODUCT = 'longquan:product';

type Layer = LayerSpecification & { readonly 'source-layer'?: string };
type Metadata = { readonly [DATASET]?: string; readonly [LEGEND]?: readonly LegendHint[]; readonly [PART]?: string; readonly [PRODUCT]?: Product };

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

/** The part of the base map a layer belongs to, or undefined for thematic datasets. */
export function partOf(layer: Layer): string | undefined {
  return metadataOf(layer)[PART];
}

/** What is drawn from heights in a layer of pixels, or undefined for all others. */
export function productOf(layer: Layer): Exclude<Product, 'imagery' | 'terrain'> | undefined {
  return metadataOf(layer)[PRODUCT] as Exclude<Product, 'imagery' | 'terrain'> | undefined;
}

/** What the portal draws and other clients would refuse or have no use for (styles/portal.json). */
export interface Look {
  readonly hillshade: NonNullable<HillshadeLayerSpecification['paint']>;
  readonly tint: NonNullable<ColorReliefLayerSpecification['paint']>;
  readonly scrim: NonNullable<BackgroundLayerSpecification['paint']>;
  readonly sky: SkySpecification;
  readonly overImagery: NonNullable<SymbolLayerSpecification['paint']>;
}

export function lookOf(style: StyleSpecification): Look {
  const look = (style.metadata as Record<string, Partial<Record<string, object>>> | undefined)?.[LOOK];
  return { hillshade: { ...look?.['hillshade'] }, tint: { ...look?.['tint'] }, scrim: { ...look?.['scrim'] }, sky: { ...look?.['sky'] }, overImagery: { ...look?.['over-imagery'] } };
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

/** A copy of the style for a reader: labels in their language, nothing from archives that cannot be read. */
export function readableStyle(style: StyleSpecification, unreadable: ReadonlySet<string>, language: Language): StyleSpecification {
  const result = structuredClone(style);
  // With font faces every other character is drawn with a font of the reader's machine; `glyphs` would be asked for them in vain.
  if (result['font-faces']) delete result.glyphs;
  result.layers = result.layers.filter((layer) => !('source' in layer && unreadable.has(String(layer.source))));
  for (const id of unreadable) delete result.sources[id];
  for (const layer of result.layers) {
    const text = textField(layer, language);
    if (layer.type === 'symbol' && text !== undefined) layer.layout = { ...layer.layout, 'text-field': text as string };
  }
  return result;
}

/** The `text-field` of a layer for readers of the language: English or pinyin for those who do not read Chinese. */
export function textField(layer: Layer, language: Language): unknown {
  if (layer.type !== 'symbol') return undefined;
  const original = layer.layout?.['text-field'];
  return language === 'zh' || original === undefined ? original : withPinyin(original);
}

/** A field that is there but empty says nothing: the next one is asked. */
const LATIN = ['case',
  ['!=', ['to-string', ['get', 'NAME_EN']], ''], ['get', 'NAME_EN'],
  ['!=', ['to-string', ['get', 'PINYIN']], ''], ['get', 'PINYIN'],
  ['get', 'NAME']];

function withPinyin(expression: unknown): unknown {
  if (!Array.isArray(expression)) return expression;
  if (expression.length === 2 && expression[0] === 'get' && expression[1] === 'NAME') {
    return LATIN;
  }
  return expression.map(withPinyin);
}
