// Imagery, shaded hills, 3D and heights: on a valley whose every pixel is a formula, and on the folder under test.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { colours, difference, drawn, launch, PHONE, visit, type Colour, type Visit } from './browser.ts';
import { catalog, dist, readCatalog } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const python = (...args: string[]): string => execFileSync(process.env['LONGQUAN_PYTHON'] ?? 'python3', args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const SMALL = { viewport: { width: 400, height: 330 } } as const; // mountains are slow work without a GPU

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** The height that "what is here" tells for the middle of the map, in metres, and the place it says it is at. */
async function askedInTheMiddle(page: Page): Promise<{ lng: number; lat: number; metres: number }> {
  await page.locator('#map canvas').focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  const height = page.locator('#here .elevation:not(:empty)');
  await height.waitFor();
  const { lng, lat } = await page.evaluate(() => window.longquanMap.getCenter());
  const text = await height.innerText();
  expect(text).toMatch(/^海拔 -?[\d,]+\.\d 米$/);
  return { lng, lat, metres: Number(text.replaceAll(',', '').match(/-?\d+\.\d/)![0]) };
}

async function look(page: Page, lng: number, lat: number, zoom: number): Promise<void> {
  await page.evaluate(([x, y, z]) => window.longquanMap.jumpTo({ center: [x, y], zoom: z }), [lng, lat, zoom] as const);
  await drawn(page);
}

const brightness = ([red, green, blue]: Colour): number => (red + green + blue) / 3;
const distance = (a: Colour, b: Colour): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe('a valley of formulas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longquan-valley-'));
  let server: Server;
  let shared: Visit;
  beforeAll(async () => {
    python('-m', 'tests.e2e.fixture.make', folder, '--rasters');
    server = await servePortal(folder);
    shared = await visit(browser, server.address + hash);
  }, 240_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  /** What a link with this hash shows, in the page that is open already. */
  async function follow(wanted: string): Promise<Page> {
    await shared.page.evaluate(async (text) => {
      const followed = new Promise((done) => addEventListener('hashchange', done, { once: true }));
      if (location.hash !== text) {
        location.hash = text;
        await followed;
      }
    }, wanted);
    await drawn(shared.page);
    return shared.page;
  }

  // tests/e2e/fixture/rasters.py: three round hills above a flat valley
  const hills = [[119.06, 28.03, 1180], [119.17, 28.135, 1420], [119.115, 28.145, 986]] as const;
  const heightAt = (lng: number, lat: number): number =>
    180 + hills.reduce((sum, [x, y, top]) => sum + (top - 180) * Math.exp(-((lng - x) ** 2 + (lat - y) ** 2) / (2 * 0.012 ** 2)), 0);
  const ground: Readonly<Record<string, Colour>> = { '2021': [58, 88, 52], '2023-11': [126, 118, 70], '2026-05': [176, 122, 84] };
  const PLAIN = { x: 700, y: 300 }; // no road, no name
  const hash = '#map=14/28.11500/119.19000';

  /** Whether a colour is that of the ground at a date: fields are as bright or 7 % darker, and WebP loses a little. */
  const isGround = (colour: Colour, date: string): boolean =>
    colour.every((value, i) => value > ground[date]![i]! * 0.93 - 7 && value < ground[date]![i]! + 7);

  test('from map to imagery and back by keyboard: the pixels change, the address tells', async () => {
    const page = await follow(hash);
    const [map] = await colours(page, [PLAIN]);
    expect(isGround(map!, '2026-05')).toBe(false);
    await page.locator('.base input[value=map]').focus();
    await page.keyboard.press('ArrowRight');
    await drawn(page);
    const [imagery] = await colours(page, [PLAIN]);
    expect(isGround(imagery!, '2026-05'), String(imagery)).toBe(true);
    expect(new URL(page.url()).hash).toContain('base=imagery');
    expect(await page.locator('.legal').innerText()).toContain('影像：青溪测绘院');
    await page.locator('.bases input[type=range]').first().focus();
    await page.keyboard.press('Home');
    await drawn(page);
    expect(distance((await colours(page, [PLAIN]))[0]!, map!)).toBeLessThan(2);
    expect(new URL(page.url()).hash).toContain('opacity=0.00');
    await page.keyboard.press('End');
    await page.locator('.base input[value=map]').check();
    await drawn(page);
    expect(distance((await colours(page, [PLAIN]))[0]!, map!)).toBeLessThan(2);
    expect(new URL(page.url()).hash).not.toMatch(/base=|opacity=/);
  });

  test('names and roads stand on imagery, and only where they are asked for', async () => {
    const page = await follow('#map=14/28.07900/119.13000&base=hybrid');
    const shown = (): Promise<string[]> => page.evaluate(() => [...new Set(window.longquanMap.queryRenderedFeatures().map((one) => String(one.layer.metadata?.['longquan:part'])))].sort());
    expect(await shown()).toEqual(expect.arrayContaining(['labels', 'transport']));
    await page.locator('.base input[value=imagery]').check();
    await drawn(page);
    expect(await shown()).not.toContain('labels');
  });

  test('imagery that lies elsewhere is a button away', async () => {
    const page = await follow('#map=12/28.4/119.5&base=imagery');
    const go = page.locator('.go');
    await go.press('Enter');
    await drawn(page);
    expect(await go.isVisible()).toBe(false);
    const { lng, lat } = await page.evaluate(() => window.longquanMap.getCenter());
    expect([Math.round(lng * 100) / 100, Math.round(lat * 100) / 100]).toEqual([119.13, 28.08]);
    expect(isGround((await colours(page, [PLAIN]))[0]!, '2026-05')).toBe(true);
  });

  test('the dates of a series, on the map: by keyboard, by button, by address', async () => {
    const page = await follow(`${hash}&base=imagery`);
    const slider = page.locator('.epochs input');
    expect(await slider.getAttribute('aria-valuetext')).toBe('2026-05');
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await drawn(page);
    expect(await page.locator('.epochs output').innerText()).toBe('2023-11');
    expect(isGround((await colours(page, [PLAIN]))[0]!, '2023-11')).toBe(true);
    await page.locator('.epochs .back').click();
    await drawn(page);
    expect(isGround((await colours(page, [PLAIN]))[0]!, '2021')).toBe(true);
    await page.locator('.epochs .back').press('Enter'); // there is none before
    expect(await slider.getAttribute('aria-valuetext')).toBe('2021');
    const second = await visit(browser, page.url());
    await drawn(second.page);
    expect(await second.page.locator('.epochs output').innerText()).toBe('2021');
    expect(isGround((await colours(second.page, [PLAIN]))[0]!, '2021')).toBe(true);
    expect(second.troubles).toEqual([]);
    await second.close();
  });

  test('hillshade darkens the slope that turns away from the light', async () => {
    const [peak] = [hills[1]];
    const page = await follow(`#map=13.5/${peak[1]}/${peak[0]}&off=terl,terp,agnp,hydl,boul`);
    const slopes = await page.evaluate(([x, y]) => [window.longquanMap.project([x + 0.008, y - 0.007]), window.longquanMap.project([x - 0.008, y + 0.007])], [peak[0], peak[1]] as const);
    const [shaded, lit] = (await colours(page, slopes)).map(brightness);
    await page.locator('.base-boxes input').first().uncheck();
    await drawn(page);
    const [southEast, northWest] = (await colours(page, slopes)).map(brightness);
    expect(shaded!).toBeLessThan(southEast! - 15);
    expect(lit! - shaded!).toBeGreaterThan(20);
    expect(Math.abs(southEast! - northWest!)).toBeLessThan(1);
    expect(new URL(page.url()).hash).toContain('shade=none');
  });

  test('heights are right at three places, and on the terrain map too', async () => {
    const page = await follow('#map=14/28.03/119.06&base=terrain');
    for (const [lng, lat] of [[119.06, 28.03], [119.1612, 28.1277], [119.21, 28.03]] as const) {
      await look(page, lng, lat, 14);
      const { metres, ...place } = await askedInTheMiddle(page);
      expect(place.lng).toBeCloseTo(lng, 6);
      expect(Math.abs(metres - heightAt(lng, lat)), `${metres} at ${lng} ${lat}`).toBeLessThan(0.2);
    }
  });

  test('all of that without a single error, from this origin alone', async () => {
    expect([shared.troubles, shared.strangers]).toEqual([[], []]);
    await shared.close(); // no map in the background while mountains are drawn
  });

  test('the third dimension changes the picture, stands as high as it should, and goes away', async () => {
    const [lng, lat] = [119.17, 28.128];
    const all = readCatalog(folder).datasets.map((dataset) => dataset.id).join(',');
    const { page, troubles, close } = await visit(browser, `${server.address}#map=12/${lat}/${lng}/0/45&base=imagery&shade=none&off=${all}`, SMALL);
    await drawn(page, 120_000);
    const flat = await page.screenshot();
    const button = page.locator('.terrain-button');
    await button.click();
    await drawn(page, 120_000);
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await page.evaluate(() => window.longquanMap.jumpTo({ pitch: 45 }));
    await drawn(page, 120_000);
    expect(await page.evaluate(() => window.longquanMap.getTerrain()?.exaggeration)).toBe(1.5);
    const height = await page.evaluate((at) => window.longquanMap.queryTerrainElevation(at), [lng, lat] as [number, number]);
    expect(Math.abs(height! / 1.5 - heightAt(lng, lat))).toBeLessThan(15); // of a mesh, coarser than the heights
    expect(await difference(page, flat, await page.screenshot())).toBeGreaterThan(0.1);
    expect(new URL(page.url()).hash).toContain('terrain=1.5');
    await button.click();
    await page.evaluate(() => window.longquanMap.jumpTo({ pitch: 45 }));
    await drawn(page, 120_000);
    expect(await page.evaluate(() => window.longquanMap.getTerrain())).toBeNull();
    expect(await difference(page, flat, await page.screenshot())).toBeLessThan(0.02);
    expect(troubles).toEqual([]);
    await close();
  }, 400_000);

  test.each([['desktop', {}], ['phone', PHONE]] as const)('axe finds nothing: %s', async (_, device) => {
    const { page, troubles, close } = await visit(browser, `${server.address}${hash}&base=hybrid&date=2023`, device);
    await drawn(page);
    expect(await violations(page)).toEqual([]);
    if (device === PHONE) await page.locator('.layers-button').tap();
    await page.locator('.bases').waitFor({ state: 'visible' });
    const small = await page.locator('.bases label:visible, .epochs button, .terrain-button').evaluateAll((nodes) =>
      nodes.map((node) => node.getBoundingClientRect()).filter(({ width, height }) => width < 36 || height < 34).length);
    expect(small).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(page.viewportSize()!.width);
    expect(await violations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await close();
  });

  test('an archive that cannot be read is not offered, the rest is', async () => {
    const broken = readCatalog(folder).archives.filter((archive) => archive.product === 'imagery').map((archive) => archive.file);
    const { page, close } = await visit(browser, 'about:blank');
    await page.route((url) => broken.some((file) => decodeURI(url.pathname).endsWith(file)), (route) => route.fulfill({ status: 404 }));
    await page.goto(`${server.address}${hash}&base=imagery`);
    const [offered, chosen] = ['.base input', '.base input:checked'].map((which) => (): Promise<string[]> =>
      page.locator(which).evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value))) as [() => Promise<string[]>, () => Promise<string[]>];
    await drawn(page);
    for (const [i] of broken.entries()) { // each date turns out to be missing when it is asked for
      if (i > 0) await page.locator('.base input[value=imagery]').click();
      await expect.poll(chosen, { timeout: 30_000 }).toEqual(['map']);
    }
    await expect.poll(offered, { timeout: 30_000 }).toEqual(['map', 'terrain']);
    expect(await chosen()).toEqual(['map']);
    await close();
  });

  test('a city without rasters shows none of this', async () => {
    const { page, close } = await visit(browser, 'about:blank');
    const content = readCatalog(folder);
    const archives = content.archives.filter((archive) => archive.type === 'vector');
    await page.route('**/catalog.json', (route) => route.fulfill({ json: { ...content, archives } }));
    await page.goto(server.address);
    await drawn(page);
    expect(await page.locator('.bases, .terrain-button, .epochs:visible').count()).toBe(0);
    await close();
  });
});

const terrain = catalog.archives.find((archive) => archive.product === 'terrain');
const imagery = catalog.archives.find((archive) => archive.product === 'imagery');

describe.skipIf(!terrain || !imagery)('the folder under test', () => {
  let server: Server;
  let shared: Visit;
  const middle = ([west, south, east, north]: readonly [number, number, number, number]): string => `${((south + north) / 2).toFixed(5)}/${((west + east) / 2).toFixed(5)}`;
  beforeAll(async () => {
    server = await servePortal(dist);
    shared = await visit(browser, `${server.address}#map=14/${middle(imagery!.bounds)}`);
    await drawn(shared.page);
  });
  afterAll(async () => {
    await shared.close();
    await server.stop();
  });

  test('shows imagery, shaded hills and contours from its own archives', async () => {
    const { page } = shared;
    const map = await page.screenshot();
    await page.locator('.base input[value=imagery]').check();
    await drawn(page);
    expect(await difference(page, map, await page.screenshot())).toBeGreaterThan(0.3);
    await page.locator('.base input[value=map]').check();
    await look(page, ...(middle(terrain!.bounds).split('/').map(Number).reverse() as [number, number]), 13);
    expect(await page.evaluate(() => window.longquanMap.queryRenderedFeatures().some((one) => one.layer.metadata?.['longquan:part'] === 'relief'))).toBe(true);
    const shaded = await page.screenshot();
    await page.locator('.base-boxes input').first().uncheck();
    await drawn(page);
    expect(await difference(page, shaded, await page.screenshot())).toBeGreaterThan(0.1);
  });

  test('tells the heights that its archive holds, at three places', async () => {
    const [west, south, east, north] = terrain!.bounds;
    const places = [[0.35, 0.4], [0.5, 0.5], [0.62, 0.58]].map(([x, y]) => [west + x! * (east - west), south + y! * (north - south)] as const);
    const expected = JSON.parse(python('-m', 'tests.e2e.fixture.elevation', join(dist, terrain!.file), ...places.flat().map(String))) as number[];
    for (const [i, [lng, lat]] of places.entries()) {
      await look(shared.page, lng, lat, 13);
      const { metres } = await askedInTheMiddle(shared.page);
      expect(Math.abs(metres - expected[i]!), `${metres} at ${lng} ${lat}`).toBeLessThan(0.2);
    }
  });

  test('all of that without a single error, from this origin alone', () => expect([shared.troubles, shared.strangers]).toEqual([[], []]));
});
