// The looks of the map: readers change between them where they are, and nothing of what they did is lost.

import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { colours, drawn, launch, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const SMALL = { viewport: { width: 1100, height: 520 } } as const;
const drawnLooks = catalog.styles.filter(({ base }) => (base ?? 'map') === 'map').map(({ id }) => id);
const looks = describe.skipIf(!drawnLooks.includes('dark'));

looks('looks of the map', () => {
  let browser: Browser;
  let server: Server;
  let seen: Visit;
  let page: Page;
  beforeAll(async () => {
    browser = await launch();
    server = await servePortal(dist);
    const [lng, lat] = catalog.center;
    seen = await visit(browser, `${server.address}#map=13/${lat}/${lng}&lang=zh`, SMALL);
    page = seen.page;
    await drawn(page);
    // what a reader and the tools have made of the map
    await page.evaluate(() => {
      const map = window.longquanMap;
      const { lng, lat } = map.getCenter();
      map.addSource('longquan-mine', { type: 'geojson', data: { type: 'Point', coordinates: [lng, lat] } });
      map.addLayer({ id: 'longquan-mine', type: 'circle', source: 'longquan-mine', paint: { 'circle-radius': 9, 'circle-color': '#ff00ff' } });
      map.jumpTo({ bearing: 20, pitch: 30 });
    });
  }, 120_000);
  afterAll(async () => {
    await seen?.close();
    await server?.stop();
    await browser?.close();
  });

  const light = async (): Promise<number> => {
    await drawn(page);
    const [ground] = await colours(page, [{ x: 760, y: 250 }]);
    return (ground![0] + ground![1] + ground![2]) / 3;
  };
  const paint = (layer: string, property: string): Promise<unknown> =>
    page.evaluate(([id, name]) => window.longquanMap.getPaintProperty(id, name), [layer, property] as const);

  test('dark is dark, and one step away', async () => {
    const day = await light();
    const pictures = (): Promise<readonly string[]> => page.locator('#layers .dataset .swatch').evaluateAll((all) => all.map((one) => one.innerHTML));
    const dayPictures = await pictures();
    await page.getByRole('radio', { name: '深色' }).check({ force: true });
    await page.waitForFunction(() => window.longquanMap.getPaintProperty('background', 'background-color') !== '#f7f6f0');
    const night = await light();
    const changed = (await pictures()).filter((picture, i) => picture !== dayPictures[i]);
    expect(changed.length).toBeGreaterThan(dayPictures.length / 2); // the legend is that of the map
    expect(day).toBeGreaterThan(170);
    expect(night).toBeLessThan(110);
    expect(new URL(page.url()).hash).toContain('flavour=dark');
  });

  test('view and what was added are where they were', async () => {
    const state = await page.evaluate(() => {
      const map = window.longquanMap;
      return { bearing: map.getBearing(), pitch: map.getPitch(), top: map.getLayersOrder().at(-1), mine: map.getSource('longquan-mine') !== undefined };
    });
    expect(state).toEqual({ bearing: 20, pitch: 30, top: 'longquan-mine', mine: true });
  });

  test('a dataset switched off stays off in all looks', async () => {
    const visible = (): Promise<unknown> => page.evaluate(() => window.longquanMap.getLayoutProperty('water-area', 'visibility'));
    await page.evaluate(() => (location.hash += '&off=water-areas'));
    await page.waitForFunction(() => window.longquanMap.getLayoutProperty('water-area', 'visibility') === 'none');
    await page.getByRole('radio', { name: '浅色' }).check({ force: true });
    await page.waitForFunction(() => window.longquanMap.getPaintProperty('background', 'background-color') === '#f7f6f0');
    expect(await visible()).toBe('none');
    expect(new URL(page.url()).hash).not.toContain('flavour');
  });

  test.skipIf(!catalog.styles.some(({ base }) => base === 'hybrid'))('names over imagery are light, and dark again on the map', async () => {
    const before = await paint('place-city', 'text-color');
    await page.evaluate(() => (location.hash += '&base=hybrid'));
    await page.waitForFunction(() => window.longquanMap.getPaintProperty('place-city', 'text-color') === '#ffffff' && !window.longquanMap.getLayer('land-cover'));
    expect(await page.locator('.base-looks').isVisible()).toBe(false);
    await page.evaluate(() => (location.hash = location.hash.replace('&base=hybrid', '')));
    await page.waitForFunction(() => window.longquanMap.getLayer('land-cover') !== undefined);
    expect(await paint('place-city', 'text-color')).toBe(before);
    const order = await page.evaluate(() => window.longquanMap.getLayersOrder());
    expect(order.indexOf('land-cover')).toBeLessThan(order.indexOf('road-major'));
    expect(order.at(-1)).toBe('longquan-mine');
  });

  test('a character that neither data nor fonts of the city have is drawn, and nobody is asked for it', async () => {
    const before = seen.troubles.length;
    const shares = await page.evaluate(async () => {
      const map = window.longquanMap;
      const { lng, lat } = map.getCenter();
      map.addSource('longquan-word', { type: 'geojson', data: { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [lng, lat] } } });
      const layout = { 'text-field': '\u9f98', 'text-font': ['Noto Sans SC Bold'], 'text-size': 90, 'text-allow-overlap': true, 'text-rotation-alignment': 'viewport', 'text-pitch-alignment': 'viewport' };
      map.addLayer({ id: 'longquan-word', type: 'symbol', source: 'longquan-word', layout, paint: { 'text-color': '#ff00ff' } });
      const { x, y } = map.project([lng, lat]);
      return { x, y };
    });
    const ink = async (): Promise<number> => {
      await drawn(page);
      const clip = { x: shares.x - 40, y: shares.y - 40, width: 80, height: 80 };
      const canvas = (await page.locator('#map canvas').boundingBox())!;
      const picture = (await page.screenshot({ clip: { ...clip, x: clip.x + canvas.x, y: clip.y + canvas.y } })).toString('base64');
      return page.evaluate(async (base64) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        return data.filter((red, i) => i % 4 === 0 && red > 200 && data[i + 1]! < 90 && data[i + 2]! > 200).length / (data.length / 4);
      }, picture);
    };
    await expect.poll(ink, { timeout: 30_000 }).toBeGreaterThan(0.2); // a character of 48 strokes
    expect(seen.troubles.length).toBe(before);
  });

  test('a link opens in the look it names, without faults for readers of any kind', async () => {
    await page.evaluate(() => (location.hash += '&flavour=dark'));
    await page.reload();
    await drawn(page);
    expect(await paint('background', 'background-color')).not.toBe('#f7f6f0');
    expect(await page.getByRole('radio', { name: '深色' }).isChecked()).toBe(true);
    expect(await violations(page)).toEqual([]);
    expect(seen.troubles).toEqual([]);
    expect(seen.strangers).toEqual([]);
  });
});
