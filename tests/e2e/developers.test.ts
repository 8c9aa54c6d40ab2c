// The code on the developers' page, run as it stands there: bundled by itself, in a page of another origin.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from '../../site/node_modules/vite/dist/node/index.js';

import { violations } from './axe.ts';
import { DESKTOP, launch, PHONE, visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { serve, servePortal, type Server } from './server.ts';

const site = fileURLToPath(new URL('../../site/', import.meta.url));

let browser: Browser;
let server: Server;
let scratch: string;
let code: Readonly<Record<string, string>>;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
  scratch = mkdtempSync(join(tmpdir(), 'longquan-developers-'));
  const { page, close } = await visit(browser, `${server.address}developers.html`);
  code = Object.fromEntries(await page.locator('.code').evaluateAll((boxes) => boxes.map((box) => [box.id.slice('code-'.length), box.querySelector('pre')!.textContent!])));
  await close();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(scratch, { recursive: true });
});

describe.each(['developers.html', 'about.html', 'accessibility.html', 'help.html'])('%s', (path) => {
  test.each([['desktop', DESKTOP], ['phone', PHONE]] as const)('nothing fails, nothing is foreign, nothing sticks out, axe finds nothing: %s', async (_name, options) => {
    const { page, troubles, strangers, close } = await visit(browser, server.address + path, options);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect([...troubles, ...strangers]).toEqual([]);
    await close();
  });
});

test('the code names this very site, and can be copied on plain http', async () => {
  const { page, close } = await visit(browser, `${server.address}developers.html`);
  expect(code['embed']).toContain(`src="${server.address}embed.html"`);
  await page.locator('#code-embed button').click();
  await page.locator('#code-embed button.done').waitFor();
  expect(await page.evaluate(() => getSelection()!.toString())).toBe(code['embed']);
  await close();
});

test('without a script it says that an address is missing', async () => {
  const { page, close } = await visit(browser, `${server.address}developers.html`, { javaScriptEnabled: false });
  expect(await page.locator('#code-embed pre').innerText()).toContain('src="https://…/embed.html"');
  expect(await page.locator('.code button:visible').count()).toBe(0);
  await close();
});

/** Run a piece of code in a page of another origin. */
async function run(id: string, use: (page: Page) => Promise<void>): Promise<void> {
  const folder = join(scratch, id);
  mkdirSync(folder);
  const entry = join(folder, 'index.js');
  writeFileSync(entry, `${code[id]}\nwindow.made = map;\n`);
  await build({
    configFile: false, logLevel: 'error', root: folder,
    plugins: [{ name: 'packages-of-the-site', enforce: 'pre', async resolveId(name, importer, options) {
      return importer === entry && !name.startsWith('/') ? this.resolve(name, join(site, 'index.js'), { ...options, skipSelf: true }) : null;
    } }],
    build: { target: 'es2022', minify: false, outDir: join(folder, 'dist'), rolldownOptions: { input: entry, external: /^https?:/, output: { entryFileNames: 'page.js', assetFileNames: '[name][extname]' } } },
  });
  writeFileSync(join(folder, 'dist', 'index.html'), '<!doctype html><link rel="icon" href="data:,"><div id="map" style="height:560px"></div><script type="module" src="page.js"></script>');
  const second = await serve({ '/': join(folder, 'dist') });
  const { page, troubles, strangers, close } = await visit(browser, `${second.origin}/`);
  await use(page);
  expect(troubles).toEqual([]);
  expect(strangers.length).toBeGreaterThan(0);
  expect(strangers.filter((address) => !address.startsWith(server.origin))).toEqual([]);
  await close();
  await second.stop();
}

/** Wait until the page shows more than a few colours. */
async function painted(page: Page, least: number): Promise<void> {
  await expect.poll(async () => {
    const picture = (await page.screenshot()).toString('base64');
    return page.evaluate(async (base64) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      return new Set(new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)).size;
    }, picture);
  }, { timeout: 30_000, interval: 1000 }).toBeGreaterThan(least);
}

test('MapLibre draws the style', () => run('maplibre', async (page) => {
  await page.waitForFunction(() => window.made?.loaded() && window.made.queryRenderedFeatures().length > 0, null, { timeout: 60_000 });
}));

test('OpenLayers draws tiles', () => run('openlayers', (page) => painted(page, 60)));

test('Leaflet draws tiles', () => run('leaflet', (page) => painted(page, 60)));

test.runIf(catalog.archives.some(({ product }) => product === 'imagery'))('Leaflet draws pictures', () => run('leaflet-raster', (page) => painted(page, 500)));

declare global {
  interface Window {
    made?: { loaded(): boolean; queryRenderedFeatures(): unknown[] };
  }
}
