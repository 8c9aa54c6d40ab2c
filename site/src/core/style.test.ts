import type { StyleSpecification } from 'maplibre-gl';
import { expect, test } from 'vitest';

import { evaluate } from './evaluate.ts';
import { readableStyle, resolveStyle, textField } from './style.ts';

const style = {
  version: 8,
  sources: { base: { type: 'vector', url: 'pmtiles://../tiles/base-0123.pmtiles' }, json: { type: 'vector', url: '../tilejson/a.json' } },
  sprite: '../assets/sprites/sprite-1',
  glyphs: '../assets/glyphs/{fontstack}/{range}.pbf',
  'font-faces': { 'Noto Sans SC Regular': [{ url: '../assets/fonts/a.woff2', 'unicode-range': ['U+20-7E'] }] },
  layers: [],
} as unknown as StyleSpecification;

test('addresses are resolved against the style, not against the page', () => {
  const resolved = resolveStyle(style, 'http://intranet.test/a%20b/dist/styles/light.json');
  expect(resolved).toEqual({
    version: 8,
    sources: {
      base: { type: 'vector', url: 'pmtiles://http://intranet.test/a%20b/dist/tiles/base-0123.pmtiles' },
      json: { type: 'vector', url: 'http://intranet.test/a%20b/dist/tilejson/a.json' },
    },
    sprite: 'http://intranet.test/a%20b/dist/assets/sprites/sprite-1',
    glyphs: 'http://intranet.test/a%20b/dist/assets/glyphs/{fontstack}/{range}.pbf',
    'font-faces': { 'Noto Sans SC Regular': [{ url: 'http://intranet.test/a%20b/dist/assets/fonts/a.woff2', 'unicode-range': ['U+20-7E'] }] },
    layers: [],
  });
  expect(style.sprite).toBe('../assets/sprites/sprite-1'); // the argument is left alone
});

const latin = ['case',
  ['!=', ['to-string', ['get', 'NAME_EN']], ''], ['get', 'NAME_EN'],
  ['!=', ['to-string', ['get', 'PINYIN']], ''], ['get', 'PINYIN'],
  ['get', 'NAME']];

test.each([
  [{ NAME: '青瓷博物馆', PINYIN: 'Qīngcí Bówùguǎn', NAME_EN: 'Celadon Museum' }, 'Celadon Museum'],
  [{ NAME: '剑川', PINYIN: 'Jiànchuān', NAME_EN: '' }, 'Jiànchuān'],
  [{ NAME: 'Main St', PINYIN: null }, 'Main St'],
])('readers of English get English, else pinyin, else the name: %o', (properties, shown) => {
  expect(evaluate(latin, { zoom: 12, properties })).toBe(shown);
});

test('names are in English or pinyin for readers of English, wherever the expression asks for them', () => {
  const layer = { id: 'a', type: 'symbol', source: 's', layout: { 'text-field': ['step', ['zoom'], '', 15, ['get', 'NAME']] } } as const;
  expect(textField(layer as never, 'zh')).toEqual(['step', ['zoom'], '', 15, ['get', 'NAME']]);
  expect(textField(layer as never, 'en')).toEqual(['step', ['zoom'], '', 15, latin]);
  expect(textField({ id: 'b', type: 'fill', source: 's' }, 'en')).toBeUndefined();
});

test('where the style brings its fonts, no character is asked for on the server', () => {
  expect(readableStyle(style, new Set(), 'zh')).not.toHaveProperty('glyphs');
  expect(readableStyle({ version: 8, glyphs: 'a', sources: {}, layers: [] }, new Set(), 'zh').glyphs).toBe('a'); // older styles
});
