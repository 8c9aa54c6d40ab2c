// What `longquan build` needs to write a city's portal, but no browser loads: `dist/_build/`.

import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const site = fileURLToPath(new URL('..', import.meta.url));
const modules = join(site, 'node_modules');
const weights = ['400', '700'];

export function privateFiles(): Plugin {
  return {
    name: 'longquan-private-files',
    apply: 'build',
    async closeBundle() {
      const target = join(site, 'dist', '_build');
      await mkdir(target, { recursive: true });
      await cp(join(site, '..', 'styles'), join(target, 'styles'), { recursive: true });
      await cp(join(modules, '@mapbox/maki/icons'), join(target, 'maki'), { recursive: true });
      await copyFont(join(target, 'fonts'));
      await writeFile(join(site, 'dist', 'assets', 'licences.txt'), await licences());
      await writeFile(join(target, 'characters.txt'), await interfaceCharacters()); // last: readers take it for the end
    },
  };
}

/** The font's slices and the table that says which characters each holds. WOFF 1: its glyphs open five times faster. */
async function copyFont(target: string): Promise<void> {
  const font = join(modules, '@fontsource/noto-sans-sc');
  await mkdir(target, { recursive: true });
  const slices = Object.keys(JSON.parse(await readFile(join(font, 'unicode.json'), 'utf8')) as object);
  for (const slice of slices.map((name) => name.replace(/[[\]]/g, ''))) {
    for (const weight of weights) {
      const name = `noto-sans-sc-${slice}-${weight}-normal.woff`;
      await cp(join(font, 'files', name), join(target, name));
    }
  }
  await cp(join(font, 'unicode.json'), join(target, 'unicode.json'));
}

/** Every character beyond ASCII that the pages themselves show. */
async function interfaceCharacters(): Promise<string> {
  const sources = await readdir(join(site, 'src'), { recursive: true });
  const texts = await Promise.all(
    ['index.html', ...sources.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => join('src', name))]
      .map((name) => readFile(join(site, name), 'utf8')),
  );
  return [...new Set(texts.join(''))].filter((character) => character > '~').sort().join('') + '\n';
}

/** The licences of what the pages carry; they must travel with it. */
async function licences(): Promise<string> {
  const parts = [
    ['MapLibre GL JS', 'maplibre-gl/LICENSE.txt'],
    ['Noto Sans SC', '@fontsource/noto-sans-sc/LICENSE'],
    ['Maki', '@mapbox/maki/LICENSE.txt'],
    ['fflate', 'fflate/LICENSE'],
  ] as const;
  const texts = await Promise.all(
    parts.map(async ([name, path]) => `${name}\n\n${(await readFile(join(modules, path), 'utf8')).trim()}\n`),
  );
  return [...texts, `PMTiles\n\nBSD 3-Clause License, © Protomaps LLC\n`].join(`\n${'-'.repeat(80)}\n\n`);
}
