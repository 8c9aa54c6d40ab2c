// Paper, links, frames, reports, and other people's pages.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import jsQR from 'jsqr';
import type { Browser, Download, Frame, Page } from 'playwright-core';

import { distance, destination, type Place } from '../../site/src/core/geodesy.ts';
import { violations } from './axe.ts';
import { drawn, launch, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { serve, servePortal, type Server } from './server.ts';

const [LNG, LAT] = catalog.center;
const PATIENCE = 120_000;

/** A dataset that the map shows unless told otherwise. */
const USUAL = ((): string => {
  const style = JSON.parse(readFileSync(join(dist, catalog.styles[0]!.href), 'utf8')) as { layers: { layout?: { visibility?: string }; metadata?: Record<string, string> }[] };
  return style.layers.find(({ layout, metadata }) => layout?.visibility !== 'none' && metadata?.['longquan:dataset'])!.metadata!['longquan:dataset']!;
})();
const { search } = catalog as typeof catalog & { readonly search?: unknown };

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** The pixels of a PNG, or of a part of it. */
async function pixels(page: Page, png: Buffer, part?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): Promise<Picture> {
  const { width, height, base64 } = await page.evaluate(async ([source, box]) => {
    const bytes = Uint8Array.from(atob(source), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const { x, y, width, height } = box ?? { x: 0, y: 0, width: bitmap.width, height: bitmap.height };
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(x, y, width, height);
    let text = '';
    for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
    return { width, height, base64: btoa(text) };
  }, [png.toString('base64'), part ?? null] as const);
  return { width, height, data: new Uint8ClampedArray(Buffer.from(base64, 'base64')) };
}

/** The chunks of a PNG by name. */
function chunks(png: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    found.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return found;
}

async function saved(page: Page, act: () => Promise<void>): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: PATIENCE }) as Promise<Download>, act()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

describe('for paper, links and reports', () => {
  let shared: Visit;
  let page: Page;
  beforeAll(async () => {
    shared = await visit(browser, `${server.address}#map=12/${LAT}/${LNG}&tool=print`, { viewport: { width: 1000, height: 700 } }, () => {
      // A graphics card that can do less: the sheet has to be drawn in pieces.
      const original = WebGL2RenderingContext.prototype.getParameter;
      WebGL2RenderingContext.prototype.getParameter = function (name: number): unknown {
        return name === 0x84e8 ? 1280 : original.call(this, name) as unknown;
      };
      window.print = () => document.body.setAttribute('data-printed', 'true');
    });
    page = shared.page;
    await drawn(page);
    await page.locator('#tool .print').waitFor();
  }, PATIENCE);
  afterAll(() => shared.close());

  const options = (): ReturnType<Page['locator']> => page.locator('.print .fields select');
  const middle: Place = [LNG, LAT];

  test('the frame of the sheet follows the pointer', async () => {
    const corner = (): Promise<readonly [number, number]> => page.evaluate(() => {
      const [part] = window.longquanMap.queryRenderedFeatures(undefined, { layers: ['longquan-print-line'] });
      return part ? [1, 1] as const : [0, 0] as const;
    });
    await options().nth(2).selectOption('25000');
    await page.waitForFunction(() => window.longquanMap.loaded());
    expect(await corner()).toEqual([1, 1]);
    const before = await page.locator('.print .covers').innerText();
    const centre = (): Promise<{ x: number; y: number }> => page.evaluate(() => {
      const source = (window.longquanMap as unknown as { getSource(id: string): { serialize(): { data: { features: { geometry: { coordinates: [number, number][][] } }[] } } } }).getSource('longquan-print');
      const ring = source.serialize().data.features[1]!.geometry.coordinates[0]!;
      return window.longquanMap.project([(ring[0]![0] + ring[2]![0]) / 2, (ring[0]![1] + ring[2]![1]) / 2]);
    });
    const from = await centre();
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 30, from.y + 20, { steps: 3 });
    await page.mouse.up();
    const to = await centre();
    expect(Math.abs(to.x - from.x - 30)).toBeLessThan(2);
    expect(Math.abs(to.y - from.y - 20)).toBeLessThan(2);
    expect(before).toMatch(/\d/);
    expect(await page.evaluate(() => window.longquanMap.getCenter())).toMatchObject({ lng: expect.closeTo(LNG, 4), lat: expect.closeTo(LAT, 4) }); // the map stayed
  });

  test('on the picture a known distance measures what the scale says, across the seams of its pieces; it says its resolution and its link', async () => {
    // Two lines in colours of no map, their ends set by geodesics on the ellipsoid.
    const [west, east] = [destination(middle, 270, 2500), destination(middle, 90, 2500)];
    const [south, north] = [destination(middle, 180, 1500), destination(middle, 0, 1500)];
    await page.evaluate((lines) => {
      const map = window.longquanMap as unknown as { addSource(id: string, source: object): void; addLayer(layer: object): void };
      lines.forEach(({ ends, colour }, i) => {
        map.addSource(`known-${i}`, { type: 'geojson', data: { type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: ends } } });
        map.addLayer({ id: `known-${i}`, type: 'line', source: `known-${i}`, paint: { 'line-color': colour, 'line-width': 3 } });
      });
    }, [{ ends: [west, east], colour: '#ff00ff' }, { ends: [south, north], colour: '#00ff00' }]);
    await options().nth(2).selectOption('50000');
    await options().nth(3).selectOption('150');
    await options().nth(4).selectOption('metres');
    const { name, bytes } = await saved(page, () => page.locator('.print .actions button').nth(1).click());
    expect(name).toMatch(/1-50000\.png$/);

    const physical = chunks(bytes).get('pHYs')!;
    expect([physical.readUInt32BE(0), physical.readUInt32BE(4), physical[8]]).toEqual([5906, 5906, 1]); // 150 / 0.0254 m
    const { width, height, data } = await pixels(page, bytes);
    expect([width, height]).toEqual([1754, 1240]); // A4 at 150 dpi

    const extent = (match: (r: number, g: number, b: number) => boolean): { wide: number; high: number } => {
      let [left, top, right, bottom] = [width, height, 0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (!match(data[i]!, data[i + 1]!, data[i + 2]!)) continue;
        const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
      }
      return { wide: right - left + 1, high: bottom - top + 1 };
    };
    const perMetre = 150 / 0.0254 / 50_000; // pixels on paper
    const across = extent((r, g, b) => r > 200 && g < 110 && b > 200).wide;
    const along = extent((r, g, b) => r < 110 && g > 200 && b < 110).high;
    expect(Math.abs(across / (distance(west, east) * perMetre) - 1)).toBeLessThan(0.005);
    expect(Math.abs(along / (distance(south, north) * perMetre) - 1)).toBeLessThan(0.005);

    const corner = { x: width - 260, y: height - 260, width: 260, height: 260 };
    const code = await pixels(page, bytes, corner);
    const link = new URL(jsQR(code.data, code.width, code.height)?.data ?? 'none:');
    expect(link.href.startsWith(server.address)).toBe(true);
    expect(link.hash).toMatch(/map=\d/);
    expect(link.hash).not.toContain('tool=');
  }, PATIENCE * 2);

  test('the browser prints one page of the size of the paper', async () => {
    await options().nth(1).selectOption('portrait');
    await page.locator('.print .actions button').nth(0).click();
    await page.locator('body[data-printed]').waitFor({ timeout: PATIENCE });
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    const [, wide, high] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf)!.map(Number);
    expect(Math.abs(wide! - (210 / 25.4) * 72)).toBeLessThan(1); // A4 in points
    expect(Math.abs(high! - (297 / 25.4) * 72)).toBeLessThan(1);
    const words = await page.locator('.print-sheet').textContent();
    for (const word of [catalog.review.number ?? '待审核', catalog.notice.zh, '1:50', 'CGCS2000']) expect(words).toContain(word);
    expect(await violations(page)).toEqual([]);
  }, PATIENCE * 2);

  test('the link can be copied on plain http, and carries all that is not as usual', async () => {
    await page.evaluate((hash) => void (location.hash = hash), `map=13.5/${LAT}/${LNG}&off=${USUAL}&pin=${LNG},${LAT},地名&tool=share`);
    const field = page.locator('.share textarea');
    await field.waitFor();
    await page.waitForFunction((id) => document.querySelector<HTMLTextAreaElement>('.share textarea')!.value.includes(`off=${id}`), USUAL);
    expect(await page.evaluate(() => document.querySelector('.print-sheet'))).toBeNull(); // put away with the tool
    const link = new URL(await field.inputValue());
    const said = new URLSearchParams(link.hash.slice(1));
    expect(link.href.startsWith(server.address)).toBe(true);
    expect(said.get('off')).toBe(USUAL);
    expect(said.get('pin')).toMatch(/,地名$/);
    expect(said.get('tool')).toBeNull();
    expect(said.get('map')!.split('/').map(Number)).toEqual([13.5, expect.closeTo(LAT, 4), expect.closeTo(LNG, 4)]);
    await page.locator('.share .actions button').first().click();
    await page.locator('.share .message', { hasText: '已复制' }).waitFor();
    expect(await page.locator('.share svg.qr').count()).toBe(1);
    expect(decodeURIComponent((await page.locator('.share .actions a').getAttribute('href'))!)).toContain(link.href);
    expect(await violations(page)).toEqual([]);
  });

  test('the wizard makes a frame of the size, language and parts chosen, and shows it', async () => {
    await page.locator('.share .actions button').last().click();
    const dialog = page.locator('#embed');
    await dialog.locator('label', { hasText: '占满可用宽度' }).locator('input').uncheck();
    await dialog.locator('input[type=number]').first().fill('480');
    await dialog.locator('select').first().selectOption('en');
    await dialog.locator('label', { hasText: '图层列表' }).locator('input').check();
    const code = await dialog.locator('textarea').inputValue();
    expect(code).toMatch(/^<iframe src="http[^"]+embed\.html#[^"]+" title="[^"]+" width="480" height="420"/);
    expect(code).toContain('lang=en');
    expect(code).toContain('with=zoom,layers,info');
    const frame = page.frameLocator('#embed iframe');
    await frame.locator('.whose', { hasText: catalog.platform.en }).waitFor({ timeout: 60_000 });
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await dialog.evaluate((node: HTMLDialogElement) => node.open)).toBe(false);
    expect(await page.locator('#tool .share').isVisible()).toBe(true); // Escape closed the window alone
  });

  test('a report holds words, place, link and the picture of the map', async () => {
    await page.evaluate(() => void (location.hash = location.hash.replace('tool=share', 'tool=feedback')));
    await page.locator('.feedback').waitFor();
    await page.locator('.feedback .actions button').first().click();
    expect(await page.locator('.feedback .message').innerText()).not.toBe(''); // nothing said, nothing saved
    await page.locator('.feedback textarea').fill('路名写错了');
    await page.locator('.feedback .pick').click();
    await page.mouse.click(420, 400);
    const there = await page.evaluate(() => (window.longquanMap as unknown as { unproject(at: [number, number]): { lng: number; lat: number } }).unproject([420, 400]));
    const { name, bytes } = await saved(page, () => page.locator('.feedback .actions button').first().click());
    expect(name).toMatch(/\.zip$/);
    const files = unzipSync(new Uint8Array(bytes));
    const report = JSON.parse(strFromU8(files['report.json']!)) as { text: string; kind: string; place: { lng: number; lat: number }; link: string };
    expect(report).toMatchObject({ longquan_feedback: 1, text: '路名写错了', kind: 'wrong', place: { lng: expect.closeTo(there.lng, 5), lat: expect.closeTo(there.lat, 5) } });
    expect(report.link.startsWith(server.address)).toBe(true);
    const { data, width } = await pixels(page, Buffer.from(files['map.png']!));
    const ring = (x: number, y: number): number[] => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 3)];
    expect(width).toBe(1000);
    const [red, green] = ring(420 + 12, 400);
    expect([red! > 180, green! < 120]).toEqual([true, true]); // the ring around the place
    expect(new Set(Array.from({ length: 400 }, (_, i) => ring(300 + i, 300).join())).size).toBeGreaterThan(3); // a map, not an empty canvas
    expect(await page.locator('#here').isVisible()).toBe(false); // the click chose a place and asked nothing
    expect(await violations(page)).toEqual([]);
  });

  test('nothing went wrong and nothing left this origin', () => {
    expect(shared.troubles).toEqual([]);
    expect(shared.strangers).toEqual([]);
  });
});

describe('in pages of another origin', () => {
  let folder: string;
  let other: Server;
  let shared: Visit;
  let page: Page;
  const shown = catalog.datasets.map(({ id }) => id);
  const view = { lng: LNG + 0.004, lat: LAT - 0.003, zoom: 12.5 };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'longquan-other-'));
    // What docs/sdk.md and docs/embed.md promise takes ten lines.
    await writeFile(join(folder, 'index.html'), `<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>其他部门</title><link rel="icon" href="data:,"></head><body>
<div id="map" style="width: 500px; height: 320px"></div>
<iframe title="地图" width="480" height="320" src="${server.address}embed.html#map=${view.zoom}/${view.lat}/${view.lng}&off=${USUAL}&pin=${LNG},${LAT},地名"></iframe>
<script>window.heard = []; addEventListener('message', ({ origin, data }) => heard.push({ origin, ...data }));</script>
<script type="module">
import { open } from '${server.address}sdk/v1/longquan.js';
const city = await open();
const map = city.map('map', { without: ['${USUAL}'], center: [${LNG}, ${LAT}], zoom: 12, language: 'en' });
map.mark({ lng: ${LNG}, lat: ${LAT}, title: 'Here' });
await map.ready;
Object.assign(window, { city, map });
</script></body></html>`);
    other = await serve({ '/': folder });
    shared = await visit(browser, `${other.origin}/`, { viewport: { width: 1000, height: 760 } });
    page = shared.page;
    await page.waitForFunction(() => 'city' in window && (window as unknown as { heard: { type: string }[] }).heard.some(({ type }) => type === 'ready'), null, { timeout: PATIENCE });
  }, PATIENCE);
  afterAll(async () => {
    await shared.close();
    await other.stop();
    await rm(folder, { recursive: true });
  });

  test('the module shows the city, its layers and its legal words', async () => {
    const told = await page.evaluate(() => {
      const { city, map } = window as unknown as { city: import('../../site/src/sdk/api.ts').City; map: import('../../site/src/sdk/api.ts').CityMap };
      const features = (map.maplibre as { queryRenderedFeatures(): unknown[] }).queryRenderedFeatures();
      return { name: city.name, layers: city.layers('en').map(({ id, title }) => ({ id, title })), shown: map.shown(), drawn: features.length, link: map.link(), styles: city.styles().length };
    });
    expect(told.name).toBe(catalog.platform.zh);
    expect(told.layers).toEqual(catalog.datasets.map(({ id, title }) => ({ id, title: title.en })));
    expect(told.shown).not.toContain(USUAL);
    expect(told.drawn).toBeGreaterThan(0);
    expect(told.link).toContain(`${server.address}#map=12/`);
    const legal = await page.locator('.longquan-legal').innerText();
    for (const word of [catalog.review.number ?? 'review', catalog.notice.en]) expect(legal).toContain(word);
    expect(await page.locator('#map [aria-label="Here"]').count()).toBe(1);
    expect(await page.locator('#map .longquan-pin').innerText()).toBe('Here');
  });

  test('it shows and hides, and says what lies at a place without a map', async () => {
    const told = await page.evaluate(async ([id, lng, lat]) => {
      const { city, map } = window as unknown as { city: import('../../site/src/sdk/api.ts').City; map: import('../../site/src/sdk/api.ts').CityMap };
      map.show(id);
      const on = map.shown().includes(id);
      map.hide(id);
      map.setView({ center: [lng + 0.001, lat], zoom: 13 });
      let fault = '';
      try {
        map.show('no-such-layer');
      } catch (error) {
        fault = String(error);
      }
      const found = await city.identify(lng, lat, { metres: 200 });
      return { on, off: !map.shown().includes(id), fault, view: map.view(), found: found.map(({ dataset, name, fields, geometry }) => ({ dataset, name, fields: fields.length, type: geometry.type })) };
    }, [USUAL, LNG, LAT] as const);
    expect([told.on, told.off]).toEqual([true, true]);
    expect(told.fault).toContain('no-such-layer');
    expect(told.view).toMatchObject({ zoom: 13, center: [expect.closeTo(LNG + 0.001, 6), expect.closeTo(LAT, 6)] });
    expect(told.found.length).toBeGreaterThan(0);
    for (const { dataset, name, fields } of told.found) expect([shown.includes(dataset), name.length > 0, fields > 0]).toEqual([true, true, true]);
  });

  test.skipIf(!search)('it finds the city by its name, and a door by its address', async () => {
    const told = await page.evaluate(async ([name, lng, lat]) => {
      const { city } = window as unknown as { city: import('../../site/src/sdk/api.ts').City };
      const [place] = await city.search(name);
      const doors = (await city.identify(lng, lat, { metres: 2500, datasets: ['addresses'] })).filter(({ properties }) => typeof properties['ADDRESS'] === 'string');
      const [door] = doors;
      return { place, nothing: await city.geocode('没有这样一个地方'), door, hit: door ? await city.geocode(String(door.properties['ADDRESS'])) : null };
    }, [catalog.city.name.zh, LNG, LAT] as const);
    expect(told.place?.name).toBe(catalog.city.name.zh);
    expect(distance([told.place!.lng, told.place!.lat], [LNG, LAT])).toBeLessThan(20_000);
    expect(told.nothing).toBeNull();
    if (!told.door) return;
    expect(told.hit?.level).toBe('door');
    expect(distance([told.hit!.lng, told.hit!.lat], told.door.geometry.coordinates as Place)).toBeLessThan(5); // metres: the index keeps 10⁻⁵ degrees
  });

  /** Tell the embedded map something and wait for its answer. */
  const ask = (message: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> => page.evaluate(async ([said, origin]) => {
    const id = String(Math.random());
    document.querySelector('iframe')!.contentWindow!.postMessage({ longquan: 1, id, ...said }, origin);
    for (;;) {
      const answer = (window as unknown as { heard: Record<string, unknown>[] }).heard.find((one) => one['id'] === id);
      if (answer) return answer;
      await new Promise((done) => setTimeout(done, 50));
    }
  }, [message, server.origin] as const);

  interface Told {
    readonly view: { readonly center: readonly number[]; readonly zoom: number };
    readonly shown: readonly string[];
    readonly marker: unknown;
    readonly link: string;
  }

  test('a frame restores the state of the link and tells it', async () => {
    const { origin, state } = await ask({ type: 'getState' }) as unknown as { origin: string; state: Told };
    expect(origin).toBe(server.origin);
    expect(state.view).toMatchObject({ zoom: 12.5, center: [expect.closeTo(view.lng, 5), expect.closeTo(view.lat, 5)] });
    expect(state.shown).not.toContain(USUAL);
    expect(state.marker).toEqual({ lng: LNG, lat: LAT, title: '地名' });
    expect(state.link.startsWith(`${server.address}#`)).toBe(true);
    const frame = page.frameLocator('iframe');
    expect(await frame.locator('.pin').getAttribute('aria-label')).toBe('地名');
    expect(await frame.locator('.pin-title').innerText()).toBe('地名');
  });

  test('it obeys the page around it, and refuses what it does not understand', async () => {
    expect(await ask({ type: 'show', datasets: [USUAL] })).toMatchObject({ type: 'done' });
    expect(await ask({ type: 'setView', center: [LNG, LAT], zoom: 11 })).toMatchObject({ type: 'done' });
    const { state } = await ask({ type: 'getState' }) as unknown as { state: Told };
    expect(state.view).toMatchObject({ zoom: 11, center: [expect.closeTo(LNG, 6), expect.closeTo(LAT, 6)] });
    expect(state.shown).toContain(USUAL);
    expect(await ask({ type: 'show', datasets: ['secrets'] })).toMatchObject({ type: 'error', message: expect.stringContaining('secrets') });
    expect(await ask({ type: 'setView', zoom: 'much' })).toMatchObject({ type: 'error', message: expect.stringContaining('zoom') });
    expect(await ask({ longquan: 2, type: 'getState' })).toMatchObject({ type: 'error' });
    const heard = await page.evaluate(() => (window as unknown as { heard: { type: string; view?: { zoom: number } }[] }).heard);
    expect(heard.filter(({ type }) => type === 'view').at(-1)?.view?.zoom).toBe(11);
  });

  test('owner, review and notice stand in the frame, with a way to the large map', async () => {
    const frame = page.frameLocator('iframe');
    const legal = await frame.locator('.legal').innerText();
    for (const word of [catalog.review.number ?? '待审核', catalog.notice.zh]) expect(legal).toContain(word);
    const href = (await frame.locator('.larger').getAttribute('href'))!;
    expect(new URL(href).pathname).toBe(new URL(server.address).pathname);
    const inside = page.frames().find((one: Frame) => one.url().includes('embed.html'))!;
    expect(await violations(inside as unknown as Page)).toEqual([]);
  });

  test('a click in the frame is told with what lies there', async () => {
    await page.frameLocator('iframe').locator('canvas').click({ position: { x: 240, y: 150 } });
    await page.waitForFunction(() => (window as unknown as { heard: { type: string }[] }).heard.some(({ type }) => type === 'click'));
    const click = await page.evaluate(() => (window as unknown as { heard: { type: string; lng: number; features: { dataset: string }[] }[] }).heard.find(({ type }) => type === 'click')!);
    expect(Math.abs(click.lng - LNG)).toBeLessThan(0.2);
    for (const { dataset } of click.features) expect(shown).toContain(dataset);
  });

  test('both asked nobody but the city, and nothing went wrong', () => {
    expect(shared.strangers.filter((address) => !address.startsWith(server.address))).toEqual([]);
    expect(shared.troubles).toEqual([]);
  });
});
