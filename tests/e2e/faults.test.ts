// What the portal says when the server or the browser is not up to it.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser } from 'playwright-core';

import { launch, PHONE, visit } from './browser.ts';
import { dist } from './folder.ts';
import { servePortal, type Manner, type Server } from './server.ts';

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
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
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<{ violations: { id: string }[] }> } }).axe.run());
  expect(found.violations.map((rule) => rule.id)).toEqual([]);
  await close();
  server.manner = 'good';
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

test('a browser without WebGL 2 reads how to switch it on', async () => {
  const { page, close } = await visit(browser, server.address, {}, () => {
    const original = HTMLCanvasElement.prototype.getContext as (...args: unknown[]) => unknown;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      return kind === 'webgl2' ? null : original.call(this, kind, ...rest);
    } as typeof HTMLCanvasElement.prototype.getContext;
  });
  expect(await page.locator('.about-webgl h1').isVisible()).toBe(true);
  expect(await page.locator('.about-browser').isVisible()).toBe(false);
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
