import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { chooseLanguage, translator, type Words } from './i18n.ts';
import { maplibreEn, maplibreZh } from './maplibre.ts';
import { zh } from './zh.ts';
import { en } from './en.ts';

test('the address wins over the browser, Chinese over everything unknown', () => {
  expect(chooseLanguage('en', ['zh-CN'])).toBe('en');
  expect(chooseLanguage(null, ['fr-FR', 'en-GB', 'zh-CN'])).toBe('en');
  expect(chooseLanguage(null, ['zh-Hant-TW'])).toBe('zh');
  expect(chooseLanguage('xx', [])).toBe('zh');
});

test('values are filled in', () => {
  expect(translator('zh')('reviewNumber', { number: '浙S(2026)1号' })).toBe('审图号：浙S(2026)1号');
  expect(translator('en')('more', { count: 3 })).toBe('3 more');
});

const parts: [string, Words<string>][] = [
  ['messages', { zh, en }],
  ...Object.entries(import.meta.glob<{ words: Words<string> }>('../**/words.ts', { eager: true })).map(([file, { words }]): [string, Words<string>] => [file, words]),
];

test.each(parts)('both languages say the same things and fill in the same values: %s', (_file, words) => {
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  expect(Object.keys(words.en).sort()).toEqual(Object.keys(words.zh).sort());
  for (const key of Object.keys(words.zh)) expect(places(words.en[key]!), key).toEqual(places(words.zh[key]!));
});

test('every string of the map library has a Chinese twin', () => {
  const library = readFileSync(new URL('../../node_modules/maplibre-gl/dist/maplibre-gl-dev.mjs', import.meta.url), 'utf8');
  const table = /const defaultLocale = \{([\s\S]*?)\n\};/.exec(library)?.[1] ?? '';
  const own = [...table.matchAll(/^\s*"([\w.]+)":/gm)].map((match) => match[1]);
  expect(own).toHaveLength(25);
  expect(Object.keys(maplibreZh).sort()).toEqual([...own].sort());
  expect(Object.keys(maplibreEn).sort()).toEqual([...own].sort());
  for (const [key, text] of Object.entries(maplibreZh)) expect(text, key).toMatch(/[一-鿿]/);
});

test.each(parts)('no words are left over: %s', (file, words) => {
  const folder = new URL(file === 'messages' ? '../' : file.startsWith('../shell/') ? '../shell/' : file.replace(/[^/]*$/, ''), import.meta.url);
  const code = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => readFileSync(new URL(name, folder), 'utf8')).join('');
  const family = (key: string): string => '`' + key.slice(0, key.indexOf('_') + 1) + '${'; // `fit_${…}` stands for all of them
  const used = (key: string): boolean => code.includes(`'${key}'`) || (key.includes('_') && code.includes(family(key)))
    || /Fault(Hint)?$/.test(key); // fault-panel.ts builds those names
  expect(Object.keys(words.zh).filter((key) => !used(key))).toEqual([]);
});
