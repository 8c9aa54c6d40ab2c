// An archive that was taken back after a leak: the page says so, and what the browser kept of it goes.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { drawn, launch, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const base = catalog.archives[0]!;
const [lng, lat] = catalog.center;
const folder = mkdtempSync(join(tmpdir(), 'longquan-withdrawn-'));
let browser: Browser;
let server: Server;
let shared: Visit;

/** How many parts of the archive the browser keeps. */
function kept(page: Page): Promise<number> {
  return page.evaluate((file) => new Promise<number>((found, failed) => {
    const request = indexedDB.open('longquan');
    request.onerror = () => failed(request.error);
    request.onsuccess = () => {
      const keys = request.result.transaction('ranges').objectStore('ranges').getAllKeys();
      keys.onsuccess = () => {
        request.result.close();
        found((keys.result as [string, number, number][]).filter(([name]) => name === file).length);
      };
    };
  }), base.file);
}

beforeAll(async () => {
  cpSync(dist, folder, { recursive: true });
  [browser, server] = await Promise.all([launch(), servePortal(folder)]);
  shared = await visit(browser, `${server.address}#map=13/${lat}/${lng}`);
  await drawn(shared.page);
}, 180_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

test('what was kept is forgotten by the next page, and the reason is told', async () => {
  await expect.poll(() => kept(shared.page), { timeout: 30_000 }).toBeGreaterThan(0);
  expect(shared.troubles).toEqual([]); // nobody asks for an order while nothing is missing
  rmSync(join(folder, base.file));
  mkdirSync(join(folder, 'metadata'), { recursive: true });
  const custom = { kind: 'archive', path: base.file, release: null, reason: '误含地下管线', date: '2026-11-23' };
  writeFileSync(join(folder, 'metadata', 'withdrawn.json'), JSON.stringify({ signatures: [], signed: { targets: { [`withdrawn/${'a'.repeat(64)}`]: { custom } } } }));
  const page = await shared.page.context().newPage();
  await page.goto(`${server.address}#map=13/${lat}/${lng}`);
  await page.getByText('发布单位已撤回此数据').first().waitFor();
  await expect.poll(() => kept(page), { timeout: 30_000 }).toBe(0);
  // The visit after that has nothing to draw from, and says why in the map's place.
  await page.reload();
  const panel = page.locator('.fault');
  await panel.waitFor();
  expect(await panel.getAttribute('data-fault')).toBe('withdrawn');
  expect(await panel.innerText()).toContain('2026-11-23 误含地下管线');
  await page.close();
});
