// The edition as one page, opened from a disk with a double click.

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';

// An edition need not have it; the sample city that CI builds has.
const page = join(dist, 'offline.html');

describe.skipIf(!existsSync(page) && process.env['CI'] !== 'true')('the page that opens from a disk', () => {
  const alone = mkdtempSync(join(tmpdir(), 'longquan-file-')); // nothing else of the city beside it
  let browser: Browser;
  let shared: Visit;
  beforeAll(async () => {
    cpSync(page, join(alone, 'map.html'));
    browser = await launch();
    const [lng, lat] = catalog.center;
    shared = await visit(browser, `${pathToFileURL(join(alone, 'map.html')).href}#map=14/${lat}/${lng}`);
    await drawn(shared.page);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    rmSync(alone, { recursive: true });
  });

  test('draws the map from itself, asking no other file and no network', async () => {
    const asked: string[] = [];
    shared.page.on('request', (request) => asked.push(request.url()));
    expect(await shared.page.evaluate(() => window.longquanMap.queryRenderedFeatures().length)).toBeGreaterThan(20);
    expect(await shared.page.title()).toBe(catalog.platform.zh);
    await shared.page.evaluate(() => window.longquanMap.jumpTo({ zoom: 13 }));
    await drawn(shared.page);
    expect(asked.filter((address) => !/^(?:blob|data):/.test(address))).toEqual([]);
    expect(statSync(page).size).toBeLessThan(60e6);
  });

  test('names and icons are drawn', async () => {
    const labels = await shared.page.evaluate(() => window.longquanMap.queryRenderedFeatures().filter(({ sourceLayer, properties }) => sourceLayer && properties['NAME']).length);
    expect(labels).toBeGreaterThan(3);
    expect(await shared.page.locator('.swatch .icon').first().evaluate((icon) => getComputedStyle(icon).backgroundImage)).toMatch(/^url\("blob:/);
  });

  test('tells what is at a place, elevation included', async () => {
    const { page: map } = shared;
    await map.locator('.maplibregl-canvas').focus();
    await map.keyboard.press('Enter');
    await map.locator('#here .what').first().waitFor();
    await expect.poll(() => map.locator('#here').innerText(), { timeout: 60_000 }).toMatch(/海拔 [\d.]+ 米/);
  });

  test.skipIf(!catalog.search)('finds names in its own index', async () => {
    const { page: map } = shared;
    const name = catalog.city.name.zh.slice(0, 2);
    await map.locator('.search-input').fill(name);
    const first = map.locator('.search-option').first();
    await first.waitFor();
    expect(await first.locator('.search-title').innerText()).toContain(name);
    await map.locator('.search-input').fill('');
    await map.keyboard.press('Escape');
  });

  test('opens its tools', async () => {
    const { page: map } = shared;
    await map.locator('.tools button').first().click();
    await map.locator('#tool .panel-body > *:not(.empty)').first().waitFor();
    expect(await map.locator('#tool [role=alert]').count()).toBe(0);
    expect(await violations(map)).toEqual([]);
  });

  test('prints a sheet of the scale that is asked for', async () => {
    const { page: map } = shared;
    await map.locator('[data-tool=print]').click();
    const options = map.locator('.print .fields select');
    await options.nth(2).selectOption('50000');
    await options.nth(3).selectOption('150');
    const [download] = await Promise.all([map.waitForEvent('download', { timeout: 120_000 }), map.locator('.print .actions button').nth(1).click()]);
    expect(download.suggestedFilename()).toMatch(/1-50000\.png$/);
    const png = readFileSync(await download.path());
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1754, 1240]); // A4 at 150 dpi
    expect(png.length).toBeGreaterThan(100_000); // a map, not a white sheet
  }, 240_000);

  test('all of that without a word to the console', () => expect([shared.troubles, shared.strangers]).toEqual([[], []]));
});
