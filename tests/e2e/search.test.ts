// The search box on the sample city: what is typed, what comes first, and where the map goes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, PHONE, visit, type Visit } from './browser.ts';
import { dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const { search, sample } = JSON.parse(readFileSync(join(dist, 'catalog.json'), 'utf8')) as { search?: object | null; sample: boolean };

// Of the sample city, as its departments hand it in: the school stands at 华怡路2号.
const SCHOOL = [119.122873, 28.058821] as const;
const TOWN = [119.138374, 28.065856] as const;

describe.skipIf(!search || !sample)('search', () => {
  let browser: Browser;
  let server: Server;
  let shared: Visit;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), servePortal(dist)]);
    shared = await visit(browser, server.address);
    await drawn(shared.page);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const box = (page: Page) => page.locator('.search-input');

  /** Type, and read the list once it begins with `first`. */
  async function typed(page: Page, text: string, first: string): Promise<string[]> {
    await box(page).fill(text);
    await page.waitForFunction((title) => document.querySelector('.search-option .search-title')?.textContent === title, first, { timeout: 60_000 });
    return page.locator('.search-option .search-title').allTextContents();
  }

  /** The middle of the map, once it no longer moves. */
  async function middle(page: Page): Promise<readonly [lng: number, lat: number, zoom: number]> {
    return page.evaluate(() => {
      const { lng, lat } = window.longquanMap.getCenter();
      return [lng, lat, window.longquanMap.getZoom()] as const;
    });
  }

  test.each([
    ['汉字', '剑川小学', '剑川小学'],
    ['a part of it', '川小学', '剑川小学'],
    ['pinyin', 'jianchuanxiaoxue', '剑川小学'],
    ['a road in pinyin', 'huayilu', '华怡路'],
    ['initials', 'jcxx', '剑川小学'],
    ['a mixture', '剑川xiaox', '剑川小学'],
    ['a typo', '剑川小雪', '剑川小学'],
    ['a typo in pinyin', 'jianchuanxiaoxeu', '剑川小学'],
    ['a house number in words', '華怡路二號', '华怡路2号'],
  ] as const)('%s: %s finds %s first', async (_what, text, title) => {
    expect((await typed(shared.page, text, title))[0]).toBe(title);
  });

  // Few, because each draws the map anew.
  test.each([
    ['a name', 'jcxx', '剑川小学', SCHOOL],
    ['a house number', '华怡路2号', '华怡路2号', SCHOOL],
    ['an admin code', '331181001', '剑川街道', TOWN],
  ] as const)('%s: %s → %s', async (_what, text, title, [lng, lat]) => {
    const { page } = shared;
    await typed(page, text, title);
    await box(page).press('Enter');
    const { marker } = await page.evaluate(() => ({ marker: new URLSearchParams(location.hash.slice(1)).get('pin') }));
    const [x, y, name] = marker!.split(',');
    expect(name).toBe(title);
    expect([Number(x), Number(y)]).toEqual([expect.closeTo(lng, 4), expect.closeTo(lat, 4)]);
    const pin = await page.evaluate(([a, b]) => window.longquanMap.project([a, b]), [lng, lat] as [number, number]);
    const { width, height } = page.viewportSize()!;
    expect(pin.x).toBeGreaterThan(340); // the layer panel does not cover it
    expect(pin.x).toBeLessThan(width);
    expect(pin.y).toBeGreaterThan(0);
    expect(pin.y).toBeLessThan(height);
    expect(await page.locator('.pin').getAttribute('aria-label')).toBe(`标记：${title}`);
    expect(await page.locator('.news').textContent()).toBe(`已定位到${title}`);
  });

  test('a route number leads to the whole road', async () => {
    const { page } = shared;
    await typed(page, 'g9526', '云剑高速');
    expect(await page.locator('.search-detail').first().textContent()).toContain('G9526');
    await box(page).press('Enter');
    const [, , zoom] = await middle(page);
    expect(zoom).toBeLessThan(12); // it is fifty kilometres long
  });

  test.each([
    ['28°06′00″N 119°12′00″E', [119.2, 28.1]],
  ] as const)('coordinates: %s', async (text, [lng, lat]) => {
    const { page } = shared;
    await box(page).fill(text);
    await page.locator('.search-option').first().waitFor();
    expect(await page.locator('.search-detail').first().textContent()).toContain('坐标位置');
    await box(page).press('Enter');
    const [x, y] = await middle(page);
    expect([x, y]).toEqual([expect.closeTo(lng, 4), expect.closeTo(lat, 4)]);
  });

  test('arrows, marked letters, town, and Escape', async () => {
    const { page } = shared;
    await typed(page, '龙泉', '龙泉市');
    await box(page).press('ArrowDown');
    await box(page).press('ArrowDown');
    const active = await box(page).getAttribute('aria-activedescendant');
    expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true');
    expect(active).toBe('search-list-1');
    expect(await page.locator('.search-option mark').first().textContent()).toBe('龙泉');
    expect(await page.locator('.search-option .search-detail').first().textContent()).toContain('剑川街道');
    expect(await violations(page)).toEqual([]);
    await box(page).press('Escape');
    expect(await page.locator('.search-popup').isVisible()).toBe(false);
    expect(await box(page).getAttribute('aria-expanded')).toBe('false');
    await box(page).press('Escape');
    expect(await box(page).inputValue()).toBe('');
    expect(await page.locator('.pin').count()).toBe(0);
  });

  test('nothing found comes with advice', async () => {
    const { page } = shared;
    await box(page).fill('蓬莱瀛洲方丈');
    await page.locator('.search-note', { hasText: '没有找到' }).waitFor();
    expect(await page.locator('.search-note').textContent()).toContain('拼音');
  });

  test('nothing is asked for while an input method composes', async () => {
    const { page } = shared;
    await typed(page, '龙泉', '龙泉市');
    await box(page).evaluate((input: HTMLInputElement) => {
      input.dispatchEvent(new CompositionEvent('compositionstart'));
      input.value = "jian'chuan";
      input.dispatchEvent(new InputEvent('input'));
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 200)));
    expect(await page.locator('.search-option .search-title').first().textContent()).toBe('龙泉市'); // as before
    await box(page).evaluate((input: HTMLInputElement) => {
      input.value = '剑川小学';
      input.dispatchEvent(new CompositionEvent('compositionend'));
    });
    await page.locator('.search-title', { hasText: '剑川小学' }).first().waitFor();
  });

  test('recent searches are offered, and forgotten when asked', async () => {
    const { page } = shared;
    await typed(page, 'jcxx', '剑川小学');
    await page.locator('.search-option').first().click();
    await page.locator('.search-clear').click();
    await page.locator('#map canvas').first().focus();
    await box(page).focus();
    await page.locator('.search-note', { hasText: '最近搜索' }).waitFor();
    expect(await page.locator('.search-option .search-title').first().textContent()).toBe('剑川小学');
    await page.locator('.search-forget').click();
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('longquan-recent')))).toEqual([]);
    expect(await page.locator('.search-popup').isVisible()).toBe(false);
  });

  test('all of that without a single error or stranger', () => {
    expect(shared.troubles).toEqual([]);
    expect(shared.strangers).toEqual([]);
  });

  test('on a phone the box spans the screen, its lines are fingers high, and English is complete', async () => {
    const phone = await visit(browser, `${server.address}#lang=en`, PHONE);
    await drawn(phone.page);
    await typed(phone.page, 'primary school', (await first(phone.page, 'primary school'))!);
    // Asked until it stands: the list is drawn anew while answers come in.
    const size = async (part: string) => (await phone.page.locator(part).first().boundingBox()) ?? { width: 0, height: 0 };
    await expect.poll(async () => (await size('.search-line')).width).toBeGreaterThan(360);
    await expect.poll(async () => (await size('.search-option')).height).toBeGreaterThanOrEqual(44);
    expect(await phone.page.locator('.search-detail').first().textContent()).toContain('Primary School');
    expect(await violations(phone.page)).toEqual([]);
    expect(phone.troubles).toEqual([]);
    await phone.close();
  });

  async function first(page: Page, text: string): Promise<string | null> {
    await box(page).fill(text);
    await page.locator('.search-option').first().waitFor({ timeout: 60_000 });
    return page.locator('.search-option .search-title').first().textContent();
  }
});
