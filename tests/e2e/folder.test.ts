// The published folder itself: nothing foreign in it, light enough, usable from another origin.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import type { Browser } from 'playwright-core';

import { launch, visit, type MapHandle } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { serve, servePortal } from './server.ts';

const modules = fileURLToPath(new URL('../../site/node_modules/', import.meta.url));
const project = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test('no module suffix that servers do not know, nothing private', () => {
  expect(files.filter((name) => name.endsWith('.mjs') || name.startsWith('_build'))).toEqual([]);
});

test('pages, styles and style sheets name no other host', () => {
  const own = ['index.html', ...catalog.styles.map((style) => style.href), ...files.filter((name) => /^assets\/[^/]*\.css$/.test(name))];
  for (const name of own) {
    const addresses = [...readFileSync(join(dist, name), 'utf8').matchAll(/(?:src|href)="(?:https?:)?\/\/|url\(["']?(?:https?:)?\/\/|"https?:\/\//g)].map(String);
    expect(addresses.filter((address) => !address.includes('canonical')), name).toEqual([]);
  }
});

test.each(catalog.styles.map((style) => style.href))('%s is a valid style whose addresses exist', (href) => {
  const style = JSON.parse(readFileSync(join(dist, href), 'utf8')) as { sprite: string; sources: Record<string, { url: string }>; 'font-faces': Record<string, { url: string }[]>; glyphs: string };
  const base = join(dist, href, '..');
  const faces = Object.values(style['font-faces']).flat().map((face) => face.url);
  const fonts = Object.keys(style['font-faces']).map((font) => style.glyphs.replace('{fontstack}', font).replace('{range}', '0-255'));
  const archives = Object.values(style.sources).map((source) => source.url.replace('pmtiles://', ''));
  for (const address of [`${style.sprite}.json`, `${style.sprite}@2x.png`, ...faces, ...fonts, ...archives]) {
    expect(existsSync(join(base, address)), address).toBe(true);
  }
  const absolute = JSON.parse(JSON.stringify(style).replaceAll('"../', '"http://a/')) as Parameters<typeof validateStyleMin>[0];
  expect(validateStyleMin(absolute)).toEqual([]);
});

test('a page of another origin hot-links the map', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'longquan-hotlink-'));
  const folder = join(scratch, 'published');
  for (const name of ['styles', 'tilejson'].filter((part) => existsSync(join(dist, part)))) cpSync(join(dist, name), join(folder, name), { recursive: true });
  const hotlink = '/hotlink/';
  const first = await servePortal(dist, { [hotlink]: join(folder, 'hotlink') });
  const code = 'import sys; from pathlib import Path; from pipeline.release.hotlink import write_hotlink; write_hotlink(Path(sys.argv[1]), sys.argv[2])';
  execFileSync(process.env['LONGQUAN_PYTHON'] ?? 'python3', ['-c', code, folder, first.address], { cwd: project });
  writeFileSync(join(scratch, 'index.html'), `<!doctype html><link rel="icon" href="data:,"><div id="map" style="height:600px"></div>
    <script type="importmap">{"imports":{"fflate":"/modules/fflate/esm/browser.js"}}</script>
    <script type="module">
      import { Map, addProtocol } from '/modules/maplibre-gl/dist/maplibre-gl.mjs';
      import { Protocol } from '/modules/pmtiles/dist/esm/index.js';
      addProtocol('pmtiles', new Protocol().tile);
      window.faults = [];
      window.map = new Map({ container: 'map', style: '${first.origin}${hotlink}styles/light.json' });
      window.map.on('error', (event) => window.faults.push(String(event.error)));
    </script>`);
  const second = await serve({ '/modules/': modules, '/': scratch });
  const { page, troubles, strangers, close } = await visit(browser, `${second.origin}/`);
  await page.waitForFunction(() => {
    const { map } = window as unknown as { map?: MapHandle };
    return map?.loaded() && map.queryRenderedFeatures().length > 0;
  });
  expect(await page.evaluate(() => (window as unknown as { faults: string[] }).faults)).toEqual([]);
  expect(troubles).toEqual([]);
  expect(strangers.length).toBeGreaterThan(0);
  expect(strangers.filter((address) => !address.startsWith(first.origin))).toEqual([]);
  await close();
  await Promise.all([first.stop(), second.stop()]);
  rmSync(scratch, { recursive: true });
});
