// What was seen stays: parts of archives kept in the browser, a server that goes and comes back, a release that is replaced.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const [lng, lat] = catalog.center;
const middle = `#map=13/${lat}/${lng}`;
const features = (page: Page): Promise<number> => page.evaluate(() => window.longquanMap.queryRenderedFeatures().length);

/** Keys of all parts that the browser keeps. */
function kept(page: Page): Promise<[file: string, offset: number, length: number][]> {
  return page.evaluate(() => new Promise<[string, number, number][]>((found, failed) => {
    const request = indexedDB.open('longquan');
    request.onerror = () => failed(request.error);
    request.onsuccess = () => {
      const keys = request.result.transaction('ranges').objectStore('ranges').getAllKeys();
      keys.onsuccess = () => {
        request.result.close();
        found(keys.result as never);
      };
    };
  }));
}

const folder = mkdtempSync(join(tmpdir(), 'longquan-cache-'));
let browser: Browser;
let server: Server;
let shared: Visit;
beforeAll(async () => {
  cpSync(dist, folder, { recursive: true });
  [browser, server] = await Promise.all([launch(), servePortal(folder)]);
  shared = await visit(browser, `${server.address}${middle}`);
  await drawn(shared.page);
}, 180_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

test('parts are kept on plain http, by hashed name, and only of what was looked at', async () => {
  const { page } = shared;
  await expect.poll(async () => (await kept(page)).length, { timeout: 30_000 }).toBeGreaterThan(3);
  const keys = await kept(page);
  const files = new Map(catalog.archives.map((archive) => [archive.file, archive]));
  for (const [file, offset, length] of keys) {
    expect(files.has(file), file).toBe(true);
    expect(offset >= 0 && length > 0).toBe(true);
  }
  const asked = new Set(keys.map(([file]) => file));
  expect(asked.has(catalog.archives[0]!.file)).toBe(true);
  const imagery = catalog.archives.filter(({ product }) => product === 'imagery');
  expect(imagery.filter(({ file }) => asked.has(file))).toEqual([]);
});

test('the next page draws the same place without asking for a byte of the archives', async () => {
  const page = await shared.page.context().newPage();
  const asked: string[] = [];
  await page.route('**/*.pmtiles', (route) => {
    if (route.request().method() === 'HEAD') return route.continue(); // only whether it is still there
    asked.push(route.request().url());
    return route.abort();
  });
  await page.goto(`${server.address}${middle}`);
  await drawn(page);
  expect(await features(page)).toBe(await features(shared.page));
  expect(asked).toEqual([]);
  expect(await page.locator('.notices').isVisible()).toBe(false);
  await page.close();
});

test('a newer release is offered, the one that is open goes on being read', async () => {
  const { page } = shared;
  const manifest = JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8')) as { release: string };
  const look = (): Promise<void> => page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')));
  const answered = page.waitForResponse((response) => response.url().endsWith('release.json'));
  await look();
  await answered;
  expect(await page.locator('[data-notice="changed"]').count()).toBe(0);
  writeFileSync(join(folder, 'release.json'), JSON.stringify({ ...manifest, release: 'f'.repeat(64) }));
  await look();
  const notice = page.locator('[data-notice="changed"]');
  await notice.waitFor();
  expect(await notice.innerText()).toContain('数据已更新');
  expect(await features(page)).toBeGreaterThan(20);
  await Promise.all([page.waitForNavigation(), notice.locator('.act').click()]);
  await drawn(page);
  expect(await page.locator('[data-notice="changed"]').count()).toBe(0);
});

test('when the server goes, what was seen stays, the page says so, and goes on when it is back', async () => {
  const { page, strangers } = shared;
  const before = await features(page);
  expect(shared.troubles).toEqual([]);
  const context = page.context();
  await context.setOffline(true);
  const [west, south] = catalog.archives[0]!.bounds;
  await page.evaluate(([x, y]) => window.longquanMap.jumpTo({ center: [x, y], zoom: 14 }), [west + 0.08, south + 0.08] as const);
  const notice = page.locator('[data-notice="offline"]');
  await notice.waitFor();
  expect(await notice.innerText()).toContain('连接不到服务器');
  expect(await violations(page)).toEqual([]);
  await page.evaluate(([x, y]) => window.longquanMap.jumpTo({ zoom: 13, center: [x, y] }), [lng, lat] as const);
  await expect.poll(() => features(page), { timeout: 30_000 }).toBe(before);
  await context.setOffline(false);
  await notice.waitFor({ state: 'detached', timeout: 30_000 });
  await page.evaluate(([x, y]) => window.longquanMap.jumpTo({ center: [x, y], zoom: 14 }), [west + 0.08, south + 0.08] as const);
  await drawn(page);
  expect(await features(page)).toBeGreaterThan(0);
  // The browser itself tells of each request that failed; nothing else may be told.
  expect(shared.troubles.filter((trouble) => !/ERR_INTERNET_DISCONNECTED/.test(trouble))).toEqual([]);
  expect(strangers).toEqual([]);
}, 300_000);
