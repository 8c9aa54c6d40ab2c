// Measuring, drawing and a reader's own files: the numbers, the files saved, and where on the map they come to lie.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Download, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, PHONE, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const python = (...args: string[]): string => execFileSync(process.env['LONGQUAN_PYTHON'] ?? 'python3', args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const terrain = catalog.archives.find((archive) => archive.product === 'terrain') as undefined | { readonly file: string; readonly max_zoom: number; readonly tile_size: number };
const WAIT = { timeout: 60_000 } as const;
const [LNG, LAT] = catalog.center;
// A small window and an empty map: without a GPU every frame is slow work.
const ROOM = { viewport: { width: 900, height: 560 }, deviceScaleFactor: 0.5 } as const;
const EMPTY = `off=${catalog.datasets.map(({ id }) => id).join(',')}&shade=none`;
const VIEW = `#map=13/${LAT}/${LNG}&${EMPTY}`;
const TRIANGLE = [[80, 160], [340, 200], [220, 440]] as const; // px, beside the panel

type Pixel = readonly [x: number, y: number];
type Place = [lng: number, lat: number];

interface Collection {
  readonly features: readonly { readonly properties: Record<string, unknown>; readonly geometry: { readonly type: string; readonly coordinates: never } }[];
}

let browser: Browser;
let server: Server;
let shared: Visit;
let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'longquan-draw-'));
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
  shared = await visit(browser, server.address + VIEW, ROOM);
  await drawn(shared.page);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(scratch, { recursive: true });
});

/** Open a tool and wait until it has the map. */
async function enter(page: Page, tool: string, root: string): Promise<void> {
  if (!(await page.locator(`#tool ${root}`).isVisible())) await page.locator(`[data-tool=${tool}]`).click();
  await page.locator(`#tool ${root}`).waitFor(WAIT);
}

/** Where pixels lie on the map, as it says itself. */
function places(page: Page, pixels: readonly Pixel[]): Promise<Place[]> {
  return page.evaluate((points) => points.map((point) => {
    const { lng, lat } = (window.longquanMap as unknown as { unproject(at: readonly number[]): { lng: number; lat: number } }).unproject(point);
    return [lng, lat];
  }), pixels);
}

async function click(page: Page, pixels: readonly Pixel[]): Promise<void> {
  for (const [x, y] of pixels) await page.mouse.click(x, y);
}

/** PROJ's own geodesics on the ellipsoid of CGCS2000, by Python: metres of the legs and true bearings, square metres and metres around. */
function byProj(line: readonly Place[]): { legs: [metres: number, bearing: number][]; area: number; perimeter: number } {
  const code = 'import json,sys; from pyproj import Geod; g=Geod(a=6378137,rf=298.257222101); p=json.loads(sys.argv[1]); x=[g.inv(*a,*b) for a,b in zip(p,p[1:])]; '
    + 'a,l=g.polygon_area_perimeter(*zip(*p)); print(json.dumps(dict(legs=[[s,f%360] for f,_,s in x],area=abs(a),perimeter=l)))';
  return JSON.parse(python('-c', code, JSON.stringify(line))) as ReturnType<typeof byProj>;
}

async function saved(page: Page, act: () => Promise<unknown>): Promise<{ name: string; text: string; path: string }> {
  const [download]: [Download, unknown] = await Promise.all([page.waitForEvent('download', WAIT), act()]);
  const path = join(scratch, download.suggestedFilename());
  await download.saveAs(path);
  return { name: download.suggestedFilename(), text: readFileSync(path, 'utf8'), path };
}

/** What a source of the map holds right now. */
function held(page: Page, source: string): Promise<Collection['features']> {
  return page.evaluate((id) => {
    const found = (window.longquanMap as unknown as { getSource(id: string): { serialize(): { data: Collection } } | undefined }).getSource(id);
    return found?.serialize().data.features ?? [];
  }, source);
}

const metres = (text: string): number => Number(text.replace(/[^\d.]/g, '')) * (/km²/.test(text) ? 1e6 : /km/.test(text) ? 1000 : 1);

describe('measuring', () => {
  test('a line is as long, and runs where, PROJ says', async () => {
    const { page } = shared;
    await enter(page, 'measure', '.measure');
    await page.locator('.measure .kinds button').first().click();
    await click(page, TRIANGLE);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.measure tbody tr').count(), WAIT).toBe(2);
    const { legs } = byProj(await places(page, TRIANGLE));
    await page.locator('.measure summary').click();
    const rows = await page.locator('.measure tbody tr').evaluateAll((nodes) => nodes.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
    for (const [i, [length, bearing]] of legs.entries()) {
      expect(Math.abs(metres(rows[i]![1]!) - length)).toBeLessThan(0.6); // shown to the metre
      expect(Math.abs(Number.parseFloat(rows[i]![2]!) - bearing)).toBeLessThan(0.06);
    }
    expect(Math.abs(metres(await page.locator('.measure .main').innerText()) - legs[0]![0] - legs[1]![0])).toBeLessThan(0.6);
  });

  test('a corner dragged elsewhere is measured there', async () => {
    const { page } = shared;
    await page.mouse.move(...TRIANGLE[2]);
    await page.mouse.down();
    await page.mouse.move(180, 400, { steps: 2 });
    await page.mouse.move(140, 360, { steps: 2 });
    await page.mouse.up();
    const { legs } = byProj(await places(page, [TRIANGLE[0], TRIANGLE[1], [140, 360]]));
    await expect.poll(async () => Math.abs(metres(await page.locator('.measure .main').innerText()) - legs[0]![0] - legs[1]![0]), WAIT).toBeLessThan(0.6);
  });

  test.skipIf(!terrain)('the profile has the heights that the archive holds', async () => {
    const { page } = shared;
    await page.locator('.measure button[aria-expanded]').click();
    await page.locator('.measure .profile-chart').waitFor(WAIT);
    const { text } = await saved(page, () => page.locator('.measure .profile .save').click());
    const rows = text.trim().split('\r\n').slice(1).map((row) => row.split(',').map(Number) as [along: number, lng: number, lat: number, height: number]);
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.at(-1)![0]).toBeGreaterThan(rows.at(-2)![0]);
    const inside = ([, lng, lat]: (typeof rows)[number]): boolean => { // away from borders of tiles, for the other reader
      const size = 2 ** terrain!.max_zoom;
      const [x, y] = [(lng / 360 + 0.5) * size, (0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * size];
      return [x % 1, y % 1].every((share) => share * terrain!.tile_size > 2 && (1 - share) * terrain!.tile_size > 2);
    };
    const some = rows.filter((row, i) => i % 23 === 0 && inside(row));
    expect(some.length).toBeGreaterThan(8);
    const expected = JSON.parse(python('-m', 'tests.e2e.fixture.elevation', join(dist, terrain!.file), ...some.flatMap(([, lng, lat]) => [String(lng), String(lat)]))) as number[];
    for (const [i, [, , , height]] of some.entries()) expect(Math.abs(height - expected[i]!)).toBeLessThan(0.01);

    // What the panel says of it is what the rows say.
    const heights = rows.map((row) => row[3]);
    const rises = heights.slice(1).map((height, i) => height - heights[i]!);
    const facts = await page.locator('.measure .profile dd').allInnerTexts();
    const [lowest, highest, ascent, descent] = facts.map((fact) => Number.parseFloat(fact.replaceAll(',', '')));
    expect(lowest).toBeCloseTo(Math.min(...heights), 0);
    expect(highest).toBeCloseTo(Math.max(...heights), 0);
    expect(Math.abs(ascent! - rises.reduce((sum, rise) => sum + Math.max(0, rise), 0))).toBeLessThan(2);
    expect(Math.abs(descent! - rises.reduce((sum, rise) => sum + Math.max(0, -rise), 0))).toBeLessThan(2);

    // By the keys of its slider, too; the place is marked on the map.
    await page.locator('.measure .profile-chart input').focus();
    await page.keyboard.press('End');
    expect(await page.locator('.measure .readout').innerText()).toContain(`高程 ${heights.at(-1)!.toFixed(1)} m`.replace(/\.\d m$/, ''));
    const [, lng, lat] = rows.at(-1)!;
    const mark = (await held(page, 'longquan-measure-label')).find(({ properties }) => properties['rank'] === 'mark');
    expect((mark!.geometry.coordinates as number[]).map((degrees) => degrees.toFixed(6))).toEqual([lng.toFixed(6), lat.toFixed(6)]);
  });

  test('a triangle has the area that PROJ says', async () => {
    const { page } = shared;
    await page.locator('.measure .kinds button').nth(1).click();
    await click(page, TRIANGLE);
    await page.keyboard.press('Enter');
    await page.locator('.measure .others').waitFor(WAIT);
    const corners = await places(page, TRIANGLE);
    const { area, perimeter } = byProj([...corners, corners[0]!]);
    const units = [await page.locator('.measure .main').innerText(), ...(await page.locator('.measure .others').innerText()).split(' · ')];
    for (const text of units) {
      const value = Number(text.replace(/[^\d.]/g, ''));
      const factor = { '²': /km/.test(text) ? 1e6 : 1, 顷: 10_000, 亩: 2000 / 3 }[text.at(-1)!]!;
      expect(Math.abs((value * factor) / area - 1), text).toBeLessThan(0.001);
    }
    expect(units.length).toBeGreaterThanOrEqual(3);
    expect(Math.abs(metres(await page.locator('.measure dd').first().innerText()) - perimeter)).toBeLessThan(0.6);
  });

  test('axe finds nothing; closing it takes everything off the map', async () => {
    const { page } = shared;
    expect(await violations(page)).toEqual([]);
    await page.locator('#tool .close').click();
    expect(await page.evaluate(() => window.longquanMap.getStyle().layers.filter(({ id }) => id.startsWith('longquan-measure')).length)).toBe(0);
  });

  test('by keyboard alone: arrows, space, Enter', async () => {
    const { page } = shared;
    await enter(page, 'measure', '.measure');
    await page.locator('.measure .kinds button').first().focus();
    await page.keyboard.press('Enter'); // the map has the focus now
    await page.keyboard.press('Space');
    for (let i = 0; i < 2; i++) {
      const { lng } = await page.evaluate(() => window.longquanMap.getCenter());
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => page.evaluate(() => window.longquanMap.getCenter().lng), WAIT).toBeGreaterThan(lng + 0.003);
      await page.waitForFunction(() => !(window.longquanMap as unknown as { isMoving(): boolean }).isMoving(), null, WAIT);
      await page.keyboard.press('Space');
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.measure tbody tr').count(), WAIT).toBe(2);
    const bearings = await page.locator('.measure tbody td:last-child').evaluateAll((cells) => cells.map((cell) => cell.textContent)); // the list is folded
    expect(bearings.map((text) => Math.round(Number.parseFloat(text!)))).toEqual([90, 90]);
    await page.locator('#tool .close').click();
  });
});

describe('drawing', () => {
  test('an area, a circle and a text are listed, measured, carried by the link', async () => {
    const { page } = shared;
    await page.evaluate(([lng, lat]) => window.longquanMap.jumpTo({ center: [lng!, lat!], zoom: 13 }), [LNG, LAT]);
    await enter(page, 'draw', '.draw');
    await page.locator('[data-mode=area]').click();
    await click(page, TRIANGLE);
    await page.keyboard.press('Enter');
    await page.locator('.editor .label').waitFor(WAIT);
    await page.locator('.editor .label').fill('规划区，甲 & 乙');
    await page.locator('.editor .label').press('Tab');
    await page.locator('[data-mode=circle]').click();
    await click(page, [[80, 500], [120, 500]]);
    await page.locator('.editor .radius').fill('800');
    await page.locator('.editor .radius').press('Tab');
    await page.locator('[data-mode=text]').click();
    await click(page, [[380, 400]]);
    await page.locator('.editor .label').fill('古窑');
    await page.locator('.editor .label').press('Tab');
    await expect.poll(() => page.locator('.shapes .title').allInnerTexts(), WAIT).toEqual(['规划区，甲 & 乙', '圆 2', '古窑']);
    const corners = await places(page, TRIANGLE);
    const sizes = await page.locator('.shapes .size').allInnerTexts();
    expect(Math.abs(metres(sizes[0]!) / byProj([...corners, corners[0]!]).area - 1)).toBeLessThan(0.001);
    expect(Math.abs(metres(sizes[1]!) / (Math.PI * 800 ** 2) - 1)).toBeLessThan(0.001);
    expect(new URL(page.url()).hash).toContain('draw=a3');
    expect(await violations(page)).toEqual([]);
  });

  test('undo takes steps back, redo takes them again, Delete deletes', async () => {
    const { page } = shared;
    const count = (): Promise<number> => page.locator('.shapes button').count();
    await page.locator('.shapes button').last().focus();
    for (let i = 0; i < 2; i++) await page.keyboard.press('Control+z'); // the words, then the text itself
    await expect.poll(count, WAIT).toBe(2);
    const [, redo] = await page.locator('.draw > .actions button').filter({ hasText: /^(撤销|重做)$/ }).all();
    for (let i = 0; i < 2; i++) await redo!.click();
    await expect.poll(() => page.locator('.shapes .title').allInnerTexts(), WAIT).toEqual(['规划区，甲 & 乙', '圆 2', '古窑']);
    await page.locator('[data-mode=select]').click();
    await page.mouse.click(80, 500); // in the circle
    await expect.poll(() => page.locator('.editor .radius').inputValue(), WAIT).toBe('800');
    await page.locator('#map canvas').focus();
    await page.keyboard.press('Delete');
    await expect.poll(count, WAIT).toBe(2);
    await page.locator('.draw > .actions button').filter({ hasText: /^撤销$/ }).click();
    await expect.poll(count, WAIT).toBe(3);
  });

  test('a corner dragged is one step, however far the way', async () => {
    const { page } = shared;
    const outline = async (): Promise<unknown> => {
      const { text } = await saved(page, () => page.locator('[data-format=geojson]').click());
      return (JSON.parse(text) as Collection).features[0]!.geometry.coordinates;
    };
    const before = await outline();
    const [x, y] = ([0, 1] as const).map((axis) => TRIANGLE.reduce((sum, corner) => sum + corner[axis], 0) / 3) as [number, number];
    await page.mouse.click(x, y);
    await page.mouse.move(...TRIANGLE[0]);
    await page.mouse.down();
    await page.mouse.move(TRIANGLE[0][0] - 20, TRIANGLE[0][1] + 25, { steps: 5 });
    await page.mouse.move(TRIANGLE[0][0] + 15, TRIANGLE[0][1] + 30, { steps: 5 });
    await page.mouse.up();
    await expect.poll(outline, WAIT).not.toEqual(before);
    await page.locator('.draw > .actions button').filter({ hasText: /^撤销$/ }).click();
    await expect.poll(outline, WAIT).toEqual(before);
  });

  test('files hold what was drawn, and are drawings again', async () => {
    const { page } = shared;
    const files = new Map<string, { text: string; path: string }>();
    for (const format of ['geojson', 'kml', 'gpx', 'csv']) files.set(format, await saved(page, () => page.locator(`[data-format=${format}]`).click()));
    const { features } = JSON.parse(files.get('geojson')!.text) as Collection;
    const corners = await places(page, TRIANGLE);
    const outline = (features[0]!.geometry.coordinates as number[][][])[0]!;
    for (const [lng, lat] of corners) expect(Math.min(...outline.map((at) => Math.hypot(lng - at[0]!, lat - at[1]!)))).toBeLessThan(2e-7); // in any winding
    expect(outline).toHaveLength(4);
    expect(features.map(({ geometry, properties }) => [geometry.type, properties['name'] ?? null])).toEqual([['Polygon', '规划区，甲 & 乙'], ['Polygon', null], ['Point', '古窑']]);
    const circle = (features[1]!.geometry.coordinates as Place[][])[0]!;
    const centre = String(features[1]!.properties['centre']).split(' ').map(Number) as Place;
    const { legs } = byProj(circle.flatMap((at) => [centre, at]));
    expect(legs.every(([radius]) => Math.abs(radius - 800) < 0.02)).toBe(true); // geodesic all round
    // The same corners in the other formats, read by hand.
    const first = outline.map(([lng, lat]) => [lng, lat] as const);
    expect(files.get('kml')!.text).toContain(`<coordinates>${first.map(([lng, lat]) => `${lng},${lat}`).join(' ')}</coordinates>`);
    expect(files.get('gpx')!.text).toContain(first.map(([lng, lat]) => `<trkpt lat="${lat}" lon="${lng}"></trkpt>`).join(''));
    expect(files.get('csv')!.text).toContain(`POLYGON ((${first.map(([lng, lat]) => `${lng} ${lat}`).join(', ')}))`);
    const clear = page.locator('.draw > .actions button').filter({ hasText: '全部清除' });
    for (const [format, { path }] of files) {
      await clear.click();
      await page.locator('.draw [role=alertdialog] button').first().click();
      await expect.poll(() => page.locator('.shapes button').count(), WAIT).toBe(0);
      await page.locator('.draw .file').setInputFiles(path);
      await expect.poll(() => page.locator('.shapes button').count(), { ...WAIT, message: format }).toBe(3);
      const again = await held(page, 'longquan-draw-shown'); // names stand there; shapes once the panel is closed
      expect(again.map(({ properties }) => properties['name']).sort(), format).toEqual(['古窑', '规划区，甲 & 乙']);
    }
    await clear.click();
    await page.locator('.draw [role=alertdialog] button').first().click();
    await page.locator('.draw .file').setInputFiles(files.get('geojson')!.path);
    await expect.poll(() => page.locator('.shapes .title').allInnerTexts(), WAIT).toEqual(['规划区，甲 & 乙', '圆 2', '古窑']);
  });

  test('what is drawn stays on the map when the panel is closed, and is there again after a visit to elsewhere', async () => {
    const { page } = shared;
    await page.locator('#tool .close').click();
    const shapes = async (): Promise<unknown[]> => (await held(page, 'longquan-draw-shown')).filter(({ properties }) => properties['kind']).map(({ properties, geometry }) => [properties['kind'], geometry.coordinates]);
    const before = await shapes();
    expect(before.map((shape) => (shape as [string])[0])).toEqual(['area', 'circle', 'text']);
    await page.goto('about:blank');
    await page.goto(`${server.address}#${EMPTY}`); // no drawing in the link: the browser remembers
    await drawn(page);
    await expect.poll(shapes, WAIT).toEqual(before);
    expect(new URL(page.url()).hash).toContain('draw=a3');
  });

  test('a link takes it to somebody else, to a tenth of a metre', async () => {
    const text = new URL(shared.page.url()).hash;
    const before = await held(shared.page, 'longquan-draw-shown');
    const other = await visit(browser, server.address + text.replace(/tool=[^&]*&?/, ''), { viewport: { width: 400, height: 330 } });
    await drawn(other.page);
    await expect.poll(async () => (await held(other.page, 'longquan-draw-shown')).length, WAIT).toBe(before.length);
    const after = await held(other.page, 'longquan-draw-shown');
    const flat = (features: Collection['features']): number[] => features.flatMap(({ geometry }) => (geometry.coordinates as number[]).flat(3));
    flat(after).forEach((degrees, i) => expect(Math.abs(degrees - flat(before)[i]!)).toBeLessThan(2e-6));
    expect(await other.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('longquan-drawing')).length)).toBe(0); // not theirs to keep yet
    expect([other.troubles, other.strangers]).toEqual([[], []]);
    await other.close();
  });
});

describe('files', () => {
  /** Drop files as a file manager does. */
  function drop(page: Page, files: readonly { name: string; path: string }[]): Promise<void> {
    const contents = files.map(({ name, path }) => [name, readFileSync(path).toString('base64')] as const);
    return page.evaluate((entries) => {
      const transfer = new DataTransfer();
      for (const [name, base64] of entries) transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
      document.querySelector('#map canvas')!.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }, contents);
  }

  test('a zipped shapefile in GBK and Gauss–Krüger comes to lie where it belongs', async () => {
    const { page } = shared;
    // GDAL writes it: a square of 0.02 degrees beside the city's centre, in the 3° strip of 120° with its zone number, without .cpg.
    const path = join(scratch, 'parcels.zip');
    python('-c', `
import sys, zipfile, pathlib, numpy as np, pyogrio.raw, shapely
from pyproj import Transformer
out, lng, lat = pathlib.Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
way = Transformer.from_crs(4490, 4528, always_xy=True).transform
ring = [way(lng + x, lat + y) for x, y in [(0, 0), (0, .02), (.02, .02), (.02, 0), (0, 0)]]
shp = out.with_name("parcels.shp")
pyogrio.raw.write(shp, geometry=np.array([shapely.Polygon(ring).wkb], object), field_data=[np.array(["龙泉宝剑厂"], object), np.array([12.5])],
    fields=np.array(["名称", "面积"]), geometry_type="Polygon", crs="EPSG:4528", encoding="GBK", driver="ESRI Shapefile")
with zipfile.ZipFile(out, "w") as z:
    for s in (".shp", ".shx", ".dbf", ".prj"): z.write(shp.with_suffix(s), "地块/" + shp.with_suffix(s).name)
`, path, String(LNG), String(LAT));
    await drop(page, [{ name: '地块.zip', path }]);
    await page.locator('.open-files .layer').waitFor(WAIT);
    const [square] = await held(page, 'longquan-open-1');
    const ring = (square!.geometry.coordinates as Place[][])[0]!;
    const expected = [[0, 0], [0, 0.02], [0.02, 0.02], [0.02, 0], [0, 0]].map(([x, y]) => [LNG + x!, LAT + y!]);
    ring.forEach(([lng, lat], i) => expect(Math.hypot(lng - expected[i]![0]!, lat - expected[i]![1]!)).toBeLessThan(1e-7)); // a centimetre
    expect(square!.properties).toEqual({ 名称: '龙泉宝剑厂', 面积: 12.5 });
    expect(new URL(page.url()).hash).toContain('tool=open');
    await page.locator('.open-files .layer button[aria-expanded]').click();
    expect(await page.locator('.attributes thead th').allInnerTexts()).toEqual(['行', '名称', '面积']);
    expect(await page.locator('.attributes tbody td').allInnerTexts()).toEqual(['龙泉宝剑厂', '12.5']);
    // It was zoomed to; a click in its middle tells of it.
    await drawn(page);
    const middle = await page.evaluate(([lng, lat]) => window.longquanMap.project([lng!, lat!]), [LNG + 0.01, LAT + 0.01]);
    await page.mouse.click(middle.x, middle.y);
    await expect.poll(() => page.locator('.clicked dd').allInnerTexts(), WAIT).toEqual(['龙泉宝剑厂', '12.5']);
    expect(await page.locator('#here').isVisible()).toBe(false);
  });

  test('a GeoTIFF lies on the map by its corners, a table by its columns; what cannot be opened says why', async () => {
    const { page } = shared;
    const path = (name: string): string => join(scratch, name);
    python('-c', `
import sys, numpy as np, rasterio
from rasterio.transform import from_origin
lng, lat = float(sys.argv[2]), float(sys.argv[3])
pixels = np.zeros((3, 40, 60), "uint8"); pixels[0] = 250
with rasterio.open(sys.argv[1], "w", driver="GTiff", width=60, height=40, count=3, dtype="uint8", crs="EPSG:4490", transform=from_origin(lng, lat + .04, .001, .001), compress="deflate", photometric="RGB") as d: d.write(pixels)
`, path('photo.tif'), String(LNG), String(LAT));
    writeFileSync(path('wells.csv'), `名称;经度;纬度\n井;${LNG + 0.01};${LAT + 0.01}\n坏;x;y\n`);
    writeFileSync(path('notes.docx'), 'Dear all');
    writeFileSync(path('broken.geojson'), '{"type":"FeatureCollection","features":[');
    await page.locator('.open-files .file').setInputFiles(['photo.tif', 'wells.csv', 'notes.docx', 'broken.geojson'].map(path));
    await expect.poll(() => page.locator('.open-files .layer').count(), WAIT).toBe(3);
    expect((await page.locator('.faults li').allInnerTexts()).map((text) => text.slice(0, 20))).toEqual([expect.stringContaining('notes.docx'), expect.stringContaining('broken.geojson')]);
    expect(await page.locator('.open-files .layer').first().locator('.notes').innerText()).toContain('1 行没有有效坐标');
    expect((await held(page, 'longquan-open-3')).map(({ geometry }) => geometry.coordinates)).toEqual([[Number((LNG + 0.01).toString()), Number((LAT + 0.01).toString())]]);
    const corners = await page.evaluate(() => (window.longquanMap as unknown as { getSource(id: string): { coordinates: Place[] } }).getSource('longquan-open-2').coordinates);
    const expected = [[0, 0.04], [0.06, 0.04], [0.06, 0], [0, 0]].map(([x, y]) => [LNG + x!, LAT + y!]);
    corners.forEach(([lng, lat], i) => expect(Math.hypot(lng - expected[i]![0]!, lat - expected[i]![1]!)).toBeLessThan(1e-9));
    expect(await violations(page)).toEqual([]);
    for (let left = 3; left > 0; left--) {
      await page.locator('.open-files .layer').first().locator('button').filter({ hasText: '移除' }).click();
      await expect.poll(() => page.locator('.open-files .layer').count(), WAIT).toBe(left - 1);
    }
    expect(await page.evaluate(() => window.longquanMap.getStyle().layers.filter(({ id }) => id.startsWith('longquan-open')).length)).toBe(0);
  });
});

test('all of that without a single error or request to elsewhere', () => expect([shared.troubles, shared.strangers]).toEqual([[], []]));

test('on a phone they are sheets with targets for fingers', async () => {
  const { page, troubles, close } = await visit(browser, `${server.address}#lang=en&tool=draw&${EMPTY}&draw=a3c0392b,${encodedHere()}`, PHONE);
  await drawn(page);
  for (const [tool, root] of [['draw', '.draw'], ['measure', '.measure'], ['open', '.open-files']] as const) {
    if (tool !== 'draw') {
      await page.locator('.tools-button').tap();
      await page.locator(`[data-tool=${tool}]`).tap();
    } else {
      await page.locator('.shapes button').first().tap(WAIT);
      await page.locator('.editor').waitFor(WAIT);
    }
    await page.locator(`#tool ${root}`).waitFor(WAIT);
    const small = await page.locator('#tool button:visible, #tool label:visible, #tool summary:visible, #tool select:visible, #tool input:visible').evaluateAll((nodes) =>
      nodes.map((node) => ({ html: node.outerHTML.slice(0, 90), box: node.getBoundingClientRect(), hidden: node.matches('.file') || node.closest('label') !== null && node.matches('input[type=radio]') })).filter(({ box, hidden }) => !hidden && box.height < 44).map(({ html }) => html));
    expect(small).toEqual([]);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.viewport.width);
  }
  expect(troubles).toEqual([]);
  await close();
});

/** A triangle at the city's centre in the letters of a link: millionths of degrees, doubled, five bits a letter. */
function encodedHere(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const number = (value: number): string => {
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    let text = '';
    for (; rest >= 32; rest = Math.floor(rest / 32)) text += letters[(rest % 32) + 32]!;
    return text + letters[rest]!;
  };
  return [LNG * 1e6, LAT * 1e6, 5000, 0, 0, 5000].map((value) => number(Math.round(value))).join('');
}
