// The portal as people use it, on the folder given on the command line.

import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, PHONE, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** A dataset that the map draws right now, and a place on the screen where one of its features lies. */
async function somethingDrawn(page: Page): Promise<{ dataset: string; x: number; y: number }> {
  const found = await page.evaluate(() => {
    const [width, height] = [innerWidth, innerHeight];
    for (let y = height * 0.3; y < height * 0.8; y += 17) {
      for (let x = width * 0.35; x < width * 0.65; x += 17) {
        const feature = window.longquanMap.queryRenderedFeatures([x, y]).find((one) => one.layer.metadata?.['longquan:dataset']);
        if (feature) return { dataset: String(feature.layer.metadata?.['longquan:dataset']), x, y };
      }
    }
    return null;
  });
  expect(found).not.toBeNull();
  return found!;
}

/** How many features of a dataset the map draws. */
function count(page: Page, dataset: string): Promise<number> {
  return page.evaluate((id) => window.longquanMap.queryRenderedFeatures().filter((one) => one.layer.metadata?.['longquan:dataset'] === id).length, dataset);
}

describe('on a desktop', () => {
  let shared: Visit;
  beforeAll(async () => {
    shared = await visit(browser, server.address);
    await drawn(shared.page);
  });
  afterAll(() => shared.close());

  test('the map is drawn from this origin alone, on plain http', async () => {
    const { page, strangers } = shared;
    expect(await page.evaluate(() => window.longquanMap.queryRenderedFeatures().length)).toBeGreaterThan(0);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    expect(await page.title()).toBe(catalog.platform.zh);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    expect(strangers).toEqual([]);
  });

  test('who made it, the review number and that it is fictional can be read', async () => {
    const legal = await shared.page.locator('.legal').innerText();
    expect(legal).toContain(catalog.review.number ?? '待审核');
    expect(legal).toContain(catalog.notice.zh);
    if (catalog.sample) expect(await shared.page.locator('.sample').innerText()).toBe(catalog.notice.zh);
    expect(await shared.page.locator('.sample').count()).toBe(catalog.notice.zh ? 1 : 0);
  });

  test('every dataset stands in the panel once', async () => {
    const names = await shared.page.locator('#layers .dataset .name').evaluateAll((nodes) => nodes.map((node) => node.firstChild?.textContent ?? ''));
    expect(names.sort()).toEqual(catalog.datasets.map((dataset) => dataset.title.zh).sort());
  });

  test('a click tells what is here, of which department; Escape closes', async () => {
    const { page } = shared;
    const { x, y } = await somethingDrawn(page);
    await page.mouse.click(x, y);
    const here = page.locator('#here');
    await here.waitFor({ state: 'visible' });
    expect(await here.locator('details').count()).toBeGreaterThan(0);
    const departments = catalog.datasets.map((dataset) => dataset.department.name.zh);
    const source = await here.locator('.source').first().innerText();
    expect(departments.some((name) => source.includes(name))).toBe(true);
    await here.locator('.close').focus();
    await page.keyboard.press('Escape');
    expect(await here.isVisible()).toBe(false);
  });

  test('everything can be done by keyboard', async () => {
    const { page } = shared;
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.classList.contains('maplibregl-canvas'))).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.locator('#here').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('#here').isVisible()).toBe(false);
    // Of radio buttons Tab reaches the one that is chosen; arrows move on from there. The menu opens when it is come by.
    const controls = await page.locator('a:visible, .more a, button:visible:not([disabled]), input:visible:not([disabled]):not([type=radio]:not(:checked))').count();
    const reached = new Set<number>();
    let opened = false;
    await page.locator('.skip').focus();
    for (let i = 0; i < controls + 10; i++) {
      const { at, menu } = await page.evaluate(() => ({
        at: [...document.querySelectorAll('a, button, input')].indexOf(document.activeElement as Element),
        menu: document.activeElement?.matches('.more summary') ?? false,
      }));
      reached.add(at);
      if (menu && !opened) await page.keyboard.press('Enter');
      opened ||= menu;
      await page.keyboard.press('Tab');
    }
    expect(await page.locator('.more').getAttribute('open')).toBeNull(); // leaving it closes it
    reached.delete(-1);
    expect(reached.size).toBe(controls);
  });

  test('axe finds nothing with all panels open', async () => {
    const { page } = shared;
    await page.locator('#map canvas').focus();
    await page.keyboard.press('Enter');
    await page.locator('#here').waitFor({ state: 'visible' });
    await page.locator('#layers .disclose').first().click();
    expect(await violations(page)).toEqual([]);
  });

  test('all of that without a single error', () => expect(shared.troubles).toEqual([]));

  test('the address holds the view and what was switched', async () => {
    const first = await visit(browser, server.address);
    await drawn(first.page);
    const { dataset } = await somethingDrawn(first.page);
    const box = `.dataset:has(#details-${dataset}) input`;
    if (await first.page.locator(box).isEnabled()) await first.page.locator(box).uncheck();
    await first.page.locator('.maplibregl-ctrl-zoom-in').click();
    await first.page.waitForFunction(() => /map=[\d.]+\//.test(location.hash));
    await drawn(first.page);
    const zoom = await first.page.evaluate(() => window.longquanMap.getZoom());
    const second = await visit(browser, first.page.url());
    await drawn(second.page);
    expect(await second.page.evaluate(() => window.longquanMap.getZoom())).toBeCloseTo(zoom, 1);
    if (await first.page.locator(box).isEnabled()) {
      expect(new URL(first.page.url()).hash).toContain(`off=${dataset}`);
      expect(await second.page.locator(box).isChecked()).toBe(false);
      expect(await count(second.page, dataset)).toBe(0);
    }
    await first.close();
    await second.close();
  });

  test('English, and Chinese again', async () => {
    const { page, troubles, close } = await visit(browser, server.address, { locale: 'en-GB' });
    await drawn(page);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
    expect(await page.locator('.head h1').innerText()).toBe(catalog.platform.en);
    expect(await page.locator('.maplibregl-ctrl-zoom-in').getAttribute('title')).toBe('Zoom in');
    expect(await page.locator('#layers > header').innerText()).toBe('Layers');
    expect(await violations(page)).toEqual([]);
    await page.locator('.language').click();
    await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
    await drawn(page);
    expect(await page.locator('.maplibregl-ctrl-zoom-in').getAttribute('title')).toBe('放大');
    expect(new URL(page.url()).hash).toContain('lang=zh');
    expect(troubles).toEqual([]);
    await close();
  });
});

test.skipIf(!catalog.notice.zh)('between phone and desk the notice gives way to an open tool, and all tools are in sight', async () => {
  const { page, troubles, close } = await visit(browser, `${server.address}#tool=share`, { viewport: { width: 800, height: 600 }, deviceScaleFactor: 0.25 });
  await drawn(page);
  await page.locator('#tool .share').waitFor();
  const box = async (part: string): Promise<{ x: number; y: number; width: number; height: number }> => (await page.locator(part).boundingBox())!;
  const apart = async (one: string, other: string): Promise<boolean> => {
    const [a, b] = await Promise.all([box(one), box(other)]);
    return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  };
  const around = ['#tool', '.tools', '.head .titles', '.legal', '.maplibregl-ctrl-scale'];
  for (const other of around) expect(await apart('.sample', other), other).toBe(true);
  await page.locator('#tool .close').click();
  for (const other of around.slice(1)) expect(await apart('.sample', other), `${other}, closed`).toBe(true);
  await page.setViewportSize({ width: 1280, height: 640 }); // short: all tools stand there, none has to be scrolled to
  expect(await page.locator('.tools').evaluate((rail) => rail.scrollHeight - rail.clientHeight)).toBe(0);
  expect(await apart('.tools', '.maplibregl-ctrl-bottom-right')).toBe(true);
  expect(troubles).toEqual([]);
  await close();
});

describe('on a phone', () => {
  let shared: Visit;
  beforeAll(async () => {
    shared = await visit(browser, server.address, PHONE);
    await drawn(shared.page);
  });
  afterAll(() => shared.close());

  test('the sheet opens from below, its targets are large enough for fingers', async () => {
    const { page } = shared;
    expect(await page.locator('#layers').isVisible()).toBe(false);
    await page.locator('.layers-button').tap();
    await page.locator('#layers').waitFor({ state: 'visible' });
    const sheet = (await page.locator('#layers').boundingBox())!;
    expect(sheet.width).toBe(PHONE.viewport.width);
    expect(sheet.y + sheet.height).toBeGreaterThan(PHONE.viewport.height * 0.9);
    const small = await page.locator('button:visible, #layers label:visible').evaluateAll((nodes) =>
      nodes.map((node) => ({ html: node.outerHTML.slice(0, 90), box: node.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 44 || box.height < 44).map(({ html, box }) => `${html} ${box.width}×${box.height}`));
    expect(small).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.viewport.width);
    expect(await violations(page)).toEqual([]);
  });

  test('a tap on the map opens what is here and folds the layers away', async () => {
    const { page } = shared;
    await page.touchscreen.tap(195, 250);
    await page.locator('#here').waitFor({ state: 'visible' });
    expect(await page.locator('#layers').isVisible()).toBe(false);
    expect(await page.locator('.legal').isVisible()).toBe(true);
    expect(await violations(page)).toEqual([]);
  });

  test('all of that without a single error', () => {
    expect(shared.troubles).toEqual([]);
    expect(shared.strangers).toEqual([]);
  });
});
