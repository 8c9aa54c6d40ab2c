// What `longquan build` needs to write a city's portal, but no browser loads: `dist/_build/`.

import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

import { offlinePage } from './offline-page.ts';

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
      await writeFile(join(target, 'offline.html'), await offlinePage());
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

/** The licences of all that the pages carry, the packages inside the packages included; they must travel with it. */
async function licences(): Promise<string> {
  const names = new Set(['@fontsource/noto-sans-sc', '@mapbox/maki']); // not dependencies of scripts: their files are copied
  for (const root of Object.keys((await manifest('..')).dependencies ?? {})) await withDependencies(root, names);
  const texts = await Promise.all([...names].sort().map(async (name) => `${name}\n\n${await licenceText(name)}\n`));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function withDependencies(name: string, names: Set<string>): Promise<void> {
  if (names.has(name) || name.startsWith('@types/')) return;
  names.add(name);
  for (const needed of Object.keys((await manifest(name)).dependencies ?? {})) await withDependencies(needed, names);
}

/** The licence file of a package; without one, what its package.json says and the standard text of that licence. */
async function licenceText(name: string): Promise<string> {
  const folder = join(modules, name);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file) return (await readFile(join(folder, file), 'utf8')).trim();
  const { license, author } = await manifest(name);
  const holder = typeof author === 'string' ? author : (author?.name ?? 'its authors');
  if (!license) throw new Error(`${name} names no licence`);
  const standard = join(site, 'build', 'licences', `${license}.txt`);
  return `Copyright ${holder}\n\n${(await readFile(standard, 'utf8')).trim()}`;
}

interface Manifest {
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifest(name: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8')) as Manifest;
}
