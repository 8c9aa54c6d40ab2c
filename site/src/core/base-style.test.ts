// The base map as data: valid, lean, readable. Tokens are filled in here as `pipeline/portal/flavour.py` does it.

import { readdirSync, readFileSync } from 'node:fs';
import { validateStyleMin, type LayerSpecification, type StyleSpecification } from '@maplibre/maplibre-gl-style-spec';
import { describe, expect, test } from 'vitest';

import { legendOf } from './legend.ts';
import { LEGEND, metadataOf, OVER_IMAGERY } from './style.ts';

const styles = new URL('../../../styles/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, styles), 'utf8'));
const written = readdirSync(new URL('flavours/', styles)).map((name) => read(`flavours/${name}`) as Partial<Flavour> & { readonly id: string; readonly extends?: string });
const flavours = written.map(inherited);
const drawn = readdirSync(new URL('layers/', styles)).sort().flatMap((name) =>
  (read(`layers/${name}`) as Drawn[]).map((layer) => ({ ...layer, part: /^\d+-(.*)\.json$/.exec(name)![1]! })));

const SOURCE_OF: Readonly<Record<string, string>> = { hillshade: 'heights', 'color-relief': 'heights', raster: 'pictures' };
// MapLibre 2 and Mapbox GL JS 1 know these; one name more and they refuse the whole style.
const OLD_HILLSHADE = ['illumination-anchor', 'illumination-direction', 'exaggeration', 'shadow-color', 'highlight-color', 'accent-color'].map((name) => `hillshade-${name}`);

interface Flavour {
  readonly id: string;
  readonly tokens: Readonly<Record<string, unknown>>;
  readonly themes: readonly string[];
  readonly without: readonly string[];
  readonly changes: Readonly<Record<string, Partial<Drawn>>>;
}

type Drawn = LayerSpecification & { readonly part: string; readonly flavours?: readonly string[]; readonly 'source-product'?: string };

/** A flavour with what it takes from the one it extends. */
function inherited(own: (typeof written)[number]): Flavour {
  const kin = own.extends === undefined ? undefined : inherited(written.find(({ id }) => id === own.extends)!);
  return { id: own.id, tokens: { ...kin?.tokens, ...own.tokens }, themes: own.themes ?? kin!.themes, without: own.without ?? [], changes: own.changes ?? {} };
}

/** The layers of a flavour, its tokens filled in. */
function layersOf({ id, tokens, without, changes }: Flavour): readonly LayerSpecification[] {
  const own = drawn.filter((layer) => (layer.flavours?.includes(id) ?? true) && !without.includes(layer.part) && !without.includes(layer.id));
  return own.map((layer) => {
    const { flavours: _, part: __, 'source-product': product, ...changed } = { ...layer, ...changes[layer.id] };
    const both = (group: 'paint' | 'layout'): object => Object.fromEntries(Object.entries({ ...layer[group], ...changes[layer.id]?.[group] }).filter(([, value]) => value !== null));
    const filled = fill({ ...changed, ...(layer.paint ? { paint: both('paint') } : {}), ...(layer.layout ? { layout: both('layout') } : {}) }, tokens) as LayerSpecification;
    return layer.type === 'background' ? filled : ({ ...filled, source: product ? SOURCE_OF[layer.type] : 'framework' } as LayerSpecification);
  });
}

/** All colours an expression may come to. */
function colours(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap(colours) : typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value) ? [value] : [];
}

function fill(value: unknown, tokens: Flavour['tokens']): unknown {
  if (Array.isArray(value)) return value.map((item) => fill(item, tokens));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, tokens)]));
  if (typeof value !== 'string' || !value.startsWith('@')) return value;
  expect(tokens, `token ${value}`).toHaveProperty([value.slice(1)]);
  return tokens[value.slice(1)];
}

/** WCAG 2.2 contrast ratio of two #rrggbb colours. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [r, g, bl] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

test('black on white has the highest contrast there is', () => expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5));

describe.each(flavours.map((flavour) => [flavour.id, flavour] as const))('%s', (_, flavour) => {
  const layers = layersOf(flavour);
  const look = fill(read('portal.json'), flavour.tokens) as Record<string, object>;
  const style = {
    version: 8,
    glyphs: 'http://a/{fontstack}/{range}.pbf',
    sprite: 'http://a/sprite',
    sources: {
      framework: { type: 'vector', url: 'pmtiles://http://a/framework.pmtiles' },
      heights: { type: 'raster-dem', url: 'pmtiles://http://a/terrain.pmtiles', tileSize: 512, encoding: 'terrarium' },
      pictures: { type: 'raster', url: 'pmtiles://http://a/imagery.pmtiles', tileSize: 512 },
    },
    layers,
  } as unknown as StyleSpecification;

  test('is a valid style of at most 150 layers with unique ids', () => {
    expect(validateStyleMin(style)).toEqual([]);
    expect(layers.length).toBeLessThanOrEqual(150);
    expect(new Set(layers.map((layer) => layer.id)).size).toBe(layers.length);
  });

  test('what only the portal draws is valid too', () => {
    const upgraded = layers.map((layer) => (layer.type === 'hillshade' ? { ...layer, paint: { ...layer.paint, ...look['hillshade'] } } : layer));
    const more = [
      { id: 'tint', type: 'color-relief', source: 'heights', paint: look['tint'] },
      { id: 'scrim', type: 'background', paint: look['scrim'] },
      { id: 'name', type: 'symbol', source: 'framework', 'source-layer': 'AGNP', paint: look['over-imagery'] },
    ];
    const others = upgraded.filter((layer) => layer.id !== 'tint');
    expect(validateStyleMin({ ...style, sky: look['sky'], layers: [...others, ...more] } as StyleSpecification)).toEqual([]);
    expect(Object.keys(look).sort()).toEqual(['hillshade', 'over-imagery', 'scrim', 'sky', 'tint']);
  });

  test('hillshade as published is understood by clients of any age', () => {
    const [shade] = layers.filter((layer) => layer.type === 'hillshade');
    expect(Object.keys(shade?.paint ?? {}).filter((name) => !OLD_HILLSHADE.includes(name))).toEqual([]);
  });

  test('heights are tinted like the pipeline\'s own ramp, but for what is not known', () => {
    const ramp = readFileSync(new URL('../../../pipeline/raster/ramps/celadon.txt', import.meta.url), 'utf8').split('\n')
      .filter((line) => /^-?\d/.test(line)).map((line) => line.trim().split(/\s+/).map(Number));
    const [, , , ...stops] = (look['tint'] as Record<string, unknown[]>)['color-relief-color']!;
    const colours = new Map(stops.flatMap((stop, i) => (i % 2 === 0 ? [[Number(stop), String(stops[i + 1])] as const] : [])));
    for (const [height, ...rgb] of ramp.filter(([height]) => height! > 1 || height! < -1)) expect(colours.get(height!), String(height)).toBe(`rgb(${rgb.join(',')})`);
    expect(colours.get(0)).toMatch(/,0\)$/);
  });

  test('every colour of the flavour is used, and every change finds its layer', () => {
    for (const id of Object.keys(flavour.changes)) expect(drawn.map((layer) => layer.id), id).toContain(id);
    for (const id of flavour.without) expect(drawn.flatMap((layer) => [layer.id, layer.part]), id).toContain(id);
    const text = JSON.stringify([drawn, flavour.changes, read('portal.json')]);
    const inCode = ['halo', 'place-village', 'font-regular']; // thematic.py
    for (const token of Object.keys(flavour.tokens)) {
      expect(text.includes(`"@${token}"`) || inCode.includes(token), token).toBe(true);
    }
  });

  test('labels can be read: 4.5 : 1 against their halo', () => {
    const labels = layers.filter((layer) => layer.type === 'symbol');
    expect(labels.length).toBeGreaterThan(10);
    for (const layer of labels) {
      const paint = layer.type === 'symbol' ? layer.paint ?? {} : {};
      for (const text of colours(paint['text-color'])) {
        for (const halo of colours(paint['text-halo-color'])) expect(contrast(text, halo), `${layer.id} ${text} on ${halo}`).toBeGreaterThanOrEqual(4.5);
      }
      const over = { ...look['over-imagery'], ...(layer.metadata as Record<string, object> | undefined)?.[OVER_IMAGERY] } as Record<string, string>;
      expect(contrast(over['text-color']!, over['text-halo-color']!), `${layer.id} over imagery`).toBeGreaterThanOrEqual(7);
    }
  });

  test('colours of themes stand out from the paper and from each other', () => {
    for (const [i, colour] of flavour.themes.entries()) {
      expect(contrast(colour, flavour.tokens['paper'] as string), colour).toBeGreaterThanOrEqual(3);
      expect(flavour.themes.indexOf(colour)).toBe(i);
    }
  });

  test('every legend entry has something to draw', () => {
    for (const layer of layers) {
      const owned = layers.map((other) => ({ ...other, metadata: { ...metadataOf(other), 'longquan:dataset': 'source-layer' in other ? other['source-layer'] : '' } })) as LayerSpecification[];
      if (!metadataOf(layer)[LEGEND]) continue;
      const entries = legendOf(owned, String('source-layer' in layer ? layer['source-layer'] : ''));
      for (const entry of entries) expect(entry.marks.length, `${layer.id} ${entry.title?.en}`).toBeGreaterThan(0);
    }
  });
});
