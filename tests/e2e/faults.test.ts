// What the portal says when the server or the browser is not up to it.

import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, PHONE, visit } from './browser.ts';
import { catalog, dist, readCatalog } from './folder.ts';
import { servePortal, type Manner, type Server } from './server.ts';

const scratch = mkdtempSync(join(tmpdir(), 'longquan-faults-'));
const base = catalog.archives[0]!;
let browser: Browser;
let server: Server;
beforeAll(async () => {
  // The same city with an archive too large to be fetched whole: its last part is not written, nobody asks for it.
  for (const name of ['index.html', 'assets', 'styles', 'tiles']) cpSync(join(dist, name), join(scratch, name), { recursive: true });
  const bytes = 40_000_000;
  truncateSync(join(scratch, base.file), bytes);
  const grown = { ...readCatalog(dist), archives: catalog.archives.map((archive) => (archive === base ? { ...archive, bytes } : archive)) };
  writeFileSync(join(scratch, 'catalog.json'), JSON.stringify(grown));
  [browser, server] = await Promise.all([launch(), servePortal(scratch)]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(scratch, { recursive: true });
});

const cases: readonly (readonly [Manner, string, string, string | null])[] = [
  ['no-range', 'range', '服务器不支持分段读取', 'longquan serve'],
  ['gzip', 'encoding', '服务器压缩了地图数据', 'gzip off'],
  ['missing', 'missing', '找不到地图数据文件', 'mimeMap fileExtension=".pmtiles"'],
  ['short', 'size', '大小与目录记录不符', null],
  ['login-page', 'magic', '返回的不是地图数据', null],
];

test.each(cases)('a server that is %s', async (manner, kind, message, snippet) => {
  server.manner = manner;
  const { page, close } = await visit(browser, server.address);
  const panel = page.locator('.fault');
  await panel.waitFor();
  expect(await panel.getAttribute('data-fault')).toBe(kind);
  expect(await panel.locator('h1').innerText()).toContain(message);
  if (snippet) expect(await panel.locator('details[open] code').innerText()).toContain(snippet);
  else expect(await panel.locator('details').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await close();
  server.manner = 'good';
});

test.each([
  ['no-range', '服务器不支持分段读取，地图数据已整份下载'],
  ['gzip', '服务器压缩了地图数据，只能整份下载'],
] as const)('small archives are fetched whole from a server with %s, and the page says so', async (manner, text) => {
  const small = await servePortal(dist);
  small.manner = manner;
  const { page, strangers, close } = await visit(browser, small.address);
  await drawn(page);
  expect(await page.evaluate(() => window.longquanMap.queryRenderedFeatures().length)).toBeGreaterThan(20);
  const notice = page.locator('[data-notice="detour"]');
  expect(await notice.locator('p').innerText()).toContain(text);
  await notice.locator('.act').click();
  const panel = page.locator('#server-fault .fault');
  expect(await panel.getAttribute('data-fault')).toBe(manner === 'gzip' ? 'encoding' : 'range');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await notice.locator('.dismiss').click();
  expect(await page.locator('.notices').isVisible()).toBe(false);
  expect(strangers).toEqual([]);
  await close();
  await small.stop();
});

test('an archive that is missing beside a good base map is named, its layer cannot be switched on', async () => {
  const { page, troubles, close } = await visit(browser, 'about:blank');
  const [first] = catalog.archives.filter((archive) => archive !== base && archive.type === 'vector');
  await page.route((url) => decodeURI(url.pathname).endsWith(first!.file), (route) => route.fulfill({ status: 404 }));
  const [west, south, east, north] = first!.bounds;
  await page.goto(`${server.address}#map=13/${(south + north) / 2}/${(west + east) / 2}&on=${first!.id}`);
  await drawn(page);
  await page.locator('[data-notice="broken"]').waitFor();
  expect(await page.locator('[data-notice="broken"] p').innerText()).toContain('数据文件无法读取');
  expect(await page.locator('.dataset.broken input').count()).toBeGreaterThan(0);
  expect(await page.locator('.dataset.broken input:not(:disabled)').count()).toBe(0);
  expect(troubles.filter((trouble) => !trouble.includes('404'))).toEqual([]);
  await close();
});

test('the panel fits a phone', async () => {
  server.manner = 'no-range';
  const { page, close } = await visit(browser, server.address, PHONE);
  await page.locator('.fault').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.viewport.width);
  await close();
  server.manner = 'good';
});

test('an old browser reads what to do, in Chinese, instead of a blank page', async () => {
  const { page, close } = await visit(browser, server.address, {}, () => {
    Object.defineProperty(window, 'structuredClone', { value: undefined });
  });
  expect(await page.locator('#unsupported').isVisible()).toBe(true);
  expect(await page.locator('.about-browser h1').innerText()).toContain('浏览器版本过低');
  expect(await page.locator('.about-webgl').isVisible()).toBe(false);
  await close();
});

test('a browser without WebGL 2 reads how to switch it on, and sees the pictures there are', async () => {
  const { page, troubles, close } = await visit(browser, server.address, {}, () => {
    const original = HTMLCanvasElement.prototype.getContext as (...args: unknown[]) => unknown;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      return kind === 'webgl2' ? null : original.call(this, kind, ...rest);
    } as typeof HTMLCanvasElement.prototype.getContext;
  });
  expect(await page.locator('.about-webgl h1').isVisible()).toBe(true);
  expect(await page.locator('.about-browser').isVisible()).toBe(false);
  const pictures = catalog.archives.filter(({ product }) => product === 'imagery' || product === 'hillshade');
  if (pictures.length === 0) return close(); // the message is all there is
  const painted = (): Promise<number> => page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.picture-canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
  const complete = async (): Promise<void> => void await page.waitForFunction(() => (window as unknown as { longquanPictures?: { complete: boolean } }).longquanPictures?.complete);
  await complete();
  expect(await painted()).toBeGreaterThan(200);
  expect(await page.locator('.legal').innerText()).toMatch(/待审核|审图号/);
  const hash = (): string => new URL(page.url()).hash;
  const before = hash();
  await page.locator('.picture-canvas').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('-');
  await complete();
  expect(Number(before.split(/[=/]/)[1]) - Number(hash().split(/[=/]/)[1])).toBe(1);
  expect(Number(hash().split('/')[2])).toBeGreaterThan(Number(before.split('/')[2]));
  await page.mouse.move(640, 300);
  await page.mouse.down();
  await page.mouse.move(540, 300, { steps: 2 });
  await page.mouse.up();
  await page.mouse.wheel(0, -300);
  await expect.poll(() => Number(hash().split(/[=/]/)[1])).toBeGreaterThan(Number(before.split(/[=/]/)[1]) - 1);
  await complete();
  expect(await painted()).toBeGreaterThan(200);
  expect(await violations(page)).toEqual([]);
  expect(troubles.filter((trouble) => !/willReadFrequently|preloaded/.test(trouble))).toEqual([]); // of this test's looking, and of the style nobody can draw
  await close();
});

test('a page opened from the disk says that it needs a server', async () => {
  const { page, close } = await visit(browser, pathToFileURL(join(dist, 'index.html')).href);
  expect(await page.locator('.about-file h1').innerText()).toContain('不能直接双击打开');
  expect(await page.locator('.about-browser').isVisible()).toBe(false);
  await close();
});

test('without scripts the page still says whose data it is and that it awaits review', async () => {
  const { page, close } = await visit(browser, server.address, { javaScriptEnabled: false });
  expect(await page.locator('noscript').innerText()).toMatch(/待审核|审图号/);
  await close();
});
