// Layers found, faded, ordered and zoomed to; what is here and its link; two maps compared; the features in view as words.

import type { Browser, Page } from 'playwright-core';

import { fromGrid, toGrid } from '../../site/src/core/gauss-krueger.ts';
import { violations } from './axe.ts';
import { colours, drawn, launch, PHONE, visit, type Visit } from './browser.ts';
import { catalog, dist, readCatalog } from './folder.ts';
import { servePortal, type Server } from './server.ts';

interface Layers {
  readonly archives: readonly { readonly id: string; readonly product?: string; readonly type: string }[];
  readonly datasets: readonly { readonly id: string; readonly title: { readonly zh: string }; readonly theme: string; readonly layers: readonly { readonly layer: string | null; readonly geometry: string }[] }[];
}
const { datasets } = readCatalog(dist) as unknown as Layers;
const vectors = datasets.filter(({ layers }) => layers.some(({ layer }) => layer !== null));
const pictures = catalog.archives.some(({ product }) => product === 'imagery' || product === 'terrain');

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

interface Spot {
  readonly dataset: string;
  readonly x: number;
  readonly y: number;
}

/** Where an area of a dataset is drawn, nothing over it, in the middle of the map. */
function anArea(page: Page): Promise<Spot | null> {
  return page.evaluate(() => {
    for (let y = innerHeight * 0.25; y < innerHeight * 0.8; y += 13) {
      for (let x = innerWidth * 0.32; x < innerWidth * 0.64; x += 13) {
        const around = window.longquanMap.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]]);
        const area = around.find(({ geometry, layer }) => geometry.type.endsWith('Polygon') && layer.metadata?.['longquan:dataset']);
        const dataset = String(area?.layer.metadata?.['longquan:dataset']);
        if (area && around.every(({ geometry }) => geometry.type.endsWith('Polygon')) && around[0]!.layer.metadata?.['longquan:dataset'] === dataset) return { dataset, x, y };
      }
    }
    return null;
  });
}

const hash = (page: Page): Promise<URLSearchParams> => page.evaluate(() => location.hash.slice(1)).then((text) => new URLSearchParams(text));
const order = (page: Page): Promise<string[]> => page.evaluate(() => (window.longquanMap as unknown as { getLayersOrder(): string[] }).getLayersOrder());
const datasetsOf = (page: Page): Promise<Record<string, string>> => page.evaluate(() => Object.fromEntries(
  window.longquanMap.getStyle().layers.map(({ id, metadata }) => [id, String(metadata?.['longquan:dataset'] ?? '')])));

describe('on a desktop', () => {
  let shared: Visit;
  let page: Page;
  beforeAll(async () => {
    shared = await visit(browser, server.address);
    page = shared.page;
    await drawn(page);
  });
  afterAll(() => shared.close());
  const row = (id: string): string => `.dataset:has(#details-${id})`;
  const open = async (id: string): Promise<void> => {
    if (!(await page.locator(`#details-${id}`).isVisible())) await page.locator(`${row(id)} .disclose`).click();
  };

  test('a word finds the datasets that have it, Escape shows all again', async () => {
    const find = page.locator('#layers input[type=search]');
    const wanted = datasets.at(-1)!.title.zh;
    await find.fill(wanted);
    const found = await page.locator('#layers .dataset:visible .name').evaluateAll((nodes) => nodes.map((node) => node.firstChild!.textContent));
    expect(found).toContain(wanted);
    expect(found.length).toBeLessThan(datasets.length);
    expect(await page.locator('.found').innerText()).toContain(String(found.length));
    await find.fill('没有这样的图层');
    expect(await page.locator('#layers .dataset:visible').count()).toBe(0);
    await find.press('Escape');
    expect(await page.locator('#layers .dataset:visible').count()).toBe(datasets.length);
    expect(await page.locator('#layers').isVisible()).toBe(true);
  });

  test('half the opacity is half the colour; the link says so; all is undone by one button', async () => {
    const spot = (await anArea(page))!;
    expect(spot).not.toBeNull();
    const [before] = await colours(page, [spot]);
    await open(spot.dataset);
    const slider = page.locator(`#details-${spot.dataset} input[type=range]`);
    await slider.fill('0');
    expect((await hash(page)).get('fade')).toBe(`${spot.dataset}:0`);
    await drawn(page);
    const [without] = await colours(page, [spot]);
    await slider.fill('50');
    await drawn(page);
    const [half] = await colours(page, [spot]);
    const apart = Math.max(...before!.map((value, i) => Math.abs(value - without![i]!)));
    expect(apart).toBeGreaterThan(1);
    half!.forEach((value, i) => expect(Math.abs(value - (before![i]! + without![i]!) / 2)).toBeLessThan(Math.max(1.5, apart * 0.3)));
    await page.locator('.reset').click();
    expect((await hash(page)).has('fade')).toBe(false);
    await drawn(page);
    const [after] = await colours(page, [spot]);
    after!.forEach((value, i) => expect(Math.abs(value - before![i]!)).toBeLessThan(1));
    expect(await page.locator('.reset').isVisible()).toBe(false);
  });

  test('a dataset is lifted over all others, moved by the arrow keys, and put back', async () => {
    const usual = await order(page);
    const owner = await datasetsOf(page);
    const drawnOnes = [...new Set(usual.map((id) => owner[id]).filter((id): id is string => Boolean(id)))];
    const [low, second] = drawnOnes as [string, string];
    for (const id of [low, second]) {
      await open(id);
      await page.locator(`#details-${id} .actions button`, { hasText: '置于顶层' }).click();
    }
    expect((await hash(page)).get('above')).toBe(`${second},${low}`);
    const tops = (ids: string[]): string[] => [...new Set(ids.map((id) => owner[id]!).filter(Boolean).reverse())].slice(0, 2);
    expect(tops(await order(page))).toEqual([second, low]);
    await page.locator(`[data-order="${second}"] .grip`).focus();
    await page.keyboard.press('ArrowDown');
    expect((await hash(page)).get('above')).toBe(`${low},${second}`);
    expect(tops(await order(page))).toEqual([low, second]);
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('grip');
    expect(await violations(page)).toEqual([]);
    const [from, to] = await Promise.all([`[data-order="${low}"] .grip`, `[data-order="${second}"] .grip`].map(async (one) => (await page.locator(one).boundingBox())!));
    await page.mouse.move(from!.x + 10, from!.y + 10);
    await page.mouse.down();
    await page.mouse.move(to!.x + 10, to!.y + to!.height, { steps: 4 });
    await page.mouse.up();
    expect((await hash(page)).get('above')).toBe(`${second},${low}`);
    await page.locator('.away').first().click();
    await page.locator('.away').first().click();
    expect(await order(page)).toEqual(usual);
    expect((await hash(page)).has('above')).toBe(false);
  });

  test('a whole theme goes off and on', async () => {
    const all = page.locator('.theme h3 input').first();
    const theme = page.locator('.theme', { has: page.locator('h3 input') }).first();
    const boxes = theme.locator('.row input:enabled');
    const checked = (): Promise<boolean[]> => boxes.evaluateAll((nodes) => nodes.map((node) => (node as HTMLInputElement).checked));
    const before = await checked();
    await all.setChecked(true);
    expect((await checked()).every(Boolean)).toBe(true);
    await all.setChecked(false);
    expect((await checked()).some(Boolean)).toBe(false);
    await boxes.first().check();
    expect(await all.evaluate((node) => (node as HTMLInputElement).indeterminate)).toBe(before.length > 1);
    if (await page.locator('.reset').isVisible()) await page.locator('.reset').click();
    expect(await checked()).toEqual(before);
  });

  test('what the zoom is too small for is a button away', async () => {
    await page.evaluate(() => window.longquanMap.jumpTo({ zoom: 6 }));
    const near = page.locator('.nearer:visible').first();
    await near.waitFor();
    const id = (await near.locator('xpath=ancestor::li').locator('.details').getAttribute('id'))!.replace('details-', '');
    await near.click();
    await page.locator(`${row(id)}:not(.too-far)`).waitFor();
    expect(await page.evaluate(() => window.longquanMap.getZoom())).toBeGreaterThan(6);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('checkbox');
    const [lng, lat, zoom] = catalog.center;
    await page.evaluate((view) => window.longquanMap.jumpTo({ center: [view[0], view[1]], zoom: view[2] }), [lng, lat, zoom] as const);
    await drawn(page);
  });

  test('what is here: coordinates in every form, copied on plain http; the link brings the feature back', async () => {
    const spot = (await anArea(page))!;
    await page.mouse.click(spot.x, spot.y);
    const here = page.locator('#here');
    await here.waitFor({ state: 'visible' });
    const at = (await hash(page)).get('at')!;
    expect(at).toMatch(/^[\w-]+:.+/);
    const name = await here.locator('details[name=features] .what').first().innerText();
    await here.locator('.coordinates summary').click();
    const texts = await here.locator('.coordinates .text').allInnerTexts();
    const [lng, lat] = texts[0]!.split(', ').map(Number) as [number, number];
    const clicked = await page.evaluate(([x, y]) => (window.longquanMap as unknown as { unproject(at: [number, number]): { lng: number; lat: number } }).unproject([x, y]), [spot.x, spot.y] as const);
    expect(Math.abs(lng - clicked.lng) + Math.abs(lat - clicked.lat)).toBeLessThan(1e-3); // a pixel or two: clicks are whole pixels
    const [, degree, minute, second] = /(\d+)°(\d+)′([\d.]+)″/.exec(texts[1]!)!.map(Number) as [number, number, number, number];
    expect(degree + minute / 60 + second / 3600).toBeCloseTo(Math.abs(lng), 5);
    const { meridian } = toGrid({ lng: catalog.center[0], lat: catalog.center[1] });
    if (texts.length > 2) {
      const [, northing, easting] = /X ([\d.]+), Y ([\d.]+)/.exec(texts[2]!)!.map(Number) as [number, number, number];
      const place = fromGrid({ northing, easting, meridian });
      expect(Math.abs(place.lng - lng) + Math.abs(place.lat - lat)).toBeLessThan(1.2e-6); // the first form has six decimals
      expect(texts[3]).toBe(`X ${northing.toFixed(2)}, Y ${((meridian / 3) * 1e6 + easting).toFixed(2)}`);
      expect(await here.locator('.coordinates small').first().innerText()).toContain(`EPSG:${4534 + (meridian - 75) / 3}`);
    }
    await here.locator('.coordinates button').nth(1).click();
    await here.locator('.coordinates .copied', { hasText: texts[1]! }).waitFor();
    await page.locator('#layers input[type=search]').focus();
    await page.keyboard.press('Control+V');
    expect(await page.locator('#layers input[type=search]').inputValue()).toBe(texts[1]);
    await page.keyboard.press('Escape');
    expect(await violations(page)).toEqual([]);

    const second2 = await visit(browser, page.url());
    await drawn(second2.page);
    await second2.page.locator('#here').waitFor({ state: 'visible' });
    expect(await second2.page.locator('#here details[name=features] .what').first().innerText()).toBe(name);
    expect((await hash(second2.page)).get('at')).toBe(at);
    expect((await order(second2.page)).some((id) => id.startsWith('longquan-selection'))).toBe(true);
    expect(second2.troubles).toEqual([]);
    await second2.close();
    await here.locator('.close').click();
    expect((await hash(page)).has('at')).toBe(false);
  });

  test.skipIf(!pictures)('two maps: the divider by keyboard, sides in the link, one map when closed', async () => {
    const canvases = (): Promise<number> => page.locator('.maplibregl-canvas').count();
    const place = await page.evaluate(() => ({ x: innerWidth * 0.6, y: innerHeight * 0.62 }));
    const [before] = await colours(page, [place]);
    await page.locator('[data-tool=compare]').click();
    await page.locator('.compare-map.drawn').waitFor();
    expect(await canvases()).toBe(2);
    expect((await hash(page)).get('swipe')).toMatch(/^.+@50$/);
    const side = page.locator('.compare-panel select').nth(1);
    await side.selectOption({ index: (await side.locator('option').count()) - 1 }); // heights or imagery: another picture everywhere
    await page.waitForFunction(() => (window.longquanMap as unknown as { areTilesLoaded(): boolean }).areTilesLoaded());
    const divider = page.locator('.compare input[type=range]');
    await divider.focus();
    await page.keyboard.press('ArrowRight');
    expect((await hash(page)).get('swipe')).toMatch(/@51$/);
    await page.keyboard.press('End');
    const [left] = await colours(page, [place]);
    expect(left).toEqual(before); // the second map is out of the way
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.querySelector<HTMLElement>('.compare-map')!.style.clipPath.includes('22px'));
    // A click asks the map under it: here the second, whatever the first one shows.
    const hidden = await page.evaluate(() => {
      const map = window.longquanMap;
      const visible = map.getLayersOrder().filter((id) => map.getLayoutProperty(id, 'visibility') !== 'none');
      for (const id of visible) map.setLayoutProperty(id, 'visibility', 'none');
      return visible;
    });
    await drawn(page);
    await page.mouse.click(place.x, place.y);
    await page.locator('#here details[name=features]').first().waitFor();
    await page.locator('#here .close').click();
    await page.evaluate((ids) => {
      for (const id of ids) window.longquanMap.setLayoutProperty(id, 'visibility', 'visible');
    }, hidden);
    await page.locator('#tool .close').click();
    expect(await canvases()).toBe(1);
    expect((await hash(page)).has('swipe')).toBe(false);
  });

  test('the features in view as words: nearest first, chosen ones are marked, a moved map brings others', async () => {
    await page.locator('[data-tool=list]').click();
    await page.locator('.feature-list .feature').first().waitFor();
    const sections = await page.locator('.feature-list section').evaluateAll((nodes) => nodes.map((node) => ({
      title: node.querySelector('h3')!.textContent!, where: [...node.querySelectorAll('.where')].map((one) => one.textContent!),
    })));
    const names = vectors.map(({ title }) => title.zh);
    for (const { title } of sections) expect(names).toContain(title.replace(/（\d+）$/, ''));
    const metres = (text: string): number => (text === '在中心' ? 0 : Number(/[\d.]+/.exec(text)![0]) * (text.includes('公里') ? 1000 : 1));
    for (const { where } of sections) expect(where.map(metres)).toEqual([...where.map(metres)].sort((a, b) => a - b));
    await page.locator('.feature-list .feature').first().click();
    await page.waitForFunction(() => location.hash.includes('at='));
    expect(await page.locator('.feature-list .feature').first().getAttribute('aria-expanded')).toBe('true');
    await page.waitForFunction(() => (window.longquanMap as unknown as { getLayersOrder(): string[] }).getLayersOrder().some((id) => id.startsWith('longquan-selection')));
    expect(await violations(page)).toEqual([]);
    const before = await page.locator('.feature-list .count').innerText();
    await page.evaluate(() => window.longquanMap.jumpTo({ zoom: window.longquanMap.getZoom() + 1.5 }));
    await page.waitForFunction((text) => document.querySelector('.feature-list .count')!.textContent !== text, before);
    await page.locator('#tool .close').click();
  });

  test('all of that without a single error', () => {
    expect(shared.troubles).toEqual([]);
    expect(shared.strangers).toEqual([]);
  });
});

test('on a phone every target of an open layer is large enough, and axe finds nothing', async () => {
  const [dataset] = vectors;
  const { page, troubles, close } = await visit(browser, `${server.address}#above=${dataset!.id}`, PHONE);
  await drawn(page);
  await page.locator('.layers-button').tap();
  await page.locator('#layers .disclose').first().tap();
  const small = await page.locator('#layers button:visible, #layers label:visible, #layers input[type=search]').evaluateAll((nodes) =>
    nodes.map((node) => ({ html: node.outerHTML.slice(0, 90), box: node.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 44 || box.height < 44).map(({ html, box }) => `${html} ${box.width}×${box.height}`));
  expect(small).toEqual([]);
  expect(await violations(page)).toEqual([]);
  expect(troubles).toEqual([]);
  await close();
});
