// The catalogue's pages: read without a script, accessible, and on speaking terms with the map.

import type { Browser } from 'playwright-core';

import { violations } from './axe.ts';
import { DESKTOP, drawn, launch, PHONE, visit } from './browser.ts';
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

const first = catalog.datasets[0]!;
const PAGES = ['data.html', `data/${first.id}.html`];
const titles = catalog.datasets.map((dataset) => dataset.title.zh).sort();

describe.each(PAGES)('%s', (path) => {
  test.each([['desktop', DESKTOP], ['phone', PHONE]] as const)('nothing fails, nothing is foreign, nothing sticks out, axe finds nothing: %s', async (_name, options) => {
    const { page, troubles, strangers, close } = await visit(browser, server.address + path, options);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect([...troubles, ...strangers]).toEqual([]);
    await close();
  });
});

test('without a script every dataset stands in the list and leads to its page', async () => {
  const { page, troubles, close } = await visit(browser, `${server.address}data.html`, { javaScriptEnabled: false });
  const names = page.locator('.list tbody th a [lang="zh-CN"]');
  expect((await names.allInnerTexts()).sort()).toEqual(titles);
  await page.locator(`.list a[href="data/${first.id}.html"]`).click();
  expect(await page.locator('h1 [lang="zh-CN"]').innerText()).toBe(first.title.zh);
  expect(troubles).toEqual([]);
  await close();
});

test('what is typed narrows the list, in either language and by owner; nothing is typed without a script', async () => {
  const { page, close } = await visit(browser, `${server.address}data.html`);
  const shown = async (): Promise<string[]> => page.locator('.list tbody tr:visible th a [lang="zh-CN"]').allInnerTexts();
  expect((await shown()).sort()).toEqual(titles);
  for (const typed of [first.title.zh, first.title.en.toUpperCase(), first.id, `${first.title.zh} ${first.department.name.zh}`]) {
    await page.locator('.filter input').fill(typed);
    expect(await shown()).toContain(first.title.zh);
    expect((await shown()).length).toBeLessThan(titles.length);
    expect(await page.locator('section.theme:visible').count()).toBeLessThanOrEqual((await shown()).length);
  }
  await page.locator('.filter input').fill('没有这个');
  expect(await shown()).toEqual([]);
  expect(await page.locator('.filter output').innerText()).toBe(`0 / ${titles.length}`);
  await page.locator('.filter input').fill('');
  expect((await shown()).sort()).toEqual(titles);
  await close();
  const plain = await visit(browser, `${server.address}data.html`, { javaScriptEnabled: false });
  expect(await plain.page.locator('.filter').isVisible()).toBe(false);
  await plain.close();
});

test('the map leads to the catalogue, and a dataset\'s page back to the map with the dataset on it', async () => {
  const { page, troubles, close } = await visit(browser, server.address);
  await drawn(page);
  await page.locator('.to-catalogue a').click();
  await page.locator(`.list a[href="data/${first.id}.html"]`).click();
  await page.locator('a.primary').click();
  await drawn(page);
  const wishes = new URLSearchParams(new URL(page.url()).hash.slice(1));
  expect(wishes.get('on')).toBe(first.id);
  expect(await page.evaluate((id) => window.longquanMap.queryRenderedFeatures().some((one) => one.layer.metadata?.['longquan:dataset'] === id), first.id)).toBe(true);
  expect(troubles).toEqual([]);
  await close();
});

test('the lights are those of the reader\'s day', async () => {
  const lights = async (prepare?: () => void): Promise<string[]> => {
    const { page, close } = await visit(browser, `${server.address}data.html`, {}, prepare);
    const found = await page.locator('.list .light[data-fresh-until]').evaluateAll((nodes) => nodes.map((node) => node.className));
    await close();
    return [...new Set(found)];
  };
  const on = (day: string): (() => void) => new Function(`const Real = Date; Date = class extends Real { constructor() { super('${day}T12:00:00'); } };`) as () => void;
  expect(await lights(on('2099-01-01'))).toEqual(['light red']);
  expect(await lights(on('2020-01-01'))).toEqual(['light green']);
});
