// The portal as people use it, on the folder given on the command line.

import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

import { drawn, launch, PHONE, visit } from './browser.ts';
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

/** The findings of axe, one line each: empty means accessible as far as a machine can tell. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe.run());
  return found.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary}`));
}

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

describe('on a desktop', () => {
  test('the map is drawn from this origin alone, without a single error', async () => {
    const { page, troubles, strangers, close } = await visit(browser, server.address);
    await drawn(page);
    const rendered = await page.evaluate(() => window.longquanMap.queryRenderedFeatures().length);
    expect(rendered).toBeGreaterThan(0);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    expect(await page.title()).toBe(catalog.platform.zh);
    expect(troubles).toEqual([]);
    expect(strangers).toEqual([]);
    await close();
  });

  test('who made it, the review number and that it is fictional can be read', async () => {
    const { page, close } = await visit(browser, server.address);
    await drawn(page);
    const legal = await page.locator('.legal').innerText();
    expect(legal).toContain(catalog.review.number ?? '待审核');
    if (catalog.sample) {
      expect(legal).toContain(catalog.notice.zh);
      expect(await page.locator('.sample').isVisible()).toBe(true);
      expect(await page.locator('.sample').innerText()).toBe(catalog.notice.zh);
    }
    await close();
  });

  test('every dataset stands in the panel once', async () => {
    const { page, close } = await visit(browser, server.address);
    await drawn(page);
    const names = await page.locator('#layers .dataset .name').evaluateAll((nodes) => nodes.map((node) => node.firstChild?.textContent ?? ''));
    expect(names.sort()).toEqual(catalog.datasets.map((dataset) => dataset.title.zh).sort());
    await close();
  });

  test('a click tells what is here, of which department; Escape closes', async () => {
    const { page, troubles, close } = await visit(browser, server.address);
    await drawn(page);
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
    expect(troubles).toEqual([]);
    await close();
  });

  test('a switch hides its layers, and the address brings that back', async () => {
    const first = await visit(browser, server.address);
    await drawn(first.page);
    const { dataset } = await somethingDrawn(first.page);
    const count = (page: Page): Promise<number> =>
      page.evaluate((id) => window.longquanMap.queryRenderedFeatures().filter((one) => one.layer.metadata?.['longquan:dataset'] === id).length, dataset);
    expect(await count(first.page)).toBeGreaterThan(0);
    const box = first.page.locator(`.dataset:has(#details-${dataset}) input`);
    if (await box.isEnabled()) {
      await box.uncheck();
      await drawn(first.page);
      expect(await count(first.page)).toBe(0);
      expect(new URL(first.page.url()).hash).toContain(`off=${dataset}`);
      const second = await visit(browser, first.page.url());
      await drawn(second.page);
      expect(await count(second.page)).toBe(0);
      expect(await second.page.locator(`.dataset:has(#details-${dataset}) input`).isChecked()).toBe(false);
      await second.close();
    }
    await first.close();
  });

  test('the address holds the view', async () => {
    const { page, close } = await visit(browser, server.address);
    await drawn(page);
    const view = await page.evaluate(() => [window.longquanMap.getZoom(), window.longquanMap.getCenter().lng]);
    await page.locator('.maplibregl-ctrl-zoom-in').click();
    await page.waitForFunction((zoom) => window.longquanMap.getZoom() > zoom! + 0.9, view[0]);
    await page.waitForFunction(() => /map=[\d.]+\//.test(location.hash));
    const again = await visit(browser, page.url());
    await drawn(again.page);
    expect(await again.page.evaluate(() => window.longquanMap.getZoom())).toBeCloseTo(await page.evaluate(() => window.longquanMap.getZoom()), 1);
    await again.close();
    await close();
  });

  test('Chinese and English, with nothing left in the other language', async () => {
    const { page, close } = await visit(browser, server.address);
    await drawn(page);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    await page.locator('.language').click();
    await page.waitForFunction(() => document.documentElement.lang === 'en');
    await drawn(page);
    expect(await page.locator('.head h1').innerText()).toBe(catalog.platform.en);
    expect(await page.locator('.maplibregl-ctrl-zoom-in').getAttribute('title')).toBe('Zoom in');
    expect(await page.locator('.panel > header').allInnerTexts()).not.toContain('图层');
    await page.locator('.language').click();
    await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
    await drawn(page);
    expect(await page.locator('.maplibregl-ctrl-zoom-in').getAttribute('title')).toBe('放大');
    await close();
    const foreign = await visit(browser, server.address, { locale: 'en-GB' });
    await drawn(foreign.page);
    expect(await foreign.page.evaluate(() => document.documentElement.lang)).toBe('en');
    await foreign.close();
  });

  test('everything can be done by keyboard', async () => {
    const { page, troubles, close } = await visit(browser, server.address);
    await drawn(page);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.classList.contains('maplibregl-canvas'))).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.locator('#here').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('#here').isVisible()).toBe(false);
    const seen = new Set<string>();
    await page.locator('.layers-button').focus();
    for (let i = 0; i < 400; i++) {
      seen.add(await page.evaluate(() => document.activeElement?.closest('[id], button, input, canvas')?.outerHTML.slice(0, 120) ?? ''));
      await page.keyboard.press('Tab');
    }
    const all = await page.locator('button:visible:not([disabled]), input:visible:not([disabled])').evaluateAll((nodes) => nodes.map((node) => node.outerHTML.slice(0, 120)));
    expect(all.filter((html) => !seen.has(html))).toEqual([]);
    expect(troubles).toEqual([]);
    await close();
  });
});

describe('on a phone', () => {
  test('the sheet opens from below, its targets are large enough for fingers', async () => {
    const { page, troubles, close } = await visit(browser, server.address, PHONE);
    await drawn(page);
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
    expect(troubles).toEqual([]);
    await close();
  });

  test('a tap opens what is here and folds the layers away', async () => {
    const { page, close } = await visit(browser, server.address, PHONE);
    await drawn(page);
    await page.touchscreen.tap(195, 400);
    await page.locator('#here').waitFor({ state: 'visible' });
    expect(await page.locator('#layers').isVisible()).toBe(false);
    expect(await page.locator('.legal').isVisible()).toBe(true);
    await close();
  });
});

describe('accessibility', () => {
  test.each([
    ['desktop, Chinese', {}, ''], ['desktop, English', {}, '#lang=en'], ['phone', PHONE, ''],
  ] as const)('axe finds nothing: %s', async (_, options, hash) => {
    const { page, close } = await visit(browser, server.address + hash, options);
    await drawn(page);
    await page.locator('#map canvas').focus();
    await page.keyboard.press('Enter');
    await page.locator('#here').waitFor({ state: 'visible' });
    if ('isMobile' in options) expect(await violations(page)).toEqual([]);
    if (!(await page.locator('#layers').isVisible())) await page.locator('.layers-button').click();
    await page.locator('#layers .disclose').first().click();
    expect(await violations(page)).toEqual([]);
    await close();
  });
});
